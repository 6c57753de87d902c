"""What is known of a file with a table beside its bytes, and what these were taken for."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nncli.base.errors import DataError
from nncli.base.notes import Note
from nncli.base.words import did_you_mean, listed


def tell_nobody(line: str) -> None:
    """Ignore a line."""


@dataclass(frozen=True)
class Hints:
    """What the user says of a file, and who is told how the rest was understood.

    Attributes
    ----------
    encoding : str, optional
        That of its text.
    table : str, optional
        Which of its tables is meant.
    are_of_this : bool
        Whether they are said of this very file; else of the training rows of a model, whose files
        may differ, so that they only decide what the file leaves open.
    note : function of str
        Told, in a line each, what was understood.
    understood : dict
        The keys of `data` that say the same, as far as the file has been read.
    """

    encoding: str | None = None
    table: str | None = None
    are_of_this: bool = True
    note: Note = tell_nobody
    understood: dict[str, str] = field(default_factory=dict, init=False, compare=False)
    _told: set[str] = field(default_factory=set, init=False, compare=False, repr=False)

    def take(self, key: str, value: str, line: str) -> None:
        """Remember what a key of `data` would say, and tell it."""
        self.understood[key] = value
        self.tell(line)

    def table_among(self, names: Sequence[str], name: str, kind: str) -> str | None:
        """Return the table of a file that is meant; None where that is not said.

        Parameters
        ----------
        name, kind : str
            What the file is called, and what one of its tables.

        Raises
        ------
        DataError
            When this very file has no such table.
        """
        if self.table is None or self.table in names:
            return self.table
        if not self.are_of_this:
            return None
        near = did_you_mean(self.table, names) or f"; it has {listed(names, 10)}"
        raise DataError(f"{name}: has no {kind} {self.table!r}{near if names else ''}")

    def tell(self, line: str) -> None:
        """Tell a line once, however often the file is read."""
        if line not in self._told:
            self._told.add(line)
            self.note(line)


NO_HINTS = Hints()


def hints_of(values: Mapping[str, object], note: Note = tell_nobody) -> Hints:
    """Return what the section `data` of a config says of its files; rubbish says nothing."""
    encoding, table = values.get("encoding"), values.get("table")
    return Hints(
        encoding=encoding if isinstance(encoding, str) and is_encoding(encoding) else None,
        table=table if isinstance(table, str) else None,
        note=note,
    )


def is_encoding(name: str) -> bool:
    """Return whether Python knows an encoding of text by this name."""
    try:
        "x".encode(name)
        return codecs.lookup(name).incrementaldecoder is not None
    except (LookupError, ValueError):
        return False


@dataclass(frozen=True)
class HintedFile:
    """A file with a table, and what is known of it.

    Attributes
    ----------
    content : bytes or None
        What standard input had, if it is that.
    """

    path: Path
    hints: Hints
    content: bytes | None = None
