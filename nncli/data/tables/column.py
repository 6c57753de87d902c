"""Input columns of a table: their settings, and their encoding as network inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from nncli.base.errors import DataError
from nncli.base.words import has_surrogate, yaml_key
from nncli.data.files.table import BLANK_BOOLEAN, NUMBER, Cells, Kind, Table
from nncli.data.files.texts import NOT_A_NUMBER, canonical, places_of
from nncli.data.splits import Rows
from nncli.data.tables.moments import NUMBERS, days_of, encode_parts, input_names, varying_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
else:
    Numbers = Any

Missing = Literal["error", "auto", "mean", "median", "constant", "indicator"]

KINDS: tuple[Kind, ...] = get_args(Kind)
POLICIES: tuple[Missing, ...] = get_args(Missing)
LARGEST = 1e30  # fits in float32, even after scaling
MOST_BLANKS = 1000  # each numeric one takes a search of the column


class Odd(NamedTuple):
    """Rows with cells unlike any in the training rows."""

    unknown: NDArray[np.intp]  # the text is an unknown category: its inputs are all 0
    blank: NDArray[np.intp]  # the cell is blank, unlike in all training rows


@dataclass(frozen=True)
class Column:
    """An input column of a table.

    Attributes
    ----------
    name : str
    kind : str
        A number is one input; a Boolean is one input, 0 or 1; a category has one input per text,
        1 if the cell is that text, else 0; a date has the inputs of its `parts`.
    missing : str
        How to treat a blank cell: as an ``error``; as the ``mean`` or ``median`` of the training
        rows; as a ``constant``; or with an extra ``indicator`` input, which is 1 if the cell is
        blank. A number or Boolean with an indicator also takes the mean. If no training row is
        blank, it can be ``auto``: later blank cells are odd, and take the median of a number, the
        mean of a Boolean, and no category.
    fill : float, str or None
        Value for blank cells: the constant, or the one from `fit`.
    categories : tuple of str
        Different texts of the training rows, `canonical` and sorted.
    parts : tuple of str
        Parts of dates that vary in the training rows: see `moments`. Otherwise dates are treated as
        numbers, days since 1970.
    """

    name: str
    kind: Kind
    missing: Missing = "error"
    fill: float | str | None = None
    categories: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def inputs(self) -> list[str]:
        """The names of the network inputs of this column."""
        names = [f"{self.name}={each}" for each in self.categories]
        if self.kind != "category":
            names = input_names(self.name, self.parts) if self.kind == "date" else [self.name]
        return [*names, f"{self.name} is blank"] if self.missing == "indicator" else names

    @property
    def scaled(self) -> list[bool]:
        """Whether each input is scaled: numbers are, but not 0 or 1, or points on a circle."""
        numbers = {"number": [self.name], "date": input_names(self.name, NUMBERS)}
        return [name in numbers.get(self.kind, ()) for name in self.inputs]

    def fit(self, table: Table, rows: Rows) -> Column:
        """Return a copy with the fill and categories found in the training rows.

        Raises
        ------
        DataError
            As for `encode`, and if all cells of a column that needs values are blank.
        """
        if self._needs_cells and blank_cells(table.columns[self.name][rows]).all():
            raise DataError(
                f"{table.name}: column {self.name}: every value in the training rows is missing; "
                "add it to data.drop"
            )
        if self.kind == "category":
            texts, fill = different_texts(table.columns[self.name][rows]), self.fill
            if isinstance(fill, str):
                fill = canonical(fill.strip())
                texts.add(fill)
            return replace(self, fill=fill, categories=tuple(sorted(texts)))
        if self.kind == "date" and not self.parts:
            parts = varying_parts(self._numbers(table)[rows])
            return replace(self, parts=parts).fit(table, rows)
        if self.missing in ("error", "constant"):
            return self
        if self.missing == "auto" and self.kind in ("number", "date"):
            from nncli.data.files.values import median  # imports NumPy at once

            return replace(self, fill=median(self._measures(table)[rows]))
        known = self._numbers(table)[rows]
        figure = np.median if self.missing == "median" else np.mean
        return replace(self, fill=float(figure(known[~np.isnan(known)])))

    def encode(self, table: Table, out: NDArray[Any]) -> Odd:
        """Write the inputs of all rows of `table` to `out` (N, inputs), and return odd rows.

        Raises
        ------
        DataError
            At the first blank cell that is not allowed, or a number that is too large.
        """
        blank = blank_cells(table.columns[self.name])
        is_odd = self.missing in ("error", "auto") and self._blank_category is None and blank.any()
        if is_odd and self.missing == "error":
            row = int(blank.argmax())
            text = table.no_dates.get(self.name, {}).get(row)
            found, remedy = ("is blank", "fill") if text is None else (found_text(text), "correct")
            expected, setting = self._in_place_of_blanks(table)
            raise DataError(
                f"{table.name}: {table.place(row)}, column {self.name}: {found}; "
                f"expected a {expected}; {remedy} it, or train with data.columns: "
                f"{{{yaml_key(self.name)}: {{{setting}}}}}"
            )
        if self.missing == "indicator":
            out[:, -1] = blank
        odd = np.flatnonzero(blank & is_odd)
        if self.kind == "category":
            return Odd(self._encode_texts(table, out), odd)
        numbers = self._numbers(table)
        fills = self.fill is not None and (is_odd or self.missing != "auto")
        numbers = np.where(blank, float(self.fill or 0), numbers) if fills else numbers
        if self.kind == "date":
            encode_parts(numbers, self.parts, out)
        else:
            out[:, 0] = numbers
        return Odd(np.empty(0, np.intp), odd)

    def _encode_texts(self, table: Table, out: NDArray[Any]) -> NDArray[np.intp]:
        places = places_of(self.categories)
        cells = table.columns[self.name]
        blank = self._blank_category
        codes_of: dict[str | None, int] = {
            text: places.get(text, places.get(canonical(text), -2)) for text in {*cells} - {None}
        }
        codes_of[None] = -1 if blank is None else places[blank]
        codes = np.fromiter((codes_of[cell] for cell in cells), np.intp, len(cells))
        out[:, : len(self.categories)] = 0
        known = np.flatnonzero(codes >= 0)
        out[known, codes[known]] = 1
        return np.flatnonzero(codes == -2)

    def takes_texts(self, cells: Cells) -> bool:
        """Return whether all texts are numbers or Booleans, as written in a CSV file."""
        means = NUMBER.fullmatch if self.kind == "number" else _TRUTHS.get
        return all(means(canonical(text)) is not None for text in {*cells})

    @property
    def _needs_cells(self) -> bool:
        """Whether training needs a value: for a statistic, or because blanks are errors."""
        numeric = self.kind != "category" and self.missing != "constant"
        return numeric or self.missing == "error"

    def _in_place_of_blanks(self, table: Table) -> tuple[str, str]:
        """Return what was expected instead of a blank cell, and a setting that accepts it."""
        if table.columns[self.name].dtype == BLANK_BOOLEAN:
            return "Boolean", "kind: boolean, missing: indicator"
        return KIND_WORDS[self.kind], f"missing: {_REMEDIES[self.kind]}"

    @property
    def _blank_category(self) -> str | None:
        """The category of blank cells; in earlier versions, the text nan was one."""
        if self.kind != "category" or self.missing == "indicator":
            return None
        if self.missing == "constant":
            return str(self.fill)
        return next((text for text in NOT_A_NUMBER if text in self.categories), None)

    def _measures(self, table: Table) -> Cells:
        """Return the cells, with dates as days since 1970."""
        cells = table.columns[self.name]
        return days_of(cells) if self.kind == "date" else cells

    def _numbers(self, table: Table) -> Numbers:
        cells = self._measures(table)
        if self.kind == "boolean" and cells.dtype.kind == "O":
            cells = np.array([_TRUTHS.get(canonical(text or "")) for text in cells], object)
        numbers = cells.astype(np.float64, copy=False)
        check_size(table, self.name, numbers)
        return numbers


_TRUTHS = {"true": 1.0, "false": 0.0}
KIND_WORDS: dict[Kind, str] = {
    "number": "number",
    "boolean": "Boolean",
    "category": "text",
    "date": "date",
}
_REMEDIES: dict[Kind, Missing] = {
    "number": "median",
    "boolean": "indicator",
    "category": "indicator",
    "date": "median",
}


def found_text(text: str) -> str:
    """Return the phrase for the text of a cell in a message."""
    return f"found {text[:40]!r}"


def check_texts(table: Table, name: str) -> None:
    """Raise `DataError` at the first text of a column that cannot be saved as a name."""
    cells = table.columns[name]
    if cells.dtype.kind != "O" or not any(map(has_surrogate, {*cells} - {None})):
        return
    row, text = next((n, each) for n, each in enumerate(cells) if each and has_surrogate(each))
    raise DataError(
        f"{table.name}: {table.place(row)}, column {name}: {text[:60]!r} has half a surrogate "
        "pair; rename it"
    )


def check_inputs(table: str, columns: Sequence[Column]) -> None:
    """Raise `DataError` if two columns have inputs of the same name."""
    owners: dict[str, str] = {}
    for column in columns:
        for name in column.inputs:
            if name in owners:
                raise DataError(
                    f"{table}: columns {owners[name]!r} and {column.name!r} both have an input "
                    f"named {name!r}; rename one of them, or add it to data.drop"
                )
            owners[name] = column.name


def different_texts(cells: Cells) -> set[str]:
    """Return the different `canonical` texts of cells that are not blank."""
    return {canonical(text) for text in {*cells} - {None}}


def blank_cells(cells: Cells) -> NDArray[np.bool_]:
    """Return which cells are blank, (N,)."""
    if cells.dtype.kind == "O":
        return np.fromiter((cell is None for cell in cells), np.bool_, len(cells))
    if cells.dtype.kind == "M":
        return np.isnat(cells)
    return np.isnan(cells) if cells.dtype.kind == "f" else np.zeros(len(cells), np.bool_)


def suits(numbers: NDArray[Any]) -> bool:
    """Return whether all numbers are finite, and none is too large for scaling or float32."""
    if numbers.dtype.kind != "f" or not numbers.size:
        return True
    # NaN propagates to min and max. Compare Python floats: float16 cannot hold 1e30.
    return float(numbers.min()) >= -LARGEST and float(numbers.max()) <= LARGEST


def unsuited_numbers(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers are NaN, infinite or too large."""
    return np.asarray(~(np.abs(numbers) <= np.float64(LARGEST)))


def check_size(table: Table, name: str, numbers: Numbers) -> None:
    """Raise `DataError` for a number that would overflow in scaling or in float32."""
    if suits(numbers):
        return  # the usual case, without a check of each number
    large = np.abs(numbers) > LARGEST
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: found {numbers[row]:g}; expected a "
            f"number from {-LARGEST:g} to {LARGEST:g}"
        )
