"""Multiply narrow matrices without copying them; see `nncli.engines.compiled.gemm` for others.

A BLAS first copies parts of both factors, so that each is read in order. This is worth while if the
parts are read often. A narrow product reads few columns of its right factor, which stay in the
cache as they are: without copies it is faster.

C (m, n) is computed in tiles of six rows and two vectors of columns, whose sums stay in registers
while k runs. If the columns are no multiple of a tile, the last tiles overlap: they compute some
numbers twice, and no load or store needs a mask. Each number is a sum in the order of k with one
rounding a term, so that it does not depend on the tile that computes it.
"""

import platform
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable

from nncli.engines.compiled.intrinsics import item_bytes

_VECTOR = 32  # bytes: one register of AVX, two of NEON
_ROWS = 6  # of a tile: 12 sums, two vectors of B and a number of A fill the 16 registers of AVX
_AT_ONCE = 384  # terms of a sum: what a panel of B has more of leaves the cache

# With more columns of C, a BLAS is as fast: measured on a processor with AVX2. One with registers
# of 64 bytes needs them for wide products. Others than x86 were not measured.
MOST_COLUMNS = 0
_features = llvm.get_host_cpu_features()
if platform.machine().lower() in ("x86_64", "amd64") and _features.get("fma"):
    MOST_COLUMNS = 16 if _features.get("avx512f") else 64


@register_jitable
def suit(memory, n):
    """Return whether a product of n columns is better computed by `multiply`.

    `memory` points to such numbers.
    """
    return n * item_bytes(memory) >= _VECTOR and n <= MOST_COLUMNS


@register_jitable
def multiply(memory, m, n, k, A, a_row, a_term, B, ldb, C, ldc):
    """Compute ``C = A B`` for a row-major B, where `suit` is true, without any check.

    Parameters
    ----------
    memory : pointer to float32 or float64
        Its type is that of all matrices.
    m, n, k : int
        Shapes: A is (m, k), B is (k, n), C is (m, n).
    A, B, C : int
        Addresses of the first numbers. C is written, and overlaps no other matrix.
    a_row, a_term : int
        Distance in memory between the rows of A, and between its columns, in numbers: A may be
        a transposed matrix.
    ldb, ldc : int
        Distance between the rows of B and C, in numbers.
    """
    size = item_bytes(memory)
    lanes = _VECTOR // size
    width = min(n, 2 * lanes)
    terms = _AT_ONCE if n % (2 * lanes) == 0 else max(k, 1)  # what overlaps is computed at once
    for first in range(0, max(k, 1), terms):
        count = min(terms, k - first)
        A_, B_ = A + first * a_term * size, B + first * ldb * size
        row = 0
        while row < m:
            left = m - row
            rows = 6 if left >= 6 and left != 8 else 4 if left >= 4 else 2 if left >= 2 else 1
            for column in range(0, n, width):
                at = min(column, n - width) * size
                _tile(
                    memory,
                    rows,
                    width - lanes,
                    count,
                    A_ + row * a_row * size,
                    a_row,
                    a_term,
                    B_ + at,
                    ldb,
                    C + row * ldc * size + at,
                    ldc,
                    first > 0,
                )
            row += rows


@register_jitable
def _tile(memory, rows, second, k, A, a_row, a_term, B, ldb, C, ldc, adds):
    """Compute a tile of up to six rows and two vectors; see `_tile_of`."""
    if rows == 6:
        _tile_6(memory, second, k, A, a_row, a_term, B, ldb, C, ldc, adds)
    elif rows == 4:
        _tile_4(memory, second, k, A, a_row, a_term, B, ldb, C, ldc, adds)
    elif rows == 2:
        _tile_2(memory, second, k, A, a_row, a_term, B, ldb, C, ldc, adds)
    else:
        _tile_1(memory, second, k, A, a_row, a_term, B, ldb, C, ldc, adds)


