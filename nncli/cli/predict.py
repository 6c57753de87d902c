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
    help="Write to FILE; - is standard output.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="How to write.  [default: by the ending of FILE, else csv]",
)
@click.option(
    "--excel",
    is_flag=True,
    help="Write CSV for spreadsheets: marked as UTF-8, no text is run as a formula.",
)
@click.option("--proba", is_flag=True, help="Add the probability of every class.")
@click.option(
    "--id",
    "ids",
    metavar="COLUMN",
    multiple=True,
    help="A column of a table to keep beside the predictions; may be repeated.  [default: data.id, "
    "if there]",
)
@click.option(
    "--truth",
    is_flag=True,
    help="Add the target of INPUT, and the error: the prediction minus the target, or whether it "
    "is correct.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="P",
    help="The probability over which the second of two classes is predicted.  [default: the "
    "model's own]",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Refuse what the training rows do not have: blank cells, categories, numbers far outside.",
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
    """Predict the class, or the targets, of every row of INPUT with WEIGHTS.

    INPUT is CSV (commas, semicolons, tabs or |) with or without a header, .npy, .npz with one array
    or one called X, or IDX, also gzipped, or Parquet; - is standard input. A header with all the
    model's columns may have them in any order, and others beside them. For a model of images it is
    also a PNG or JPEG file, or a folder of them, which are brought to the size and the polarity of
    the training images.
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
    """Return a format, with a place for further columns if there are some."""
    from nncli import FORMATS
    from nncli.base.errors import UsageError

    if excel and name != "csv":
        raise UsageError(f"--excel: is for CSV; found the format {name}; leave one of them out")
    if excel:
        return FORMATS["excel"]
    return FORMATS["records" if name == "npy" and columns else name]


def _format_by_ending(out: Path | None) -> str:
    """Return the name of the format that the ending of a file asks for."""
    from nncli.base.errors import UsageError

    ending = out.suffix.removeprefix(".").lower() if out is not None else ""
    if ending in ("", "txt"):
        return "csv"
    if ending not in _FORMATS:
        choices = "|".join(_FORMATS)
        raise UsageError(f"{out}: no format is called {ending!r}; say --format {choices}")
    return ending


def _write(
    blocks: "Iterator[PredictedRows]", chosen: "Format", target: Path | None, *, replace: bool
) -> int:
    """Write predictions to a file, or to standard output; return how many rows there are."""
    from nncli.base.storage.files import atomic_write

    rows = 0

    def counted() -> "Iterator[PredictedRows]":
        nonlocal rows
        for block in chain([first], blocks):
            rows += len(block)
            yield block

    chosen.prepare()
    first = next(blocks)  # what is wrong at the start is said before any file is touched
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
    """Standard output; a terminal is shown nothing that would command it, and a line a row."""

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
    """Show on a terminal how many bytes of a file have been read; the block tells it."""
    if not shown or not sys.stderr.isatty():
        yield lambda count: None
        return
    from tqdm import tqdm

    total = path.stat().st_size if path.is_file() else None
    with tqdm(total=total, unit="B", unit_scale=True, dynamic_ncols=True, leave=False) as bar:
        yield bar.update
