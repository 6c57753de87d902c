"""The options for reading rows, and the blocks that result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from nncli.base.notes import Note
from nncli.data.files.input_file import Advance, tell_nobody
from nncli.data.files.table import Cells
from nncli.data.tables.targets import Targets
from nncli.data.tables.unseen import Unseen

MOST_ROWS = 1 << 14


def _find_nothing() -> None:
    """Do nothing: the rows were checked when they were read."""


@dataclass(frozen=True)
class RowBlock:
    """Consecutive rows, ready for a model.

    Attributes
    ----------
    inputs : array (N, I)
    beside : mapping of str to list of N
        Cells of the columns to print next to the predictions, by name.
    targets : array (N,) of indices of the classes, or (N, O) of numbers, or None
        Targets; None if not requested.
    truth : sequence of array (N,)
        One column per target, from `truth_of`; empty if not requested.
    place : function of int to str, or None
        Name of a row, counted from 0, in messages; None for its number.
    check : function
        Raises `DataError` for the first input that is not finite or too large. Rows in memory are
        checked only if the model fails on them.
    """

    inputs: NDArray[Any]
    beside: Mapping[str, list[Any]] = field(default_factory=dict)
    targets: NDArray[Any] | None = None
    truth: Sequence[Cells] = ()
    place: Callable[[int], str] | None = None
    check: Callable[[], None] = _find_nothing


@dataclass(frozen=True)
class Asked:
    """Options for reading rows.

    Attributes
    ----------
    rows : int or None
        Rows per block, except the last. None reads an array at once, and other rows in blocks of a
        suitable size.
    targets : Targets or None
        Targets to read with the inputs; rows without a target are dropped.
    truth : Targets or None
        Targets to read with the inputs where they are known.
    strict : bool
        Whether values that no training row had are an error: blank cells, new categories, numbers
        far out of range.
    ids : sequence of str
        Columns to print next to the predictions instead of the model's id.
    note : function of str
        Called with one line per warning or guess.
    left_out : function of str, optional
        Called with a line about rows without a target; by default `note`.
    advance : function of int
        Called with the number of bytes read since the last call.
    unseen : Unseen
        Collects values that no training row had.
    """

    note: Note
    rows: int | None = None
    targets: Targets | None = None
    truth: Targets | None = None
    strict: bool = False
    ids: Sequence[str] = ()
    left_out: Note | None = None
    advance: Advance = tell_nobody
    unseen: Unseen = field(default_factory=Unseen)

    @property
    def wanted(self) -> Targets | None:
        """The targets to read, for either purpose."""
        return self.targets or self.truth

    @property
    def target_names(self) -> list[str]:
        """The names of the targets to read."""
        return self.wanted.names if self.wanted else []
