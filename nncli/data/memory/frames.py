"""Data frames of pandas, polars, pyarrow and others as tables, through narwhals."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nncli.base.errors import DataError
from nncli.data.files.blanks import MixedColumnError
from nncli.data.files.table import BLANK_BOOLEAN, Kind, Wanted
from nncli.data.files.texts import is_blank, text_cells
from nncli.data.files.value_cells import Place, cells_of, moment_cells
from nncli.data.files.values import REMEDIES, number_cells, numbers_among
from nncli.data.memory.memory_table import MemoryTable, Reader
from nncli.data.names import plain_name

_KINDS: dict[str, Kind] = {
    "Boolean": "boolean",
    "String": "category",
    "Categorical": "category",
    "Enum": "category",
    "Date": "date",
    "Datetime": "date",
    "Time": "date",
}
_REFUSED = {
    "Duration": "duration",
    "Decimal": "decimal",
    "Int128": "wide",
    "UInt128": "wide",
    "List": "nested",
    "Array": "nested",
    "Struct": "nested",
}
_HAVE_TEXT = ("Date", "Datetime", "Time", "Decimal")  # when used as an id or a category


class FrameTable(MemoryTable):
    """A data frame as a table; null and NaN are blank cells."""

    def __init__(self, name: str, frame: Any) -> None:
        super().__init__(name, frame.columns, len(frame))
        self._frame = frame

    def _reader_at(
        self, at: int, where: Place, kind: Wanted | None, missing: Sequence[str]
    ) -> Reader:
        series, column = self._frame.get_column(self.own_names[at]), where.column
        if kind == "category" and type(series.dtype).__name__ in _HAVE_TEXT:
            return lambda start, stop: text_cells(series[start:stop].to_list(), missing)
        found = self._kind(column, series.dtype)
        if found == "date" and kind in ("number", "boolean"):
            what, remedy = REMEDIES["temporal"]
            raise DataError(f"{self.name}: column {column} {what} ({series.dtype}); {remedy}")
        if found == "date":
            return lambda start, stop: moment_cells(series[start:stop].to_list())
        if found is None or str(getattr(series.to_native(), "dtype", "")) == "object":
            cells = cells_of(series.to_list(), where, kind, missing)
            return lambda start, stop: cells[start:stop]
        if kind == "category" or found == "category":
            if kind in ("number", "boolean"):
                message = f"{self.name}: column {column}: holds text; expected {kind}s"
                raise MixedColumnError(message, column)
            values = _numbers if series.dtype.is_float() else _values
            return lambda start, stop: text_cells(values(series[start:stop]), missing)
        if found == "boolean":
            return lambda start, stop: _booleans(series[start:stop])
        blanks = numbers_among(missing)
        return lambda start, stop: number_cells(
            _numbers(series[start:stop]), blanks, lambda row: where.of(start + row)
        )

    def _kind(self, column: str, dtype: Any) -> Kind | None:
        """Return the kind of a column; None where each value decides for itself."""
        name = type(dtype).__name__
        if name in _REFUSED:
            found, remedy = REMEDIES[_REFUSED[name]]
            raise DataError(f"{self.name}: column {column} {found} ({dtype}); {remedy}")
        if dtype.is_numeric():
            return "number"
        if name in ("Object", "Unknown"):
            return None
        if name not in _KINDS:
            raise DataError(
                f"{self.name}: column {column} holds values of type {dtype}; expected numbers, "
                "Booleans or text; cast or drop it"
            )
        return _KINDS[name]


def frame_table(rows: object, name: str) -> FrameTable | None:
    """Return a data frame as a table, or None for any other object.

    Raises
    ------
    DataError
        When a column name is neither text nor a number, or two names are equal.
    """
    import narwhals

    frame = _narwhal(rows, name)
    if isinstance(frame, narwhals.LazyFrame):
        raise DataError(f"{name}: is a lazy frame; collect it first")
    return FrameTable(name, frame) if isinstance(frame, narwhals.DataFrame) else None


def series_table(values: object, name: str, place: str) -> FrameTable | None:
    """Return a series as a table of one column, or None for any other object.

    The column keeps the name of the series, else it is `name`. Messages call the table `place`.
    Raises `DataError` like `frame_table`.
    """
    import narwhals

    series = _narwhal(values, place)
    if not isinstance(series, narwhals.Series):
        return None
    called = series.name if isinstance(series.name, str) and plain_name(series.name) else name
    return FrameTable(place, series.alias(called).to_frame())


def _narwhal(values: object, name: str) -> Any:
    """Wrap a frame or series with narwhals; return any other object unchanged."""
    import narwhals
    from narwhals.exceptions import DuplicateError

    try:
        return narwhals.from_native(values, pass_through=True, allow_series=True)
    except DuplicateError as error:
        raise DataError(
            f"{name}: two columns have the same name ({' '.join(str(error).split())}); rename one"
        ) from error


def _numbers(series: Any) -> Any:
    values = series.to_numpy()
    if values.dtype.kind != "O":
        return values
    return values.astype(np.float32 if "Float32" in str(series.dtype) else np.float64)


def _values(series: Any) -> Any:
    return series.to_list()  # integers next to nulls keep their digits


def _booleans(series: Any) -> Any:
    values = series.to_list()
    if any(map(is_blank, values)):
        return np.array([np.nan if is_blank(each) else each for each in values], BLANK_BOOLEAN)
    return np.array(values, np.bool_)
