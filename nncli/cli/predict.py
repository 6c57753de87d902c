"""``nncli predict``."""

import io
import sys
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import click

from nncli.cli.arguments import DATA, MODEL, OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import ReadableBuffer

    from nncli import Format, PredictedRows

_FORMATS = ("csv", "json", "jsonl", "npy", "parquet")


@click.command()
@click.argument("weights", type=MODEL)
@click.argument("input_file", metavar="INPUT", type=DATA)
@click.option(
    "-o",
    "--out",
    type=OUTPUT,
    metavar="FILE",
    help="File to write; - is standard output.  [default: -]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="Output format.  [default: from the extension of FILE, else csv]",
)
@click.option(
    "--excel",
    is_flag=True,
    help="Write CSV for spreadsheets: with a UTF-8 byte order mark, and text that never runs as a "
    "formula.",
)
@click.option("--proba", is_flag=True, help="Add the probability of every class.")
@click.option(
    "--id",
    "ids",
    metavar="COLUMN",
    multiple=True,
    help="Column of INPUT to copy to the predictions; may be repeated.  [default: data.id, if set]",
)
@click.option(
    "--truth",
    is_flag=True,
    help="Add the true target from INPUT, and the error: the prediction minus the target, or "
    "whether the prediction is correct.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="P",
    help="Probability above which the positive class (binary) or a label (multilabel) is "
    "predicted.  [default: the model's own]",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Fail on values unlike the training rows: missing values, new categories, numbers far "
    "out of range.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def predict(
    weights: Path,
    input_file: Path,
    out: Path | None,
    format_: str | None,
    excel: bool,
    proba: bool,
    ids: tuple[str, ...],
    truth: bool,
    threshold: float | None,
    strict: bool,
    force: bool,
) -> None:
    """Predict the class or the targets of every row of INPUT.

    WEIGHTS is a model file or a run directory. INPUT is CSV (separated by commas, semicolons, tabs
    or |; a header is optional), Parquet or another table format, .npy, .npz with one array or an
    array X, or IDX, and may be gzipped; - is standard input. With a header, columns may be in any
    order, and extra columns are ignored. For a model of images, INPUT may also be a PNG or JPEG
    file, or a folder of them. Images are resized, and inverted if necessary, to match the training
    images.
    """
    from nncli import check_probabilities, load
    from nncli.base.storage.files import checked_output
    from nncli.base.words import count, printable
    from nncli.cli.output import print_warning

    if out is not None and str(out) == "-":
        out = None
    chosen = _format(format_ or _format_by_ending(out), excel=excel, columns=truth or bool(ids))
    target = out and checked_output(out, replace=force, hint=", or --force to replace it")
    model = load(weights)
    if proba:
        check_probabilities(model)
    notes: list[str] = []
    try:
        with _progress(input_file, shown=target is not None or not sys.stdout.isatty()) as advance:
            blocks = model.predictions(
                input_file,
                threshold=threshold,
                proba=proba,
                id_column=ids,
                truth=truth,
                strict=strict,
                note=notes.append,
                advance=advance,
            )
            rows = _write(blocks, chosen, target, replace=force)
    finally:
        for each in notes:
            print_warning(each)
    if target is not None:
        click.echo(f"{count(rows, 'prediction')} in {printable(str(out))}", err=True)


def _format(name: str, *, excel: bool, columns: bool) -> "Format":
    """Return a format, which has room for additional columns if there are any."""
    from nncli import FORMATS
    from nncli.base.errors import UsageError

    if excel and name != "csv":
        raise UsageError(f"--excel: is for CSV; found the format {name}; remove one of them")
    if excel:
        return FORMATS["excel"]
    return FORMATS["records" if name == "npy" and columns else name]


def _format_by_ending(out: Path | None) -> str:
    """Return the name of the format for the extension of a file."""
    from nncli.base.errors import UsageError

    ending = out.suffix.removeprefix(".").lower() if out is not None else ""
    if ending in ("", "txt"):
        return "csv"
    if ending not in _FORMATS:
        choices = "|".join(_FORMATS)
        raise UsageError(f"{out}: unknown format {ending!r}; set --format {choices}")
    return ending


def _write(
    blocks: "Iterator[PredictedRows]", chosen: "Format", target: Path | None, *, replace: bool
) -> int:
    """Write predictions to a file or standard output; return the number of rows."""
    from nncli.base.storage.files import atomic_write

    rows = 0

    def counted() -> "Iterator[PredictedRows]":
        nonlocal rows
        for block in chain([first], blocks):
            rows += len(block)
            yield block

    chosen.prepare()
    first = next(blocks)  # errors at the start are raised before any file is touched
    if target is not None:
        with atomic_write(target, replace=replace) as stream:
            chosen.write(counted(), stream)
    elif chosen.seeks:
        from shutil import copyfileobj

        from nncli.base.storage.temporary_file import temporary_stream

        with temporary_stream() as file:
            chosen.write(counted(), file)
            file.seek(0)
            copyfileobj(file, _StandardOutput(chosen), 1 << 20)
    else:
        chosen.write(counted(), cast("BinaryIO", _StandardOutput(chosen)))
    return rows


class _StandardOutput(io.RawIOBase):
    """Standard output; for a terminal, control characters are escaped, with one line per row."""

    def __init__(self, chosen: "Format") -> None:
        from nncli import FORMATS
        from nncli.cli.output import visible, visible_csv

        self._shown = visible_csv if chosen in (FORMATS["csv"], FORMATS["excel"]) else visible

    def writable(self) -> bool:
        return True

    def write(self, content: "ReadableBuffer") -> int:
        sys.stdout.buffer.write(self._shown(bytes(content)) if sys.stdout.isatty() else content)
        return len(memoryview(content))


@contextmanager
def _progress(path: Path, *, shown: bool) -> "Iterator[Callable[[int], object]]":
    """Show a progress bar of the bytes read on a terminal; yield the function that advances it."""
    if not shown or not sys.stderr.isatty():
        yield lambda count: None
        return
    from tqdm import tqdm

    total = path.stat().st_size if path.is_file() else None
    with tqdm(total=total, unit="B", unit_scale=True, dynamic_ncols=True, leave=False) as bar:
        yield bar.update
