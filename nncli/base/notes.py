"""Notes on what looks wrong or was guessed; they are not errors."""

import sys
import warnings
from collections.abc import Callable

from nncli.base.errors import NncliWarning

Note = Callable[[str], None]


def warn(text: str) -> None:
    """Issue an `NncliWarning` with the location of the first caller outside nncli."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_own(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, NncliWarning, stacklevel=level)


def _is_own(module: str) -> bool:
    return module == "nncli" or module.startswith("nncli.")


def told_once(note: Note) -> Note:
    """Return a function that passes each line to `note` only once."""
    told: set[str] = set()

    def tell(text: str) -> None:
        if text not in told:
            told.add(text)
            note(text)

    return tell
