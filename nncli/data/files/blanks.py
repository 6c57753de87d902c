"""Texts that mean a blank cell: those that the user lists, and words for missing values.

The user's texts are blank in every column. A word such as ``NA`` is blank only among numbers or
Booleans, and only if the reader gets `Blanks`; among text it may be a category (North America).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nncli.base.errors import DataError
from nncli.data.files.numerals import is_blank_word


class Blanks(tuple[str, ...]):
    """Texts that are blank in every column; also allows words among numbers and Booleans.

    Attributes
    ----------
    words : dict of str to dict
        Words found so far, by column, in order.
    """

    words: dict[str, dict[str, None]]

    def __new__(cls, texts: Iterable[str] = ()) -> Blanks:
        """Create the texts, with no words found yet."""
        made = super().__new__(cls, texts)
        made.words = {}
        return made


def is_blank_in(missing: Sequence[str], column: str, text: str) -> bool:
    """Return whether text among numbers or Booleans is a blank cell; record the word."""
    if text in missing or not text:
        return True
    if not isinstance(missing, Blanks) or not is_blank_word(text):
        return False
    missing.words.setdefault(column, {})[text] = None
    return True


class MixedColumnError(DataError):
    """A column of numbers or Booleans has another text.

    Attributes
    ----------
    column : str
        Name of the column.
    text : str
        The text; empty if the whole column is text.
    """

    def __init__(self, message: str, column: str, text: str = "") -> None:
        super().__init__(message)
        self.column, self.text = column, text
