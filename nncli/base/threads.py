"""Control how many threads NumPy's BLAS uses for matrix products."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from math import inf
from numbers import Integral
from pathlib import Path
from threading import Lock
from typing import Any

from nncli.base.cpu_quota import cpu_quota
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
_products: int | None = None
_lanes: Callable[[], int] | None = None
_limiter: Any = None
_taken = 0  # threads that run passes side by side
_alone = 0  # active `products_in_one_thread` blocks
_alone_limiter: Any = None
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


def most_threads() -> int:
    """Return the number of threads for work of which there is enough for all processors."""
    return suited_threads(inf)


def suited_threads(largest_product: float, enough: float = ENOUGH_WORK) -> int:
    """Return the number of threads for products of up to that many floating-point operations.

    From `enough` operations on, several threads pay off.

    The environment decides if it sets a number. Otherwise, use one thread, or for large products
    one per processor.
    """
    if AUTOMATIC not in os.environ and (number := _by_environment()):
        return number
    return processors() if largest_product >= enough else 1


def check_threads(count: object) -> int | None:
    """Return a checked number of threads; None stays None. Raises `UsageError`."""
    if count is None:
        return None
    number = int(count) if isinstance(count, Integral) and not isinstance(count, bool) else 0
    if 1 <= number <= MOST_THREADS:
        return number
    raise UsageError(f"threads: found {count!r}; expected an integer from 1 to {MOST_THREADS}")


@contextmanager
def limited_threads(
    count: int, products: int | None = None, lanes: Callable[[], int] | None = None
) -> Iterator[None]:
    """Use `count` threads in this process while the block runs.

    The number applies to the whole process: if another block is active, in any thread, its number
    stays. When the last block ends, the previous number is restored.

    Parameters
    ----------
    products : int, optional
        Threads of NumPy's matrix products, if others than they use threads; default: `count`.
    lanes : function, optional
        Returns how many threads may run passes side by side, whose products use one each; default:
        `count`. Looking for processors takes longer than predicting a row.
    """
    global _blocks, _limit, _products, _lanes, _limiter
    with _lock:
        if not _blocks:
            _limiter = _limiter_of(products or count)
            _limit, _products, _lanes = count, products or count, lanes
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks:
                if _limiter is not None:
                    _restore(_limiter)
                _limit = _products = _lanes = _limiter = None


@contextmanager
def products_in_one_thread() -> Iterator[None]:
    """Compute the products of the calling thread in this thread alone while the block runs.

    Each thread that multiplies needs a block of its own: with MKL, or OpenBLAS and OpenMP, each
    thread has its own number. Other libraries have one number for the process, which is 1 until
    the last block ends. Then the number of `limited_threads` applies again.
    """
    global _alone, _alone_limiter
    with limited_threads(1):  # so that no other thread begins the first block now, with a number
        own_number = _libraries(by_thread=True)
        if _products == 1 and not own_number:
            yield
            return
        own = _limited(own_number, 1)
        with _lock:
            if not _alone:
                _alone_limiter = _limited(_libraries(by_thread=False), 1)
            _alone += 1
        try:
            yield
        finally:
            with _lock:
                _alone -= 1
                if not _alone:
                    _restore(_alone_limiter)
                    _alone_limiter = None
            _restore(own)


def blas_libraries() -> list[Any]:
    """Return threadpoolctl's controllers of the BLAS libraries that were found."""
    return [each for each in _controller().lib_controllers if each.user_api == "blas"]


def look_for_libraries() -> None:
    """Find the BLAS libraries again, after a module that loads another one was imported."""
    _controller.cache_clear()
    _libraries.cache_clear()


def _limiter_of(count: int) -> Any:
    """Set the number of threads; return a limiter that restores it, or None if unchanged."""
    if _starts_by_environment and count == threads_in_use():
        return None
    return _limited(_controller(), count)


def _limited(libraries: Any, count: int) -> Any:
    """Set the number of threads of the libraries; return a limiter that restores it."""
    limiter = libraries.limit(limits=count, user_api="blas")
    _allow_other_threads()
    return limiter


def _restore(limiter: Any) -> None:
    limiter.restore_original_limits()
    _allow_other_threads()


def _allow_other_threads() -> None:
    """Allow every thread to set the numbers; threadpoolctl ignores all but the first that did.

    The block that ends last restores the numbers, which need not be in the thread that set them.
    """
    for library in blas_libraries():
        if hasattr(library, "clear_controlling_thread"):  # OpenBLAS, from threadpoolctl 3.8
            library.clear_controlling_thread(force=True)


@cache
def _controller() -> Any:
    """Return the controller of the BLAS threads; finding the libraries takes milliseconds."""
    from threadpoolctl import ThreadpoolController  # only here: most runs do not need it

    return ThreadpoolController()


@cache
def _libraries(by_thread: bool) -> Any:
    """Return a controller of the libraries that have a number for each thread, or of the others."""
    paths = [
        library.filepath
        for library in blas_libraries()
        if by_thread == (library.internal_api == "mkl" or _uses_openmp(library))
    ]
    return _controller().select(filepath=paths)


def _uses_openmp(library: Any) -> bool:
    return getattr(library, "threading_layer", None) == "openmp"


def threads_in_use() -> int:
    """Return how many threads are used."""
    return _limit or _by_environment() or processors()


def threads_of_products() -> int:
    """Return how many of them NumPy's matrix products use."""
    return _products or _by_environment() or processors()


def threads_of_lanes() -> int:
    """Return how many threads may run passes side by side."""
    return threads_in_use() if _lanes is None else _lanes()


@contextmanager
def taken_lanes(most: int) -> Iterator[int]:
    """Yield how many threads may run passes side by side while the block runs, at most `most`.

    Callers at the same time share the number, as in a server; each has at least one.
    """
    global _taken
    every = threads_of_lanes()
    with _lock:
        count = max(1, min(most, every - _taken))
        _taken += count
    try:
        yield count
    finally:
        with _lock:
            _taken -= count


def _by_environment() -> int | None:
    for variable in VARIABLES:
        if (value := os.environ.get(variable, "")).isdecimal() and int(value):
            return int(value)
    return None


def processors(available: int | None = None, root: Path = Path("/")) -> int:
    """Return how many processors this process may use.

    Parameters
    ----------
    available : int, optional
        Number of processors on which it may run; by default the process's affinity decides.
    root : Path
        Directory in which `cpu_quota` reads; more threads than the quota wait for each other.
    """
    if available is None:
        affinity = hasattr(os, "sched_getaffinity")
        available = len(os.sched_getaffinity(0)) if affinity else os.cpu_count() or 1
    quota = cpu_quota(root)
    return available if quota is None else max(1, min(available, int(quota)))


def _forget_blocks() -> None:
    """Reset the state in a process that was forked within a block."""
    global _lock, _blocks, _limit, _products, _lanes, _limiter, _taken, _alone, _alone_limiter
    _lock, _blocks, _taken, _alone = Lock(), 0, 0, 0
    _limit = _products = _lanes = _limiter = _alone_limiter = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_blocks)
