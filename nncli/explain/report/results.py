"""The section of a report on the metrics, the confusion of classes and the worst predictions."""

from collections.abc import Iterator
from typing import Any

from nncli.explain.document.elements import Element, Heading, Paragraph, Table
from nncli.explain.report.figures import (
    brief,
    figure,
    listed,
    number,
    quantity,
    rows_words,
    split_words,
    table_of,
)
from nncli.explain.report.pictures import pictures
from nncli.explain.report.reported import Reported
from nncli.model.importance import takes_long
from nncli.model.mistakes import worst_rows
from nncli.runs.saved_metrics import SavedSplit

_MOST_PARTS, _MOST_CELLS, _MOST_CONFUSIONS = 30, 12, 15
_MISTAKES, _MOST_COLUMNS = 10, 20
_PICTURES = ("confusion", "roc", "calibration", "predicted", "residuals", "surface")


def results(about: Reported) -> Iterator[Element]:
    """Yield the metrics of every split, and what is behind those of the most telling one."""
    write = about.write
    yield Heading("Results", 2)
    split = about.splits[about.split]
    columns = {split_words(name): each.metrics for name, each in about.splits.items()}
    guess = ", ".join(
        write.plain(brief(each)) if isinstance(each, str) else quantity(each)
        for each in split.guess[:3]
    )
    if split.guess_metrics:
        columns["constant guess"] = split.guess_metrics
    caption = "Metrics"
    if split.guess_metrics:
        caption += f"; the constant guess for the {split_words(about.split)} rows is {guess or '-'}"
    yield table_of(caption, columns, write, "metric")
    yield from _parts(about, split)
    yield from _confusion(about, split)
    yield from pictures(about, _PICTURES)


def explanations(about: Reported) -> Iterator[Element]:
    """Yield which columns matter, and which rows are predicted worst."""
    if about.data_problem:
        return
    _, rows = about.subject.evaluated
    if not takes_long(about.model) and len(rows) > 1:
        yield Heading("What the prediction depends on", 2)
        yield _importance(about)
        yield from pictures(about, ["importance"])
    yield Heading("Worst predictions", 2)
    yield from _mistakes(about)


def _parts(about: Reported, split: SavedSplit) -> Iterator[Element]:
    """Yield the metrics of each class, label or target, the worst ones of many."""
    if not split.figures:
        return
    plural = {"class": "classes", "label": "labels", "target": "targets"}[split.part]
    caption = f"{plural.capitalize()} in the {split_words(about.split)} rows"
    shown = [*split.figures.items()]
    if len(shown) > _MOST_PARTS:
        measure = "f1" if "f1" in shown[0][1] else "r2"
        shown.sort(key=lambda each: each[1].get(measure, 0.0))
        caption += f": the {_MOST_PARTS} of {len(shown):,} with the lowest {measure}"
    shown = shown[:_MOST_PARTS]
    names = list(dict.fromkeys(name for _, each in shown for name in each))
    rows = [
        [about.write.plain(part), *(number(each[name]) if name in each else "" for name in names)]
        for part, each in shown
    ]
    header = ["rows" if name == "support" else name.replace("_", " ") for name in names]
    yield Table(caption, [split.part, *header], rows)


def _confusion(about: Reported, split: SavedSplit) -> Iterator[Element]:
    """Yield the confusion matrix, or the most frequent confusions of many classes."""
    classes, plain = about.model.classes, about.write.plain
    if not split.confusion:
        return
    if len(classes) <= _MOST_CELLS:
        cells = {(true, chosen): rows for true, chosen, rows in split.confusion}
        places = range(len(classes))
        lines = [
            [plain(classes[true]), *(f"{cells.get((true, each), 0):,}" for each in places)]
            for true in places
        ]
        caption = "Confusion matrix: a line per true class, a column per predicted class"
        yield Table(caption, ["true class", *map(plain, classes)], lines)
        return
    wrong = [(rows, true, chosen) for true, chosen, rows in split.confusion if true != chosen]
    wrong.sort(key=lambda each: (-each[0], each[1:]))
    lines = [
        [plain(classes[true]), plain(classes[chosen]), f"{rows:,}"]
        for rows, true, chosen in wrong[:_MOST_CONFUSIONS]
    ]
    if lines:
        header = ["true class", "predicted class", "rows"]
        yield Table("Most frequent confusions", header, lines, texts=2)


def _importance(about: Reported) -> Table:
    found = about.subject.importance
    shown = found.order[:_MOST_COLUMNS]
    header, cells = ["column"], [[about.write.plain(found.columns[each])] for each in shown]
    for metric in found.drawbacks:
        header += [f"{metric} {'falls' if metric == 'accuracy' else 'rises'} by", "±"]
        means, deviations = found.summary(metric)
        for row, each in zip(cells, shown, strict=True):
            row += [figure(means[each]), figure(deviations[each])]
    caption = (
        f"How much worse the model gets when the values of a column are exchanged between "
        f"{found.used:,} {split_words(found.split)} rows: mean and standard deviation of "
        f"{found.repeats} exchanges"
    )
    if len(shown) < len(found.order):
        caption += f"; the {len(shown)} most important of {len(found.order):,} columns"
    return Table(caption, header, cells)


def _mistakes(about: Reported) -> Iterator[Element]:
    name, split = about.subject.evaluated
    found = worst_rows(about.model, split, _MISTAKES, numbers=about.subject.dataset.numbers)
    if not found:
        yield Paragraph(f"All {split_words(name)} rows are predicted correctly.")
        return
    keys = list(found[0])[:_MOST_COLUMNS]
    texts = 1 + sum(key.startswith(("target", "prediction")) for key in keys[:3])
    if about.model.task == "regression":
        texts = 1
    rows = [[_cell(about, key, each[key]) for key in keys] for each in found]
    worst = "worst prediction" if len(found) == 1 else f"{len(found)} worst predictions"
    caption = f"The {worst} of {rows_words(len(split), name)}"
    header = [about.write.plain(key.replace("_", " ")) for key in keys]
    yield Table(f"{caption}; rows count from 0", header, rows, texts)
    if about.model.preprocessing.images:
        yield from pictures(about, ["mistakes"])


def _cell(about: Reported, key: str, value: Any) -> str:
    if isinstance(value, float):
        return figure(value) if key.startswith("probability") else quantity(value)
    if isinstance(value, list):
        return listed(value, 5, about.write) or "none"
    return about.write.plain(str(value))
