"""Options for reading a table from a file, and how the file was interpreted."""

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
    """Options of the user for a file, and where to report how the rest was interpreted.

    Attributes
    ----------
    encoding : str, optional
        Encoding of the text.
    table : str, optional
        Name of the table to read.
    are_of_this : bool
        Whether the options are for this file. Otherwise they are for the training file of a model,
        which may differ, so they only decide what this file leaves open.
    note : function of str
        Called with a line for each interpretation.
    understood : dict
        Interpretations so far, as keys of `data`.
    """

    encoding: str | None = None
    table: str | None = None
    are_of_this: bool = True
    note: Note = tell_nobody
    understood: dict[str, str] = field(default_factory=dict, init=False, compare=False)
    _told: set[str] = field(default_factory=set, init=False, compare=False, repr=False)

    def take(self, key: str, value: str, line: str) -> None:
        """Record an interpretation as a key of `data`, and report it."""
        self.understood[key] = value
        self.tell(line)

    def table_among(self, names: Sequence[str], name: str, kind: str) -> str | None:
        """Return the chosen table of a file; None if not set.

        Parameters
        ----------
        name, kind : str
            Name of the file, and the word for its tables, for messages.

        Raises
        ------
        DataError
            When the option is for this file and it has no such table.
        """
        if self.table is None or self.table in names:
            return self.table
        if not self.are_of_this:
            return None
        near = did_you_mean(self.table, names) or f"; it has {listed(names, 10)}"
        raise DataError(f"{name}: has no {kind} {self.table!r}{near if names else ''}")

    def tell(self, line: str) -> None:
        """Report a line once, even if the file is read again."""
        if line not in self._told:
            self._told.add(line)
            self.note(line)


NO_HINTS = Hints()


def hints_of(values: Mapping[str, object], note: Note = tell_nobody) -> Hints:
    """Return the options in the section `data` of a config; invalid values are ignored."""
    encoding, table = values.get("encoding"), values.get("table")
    return Hints(
        encoding=encoding if isinstance(encoding, str) and is_encoding(encoding) else None,
        table=table if isinstance(table, str) else None,
        note=note,
    )


def is_encoding(name: str) -> bool:
    """Return whether Python has a text encoding of this name."""
    try:
        "x".encode(name)
        return codecs.lookup(name).incrementaldecoder is not None
    except (LookupError, ValueError):
        return False


@dataclass(frozen=True)
class HintedFile:
    """A file with a table, and the options for reading it.

    Attributes
    ----------
    content : bytes or None
        Content of standard input, if the file is standard input.
    """

    path: Path
    hints: Hints
    content: bytes | None = None
