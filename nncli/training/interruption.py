"""Ctrl-C as a request: finish the step, save, then stop."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType


class InterruptRequest:
    """Context in which the first Ctrl-C sets a flag; a second one interrupts at once.

    Call it to learn whether Ctrl-C was pressed. `announce` is called at the first one.
    """

    def __init__(self, announce: Callable[[], None] = lambda: None) -> None:
        self._requested = False
        self._announce = announce

    def __call__(self) -> bool:
        """Return whether Ctrl-C was pressed."""
        return self._requested

    def __enter__(self) -> "InterruptRequest":
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
        self._announce()
