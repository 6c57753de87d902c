"""Settings for compiling loops with Numba.

A loop computes a number in a local variable and stores it once. Reading back a value that was just
stored makes an update three times as slow if the memory is not aligned for vector instructions.
Python numbers are first converted to the precision of the arrays, as in NumPy; otherwise the loop
would compute in float64.
"""

from collections.abc import Sequence

from numba import njit

from nncli.nn.entries import Array

# In NumPy, division by zero gives infinity. In Python it raises, and a loop that may raise is not
# vectorized.
compiled = njit(cache=True, error_model="numpy")

# A sum is vectorized only if its terms may be reordered.
compiled_sum = njit(cache=True, error_model="numpy", fastmath={"reassoc"})


def by_row(*arrays: Array) -> Sequence[Array]:
    """Return the arrays, transposed if necessary, so that the first is in row-major order."""
    return arrays if arrays[0].flags.c_contiguous else [each.T for each in arrays]
