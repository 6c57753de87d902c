"""Choose the observers that show the progress of training."""

import os
import sys

from nncli.training.observers.bar import Bar, in_notebook
from nncli.training.observers.ending import Ending
from nncli.training.observers.lines import PlainLines
from nncli.training.observers.observer import Observer


def shown_progress(every: int | None = None) -> list[Observer]:
    """Return the observers of a progress bar on a terminal or in a notebook, else of plain lines.

    Observers end in reverse order, so that the ending is printed below the bar.

    Parameters
    ----------
    every : int, optional
        Print a line every Nth epoch.
    """
    has_bar = in_notebook() or _is_terminal()
    return [Ending(), Bar(every) if has_bar else PlainLines(every)]


def _is_terminal() -> bool:
    """Return whether standard error is a terminal that can go back to the start of a line."""
    is_one = sys.stderr is not None and sys.stderr.isatty()
    return is_one and os.environ.get("TERM") != "dumb"
