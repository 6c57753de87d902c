"""What is asked of rows for a model, and what comes of it."""

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
    """Find no fault: there was none when the rows were read."""


@dataclass(frozen=True)
class RowBlock:
    """Some rows that follow each other, as a model takes them.

    Attributes
    ----------
    inputs : array (N, I)
    beside : mapping of str to list of N
        The cells of columns that stand beside the predictions, by name.
    targets : array (N,) of indices of the classes, or (N, O) of numbers, or None
        None where they are not asked for.
    truth : sequence of array (N,)
        A column a target, as `truth_of` gives them; none where they are not asked for.
    place : function of int to str, or None
        What a row, counted from 0, is called in messages; None for its number.
    check : function
        Raises `DataError` for the first input that is not finite, or too large. It is for rows in
        memory, which are looked through only if the model cannot take them.
    """

    inputs: NDArray[Any]
    beside: Mapping[str, list[Any]] = field(default_factory=dict)
    targets: NDArray[Any] | None = None
    truth: Sequence[Cells] = ()
    place: Callable[[int], str] | None = None
    check: Callable[[], None] = _find_nothing


@dataclass(frozen=True)
class Asked:
    """What is asked of rows.

    Attributes
    ----------
    rows : int or None
        How many a block has, except the last; None for all of an array at once, and of other rows
        as many as suit.
    targets : Targets or None
        What is to be read with the inputs; rows without it are left out.
    truth : Targets or None
        What is to be read with the inputs where it is known.
    strict : bool
        Whether it is an error what no training row has: a blank cell, a category, a number far
        outside.
    ids : sequence of str
        The columns that stand beside, in the place of the model's own.
    note : function of str
        Told, in a line each, of what looks wrong or was guessed.
    left_out : function of str, optional
        Told, in a line, of rows that have no target; by default it is `note`.
    advance : function of int
        Told how many bytes of a file have been read since it was last told.
    unseen : Unseen
        Told what no training row has.
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
        """The targets that are read, for either purpose."""
        return self.targets or self.truth

    @property
    def target_names(self) -> list[str]:
        """The names of the targets that are read."""
        return self.wanted.names if self.wanted else []
