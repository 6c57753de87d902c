"""Tables with Arrow types, from files read with pyarrow (the extra ``parquet``).

Supported are numbers, Booleans, text, dates, times, and dictionaries as categories; also decimals
in columns read as text, such as an id. Null and NaN are blank cells.
"""

import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.extras import install_command
from nncli.data.files.blanks import MixedColumnError
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.input_file import InputFile
from nncli.data.files.kinds import SIGNATURES
from nncli.data.files.table import BLANK_BOOLEAN, MOMENT, Kind, Table, Wanted
from nncli.data.files.texts import text_cells
from nncli.data.files.values import REMEDIES, number_cells, numbers_among
from nncli.data.names import OwnNames, plain_name

if TYPE_CHECKING:
    import pyarrow

_OFFSET = re.compile(r"[-+](?P<hours>\d\d):?(?P<minutes>\d\d)", re.ASCII)  # from UTC

BATCH_ROWS = 1 << 14
_TYPES = {
    "is_nested": "nested",
    "is_decimal": "decimal",
    "is_duration": "duration",
    "is_interval": "duration",
}


_NO_DATES = ("number", "boolean")


class ArrowTable(OwnNames, ABC):
    """A file with its schema read.

    Attributes
    ----------
    source : path or file of bytes
        Input of pyarrow.
    categories : set of str
        Columns whose type is a category.
    """

    def __init__(self, file: InputFile, hints: Hints = NO_HINTS) -> None:
        assert file.kind is not None
        self._words = SIGNATURES[file.kind].words
        try:
            import pyarrow  # noqa: F401 - check that it is installed
        except ImportError as error:
            raise DataError(
                f"{file.name}: is {self._words}, but pyarrow is not installed; get it with: "
                + install_command("parquet")
            ) from error
        self.name = file.name
        self.source = io.BytesIO(file.read()) if file.path is None else file.path
        with self._errors():
            self._schema = self._opened()
            super().__init__(file.name, self._schema.names)
        self.categories = _categories_of(self._schema)
        # The reads of pyarrow cannot be observed: progress in bytes is estimated from the rows.
        self._bytes = 0 if file.path is None else file.path.stat().st_size
        self._advance = file.advance

    @abstractmethod
    def _opened(self) -> "pyarrow.Schema":
        """Open the source, and return its schema."""

    @abstractmethod
    def _batches(self, names: list[str]) -> "Iterator[tuple[pyarrow.RecordBatch, float]]":
        """Yield columns in batches, each with its fraction of all rows, and close the file."""

    def blocks(
        self,
        *,
        kinds: Mapping[str, Wanted],
        used: Collection[str] | None,
        missing: Sequence[str],
    ) -> Iterator[Table]:
        """Yield the rows, once; see `OpenTable`."""
        columns = self.header if used is None else list(used)
        own = {column: self._own_name(column, kinds.get(column)) for column in columns}
        kinds = {**dict.fromkeys(self.categories, "category"), **kinds}
        readers = {
            column: _Reader(self.name, column, kinds.get(column), missing) for column in columns
        }
        from pyarrow import default_memory_pool

        row = 0
        with self._errors():
            for batch, share in self._batches([*own.values()]):
                cells = {
                    column: readers[column].cells(batch.column(name), row)
                    for column, name in own.items()
                }
                yield Table(self.name, cells, _places(row))
                row += len(batch)
                self._advance(int(self._bytes * share))
        default_memory_pool().release_unused()

    def _own_name(self, column: str, wanted: Wanted | None) -> str:
        """Return the name of a column in the file.

        Raises `DataError` if it is missing, duplicate or of an unsupported type.
        """
        from pyarrow import types

        place = self.place_of(column)
        kind = self._schema.field(place).type
        value = kind.value_type if types.is_dictionary(kind) else kind
        if wanted == "category" and _has_text(value):
            return str(self.own_names[place])
        refused = {**_TYPES, **({"is_temporal": "temporal"} if wanted in _NO_DATES else {})}
        for test, each in refused.items():
            if getattr(types, test)(value):
                found, remedy = REMEDIES[each]
                raise DataError(f"{self.name}: column {column} {found} ({kind}); {remedy}")
        if not _kind(value):
            raise DataError(
                f"{self.name}: column {column} holds values of type {kind}; expected numbers, "
                "Booleans or text; cast or drop it"
            )
        return str(self.own_names[place])

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import pyarrow

        try:
            yield
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.name}: has a name or text that is not UTF-8; write it as UTF-8"
            ) from error
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            words = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            raise DataError(
                f"{self.name}: is not {self._words}, or is damaged ({words})"
            ) from error


