"""Multiply matrices in compiled code, by a BLAS function whose address is an argument.

Numba does not cache code that contains a ctypes function. Here the address is data, so that cached
code is valid in every process. `nncli.engines.compiled.blas` finds the address.

The integers of a BLAS have 32 or 64 bits. The calls here suit both, as they pass 64 bits: a
function that takes 32 reads the lower half of a register, of a slot on the stack (all have 8 bytes
in the calling conventions of x86-64 and ARM64), or of the memory at a pointer (these processors are
little-endian). So a library of unknown width is called safely.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic, register_jitable

from nncli.engines.compiled.state import CBLAS

_ROW_MAJOR, _PLAIN, _TRANSPOSED = 101, 111, 112  # as ``cblas.h`` numbers them
_T, _N = ord("T"), ord("N")
_INTEGER = ir.IntType(64)


@register_jitable
def gemm(address, kind, transpose_a, transpose_b, m, n, k, A, lda, B, ldb, beta, C, ldc):
    """Compute ``C = op(A) op(B) + beta C`` for matrices in row-major order, without any check.

    Within `products_in_one_thread`, only the calling thread computes. The type of `beta`, float32
    or float64, is the precision of all matrices.

    Parameters
    ----------
    address : int
        Address of the BLAS function for this precision.
    kind : int
        `CBLAS` for a function with the parameters of ``cblas_sgemm``; `FORTRAN` for one with those
        of ``sgemm``, pointers, and matrices in column-major order.
    transpose_a, transpose_b : bool
        Whether op(A) and op(B) are the transposed matrices.
    m, n, k : int
        Shapes: op(A) is (m, k), op(B) is (k, n), C is (m, n). Nothing happens if m or n is 0.
    A, B, C : int
        Addresses of the first numbers. C is written, and read only if `beta` is not 0.
    lda, ldb, ldc : int
        Distance between the rows in memory of A, B and C, in numbers: at least 1 and the length of
        a row.
    beta : float32 or float64
    """
    if m < 1 or n < 1:
        return
    if kind == CBLAS:
        how_a = _TRANSPOSED if transpose_a else _PLAIN
        how_b = _TRANSPOSED if transpose_b else _PLAIN
        _call_cblas(address, how_a, how_b, m, n, k, A, lda, B, ldb, beta, C, ldc)
    else:
        # In column-major order, the same memory holds the transposed matrices: C' = B' A'.
        how_a = _T if transpose_a else _N
        how_b = _T if transpose_b else _N
        _call_fortran(address, how_b, how_a, n, m, k, B, ldb, A, lda, beta, C, ldc)


def product(address, kind, transpose_a, transpose_b, m, n, k, A, lda, B, ldb, beta, C, ldc):
    """Compute a product by `gemm`; `blas` calls this from Python, through `machine_code`."""
    gemm(address, kind, transpose_a, transpose_b, m, n, k, A, lda, B, ldb, beta, C, ldc)


@intrinsic
def _call_cblas(context, address, how_a, how_b, m, n, k, A, lda, B, ldb, beta, C, ldc):
    """Call a function of the C interface with alpha 1."""

    def generate(context, builder, signature, arguments):
        address, how_a, how_b, m, n, k, A, lda, B, ldb, beta, C, ldc = arguments
        order, alpha = _INTEGER(_ROW_MAJOR), beta.type(1.0)
        passed = [order, how_a, how_b, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc]
        return _call(context, builder, address, passed)

    return _signature(beta), generate


@intrinsic
def _call_fortran(context, address, how_a, how_b, m, n, k, A, lda, B, ldb, beta, C, ldc):
    """Call a function of the Fortran interface with alpha 1."""

    def generate(context, builder, signature, arguments):
        address, how_a, how_b, m, n, k, A, lda, B, ldb, beta, C, ldc = arguments

        def at(value):  # a pointer to a copy, whose place on the stack all calls share
            return builder.ptrtoint(cgutils.alloca_once_value(builder, value), _INTEGER)

        before = [at(each) for each in (how_a, how_b, m, n, k, beta.type(1.0))]
        passed = [*before, A, at(lda), B, at(ldb), at(beta), C, at(ldc)]
        return _call(context, builder, address, passed)

    return _signature(beta), generate


def _signature(beta):
    """Return the signature of both intrinsics: all integers except `beta`."""
    if beta not in (types.float32, types.float64):
        raise TypingError(f"beta: found {beta}; expected float32 or float64, as in the matrices")
    before, after = [types.int64] * 10, [types.int64] * 2
    return types.void(*before, beta, *after)


def _call(context, builder, address, arguments):
    """Generate the call of a function that returns nothing; pointers are passed as integers."""
    function = ir.FunctionType(ir.VoidType(), [each.type for each in arguments])
    builder.call(builder.inttoptr(address, function.as_pointer()), arguments)
    return context.get_dummy_value()
