"""Control how many threads NumPy's BLAS uses for matrix products."""

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

# Size of the largest product, in floating-point operations, from which several threads pay off.
# Below it they gain little, and on a busy machine they wait for each other: training then becomes
# many times slower.
ENOUGH_WORK = 5e7

_lock = Lock()
_blocks = 0  # active `limited_threads` blocks
_limit: int | None = None
_limiter: Any = None
_starts_by_environment = False  # whether the variables were set before NumPy was imported


def start_with_one_thread() -> None:
    """Make NumPy start with one thread, unless the environment sets a number.

    Call it before NumPy is imported.
    """
    global _starts_by_environment
    _starts_by_environment = "numpy" not in sys.modules
    if not any(variable in os.environ for variable in VARIABLES):
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        os.environ[AUTOMATIC] = "1"


def suited_threads(largest_product: float) -> int:
    """Return the number of threads for products of up to that many floating-point operations.

    The environment decides if it sets a number. Otherwise, use one thread, or for large products
    one per processor.
    """
    if AUTOMATIC not in os.environ and (number := _by_environment()):
        return number
    return processors() if largest_product >= ENOUGH_WORK else 1


def check_threads(count: object) -> int | None:
    """Return a checked number of threads; None stays None. Raises `UsageError`."""
    if count is None:
        return None
    number = int(count) if isinstance(count, Integral) and not isinstance(count, bool) else 0
    if 1 <= number <= MOST_THREADS:
        return number
    raise UsageError(f"threads: found {count!r}; expected an integer from 1 to {MOST_THREADS}")


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Use `count` threads for this process's matrix products while the block runs.

    The number applies to the whole process: if another block is active, in any thread, its number
    stays. When the last block ends, the previous number is restored.
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
    """Set the number of threads; return a limiter that restores it, or None if unchanged."""
    if _starts_by_environment and count == threads_in_use():
        return None
    return _controller().limit(limits=count, user_api="blas")


@cache
def _controller() -> Any:
    """Return the controller of the BLAS threads; finding the libraries takes milliseconds."""
    from threadpoolctl import ThreadpoolController  # only here: most runs do not need it

    return ThreadpoolController()


def threads_in_use() -> int:
    """Return how many threads the matrix products use."""
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
    """Reset the state in a process that was forked within a block."""
    global _lock, _blocks, _limit, _limiter
    _lock, _blocks, _limit, _limiter = Lock(), 0, None, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_blocks)