def _tile_of(rows: int) -> Any:
    """Return a function that computes a tile of C with so many rows.

    Its parameters: ``memory, second, k, A, a_row, a_term, B, ldb, C, ldc, adds``; `second` is the
    column of the second vector, and `adds` whether the products are added to what C has.
    """

    @intrinsic
    def tile(typing, memory, second, k, A, a_row, a_term, B, ldb, C, ldc, adds):
        words = [types.int64] * 9

        def code(context, builder, signature, arguments):
            number = context.get_data_type(signature.args[0].dtype)
            _Tile(context, builder, number, arguments[1:]).write(rows)
            return context.get_dummy_value()

        return types.void(memory, *words, types.boolean), code

    return tile


class _Tile:
    """Write the code of a tile."""

    def __init__(self, context: Any, builder: Any, number: Any, arguments: Any) -> None:
        self._builder, self._number = builder, number
        self._bytes = context.get_abi_sizeof(number)
        self._vector = ir.VectorType(number, _VECTOR // self._bytes)
        name = f"llvm.fma.v{self._vector.count}f{8 * self._bytes}"
        kind = ir.FunctionType(self._vector, [self._vector] * 3)
        self._fma = cgutils.get_or_insert_function(builder.module, kind, name)
        self._second, self._k, self._A, self._a_row, self._a_term, *rest = arguments
        self._B, self._ldb, self._C, self._ldc, self._adds = rest

    def write(self, rows: int) -> None:
        """Write the loop over k, and what precedes and follows it."""
        builder, vector = self._builder, self._vector
        sums = [[cgutils.alloca_once(builder, vector) for _ in range(2)] for _ in range(rows)]
        places = [self._pair(self._C, self._ldc, self._word(row)) for row in range(rows)]
        with builder.if_else(self._adds) as (old, new):
            with old:
                self._copy(places, sums)
            with new:
                for each in (at for pair in sums for at in pair):
                    builder.store(ir.Constant(vector, None), each)
        with cgutils.for_range(builder, self._k) as loop:
            self._add_products(sums, loop.index)
        self._copy(sums, places)

    def _add_products(self, sums: Any, term: Any) -> None:
        builder = self._builder
        b = [self._load(each) for each in self._pair(self._B, self._ldb, term)]
        column = builder.mul(term, self._a_term)
        for row, pair in enumerate(sums):
            at = builder.add(builder.mul(self._word(row), self._a_row), column)
            a = self._repeated(builder.load(self._at(self._A, at, self._number)))
            for number, total in zip(b, pair, strict=True):
                builder.store(builder.call(self._fma, [a, number, builder.load(total)]), total)

    def _copy(self, sources: Any, targets: Any) -> None:
        for source, target in zip(sources, targets, strict=True):
            for one, other in zip(source, target, strict=True):
                self._builder.store(self._load(one), other, self._bytes)

    def _load(self, place: Any) -> Any:
        return self._builder.load(place, align=self._bytes)

    def _repeated(self, number: Any) -> Any:
        """Return a vector of equal numbers."""
        lanes, undefined = self._vector.count, ir.Constant(self._vector, ir.Undefined)
        one = self._builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
        every = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        return self._builder.shuffle_vector(one, undefined, every)

    def _pair(self, matrix: Any, distance: Any, row: Any) -> list[Any]:
        """Return the places of both vectors in a row of B or C."""
        start = self._builder.mul(row, distance)
        starts = start, self._builder.add(start, self._second)
        return [self._at(matrix, each, self._vector) for each in starts]

    def _at(self, matrix: Any, index: Any, kind: Any) -> Any:
        builder = self._builder
        first = builder.inttoptr(matrix, self._number.as_pointer())
        return builder.bitcast(builder.gep(first, [index]), kind.as_pointer())

    def _word(self, number: int) -> Any:
        return ir.Constant(ir.IntType(64), number)


_tile_6, _tile_4, _tile_2, _tile_1 = (_tile_of(rows) for rows in (_ROWS, 4, 2, 1))
