"""Write predictions block by block as CSV, JSON, JSON Lines, NumPy ``.npy`` or Parquet."""

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nncli.base.errors import OutputError
from nncli.base.extras import install_command
from nncli.data.files.table import NUMBER
from nncli.model.predicted import PredictedRows

Blocks = Iterable[PredictedRows]

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_GROUP_BYTES = 32 << 20  # pyarrow keeps 2 kB of each column of a group until the end


@dataclass(frozen=True)
class Format:
    """An output format for predictions.

    Attributes
    ----------
    write : function of blocks and a binary stream
    seeks : bool
        Whether writing needs a seekable stream; otherwise, it only appends.
    prepare : function
        Imports required packages, or raises an error; call it before creating a file.
    """

    write: Callable[[Blocks, BinaryIO], None]
    seeks: bool = False
    prepare: Callable[[], object] = lambda: None


def write_csv(blocks: Blocks, stream: BinaryIO) -> None:
    """Write ``row``, copied columns and predictions, one line per row.

    A number is written as the shortest text that round-trips.
    """
    for block in _parts(blocks):
        columns = block.columns()
        if not block.first:
            stream.write(csv_of([["row", *columns]]))
        stream.write(csv_of(zip(_numbers(block), *as_texts(columns.values()), strict=True)))


def as_texts(columns: Iterable[list[Any] | NDArray[Any]]) -> list[Any]:
    """Return columns with numbers as the shortest text that round-trips; None if missing."""
    return [each if isinstance(each, list) else _texts(each) for each in columns]


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    texts = np.asarray(np.ma.getdata(values)).astype(str)
    if values.dtype.kind == "b":
        texts = np.char.lower(texts)
    if not isinstance(values, np.ma.MaskedArray):
        return texts
    texts = texts.astype(object)
    texts[np.ma.getmaskarray(values)] = None
    return texts