class _Reader:
    """Converts the chunks of a column to cells."""

    def __init__(self, name: str, column: str, kind: Wanted | None, missing: Sequence[str]) -> None:
        self._name = name
        self._column = column
        self._wanted = kind
        self._missing = {*missing}
        self._missing_numbers = numbers_among(missing)

    def cells(self, chunk: "pyarrow.Array", first_row: int) -> NDArray[Any]:
        import pyarrow

        if pyarrow.types.is_null(chunk.type):
            chunk = chunk.cast(pyarrow.float64())
        is_dictionary = pyarrow.types.is_dictionary(chunk.type)
        if is_dictionary:
            chunk = chunk.dictionary_decode()
        kind = _kind(chunk.type)
        if is_dictionary and self._wanted is None:
            kind = "category"
        if kind == "date" and self._wanted != "category":
            return _moments(chunk)
        if self._wanted == "category" or kind == "category":
            if self._wanted in _NO_DATES:
                message = f"{self._name}: column {self._column}: holds text; expected "
                raise MixedColumnError(f"{message}{self._wanted}s", self._column)
            if pyarrow.types.is_floating(chunk.type):  # Python's floats would be float64
                return text_cells(chunk.to_numpy(zero_copy_only=False), self._missing)
            return text_cells(_without_nanoseconds(chunk).to_pylist(), self._missing)
        if kind == "boolean" and not chunk.null_count:
            return np.asarray(chunk.to_numpy(zero_copy_only=False), np.bool_)
        if kind == "boolean":
            numbers = chunk.cast(pyarrow.uint8()).to_numpy(zero_copy_only=False)
            return np.asarray(numbers, BLANK_BOOLEAN)
        values = np.asarray(chunk.to_numpy(zero_copy_only=False))
        return number_cells(values, self._missing_numbers, partial(self._where, first_row))

    def _where(self, first_row: int, row: int) -> str:
        return f"{self._name}: row {first_row + row}, column {self._column}"


def _kind(arrow_type: "pyarrow.DataType") -> Kind | None:
    from pyarrow import types

    if types.is_boolean(arrow_type):
        return "boolean"
    if types.is_integer(arrow_type) or types.is_floating(arrow_type) or types.is_null(arrow_type):
        return "number"
    if types.is_date(arrow_type) or types.is_time(arrow_type) or types.is_timestamp(arrow_type):
        return "date"
    texts = (types.is_string, types.is_large_string, types.is_string_view)
    return "category" if any(is_text(arrow_type) for is_text in texts) else None


def _categories_of(schema: "pyarrow.Schema") -> set[str]:
    """Return the columns that are dictionaries, or were categories in pandas (also of numbers)."""
    from pyarrow import types

    dictionaries = {plain_name(each.name) for each in schema if types.is_dictionary(each.type)}
    return dictionaries | _categories_of_pandas(schema)


def _categories_of_pandas(schema: "pyarrow.Schema") -> set[str]:
    try:
        columns = [*(schema.pandas_metadata or {}).get("columns", ())]
    except (AttributeError, TypeError, ValueError):  # other programs may write anything there
        return set()
    described = [each for each in columns if isinstance(each, dict)]
    categories = [each for each in described if each.get("pandas_type") == "categorical"]
    return {plain_name(str(each.get("name"))) for each in categories}


def _has_text(arrow_type: "pyarrow.DataType") -> bool:
    """Return whether a type other than text can be read as text."""
    from pyarrow import types

    tests = (types.is_date, types.is_time, types.is_timestamp, types.is_decimal)
    return any(test(arrow_type) for test in tests)


def _without_nanoseconds(chunk: "pyarrow.Array") -> "pyarrow.Array":
    """Return times in microseconds, the resolution of Python's types."""
    import pyarrow

    if getattr(chunk.type, "unit", None) != "ns" or not _has_text(chunk.type):
        return chunk
    is_time = pyarrow.types.is_time(chunk.type)
    whole = pyarrow.time64("us") if is_time else pyarrow.timestamp("us", chunk.type.tz)
    return chunk.cast(whole, safe=False)


def _moments(chunk: "pyarrow.Array") -> NDArray[Any]:
    """Return dates and times in local time of their zone; bare times share one day."""
    import pyarrow
    from pyarrow import compute, types

    zone = chunk.type.tz if types.is_timestamp(chunk.type) else None
    ahead = np.timedelta64(0, "m")
    if zone and (offset := _OFFSET.fullmatch(zone)):  # pyarrow 16 does not know offsets
        minutes = 60 * int(offset["hours"]) + int(offset["minutes"])
        ahead = np.timedelta64(-minutes if zone.startswith("-") else minutes, "m")
    elif zone:
        chunk = compute.local_timestamp(chunk)
    if types.is_time(chunk.type):
        chunk = chunk.cast(pyarrow.time64("us"), safe=False).cast(pyarrow.int64())
    moments = chunk.cast(pyarrow.timestamp("us"), safe=False)
    return np.asarray(moments.to_numpy(zero_copy_only=False), MOMENT) + ahead


def _places(first_row: int) -> Callable[[int], str]:
    return lambda row: f"row {first_row + row}"
