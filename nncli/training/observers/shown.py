"""Choose the observer that shows the progress of training."""

import sys

from nncli.training.observers.bar import Bar, in_notebook
from nncli.training.observers.lines import PlainLines
from nncli.training.observers.observer import Observer


def shown_progress() -> Observer:
    """Return a progress bar on a terminal or in a notebook, and plain lines elsewhere."""
    return Bar() if in_notebook() or (sys.stderr and sys.stderr.isatty()) else PlainLines()
