"""Products in compiled code, with every kind of function that this machine has."""

import itertools
import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from numba import cfunc, njit, types
from numba.core.errors import TypingError

from nncli.base.threads import blas_libraries, products_in_one_thread
from nncli.engines.compiled.blas import (
    NoProductError,
    product_in,
    product_of_numpy,
    product_of_scipy,
)
from nncli.engines.compiled.gemm import gemm

SHAPES = [(3, 5, 4), (1, 5, 4), (3, 1, 4), (3, 5, 1), (1, 1, 1), (64, 33, 130), (2, 1, 3)]
NOTHING = [(0, 5, 4), (3, 0, 4), (0, 0, 0)]


@njit
def multiply(*arguments):
    gemm(*arguments)


def product_of_other_library():
    """Return the product of a BLAS with 32-bit integers that SciPy has loaded."""
    product_of_scipy()
    return product_in(
        each.dynlib for each in blas_libraries() if hasattr(each.dynlib, "scipy_cblas_sgemm")
    )


@pytest.fixture(
    params=[product_of_numpy, product_of_scipy, product_of_other_library],
    ids=["numpy", "fortran", "32 bits"],
)
def product(request):
    try:
        return request.param()
    except NoProductError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["f", "d"], ids=["float32", "float64"])
def dtype(request):
    return np.dtype(request.param)


class Case:
    """Matrices of normal numbers within larger arrays."""

    def __init__(self, m, n, k, dtype, transposed=(False, False), beta=0):
        draw = np.random.default_rng(m + 10 * n + 100 * k).standard_normal
        self.sizes, self.transposed, self.beta = (m, n, k), transposed, dtype.type(beta)
        self.A = draw((k, m + 1) if transposed[0] else (m, k + 2)).astype(dtype)
        self.B = draw((n, k + 3) if transposed[1] else (k, n + 4)).astype(dtype)
        self.C = draw((m, n + 5)).astype(dtype)

    def factors(self):
        """Return the factors in double precision."""
        m, n, k = self.sizes
        A = self.A[:, :m].T if self.transposed[0] else self.A[:, :k]
        B = self.B[:, :k].T if self.transposed[1] else self.B[:, :n]
        return A.astype(float), B.astype(float)

    def arguments(self, product):
        address = product.address(self.C.dtype)
        A, B, C = ((each.ctypes.data, each.shape[1]) for each in (self.A, self.B, self.C))
        return address, product.kind, *self.transposed, *self.sizes, *A, *B, self.beta, *C


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products_are_those_of_numpy_up_to_rounding(product, dtype, shape):
    n, k = shape[1:]
    for beta, *transposed in itertools.product((0, 1, -0.5), (False, True), (False, True)):
        case = Case(*shape, dtype, tuple(transposed), beta)
        before, (A, B) = case.C.copy(), case.factors()
        multiply(*case.arguments(product))
        expected = A @ B + beta * before[:, :n]
        largest = np.abs(A) @ np.abs(B) + np.abs(before[:, :n])
        error = np.abs(case.C[:, :n] - expected) / largest
        assert error.max() <= (k + 2) * np.finfo(dtype).eps, (beta, transposed)
        np.testing.assert_array_equal(case.C[:, n:], before[:, n:])


@pytest.mark.parametrize("shape", NOTHING, ids=str)
def test_nothing_is_written_without_rows_or_columns(product, dtype, shape):
    case = Case(*shape, dtype)
    before = case.C.copy()
    multiply(*case.arguments(product))
    np.testing.assert_array_equal(case.C, before)


@pytest.mark.parametrize("beta", [0, 1])
def test_without_inputs_only_beta_counts(product, dtype, beta):
    case = Case(3, 5, 0, dtype, beta=beta)
    before = case.C.copy()
    multiply(*case.arguments(product))
    np.testing.assert_array_equal(case.C[:, :5], beta * before[:, :5])
    np.testing.assert_array_equal(case.C[:, 5:], before[:, 5:])


