"""Products of narrow matrices, computed where they lie."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled.machine_code import Request, addresses, callable_at

TYPES = [np.float32, np.float64]
RANDOM = np.random.default_rng(0)


def product(A, B, *, room=0):
    """Return A B in an array with `room` other columns, which must keep their numbers."""
    dtype = A.dtype
    request = Request("tiles.multiply", (f"{dtype.name}*", *["int64"] * 10))
    multiply = callable_at(addresses([request])[request], [ctypes.c_void_p, *[ctypes.c_int64] * 10])
    m, k, n = *A.shape, B.shape[1]
    C = np.full((m, n + room), 7, dtype)
    strides = [each // dtype.itemsize for each in (*A.strides, B.strides[0], C.strides[0])]
    a_row, a_term, ldb, ldc = strides
    address = C.ctypes.data
    multiply(address, m, n, k, A.ctypes.data, a_row, a_term, B.ctypes.data, ldb, address, ldc)
    assert np.all(C[:, n:] == 7)
    return C[:, :n]


def numbers(*shape, dtype=np.float32):
    return RANDOM.normal(size=shape).astype(dtype)


@given(
    st.integers(0, 20),
    st.integers(8, 70),
    st.integers(0, 20) | st.sampled_from([383, 384, 385, 800]),
    st.sampled_from(TYPES),
    st.booleans(),
    st.integers(0, 5),
)
def test_a_product_is_exact_up_to_rounding(m, n, k, dtype, transposed, room):
    A = numbers(k, m, dtype=dtype).T if transposed else numbers(m, k, dtype=dtype)
    B = numbers(k, n + room, dtype=dtype)[:, :n]
    expected = A.astype(np.longdouble) @ B.astype(np.longdouble)
    bound = k * np.finfo(dtype).eps * (np.abs(A).astype(float) @ np.abs(B).astype(float))
    assert np.all(np.abs(product(A, B, room=room) - expected) <= bound)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("k", [30, 800])
def test_a_number_does_not_depend_on_the_others(dtype, k):
    """So that a layer may be cut anywhere, and a row alone is the row in any batch."""
    A, B = numbers(23, k, dtype=dtype), numbers(k, 64, dtype=dtype)
    whole = product(A, B)
    for row in range(len(A)):
        assert np.array_equal(product(A[row : row + 1], B)[0], whole[row])
    for first, last in [(0, 8), (3, 20), (16, 64), (5, 64), (48, 64)]:
        assert np.array_equal(product(A, B[:, first:last]), whole[:, first:last])
    assert np.array_equal(product(np.asfortranarray(A), B), whole)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_reach_the_product(special):
    A, B = numbers(7, 9), numbers(9, 20)
    A[3, 4] = special
    result = product(A, B)
    assert not np.any(np.isfinite(result[3]))
    assert np.all(np.isfinite(np.delete(result, 3, axis=0)))


def test_without_terms_the_product_is_zero():
    assert np.all(product(numbers(5, 0), numbers(0, 17)) == 0)
