"""Find the matrix product of the BLAS that NumPy uses, for `nncli.engines.compiled.gemm`."""

import ctypes
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nncli.base.environment import numpy_build
from nncli.base.threads import blas_libraries, look_for_libraries
from nncli.base.words import on_one_line
from nncli.engines.compiled.machine_code import Request, addresses, callable_at
from nncli.engines.compiled.state import CBLAS, FORTRAN
from nncli.nn.entries import Array

# {} is s or d. A library may have several of these; those that say their width come first.
_SYMBOLS = (
    "scipy_cblas_{}gemm64_",  # OpenBLAS in the wheels of NumPy
    "scipy_cblas_{}gemm",  # the same with integers of 32 bits
    "cblas_{}gemm64_",  # OpenBLAS with integers of 64 bits
    "cblas_{}gemm_64",  # MKL
    "cblas_{}gemm$NEWLAPACK$ILP64",  # Accelerate from macOS 13.3, with integers of 64 bits
    "cblas_{}gemm$NEWLAPACK",
    "cblas_{}gemm",  # all others
)
_NAMES = {"blis": "BLIS", "flexiblas": "FlexiBLAS", "mkl": "MKL", "openblas": "OpenBLAS"}


@dataclass(frozen=True)
class MatrixProduct:
    """The BLAS functions that multiply matrices in single and in double precision.

    Attributes
    ----------
    kind : int
        `CBLAS` or `FORTRAN`; see `gemm`.
    single, double : int
        Addresses of the functions.
    name : str
        Library and function, such as ``OpenBLAS 0.3.30, scipy_cblas_sgemm64_``.
    """

    kind: int
    single: int
    double: int
    name: str

    def address(self, dtype: np.dtype[Any]) -> int:
        """Return the address of the function for float32 or float64."""
        return {"f": self.single, "d": self.double}[dtype.char]


class NoProductError(Exception):
    """A library has no matrix product, or a wrong one; the message says why."""


class Found(NamedTuple):
    """A matrix product, if there is one.

    Attributes
    ----------
    product : MatrixProduct or None
    description : str
        The name of the product, or why there is none.
    """

    product: MatrixProduct | None
    description: str


@cache
def find_product() -> Found:
    """Return the matrix product of NumPy's BLAS or else of SciPy's; every call returns the same."""
    if sys.maxsize < 2**32:
        return Found(None, "compiled code calls a BLAS only in a 64-bit Python")
    return first_product([product_of_numpy, product_of_scipy])


def first_product(finders: Sequence[Callable[[], MatrixProduct]]) -> Found:
    """Return the first matrix product that is found and multiplies as NumPy does."""
    reasons = []
    for find in finders:
        try:
            found = find()
            check_product(found)
        except NoProductError as error:
            reasons.append(str(error))
        else:
            return Found(found, found.name)
    return Found(None, "; ".join(reasons))


def product_of_numpy() -> MatrixProduct:
    """Return the matrix product of the BLAS that NumPy has loaded. Raises `NoProductError`."""
    look_for_libraries()
    return product_in(_libraries_of_numpy())


def product_in(libraries: Iterable[ctypes.CDLL]) -> MatrixProduct:
    """Return the first matrix product in libraries that may have the C interface of BLAS.

    Raises
    ------
    NoProductError
        If none has it.
    """
    for library in libraries:
        for symbol in _SYMBOLS:
            single, double = (_address(library, symbol.format(letter)) for letter in "sd")
            if single and double:
                return MatrixProduct(CBLAS, single, double, _name(single, symbol.format("s")))
    raise NoProductError("NumPy's BLAS has no known function that multiplies matrices")


def product_of_scipy() -> MatrixProduct:
    """Return the matrix product that SciPy offers to Cython code. Raises `NoProductError`."""
    if find_spec("scipy") is None:
        raise NoProductError("SciPy is not installed")
    try:
        functions = import_module("scipy.linalg.cython_blas").__pyx_capi__
        single, double = _in_capsule(functions["sgemm"]), _in_capsule(functions["dgemm"])
        version = metadata.version("scipy")
    except Exception as error:  # a damaged installation can raise any error
        raise NoProductError(f"SciPy cannot be used: {on_one_line(str(error))}") from error
    look_for_libraries()  # SciPy may have loaded a BLAS of its own
    return MatrixProduct(FORTRAN, single, double, f"SciPy {version}, cython_blas.sgemm")