def test_with_beta_0_nothing_is_read_from_the_result(product, dtype):
    case = Case(3, 5, 4, dtype)
    case.C[:] = np.nan
    multiply(*case.arguments(product))
    assert np.isfinite(case.C[:, :5]).all()
    assert np.isnan(case.C[:, 5:]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_stay_so(product, dtype, value):
    case = Case(3, 5, 4, dtype)
    case.A[1, 2] = value
    multiply(*case.arguments(product))
    assert not np.isfinite(case.C[1, :5]).any()
    assert np.isfinite(case.C[[0, 2], :5]).all()


def test_the_type_of_beta_must_be_a_precision(product, dtype):
    case = Case(3, 5, 4, dtype)
    case.beta = 0
    with pytest.raises(TypingError, match="beta: found int64; expected float32 or float64"):
        multiply(*case.arguments(product))


@njit
def repeated(times, *arguments):
    for _ in range(times):
        gemm(*arguments)


def test_repeated_calls_need_no_more_stack(product, dtype):
    case = Case(2, 1, 3, dtype)
    A, B = case.factors()
    repeated(1_000_000, *case.arguments(product))  # 64 bytes a call would be 64 MB
    np.testing.assert_allclose(case.C[:, :1], A @ B, rtol=1e-5)


NUMBERS = [types.int64] * 11
FLAT = {
    "f": types.void(*NUMBERS, types.float32, types.int64, types.int64),
    "d": types.void(*NUMBERS, types.float64, types.int64, types.int64),
}


def test_a_function_with_an_address_can_multiply(product, dtype):
    @cfunc(FLAT[dtype.char])
    def operation(address, kind, ta, tb, m, n, k, A, lda, B, ldb, beta, C, ldc):
        gemm(address, kind, ta, tb, m, n, k, A, lda, B, ldb, beta, C, ldc)

    case = Case(3, 5, 4, dtype, (True, False))
    operation.ctypes(*case.arguments(product))
    A, B = case.factors()
    np.testing.assert_allclose(case.C[:, :5], A @ B, rtol=1e-5, atol=1e-5)


PROGRAM = """\
import numpy as np
from numba import cfunc, njit, types
from numba.core.errors import TypingError
from nncli.engines.compiled.blas import find_product
from nncli.engines.compiled.gemm import gemm

@cfunc(types.void(types.CPointer(types.int64)), cache=True)
def operation(p):
    zero = np.float32(0)
    gemm(p[0], p[1], False, True, p[2], p[3], p[4], p[5], p[6], p[7], p[8], zero, p[9], p[10])

@njit(cache=True)
def loop(product, kind, A, C):
    n = len(A)
    gemm(product, kind, 0, 0, n, n, n, A.ctypes.data, n, A.ctypes.data, n, 1.0, C.ctypes.data, n)

product, _ = find_product()
A, C = np.full((2, 2), 3.0), np.ones((2, 2))
loop(product.double, product.kind, A, C)
S, T = A.astype("f"), A.astype("f")
places = [S.ctypes.data, 2, S.ctypes.data, 2, T.ctypes.data, 2]
operation.ctypes(np.array([product.single, product.kind, 2, 2, 2, *places]).ctypes.data_as(
    operation.ctypes.argtypes[0]))
missed = sum(loop.stats.cache_misses.values())
print(C.ravel(), T.ravel(), missed, operation.cache_hits)
"""


def test_a_later_process_compiles_nothing(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, tmp_path / "program.py"]
    printed = []
    for _ in range(2):  # addresses differ, as systems load libraries at random places
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.stderr == ""
        printed.append(done.stdout)
    assert printed[0].startswith("[19. 19. 19. 19.] [18. 18. 18. 18.]")
    assert printed[1] == "[19. 19. 19. 19.] [18. 18. 18. 18.] 0 1\n"


def test_a_product_uses_the_calling_thread_alone(product, dtype):
    case = Case(500, 500, 500, dtype)
    repeated(0, *case.arguments(product))  # compiles
    with products_in_one_thread():
        process, thread = time.process_time(), time.thread_time()
        repeated(20, *case.arguments(product))
        process, thread = time.process_time() - process, time.thread_time() - thread
    assert process < 1.2 * thread
