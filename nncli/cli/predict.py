"""``nncli predict``."""

import sys
from pathlib import Path

import click

_FORMATS = ("csv", "json", "jsonl", "npy")


@click.command()
@click.argument("weights", type=click.Path(path_type=Path))
@click.argument("input_file", metavar="INPUT", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="How to write.  [default: by the ending of FILE, else csv]",
)
@click.option("--proba", is_flag=True, help="Add the probability of every class.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def predict(
    weights: Path,
    input_file: Path,
    out: Path | None,
    format_: str | None,
    proba: bool,
    force: bool,
) -> None:
    """Predict the class of every row of INPUT with WEIGHTS.

    INPUT is CSV with or without a header, .npy, .npz with one array or one called X, or IDX, also
    gzipped; - is standard input. A CSV header with all the model's columns may have them in any
    order, and others beside them.
    """
    from nncli.artifact import read_model
    from nncli.data.tables import read_rows
    from nncli.errors import UsageError
    from nncli.files import atomic_write
    from nncli.prediction import FORMATS, predict_rows

    if out is not None and out.exists() and not force:
        raise UsageError(f"{out}: exists; choose another file, or --force to replace it")
    model = read_model(weights)
    predictions = predict_rows(model, read_rows(input_file, model.preprocessing.columns))
    ending = out.suffix.removeprefix(".").lower() if out is not None else ""
    chosen = format_ or (ending if ending in FORMATS else "csv")
    content = FORMATS[chosen](predictions, with_probabilities=proba)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    with atomic_write(out) as stream:
        stream.write(content)
    click.echo(f"{len(predictions.chosen)} predictions in {out}", err=True)
