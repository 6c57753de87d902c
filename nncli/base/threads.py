"""How many threads the matrix products of NumPy's BLAS use."""

import os

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
AUTOMATIC = "NNCLI_THREADS_AUTOMATIC"

# Floating-point operations of the largest product from which several threads pay. Below, they gain
# little, and where they wait for each other beside other work, training gets many times slower.
ENOUGH_WORK = 5e7


def start_with_one_thread() -> None:
    """Let NumPy start with one thread, unless the environment says otherwise.

    NumPy must not have been imported yet.
    """
    if not any(variable in os.environ for variable in VARIABLES):
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        os.environ[AUTOMATIC] = "1"


def suited_threads(largest_product: float) -> int:
    """Return the number of threads for products of up to so many floating-point operations.

    It is what the environment says; else one, or for large products one a processor.
    """
    if AUTOMATIC not in os.environ:
        return threads_in_use()
    return _processors() if largest_product >= ENOUGH_WORK else 1


def use_threads(count: int) -> None:
    """Let the products use `count` threads from now on."""
    if count == threads_in_use():
        return
    from threadpoolctl import threadpool_limits  # only here: most runs do without

    threadpool_limits(count, user_api="blas")
    os.environ.update(dict.fromkeys(VARIABLES, str(count)))


def threads_in_use() -> int:
    """Return how many threads the products use."""
    for variable in VARIABLES:
        if (value := os.environ.get(variable, "")).isdecimal() and int(value):
            return int(value)
    return _processors()


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