def check_product(found: MatrixProduct) -> None:
    """Multiply small matrices in all ways. Raises `NoProductError` if NumPy's results differ."""
    for dtype, beta, *transposed in product("fd", (0, 1), (False, True), (False, True)):
        if not _equals_numpy(found, np.dtype(dtype), beta, *transposed):
            raise NoProductError(f"{found.name}: the results differ from NumPy's")


def _equals_numpy(
    found: MatrixProduct, dtype: np.dtype[Any], beta: int, transpose_a: bool, transpose_b: bool
) -> bool:
    """Return whether a product of parts of larger arrays is NumPy's, and no other number changes.

    All numbers are small integers, so that every order of the sums gives the same result.
    """
    m, n, k = 3, 5, 4
    A = _numbers((k, m + 1) if transpose_a else (m, k + 1), dtype)
    B = _numbers((n, k + 3) if transpose_b else (k, n + 3), dtype)
    C = np.full((m, n + 2), 2 if beta else np.nan, dtype)
    expected = C.copy()
    left = A[:, :m].T if transpose_a else A[:, :k]
    right = B[:, :k].T if transpose_b else B[:, :n]
    expected[:, :n] = left @ right + (C[:, :n] if beta else 0)
    factors = [number for each in (A, B) for number in (each.ctypes.data, each.shape[1])]
    arguments = [found.address(dtype), found.kind, transpose_a, transpose_b, m, n, k, *factors]
    _product(dtype)(*arguments, beta, C.ctypes.data, C.shape[1])
    return np.array_equal(C, expected, equal_nan=True)


@cache
def _product(dtype: np.dtype[Any]) -> Callable[..., None]:
    """Return `gemm.product` for a precision, as a Python function."""
    request = Request("gemm.product", (*["int64"] * 11, dtype.name, "int64", "int64"))
    beta = ctypes.c_float if dtype == np.float32 else ctypes.c_double
    types = [*[ctypes.c_int64] * 11, beta, ctypes.c_int64, ctypes.c_int64]
    return callable_at(addresses([request])[request], types)


def _numbers(shape: tuple[int, int], dtype: np.dtype[Any]) -> Array:
    return (np.arange(shape[0] * shape[1], dtype=dtype) % 7 - 3).reshape(shape)


def _libraries_of_numpy() -> Iterator[ctypes.CDLL]:
    """Yield the libraries in which to look for NumPy's BLAS."""
    # Except on Windows, a function is looked up in a library and all on which it depends: here in
    # the BLAS with which NumPy was linked, even if threadpoolctl does not know it.
    with suppress(ImportError, AttributeError, OSError):  # NumPy may have it in another place
        yield ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
    # Wheels bring their BLAS in a folder such as numpy.libs or scipy.libs. Which of them are loaded
    # depends on what was imported, so that others than NumPy's are left out.
    for library in blas_libraries():
        folder = Path(library.filepath).parent.name
        if folder == "numpy.libs" or not folder.endswith("libs"):
            yield library.dynlib


def _address(library: ctypes.CDLL, symbol: str) -> int:
    """Return the address of a function, or 0 if the library does not have it."""
    try:
        return ctypes.cast(library[symbol], ctypes.c_void_p).value or 0
    except AttributeError:
        return 0


def _name(address: int, symbol: str) -> str:
    """Return library and symbol of a function."""
    for library in blas_libraries():
        if _address(library.dynlib, symbol) == address:
            name = _NAMES.get(library.internal_api, library.internal_api)
            return f"{name} {library.version or 'of unknown version'}, {symbol}"
    built = numpy_build().get("Build Dependencies", {}).get("blas", {})
    return f"{built.get('name', 'BLAS')}, {symbol}"  # such as accelerate


def _in_capsule(capsule: object) -> int:
    """Return the address in a capsule, in which Cython exports a function."""
    api = ctypes.pythonapi
    name_of = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", api))
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    return int(pointer(("PyCapsule_GetPointer", api))(capsule, name_of(capsule)))
