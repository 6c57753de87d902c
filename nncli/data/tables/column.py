"""A column of a table that a network sees: what a table shows of it, and how it becomes inputs."""

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
LARGEST = 1e30  # float32 holds it, scaled too
MOST_BLANKS = 1000  # a column is searched for each that is a number


class Odd(NamedTuple):
    """Rows whose cells are none that the training rows have."""

    unknown: NDArray[np.intp]  # the text is none of the categories: their inputs are all 0
    blank: NDArray[np.intp]  # the cell is blank, and was in no training row


@dataclass(frozen=True)
class Column:
    """A column that a network sees.

    Attributes
    ----------
    name : str
    kind : str
        A number is one input; a Boolean one of 0 and 1; a category as many as it has different
        texts, each 1 where the cell is that text and else 0; a date those of its `parts`.
    missing : str
        What a blank cell is: an ``error``; the ``mean`` or ``median`` of the training rows; a
        ``constant``; or it has an input of its own, the ``indicator``, which is 1 where the cell
        is blank. A number or Boolean with an indicator takes the mean there, too. Where the
        training data has no blank cell it may be ``auto``: a blank cell of later rows is odd, and
        taken for the median of a number, the mean of a Boolean, and none of the categories.
    fill : float, str or None
        What stands for a blank cell: the constant, or what `fit` has found.
    categories : tuple of str
        The different texts of the training rows, `canonical` and sorted.
    parts : tuple of str
        What varies of dates in the training rows: see `moments`. Otherwise they are as numbers, of
        days since 1970.
    """

    name: str
    kind: Kind
    missing: Missing = "error"
    fill: float | str | None = None
    categories: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def inputs(self) -> list[str]:
        """The names of the network's inputs that it becomes."""
        names = [f"{self.name}={each}" for each in self.categories]
        if self.kind != "category":
            names = input_names(self.name, self.parts) if self.kind == "date" else [self.name]
        return [*names, f"{self.name} is blank"] if self.missing == "indicator" else names

    @property
    def scaled(self) -> list[bool]:
        """Which of its inputs are scaled: numbers, not those that are 0 or 1, nor on a circle."""
        numbers = {"number": [self.name], "date": input_names(self.name, NUMBERS)}
        return [name in numbers.get(self.kind, ()) for name in self.inputs]

    def fit(self, table: Table, rows: Rows) -> Column:
        """Return it with the fill and the categories that the training rows give.

        Raises
        ------
        DataError
            As `encode`, and when every cell is blank of a column that needs one.
        """
        if self._needs_cells and blank_cells(table.columns[self.name][rows]).all():
            raise DataError(
                f"{table.name}: column {self.name}: every cell of the training rows is blank; add "
                "it to data.drop"
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
            from nncli.data.files.values import median  # which needs NumPy at once

            return replace(self, fill=median(self._measures(table)[rows]))
        known = self._numbers(table)[rows]
        figure = np.median if self.missing == "median" else np.mean
        return replace(self, fill=float(figure(known[~np.isnan(known)])))

    def encode(self, table: Table, out: NDArray[Any]) -> Odd:
        """Write the inputs of every row of `table` to `out` (N, inputs), and return odd rows.

        Raises
        ------
        DataError
            For the first blank cell that must not be, and a number too large.
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
        """Return whether all texts are numbers or Booleans, as a CSV file of them would have."""
        means = NUMBER.fullmatch if self.kind == "number" else _TRUTHS.get
        return all(means(canonical(text)) is not None for text in {*cells})

    @property
    def _needs_cells(self) -> bool:
        """Whether a cell must be known in training: for a mean, or as no cell may be blank."""
        numeric = self.kind != "category" and self.missing != "constant"
        return numeric or self.missing == "error"

    def _in_place_of_blanks(self, table: Table) -> tuple[str, str]:
        """Return what was expected in a blank cell, and the setting that makes something of it."""
        if table.columns[self.name].dtype == BLANK_BOOLEAN:
            return "Boolean", "kind: boolean, missing: indicator"
        return KIND_WORDS[self.kind], f"missing: {_REMEDIES[self.kind]}"

    @property
    def _blank_category(self) -> str | None:
        """The category that a blank cell is; to earlier versions the text nan was one."""
        if self.kind != "category" or self.missing == "indicator":
            return None
        if self.missing == "constant":
            return str(self.fill)
        return next((text for text in NOT_A_NUMBER if text in self.categories), None)

    def _measures(self, table: Table) -> Cells:
        """Return the cells, of dates as days since 1970."""
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
    """Return how a message names a text of a cell."""
    return f"found {text[:40]!r}"


def check_texts(table: Table, name: str) -> None:
    """Raise `DataError` for the first text of a column that cannot be saved as a name."""
    cells = table.columns[name]
    if cells.dtype.kind != "O" or not any(map(has_surrogate, {*cells} - {None})):
        return
    row, text = next((n, each) for n, each in enumerate(cells) if each and has_surrogate(each))
    raise DataError(
        f"{table.name}: {table.place(row)}, column {name}: {text[:60]!r} has half a surrogate "
        "pair; rename it"
    )


def check_inputs(table: str, columns: Sequence[Column]) -> None:
    """Raise `DataError` where two columns lead to inputs of one name."""
    owners: dict[str, str] = {}
    for column in columns:
        for name in column.inputs:
            if name in owners:
                raise DataError(
                    f"{table}: the columns {owners[name]!r} and {column.name!r} both lead to an "
                    f"input called {name!r}; rename one of them, or add it to data.drop"
                )
            owners[name] = column.name


def different_texts(cells: Cells) -> set[str]:
    """Return the different texts, `canonical`, of cells that are not blank."""
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
    # An extreme is NaN where a number is. As Python's: 1e30 is no float16.
    return float(numbers.min()) >= -LARGEST and float(numbers.max()) <= LARGEST


def unsuited_numbers(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers are NaN, infinite or too large."""
    return np.asarray(~(np.abs(numbers) <= np.float64(LARGEST)))


def check_size(table: Table, name: str, numbers: Numbers) -> None:
    """Raise `DataError` for a number that scaling or float32 would bring to infinity."""
    if suits(numbers):
        return  # the usual case, without a look at each
    large = np.abs(numbers) > LARGEST
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: found {numbers[row]:g}; expected a "
            f"number from {-LARGEST:g} to {LARGEST:g}"
        )
