"""``nncli data``: list, fetch, show, export."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.base.late import import_late
from nncli.base.words import printable
from nncli.cli.arguments import OUTPUT, data_sets, data_sets_and_configs, settings
from nncli.cli.commands import Commands

if TYPE_CHECKING:
    from nncli import Dataset


@click.group(cls=Commands)
def data() -> None:
    """List, download, describe or export data."""


@data.command("list")
def list_() -> None:
    """List the data sources, and where the data of each is."""
    import_late("numpy")
    from nncli import SOURCES

    for name, source in SOURCES.items():
        if source.is_given:
            continue
        summary = (source.__doc__ or "").splitlines()[0]
        click.echo(f"{name:<7}  {summary}\n         {printable(source.whereabouts())}")


@data.command()
@click.argument("name", shell_complete=data_sets)
def fetch(name: str) -> None:
    """Download the data set NAME into the cache if it is not there yet."""
    from nncli import fetch as fetch_data

    place = fetch_data(name, progress=sys.stderr.isatty())
    click.echo(f"{name}: {printable(str(place))}")


@data.command()
@click.argument("source", metavar="NAME|CONFIG", shell_complete=data_sets_and_configs)
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=settings)
@click.option(
    "--row",
    type=click.IntRange(min=0),
    metavar="N",
    help="Show one row, counted from 0 in its file: an image as a drawing; of a table, the cells "
    "and the inputs they become.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "held_out", "test"]),
    help="Split of the row.  [default: the first with a row N]",
)
@click.option("--matrix", is_flag=True, help="Print the numbers of the image.")
def show(
    source: str, overrides: tuple[str, ...], row: int | None, split: str | None, matrix: bool
) -> None:
    """Describe a built-in data set or the data of a config, or show a row."""
    from nncli import UsageError, load_data, misfits_of_data, read_config

    if row is None and (split or matrix):
        raise UsageError(f"--{'matrix' if matrix else 'split'}: is for a row; give --row N, too")
    if row is not None:
        from nncli import data_row
        from nncli.cli.data_row import print_row

        shown = sys.stderr.isatty()
        what = _named(source, overrides)
        found = data_row(what, row, overrides, split=split, progress=shown)
        print_row(found, matrix=matrix)
        return
    what = _named(source, overrides)
    loaded = read_config(what, overrides, check=misfits_of_data)
    dataset = load_data(loaded, progress=sys.stderr.isatty())
    _describe(dataset, loaded.config.data.source)


def _named(source: str, overrides: tuple[str, ...]) -> "dict[str, Any] | Path":
    """Return a config for the name of a data set, or the path of a config.

    Raises
    ------
    UsageError
        If the data set needs settings that `overrides` have not.
    """
    from nncli import SOURCES, UsageError, source_called

    given = {each.partition("=")[0] for each in overrides}
    needed = source_called(source).required_keys() if source in SOURCES else []
    if lacking := [key for each in needed if (key := f"data.{each}") not in given]:
        raise UsageError(f"{source} needs {', '.join(lacking)}; give a config instead of the name")
    if source not in SOURCES and not Path(source).suffix and not Path(source).exists():
        source_called(source)
    return {"data": {"source": source}} if source in SOURCES else Path(source)


@data.command()
@click.argument("config", metavar="NAME|CONFIG", shell_complete=data_sets_and_configs)
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=settings)
@click.option(
    "-o",
    "--out",
    type=OUTPUT,
    metavar="FILE",
    required=True,
    help="File to write: its name ends in .csv or .npz.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def export(config: str, overrides: tuple[str, ...], out: Path, force: bool) -> None:
    """Write the rows that a config trains on, split by split.

    A column or array names the split of each row. Inputs are those of the network before scaling:
    of a table, its columns as numbers.
    """
    from nncli import export_data

    what = _named(config, overrides)
    shown = sys.stderr.isatty()
    rows = export_data(what, out, overrides, replace=force, progress=shown)
    numbers = ", ".join(f"{number} {name}" for name, number in rows.items())
    click.echo(f"{numbers} rows in {printable(str(out))}", err=True)


def _describe(dataset: "Dataset", source: str) -> None:
    from nncli.cli.findings import print_findings
    from nncli.cli.output import (
        names_within,
        print_pairs,
        print_table,
        print_warning,
        shortened,
    )

    columns = dataset.columns
    if dataset.encoding is not None:
        print_findings(dataset)
        for warning in dataset.warnings:
            print_warning(warning)
        return
    print_pairs(
        [
            ("source", source),
            ("task", dataset.task),
            ("target", names_within(dataset.targets, 60)),
            ("columns", f"{len(columns)}: {shortened(columns[0], 20)} to "
                        f"{shortened(columns[-1], 20)}"),
            ("type", dataset.splits["train"].inputs.dtype),
        ]
    )  # fmt: skip
    click.echo()
    splits = dataset.splits.values()
    rows = [("rows", *(str(len(split)) for split in splits))]
    for index, name in enumerate(dataset.classes):
        counts = ((split.targets[split.rows] == index).sum() for split in splits)
        rows.append((f"  {dataset.targets[0]} {shortened(name, 20)}", *map(str, counts)))
    rows += _figures([split.inputs[split.rows] for split in splits], "")
    if not dataset.classes:
        for index, name in enumerate(dataset.targets):
            numbers = [split.targets[split.rows, index] for split in splits]
            rows += _figures(numbers, f" of {shortened(name, 20)}")
    print_table(("", *dataset.splits), rows)


def _figures(splits: list[Any], of: str) -> list[tuple[str, ...]]:
    """Return rows with the smallest, largest and mean value of the array of each split."""
    return [
        (title + of, *(f"{float(getattr(values, figure)()):.4g}" for values in splits))
        for title, figure in (("smallest value", "min"), ("largest value", "max"), ("mean", "mean"))
    ]
