"""How a loop is compiled by Numba.

A loop works out a number in a variable of its own and stores it once: to read again what was just
stored makes an update three times as slow where a vector's memory is not aligned with the
processor's. Numbers that come from Python take the precision of the arrays first, as NumPy lets
them; in a loop they would make it one of float64.
"""

from collections.abc import Sequence

from numba import njit

from nncli.nn.entries import Array

# NumPy's division by zero gives an infinity. Python's raises, and a loop that may raise is not
# turned into vector instructions.
compiled = njit(cache=True, error_model="numpy")

# A sum becomes vector instructions only where its terms may be added in another order.
compiled_sum = njit(cache=True, error_model="numpy", fastmath={"reassoc"})


def by_row(*arrays: Array) -> Sequence[Array]:
    """Return the arrays, or all transposed, so that the first lies row by row."""
    return arrays if arrays[0].flags.c_contiguous else [each.T for each in arrays]
