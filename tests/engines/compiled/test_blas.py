"""The search for a matrix product that compiled code can call."""

import ctypes
import itertools
import re
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.base.threads import blas_libraries, limited_threads
from nncli.engines.compiled import blas
from nncli.engines.compiled.blas import (
    Found,
    MatrixProduct,
    NoProductError,
    check_product,
    find_product,
    first_product,
    product_in,
    product_of_numpy,
    product_of_scipy,
)
from nncli.engines.compiled.state import CBLAS, FORTRAN
from nncli.engines.engine import Sums
from tests.engines.compiled.test_team import new_engine, train

nothing = ctypes.CFUNCTYPE(None)(lambda: None)
NOTHING = ctypes.cast(nothing, ctypes.c_void_p).value


def wrong():
    return MatrixProduct(CBLAS, NOTHING, NOTHING, "Wrong 1.0, cblas_sgemm")


def test_the_product_of_numpy_comes_first():
    found = find_product()
    assert found is find_product()
    if found.product is None:
        pytest.skip(found.description)
    assert found.description == found.product.name
    if any(each.internal_api == "openblas" for each in blas_libraries()):
        assert re.fullmatch(r"OpenBLAS \d+\.\d+\S*, \w*cblas_sgemm\w*", found.description)
        assert found.product.kind == CBLAS


def test_the_address_is_that_of_the_precision():
    product = MatrixProduct(CBLAS, 1, 2, "")
    assert product.address(np.dtype(np.float32)) == 1
    assert product.address(np.dtype(np.float64)) == 2


def test_scipy_has_a_product_for_fortran():
    pytest.importorskip("scipy")
    found = first_product([product_of_scipy])
    assert found.product.kind == FORTRAN
    assert re.fullmatch(r"SciPy \d+\.\S+, cython_blas\.sgemm", found.description)


def test_the_product_does_not_depend_on_what_was_imported():
    pytest.importorskip("scipy.linalg.cython_blas")  # loads another BLAS, if from a wheel
    assert first_product([product_of_numpy]).product == product_of_numpy() == find_product().product


def test_the_reasons_are_given_if_nothing_is_found(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    found = first_product([lambda: product_in([]), product_of_scipy])
    reason = "NumPy's BLAS has no known function that multiplies matrices; SciPy is not installed"
    assert found == Found(None, reason)


def test_a_library_without_a_product_is_passed_over():
    import _ctypes

    other = ctypes.CDLL(_ctypes.__file__)
    with pytest.raises(NoProductError, match="no known function"):
        product_in([other])
    blas = [each.dynlib for each in blas_libraries()]
    if blas:
        assert product_in([other, *blas]) == product_in(blas)


def test_a_product_with_other_results_is_refused():
    with pytest.raises(NoProductError, match=r"^Wrong 1\.0, cblas_sgemm: the results differ"):
        check_product(wrong())


def written_in_python(letter, padded):
    """Return a product with the parameters of ``cblas_?gemm``, for rows of any or of no padding."""
    number, integer = {"s": ctypes.c_float, "d": ctypes.c_double}[letter], ctypes.c_int64

    def matrix(address, rows, columns, distance):
        flat = np.ctypeslib.as_array((number * (rows * distance)).from_address(address))
        if not padded:
            return flat[: rows * columns].reshape(rows, columns)
        return flat.reshape(rows, distance)[:, :columns]

    def product(order, ta, tb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc):
        left = matrix(A, k, m, lda).T if ta == 112 else matrix(A, m, k, lda)
        right = matrix(B, n, k, ldb).T if tb == 112 else matrix(B, k, n, ldb)
        result = matrix(C, m, n, ldc)
        result[:] = alpha * (left @ right) + (beta * result if beta else 0)

    sizes, given = [integer] * 6, [ctypes.c_void_p, integer]
    return ctypes.CFUNCTYPE(None, *sizes, number, *given, *given, number, *given)(product)


@pytest.mark.parametrize("padded", [True, False])
def test_a_product_that_ignores_the_distance_between_rows_is_refused(padded):
    functions = [written_in_python(letter, padded) for letter in "sd"]
    found = [ctypes.cast(each, ctypes.c_void_p).value for each in functions]
    product = MatrixProduct(CBLAS, *found, "Mine")
    if padded:
        check_product(product)
    else:
        with pytest.raises(NoProductError, match=r"^Mine: the results differ from NumPy's$"):
            check_product(product)


class Library(dict):
    """A library with some functions."""

    def __init__(self, *names):
        super().__init__({name.format(letter): nothing for name in names for letter in "sd"})

    def __missing__(self, name):
        raise AttributeError(name)


@pytest.mark.parametrize("name", blas._SYMBOLS)
def test_the_function_of_every_library_is_known(name):
    found = product_in([Library(), Library(name)])
    assert found.name.endswith(f", {name.format('s')}")
    assert (found.single, found.double) == (NOTHING, NOTHING)


def test_a_function_whose_name_says_its_width_comes_first():
    for wide, narrow in itertools.product(["64_", "_64", "$NEWLAPACK$ILP64"], ["", "$NEWLAPACK"]):
        names = [f"cblas_{{}}gemm{each}" for each in (narrow, wide)]
        assert product_in([Library(*names)]).name.endswith(f", cblas_sgemm{wide}")


def test_a_library_with_one_precision_is_passed_over():
    half = Library("cblas_{}gemm")
    del half["cblas_dgemm"]
    with pytest.raises(NoProductError, match="no known function"):
        product_in([half])


def test_training_leaves_the_number_of_threads_of_the_products():
    engine = new_engine("plain")
    before = [each.num_threads for each in blas_libraries()]
    with limited_threads(3):
        during = [each.num_threads for each in blas_libraries()]
        train(engine, Sums())
        assert [each.num_threads for each in blas_libraries()] == during
    assert [each.num_threads for each in blas_libraries()] == before


@pytest.mark.parametrize("precision", ["single", "double"])
def test_both_precisions_are_checked(precision):
    try:
        product = product_of_numpy()
    except NoProductError as error:
        pytest.skip(str(error))
    check_product(product)
    with pytest.raises(NoProductError, match="differ"):
        check_product(replace(product, **{precision: NOTHING}))


def test_a_refused_product_makes_place_for_the_next():
    pytest.importorskip("scipy")
    assert first_product([wrong, product_of_scipy]).product.kind == FORTRAN
