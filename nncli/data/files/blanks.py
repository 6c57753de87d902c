"""Texts that stand for a blank cell: those that the user names, and words for a value not known.

What the user names is blank in every column. A word such as ``NA`` is blank where all else is
numbers or Booleans, if the reader is given `Blanks`; in text it may be a category (North America),
and stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nncli.base.errors import DataError
from nncli.data.files.numerals import is_blank_word


class Blanks(tuple[str, ...]):
    """Texts that are blank in every column; words are so in columns of numbers and Booleans.

    Attributes
    ----------
    words : dict of str to dict
        The words that were found, by column, in the order in which they were found.
    """

    words: dict[str, dict[str, None]]

    def __new__(cls, texts: Iterable[str] = ()) -> Blanks:
        """Make one of which no words are found yet."""
        made = super().__new__(cls, texts)
        made.words = {}
        return made


def is_blank_in(missing: Sequence[str], column: str, text: str) -> bool:
    """Return whether text in a column of numbers or Booleans is a blank cell; keep the word."""
    if text in missing or not text:
        return True
    if not isinstance(missing, Blanks) or not is_blank_word(text):
        return False
    missing.words.setdefault(column, {})[text] = None
    return True


class MixedColumnError(DataError):
    """A column of numbers, or of Booleans, has a text that is none.

    Attributes
    ----------
    column : str
        Its name.
    text : str
        Empty where all of it is text.
    """

    def __init__(self, message: str, column: str, text: str = "") -> None:
        super().__init__(message)
        self.column, self.text = column, text
