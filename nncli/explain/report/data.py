"""The section of a report on the data, as it was understood."""

from collections.abc import Iterator

from nncli.config.sources import SOURCES
from nncli.data.tables.column import Column
from nncli.data.tables.column_words import if_missing
from nncli.explain.document.elements import Element, Facts, Heading, Paragraph, Table
from nncli.explain.report.figures import listed, split_words
from nncli.explain.report.reported import Reported

_MOST_COLUMNS, _MOST_CLASSES, _MOST_CATEGORIES = 60, 30, 6


def data(about: Reported) -> Iterator[Element]:
    """Yield source, splits, classes and columns."""
    model, write = about.model, about.write
    yield Heading("Data", 2)
    splits = ", ".join(f"{each.rows:,} {split_words(name)}" for name, each in about.splits.items())
    facts = [
        ("source", write.plain(str(about.settings["data.source"]))),
        *_files(about),
        ("task", model.task),
        ("target" if len(model.targets) == 1 else "targets", listed(model.targets, 20, write)),
        ("rows", splits),
        *_facts_of_dataset(about),
    ]
    if model.preprocessing.images:
        facts.append(("images", write.plain(str(model.preprocessing.images))))
    yield Facts(facts)
    if about.data_problem:
        yield Paragraph(_absence(about))
    if model.classes:
        yield from _classes(about)
    if model.preprocessing.encoding:
        yield from _columns(about)
    elif not model.preprocessing.images:
        yield Paragraph(f"Inputs: {listed(model.preprocessing.columns, 30, write)}.")
    if model.preprocessing.features:
        features = listed(model.preprocessing.inputs, 30, write)
        yield Paragraph(f"Features, which are the inputs of the network: {features}.")


def _absence(about: Reported) -> str:
    why = "The rows were passed from Python and not saved"
    if not about.is_of_python_data:
        first = str(about.data_problem).splitlines()[0]
        why = f"The data could not be read again ({about.write.plain(first)})"
    return (
        f"{why}, so this report has no interval, no importance of columns, no worst predictions "
        "and no plots of rows."
    )


def _files(about: Reported) -> list[tuple[str, str]]:
    """Return the names of the data files, without folders."""
    names: list[str] = []
    for key in SOURCES[about.settings["data.source"]].paths:
        value = about.settings.get(f"data.{key}")
        names += [value] if isinstance(value, str) else value if isinstance(value, list) else []
    shown = [each.replace("\\", "/").rstrip("/").rpartition("/")[2] for each in names]
    label = "file" if len(shown) == 1 else "files"
    return [(label, listed(shown, 5, about.write))] if shown else []


def _facts_of_dataset(about: Reported) -> list[tuple[str, str]]:
    """Return what only the data itself tells."""
    if about.data_problem:
        return []
    dataset, plain = about.subject.dataset, about.write.plain
    others = [f"{name} ({role})" for name, role in dataset.roles.items() if role != "target"]
    facts = [("left out", plain(line)) for line in dataset.left_out]
    facts += [("not inputs", listed(others, 20, about.write))] if others else []
    return facts + [("warning", plain(line)) for line in dataset.warnings]


def _classes(about: Reported) -> Iterator[Element]:
    """Yield the number of rows of each class, split by split."""
    supports = {
        name: {each: int(numbers["support"]) for each, numbers in split.figures.items()
               if "support" in numbers}
        for name, split in about.splits.items()
    }  # fmt: skip
    if not any(supports.values()):
        return
    classes = about.model.classes
    total = {name: sum(each.get(name, 0) for each in supports.values()) for name in classes}
    shown = classes
    caption = "Rows of each class"
    if len(classes) > _MOST_CLASSES:
        shown = sorted(classes, key=lambda name: -total[name])[:_MOST_CLASSES]
        caption += f": the {_MOST_CLASSES} largest of {len(classes):,}"
    rows = [
        [about.write.plain(name), *(f"{each.get(name, 0):,}" for each in supports.values())]
        for name in shown
    ]
    yield Table(caption, ["class", *map(split_words, supports)], rows)


def _columns(about: Reported) -> Iterator[Element]:
    """Yield the columns of a table: kind, values, and blank cells."""
    encoding, write = about.model.preprocessing.encoding, about.write
    assert encoding is not None
    rows, start = [], 0
    for column in encoding.columns[:_MOST_COLUMNS]:
        width = len(column.inputs)
        blank = _blanks(about, column)
        values = _values(about, column, start)
        rows.append([write.plain(column.name), column.kind, values, blank, str(width)])
        start += width
    caption = "Columns"
    if len(encoding.columns) > _MOST_COLUMNS:
        caption += f": the first {_MOST_COLUMNS} of {len(encoding.columns):,}"
    yield Table(caption, ["column", "kind", "values", "if missing", "inputs"], rows, texts=4)


def _values(about: Reported, column: Column, at: int) -> str:
    """Return the categories or, in the training rows, the range of a column."""
    if column.kind == "category":
        return listed(column.categories, _MOST_CATEGORIES, about.write)
    ranges = about.model.preprocessing.ranges
    if column.kind != "number" or ranges is None:
        return ""
    return f"{ranges[0][at]:.4g} to {ranges[1][at]:.4g}"


def _blanks(about: Reported, column: Column) -> str:
    """Return how blank cells are treated, and how many there are where the data can be read."""
    words = about.write.plain(if_missing(column))
    blank = 0 if about.data_problem else about.subject.dataset.blanks.get(column.name, 0)
    return f"{words}; {blank:,} blank" if blank else words
