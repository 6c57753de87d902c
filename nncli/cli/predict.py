"""``nncli predict``."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

_FORMATS = ("csv", "json", "jsonl", "npy")


@click.command()
@click.argument("weights", type=click.Path(path_type=Path))
@click.argument("input_file", metavar="INPUT", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE; - is standard output.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="How to write.  [default: by the ending of FILE, else csv]",
)
@click.option("--proba", is_flag=True, help="Add the probability of every class.")
@click.option(
    "--id",
    "id_column",
    metavar="COLUMN",
    help="A column of a table to keep beside the predictions.  [default: data.id, if there]",
)
@click.option(
    "--threshold",
    type=float,
    metavar="P",
    help="The probability over which the second of two classes is predicted.  [default: the "
    "model's own]",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def predict(
    weights: Path,
    input_file: Path,
    out: Path | None,
    format_: str | None,
    proba: bool,
    id_column: str | None,
    threshold: float | None,
    force: bool,
) -> None:
    """Predict the class, or the targets, of every row of INPUT with WEIGHTS.

    INPUT is CSV (commas, semicolons or tabs) with or without a header, .npy, .npz with one array
    or one called X, or IDX, also gzipped; - is standard input. A CSV header with all the model's
    columns may have them in any order, and others beside them.
    """
    from nncli.artifact import read_model
    from nncli.cli.output import print_bytes, visible
    from nncli.data.tables import read_rows
    from nncli.data.tabular import read_inputs
    from nncli.errors import UsageError
    from nncli.evaluation import threshold_for
    from nncli.files import atomic_write, checked_output
    from nncli.prediction import FORMATS, PredictedNumbers, predict_rows

    if out is not None and str(out) == "-":
        out = None
    ending = out.suffix.removeprefix(".").lower() if out is not None else ""
    if format_ is None and ending not in ("", "txt", *FORMATS):
        raise UsageError(f"{out}: no format is called {ending!r}; say --format {'|'.join(FORMATS)}")
    target = out and checked_output(out, replace=force, hint=", or --force to replace it")
    model = read_model(weights)
    threshold = threshold_for(model, weights, threshold)
    encoding = model.preprocessing.encoding
    beside: dict[str, list[Any]] = {}
    if encoding is None:
        if id_column is not None:
            raise UsageError(f"{weights}: its rows are no table with names; leave out --id")
        inputs = read_rows(
            input_file, model.preprocessing.columns, note=lambda text: click.echo(text, err=True)
        )
    else:
        inputs, beside, warnings = read_inputs(input_file, encoding, id_column)
        for warning in warnings:
            click.echo(f"Warning: {warning}", err=True)
    predictions = predict_rows(model, inputs, threshold)
    if proba and predictions.probabilities is None:
        raise UsageError(f"{weights}: its outputs are no probabilities; leave out --proba")
    if not isinstance(predictions, PredictedNumbers) and not proba:
        predictions = replace(predictions, probabilities=None)
    write = FORMATS[format_ or (ending if ending in FORMATS else "csv")]
    content = write(predictions, beside)
    if target is None:
        print_bytes(visible(content) if sys.stdout.isatty() else content)
        return
    with atomic_write(target) as stream:
        stream.write(content)
    click.echo(f"{len(predictions)} predictions in {out}", err=True)
