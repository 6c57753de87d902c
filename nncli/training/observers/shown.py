"""Which observer shows the progress of training here."""

import sys

from nncli.training.observers.bar import Bar, in_notebook
from nncli.training.observers.lines import PlainLines
from nncli.training.observers.observer import Observer


def shown_progress() -> Observer:
    """Return a bar on a terminal and in a notebook, and anywhere else a line an epoch."""
    return Bar() if in_notebook() or (sys.stderr and sys.stderr.isatty()) else PlainLines()
