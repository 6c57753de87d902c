"""Find cells unlike any in the training rows: blank cells, categories, numbers far outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.arguments import said
from nncli.base.errors import DataError
from nncli.base.storage.mapping import row_blocks
from nncli.base.words import count
from nncli.data.files.table import Table
from nncli.data.tables.column import Odd

Place = Callable[[int], str]

_MOST = 5  # columns per line
_RANGES = 2


class Far:
    """Numbers far outside those of the training rows, collected block by block.

    A number is far outside if it exceeds the range of its column by more than twice its width: test
    rows of ordinary tables exceed it by up to the width, in columns with a long tail. The width of
    a constant column is its absolute value, at least 1.

    Parameters
    ----------
    columns : sequence of str
        Names of the inputs.
    lowest, highest : array (I,)
        Range of each input in the training rows.
    """

    def __init__(
        self, columns: Sequence[str], lowest: Sequence[float], highest: Sequence[float]
    ) -> None:
        self._columns = columns
        self._low, self._high = np.array(lowest, np.float64), np.array(highest, np.float64)
        width = self._high - self._low
        margin = _RANGES * np.where(width > 0, width, np.maximum(np.abs(self._high), 1.0))
        self._least, self._most = self._low - margin, self._high + margin
        self._seen = self._rows = 0
        self._first = ""
        self._found: dict[int, tuple[float, float]] = {}  # extremes of columns

    def look(self, inputs: NDArray[Any], place: Place | None = None) -> None:
        """Check the next rows (B, I); `place` names them, by default by number."""
        before = self._seen
        for _, block in row_blocks(inputs):
            lowest, highest = block.min(axis=0), block.max(axis=0)
            beyond = np.flatnonzero((lowest < self._least) | (highest > self._most))
            if len(beyond):
                part = block[:, beyond]
                far = (part < self._least[beyond]) | (part > self._most[beyond])
                rows = np.any(far, axis=1)
                if not self._rows:
                    first = self._seen + int(rows.argmax())
                    self._first = place(first - before) if place else f"row {first}"
                self._take(beyond, rows, lowest, highest)
            self._seen += len(block)

    def _take(
        self,
        columns: NDArray[np.intp],
        rows: NDArray[np.bool_],
        lowest: NDArray[Any],
        highest: NDArray[Any],
    ) -> None:
        self._rows += int(rows.sum())
        for each in columns.tolist():
            low, high = self._found.get(each, (np.inf, -np.inf))
            self._found[each] = min(low, float(lowest[each])), max(high, float(highest[each]))

    def words(self) -> Iterator[str]:
        """Yield a phrase about the numbers found, if any."""
        if not self._rows:
            return
        rows = f"{count(self._rows, 'row')} (first: {self._first})"
        have = "has" if self._rows == 1 else "have"
        columns = _named(map(self._extremes, sorted(self._found)))
        yield f"{rows} {have} values far outside those of the training rows: {columns}"

    def _extremes(self, column: int) -> str:
        low, high = self._found[column]
        below, above = low < self._least[column], high > self._most[column]
        found = f"{low:g} to {high:g}" if below and above else ""
        found = found or (f"up to {high:g}" if above else f"down to {low:g}")
        known = f"{self._low[column]:g} to {self._high[column]:g}"
        if self._low[column] == self._high[column]:
            known = f"always {self._low[column]:g}"
        return f"{self._columns[column]} {found} (training: {known})"


class _Texts:
    """Odd texts by column; only the first of each column is stored."""

    def __init__(self) -> None:
        self.cells = 0
        self._first: dict[str, tuple[str, str]] = {}  # the text, and its place
        self._several: set[str] = set()

    def add(self, table: Table, column: str, texts: Mapping[int, str]) -> None:
        """Add texts of a column, by row."""
        if not texts:
            return
        row, text = next(iter(texts.items()))
        first, _ = self._first.setdefault(column, (text, table.place(row)))
        if {*texts.values()} != {first}:
            self._several.add(column)
        self.cells += len(texts)

    def named(self) -> str:
        """Return the columns, each with its first text and its place."""
        return _named(
            f"{column} {text[:40]!r} ({place})" + " and others" * (column in self._several)
            for column, (text, place) in self._first.items()
        )


class Unseen:
    """Cells unlike any in the training rows, collected table by table.

    Parameters
    ----------
    far : Far, optional
        Check for the numbers.
    """

    def __init__(self, far: Far | None = None) -> None:
        self._far = far
        self._blank = Counter[str]()  # cells of columns
        self._has_dates = False
        self._first_blank: tuple[str, str] | None = None
        self._categories, self._no_dates = _Texts(), _Texts()

    def add(self, table: Table, column: str, odd: Odd) -> None:
        """Add the odd cells of a column; only the first is stored."""
        no_dates = table.no_dates.get(column, {})
        self._no_dates.add(table, column, no_dates)
        blank = [row for row in odd.blank.tolist() if row not in no_dates]
        if blank:
            self._has_dates |= table.kind(column) == "date"
            self._first_blank = self._first_blank or (table.name, table.place(blank[0]))
            self._blank[column] += len(blank)
        if len(odd.unknown):
            rows, cells = odd.unknown.tolist(), table.columns[column]
            self._categories.add(table, column, {row: cells[row] for row in rows})

    def look(self, inputs: NDArray[Any], place: Place | None = None) -> None:
        """Check the numbers of the next rows (B, I); `place` names them."""
        if self._far is not None:
            self._far.look(inputs, place)

    def notes(self, name: str) -> list[str]:
        """Return a line about blank cells, and one about all else; `name` names the rows."""
        far = self._far.words() if self._far else ()
        found = [*far, *self._of_no_dates(), *self._of_categories()]
        return self._of_blanks() + ([f"{name}: {'; '.join(found)}"] if found else [])

    def refuse(self, name: str) -> None:
        """Raise `DataError` if anything was found."""
        if found := self.notes(name):
            raise DataError(found[-1])

    def _of_no_dates(self) -> Iterator[str]:
        if cells := self._no_dates.cells:
            are = "is not a date and is" if cells == 1 else "are not dates and are"
            yield f"{count(cells, 'cell')} {are} treated as missing: {self._no_dates.named()}"

    def _of_categories(self) -> Iterator[str]:
        if cells := self._categories.cells:
            have, inputs = ("has", "its") if cells == 1 else ("have", "their")
            category = "a category that is" if cells == 1 else "categories that are"
            yield (
                f"{count(cells, 'cell')} {have} {category} not in the training rows: "
                f"{self._categories.named()}; {inputs} inputs are all 0"
            )

    def _of_blanks(self) -> list[str]:
        if self._first_blank is None:
            return []
        cells = count(self._blank.total(), "missing value")
        columns = ", ".join(f"{each} {number}" for each, number in self._blank.items())
        name, place = self._first_blank
        numbers = "numbers and dates" if self._has_dates else "numbers"
        return [
            f"{name}: {cells} where the training data has none: {columns} (first: {place}); "
            f"{numbers} take the median of the training rows, categories have all inputs 0; "
            f"{said('--strict', 'strict=True')} refuses them"
        ]


def _named(columns: Iterable[str]) -> str:
    each = [*columns]
    rest = f" and {len(each) - _MOST} more" if len(each) > _MOST else ""
    return ", ".join(each[:_MOST]) + rest
