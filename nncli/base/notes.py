"""Lines about what looks wrong or was guessed, which are no errors."""

import sys
import warnings
from collections.abc import Callable

from nncli.base.errors import NncliWarning

Note = Callable[[str], None]


def warn(text: str) -> None:
    """Warn of `text`, as an `NncliWarning`, at the place of the first caller outside nncli."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_own(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, NncliWarning, stacklevel=level)


def _is_own(module: str) -> bool:
    return module == "nncli" or module.startswith("nncli.")


def told_once(note: Note) -> Note:
    """Return a function that passes a line on unless it has passed it on before."""
    told: set[str] = set()

    def tell(text: str) -> None:
        if text not in told:
            told.add(text)
            note(text)

    return tell
