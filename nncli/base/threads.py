"""How many threads the matrix products of NumPy's BLAS use."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from numbers import Integral
from threading import Lock
from typing import Any

from nncli.base.errors import UsageError

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MOST_THREADS = 1024
AUTOMATIC = "NNCLI_THREADS_AUTOMATIC"

# Floating-point operations of the largest product from which several threads pay. Below, they gain
# little, and where they wait for each other beside other work, training gets many times slower.
ENOUGH_WORK = 5e7

_lock = Lock()
_blocks = 0  # of `limited_threads` that run
_limit: int | None = None
_limiter: Any = None
_starts_by_environment = False  # whether NumPy was still to be imported when its threads were set


def start_with_one_thread() -> None:
    """Let NumPy start with one thread, unless the environment says otherwise.

    NumPy must not have been imported yet.
    """
    global _starts_by_environment
    _starts_by_environment = "numpy" not in sys.modules
    if not any(variable in os.environ for variable in VARIABLES):
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        os.environ[AUTOMATIC] = "1"


def suited_threads(largest_product: float) -> int:
    """Return the number of threads for products of up to so many floating-point operations.

    It is what the environment says; else one, or for large products one a processor.
    """
    if AUTOMATIC not in os.environ and (number := _by_environment()):
        return number
    return processors() if largest_product >= ENOUGH_WORK else 1


def check_threads(count: object) -> int | None:
    """Return a number of threads, None for none. Raises `UsageError` for what cannot be."""
    if count is None:
        return None
    number = int(count) if isinstance(count, Integral) and not isinstance(count, bool) else 0
    if 1 <= number <= MOST_THREADS:
        return number
    raise UsageError(f"threads: found {count!r}; expected an integer from 1 to {MOST_THREADS}")


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Let the products of this process use `count` threads while the block runs.

    The number belongs to the whole process: where a block runs already, in this thread or in
    another, its number stays. When the last block ends, the number from before is back.
    """
    global _blocks, _limit, _limiter
    with _lock:
        if not _blocks:
            _limit, _limiter = count, _limiter_of(count)
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks:
                if _limiter is not None:
                    _limiter.restore_original_limits()
                _limit, _limiter = None, None


def _limiter_of(count: int) -> Any:
    """Set the number of threads; return what sets it back, None where it is that number."""
    if _starts_by_environment and count == threads_in_use():
        return None
    return _controller().limit(limits=count, user_api="blas")


@cache
def _controller() -> Any:
    """Return what sets the number of threads; it takes milliseconds to find the libraries."""
    from threadpoolctl import ThreadpoolController  # only here: most runs do without

    return ThreadpoolController()


def threads_in_use() -> int:
    """Return how many threads the products use."""
    return _limit or _by_environment() or processors()


def _by_environment() -> int | None:
    for variable in VARIABLES:
        if (value := os.environ.get(variable, "")).isdecimal() and int(value):
            return int(value)
    return None


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _forget_blocks() -> None:
    """Begin anew in a process that was forked within a block."""
    global _lock, _blocks, _limit, _limiter
    _lock, _blocks, _limit, _limiter = Lock(), 0, None, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_blocks)
