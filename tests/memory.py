"""The memory that a call allocates, for tests that bound it."""

import tracemalloc
from collections.abc import Callable

_CALLS = 3


def memory_of(call: Callable[[], object]) -> tuple[int, int]:
    """Return the bytes that a call leaves allocated, and the most that it has at once.

    The least of three calls counts: other threads, such as that of pytest-xdist, only add memory.
    """
    found = []
    for _ in range(_CALLS):
        tracemalloc.start()
        call()
        found.append(tracemalloc.get_traced_memory())
        tracemalloc.stop()
    left, peak = zip(*found, strict=True)
    return min(left), min(peak)