def csv_of(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV lines in UTF-8."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode("utf-8")


def write_excel(blocks: Blocks, stream: BinaryIO) -> None:
    """Write the same as `write_csv` for Excel and other spreadsheets.

    The byte order mark (BOM) makes Excel read UTF-8. Text that a spreadsheet would treat as a
    formula gets a leading apostrophe; numbers stay numbers.
    """
    for block in _parts(blocks):
        columns = block.columns()
        if not block.first:
            stream.write(codecs.BOM_UTF8 + csv_of([["row", *map(_inert, columns)]]))
        cells = [
            [*map(_inert, each)] if isinstance(each, list) else each
            for each in as_texts(columns.values())
        ]
        stream.write(csv_of(zip(_numbers(block), *cells, strict=True)))


def _inert(cell: Any) -> Any:
    """Return a cell, with a leading apostrophe if it is text that starts like a formula."""
    is_formula = isinstance(cell, str) and cell.startswith(_FORMULA_SIGNS)
    return f"'{cell}" if is_formula and not NUMBER.fullmatch(cell) else cell


def write_json(blocks: Blocks, stream: BinaryIO) -> None:
    """Write a list with one object per row."""
    for block in _parts(blocks):
        start = ",\n" if block.first else "[\n"
        stream.write((start + ",\n".join(_objects(block))).encode("utf-8"))
    stream.write(b"\n]\n")


def write_jsonl(blocks: Blocks, stream: BinaryIO) -> None:
    """Write one object per row and line."""
    for block in _parts(blocks):
        stream.write("".join(line + "\n" for line in _objects(block)).encode("utf-8"))


def write_npy(blocks: Blocks, stream: BinaryIO) -> None:
    """Write only the array of predictions; the number of rows is filled in at the end."""
    rows = 0
    header: dict[str, Any] = {}
    for block in blocks:
        array = block.predictions.array()
        if not header:
            header = {"fortran_order": False, "descr": npy.dtype_to_descr(array.dtype)}
            _write_header(stream, header, array.shape)
        stream.write(np.ascontiguousarray(array).data)
        rows, last = rows + len(array), array
    stream.seek(0)
    _write_header(stream, header, (rows, *last.shape[1:]))
    stream.seek(0, io.SEEK_END)


def _write_header(stream: BinaryIO, header: dict[str, Any], shape: tuple[int, ...]) -> None:
    """Write a header; its length does not depend on the number of rows."""
    npy.write_array_header_1_0(stream, {**header, "shape": shape})


def write_records(blocks: Blocks, stream: BinaryIO) -> None:
    """Write the columns of `write_csv` as a structured array; a missing number is NaN.

    Everything is held in memory, since the width of text columns is known only at the end.
    """
    np.save(stream, np.concatenate([_records(block) for block in blocks]), allow_pickle=False)


def _records(block: PredictedRows) -> NDArray[Any]:
    columns = {"row": np.array(_numbers(block)), **block.columns()}
    arrays = {name: _array(each) for name, each in columns.items()}
    records = np.empty(len(block), [(name, each.dtype) for name, each in arrays.items()])
    for name, each in arrays.items():
        records[name] = each
    return records


def _array(column: list[Any] | NDArray[Any]) -> NDArray[Any]:
    if isinstance(column, np.ma.MaskedArray):
        numbers = np.array(column.data, np.float64)
        numbers[np.ma.getmaskarray(column)] = np.nan
        return numbers
    if isinstance(column, np.ndarray):
        return column
    is_text = isinstance(column[0], str | None)
    return np.array(["" if each is None else each for each in column], str if is_text else None)


def write_parquet(blocks: Blocks, stream: BinaryIO) -> None:
    """Write the columns of `write_csv`, in row groups of about the same size in bytes."""
    pyarrow, parquet = _pyarrow()
    writer, waiting, size = None, [], 0
    try:
        for block in blocks:
            waiting.append(_arrow_table(block))
            size += waiting[-1].nbytes
            writer = writer or parquet.ParquetWriter(stream, waiting[0].schema)
            if size >= _GROUP_BYTES:
                writer.write_table(pyarrow.concat_tables(waiting))
                waiting, size = [], 0
        if writer is not None and waiting:
            writer.write_table(pyarrow.concat_tables(waiting))
    finally:
        if writer is not None:
            writer.close()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise OutputError(
            "writing Parquet requires pyarrow, which is not installed; install it with: "
            + install_command("parquet")
        ) from error
    return pyarrow, parquet


def _arrow_table(block: PredictedRows) -> Any:
    import pyarrow

    columns = {"row": np.arange(block.first, block.first + len(block)), **block.columns()}
    texts = pyarrow.string()
    return pyarrow.table(
        {
            name: pyarrow.array(np.ma.getdata(each), mask=np.ma.getmaskarray(each))
            if isinstance(each, np.ma.MaskedArray)
            else pyarrow.array(each, texts if isinstance(each[0], str | None) else None)
            for name, each in columns.items()
        }
    )


def _parts(blocks: Blocks) -> Iterator[PredictedRows]:
    for block in blocks:
        yield from block.parts()


def _numbers(block: PredictedRows) -> range:
    return range(block.first, block.first + len(block))


def _objects(block: PredictedRows) -> list[str]:
    columns = {name: _values(each) for name, each in block.columns().items()}
    keys = ["row", *columns]
    rows = zip(_numbers(block), *columns.values(), strict=True)
    return [json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) for row in rows]


def _values(column: list[Any] | NDArray[Any]) -> list[Any]:
    """Return a column as JSON values, with None where missing."""
    if isinstance(column, list):
        return column
    if column.dtype.kind == "f" and not isinstance(column, np.ma.MaskedArray):
        column = column.astype(str).astype(np.float64)  # shortest text of float32
    values: list[Any] = column.tolist()
    return values


FORMATS: dict[str, Format] = {
    "csv": Format(write_csv),
    "excel": Format(write_excel),
    "json": Format(write_json),
    "jsonl": Format(write_jsonl),
    "npy": Format(write_npy, seeks=True),
    "records": Format(write_records, seeks=True),
    "parquet": Format(write_parquet, seeks=True, prepare=_pyarrow),
}
