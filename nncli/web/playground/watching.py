"""Findings as they arise: when a page looks for them."""

import time
from typing import Any

from nncli.web.playground.keeping import findings_of
from nncli.web.playground.trainer import Trainer

EVERY = 3.0  # seconds between two looks while training
MOST = 0.2  # seconds of a look that nobody notices


class Watch:
    """Looks for findings every 3 s while a page plays, and when training pauses or is over.

    While it plays, only the quick rules are checked, and none if that took too long the last time.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._next = time.perf_counter() + EVERY
        self._is_slow = False
        self._has_news = False  # for a look at all rules

    def notice(self, *, plays: bool) -> None:
        """Take notice that it has trained: all rules are checked if it pauses now, or is over."""
        self._has_news |= plays or self._trainer.is_over

    def look(self, *, plays: bool) -> dict[str, Any] | None:
        """Return a message with all findings, if it is time for one."""
        start = time.perf_counter()
        if not self._has_news or (plays and (self._is_slow or start < self._next)):
            return None
        self._has_news = plays
        if not (self._trainer.job.progress.epoch or self._trainer.problem):
            return None
        found = findings_of(self._trainer, is_quick=plays)
        end = time.perf_counter()
        if plays:
            self._next, self._is_slow = end + EVERY, end - start > MOST
        return {"type": "findings", "findings": found}
