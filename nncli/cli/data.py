"""``nncli data``: list, fetch, show."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nncli.errors import UsageError


@click.group()
def data() -> None:
    """List, download or describe data."""


@data.command("list")
def list_() -> None:
    """List the built-in data sets, and where each is."""
    from nncli.config.sources import SOURCES

    for name, source in SOURCES.items():
        summary = (source.__doc__ or "").splitlines()[0]
        click.echo(f"{name:<6}  {summary}\n        {source.whereabouts()}")


@data.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Download the data set NAME into the cache, unless it is there."""
    from nncli.config.sources import SOURCES

    if name not in SOURCES:
        raise _unknown(name)
    click.echo(f"{name}: {SOURCES[name].fetch(progress=sys.stderr.isatty())}")


@data.command()
@click.argument("source", metavar="NAME|CONFIG")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
def show(source: str, overrides: tuple[str, ...]) -> None:
    """Describe a built-in data set, or the data of a config: rows, classes, values."""
    from nncli.cli.output import print_pairs, print_table, shortened
    from nncli.config.load import load_config
    from nncli.config.schema import Config
    from nncli.config.sources import SOURCES
    from nncli.errors import UsageError

    if source in SOURCES and not overrides:
        config = Config.model_validate({"data": source})
    elif source in SOURCES:
        raise UsageError(
            f"{source} is taken as it is; to change {overrides[0]!r} give a config: "
            f"'nncli init {source}' writes one"
        )
    elif not Path(source).suffix and not Path(source).exists():
        raise _unknown(source)
    else:
        config = load_config(Path(source), overrides).config
    dataset = config.data.load(config.seed, progress=sys.stderr.isatty())
    columns = dataset.columns
    print_pairs(
        [
            ("source", config.data.source),
            ("task", dataset.task),
            ("target", dataset.targets[0]),
            ("columns", f"{len(columns)}: {columns[0]} to {columns[-1]}"),
            ("type", dataset.splits["train"].inputs.dtype),
        ]
    )
    click.echo()
    splits = list(dataset.splits.items())
    rows = [("rows", *(str(len(split)) for _, split in splits))]
    for index, name in enumerate(dataset.classes):
        counts = ((split.targets[split.rows] == index).sum() for _, split in splits)
        rows.append((f"  {dataset.targets[0]} {shortened(name, 20)}", *map(str, counts)))
    for title, figure in (("smallest value", "min"), ("largest value", "max"), ("mean", "mean")):
        values = (getattr(split.inputs[split.rows], figure)() for _, split in splits)
        rows.append((title, *(f"{float(value):.4g}" for value in values)))
    print_table(("", *(name for name, _ in splits)), rows)


def _unknown(name: str) -> "UsageError":
    from nncli.config.sources import SOURCES
    from nncli.errors import UsageError, did_you_mean

    hint = did_you_mean(name, list(SOURCES)) or "; there are " + ", ".join(SOURCES)
    return UsageError(f"unknown data set {name!r}{hint}")
