"""The dense layer Z = X W + b with its gradients; see `nncli.nn.layers.dense`.

W (I, O) lies row by row. The integers after those of `blocks`, which describe Z: its offset, those
of W and b, then I, layout, stride and offset of X, and the address and the kind of the product. In
the backward pass the offsets are those of the gradients, except for W where dX is computed.
"""

from numba.extending import register_jitable

from nncli.engines.compiled.gemm import gemm
from nncli.engines.compiled.operations.blocks import (
    AXIS,
    FIRST_OFFSET,
    LAYOUT,
    STRIDE,
    UNITS,
    line,
    loops,
    vector,
)
from nncli.engines.compiled.operations.sums import plain_total
from nncli.engines.compiled.state import ADDRESS, BY_INPUTS, BY_ROWS, ITEM_BYTES, ROW_MAJOR, ROWS
from nncli.engines.compiled.tiles import multiply, suit

Z = FIRST_OFFSET
W = Z + 1
BIAS = Z + 2
INPUTS = Z + 3
X_LAYOUT = Z + 4
X_STRIDE = Z + 5
X = Z + 6
PRODUCT = Z + 7
KIND = Z + 8
SIZE = Z + 9


@register_jitable
def _start(where, offset, layout, stride, row, unit):
    """Return the place of a number of a matrix."""
    return offset + (row * stride + unit if layout == ROW_MAJOR else unit * stride + row)


@register_jitable
def _address(state, place):
    return state[ADDRESS] + place * state[ITEM_BYTES]


@register_jitable
def _multiply(memory, where, transpose_a, transpose_b, m, n, k, A, lda, B, ldb, C, ldc):
    """Compute ``C = op(A) op(B)``; see `gemm` for the parameters."""
    if not transpose_b and suit(memory, n):
        a_row, a_term = (1, lda) if transpose_a else (lda, 1)
        multiply(memory, m, n, k, A, a_row, a_term, B, ldb, C, ldc)
    else:
        zero = type(memory[0])(0)
        address, kind = where[PRODUCT], where[KIND]
        gemm(address, kind, transpose_a, transpose_b, m, n, k, A, lda, B, ldb, zero, C, ldc)


def forward(memory, source, where, state, numbers, step, shard, first, last):
    """Write Z = X W + b, for some units or some rows."""
    row, rows, unit, units = 0, state[ROWS], first, last - first
    if where[AXIS] == BY_ROWS:
        row, rows, unit, units = first, last - first, 0, where[UNITS]
    x_place = _start(where, where[X], where[X_LAYOUT], where[X_STRIDE], row, 0)
    z_place = _start(where, where[Z], where[LAYOUT], where[STRIDE], row, unit)
    X_, Z_ = _address(state, x_place), _address(state, z_place)
    W_ = _address(state, where[W] + unit)
    if where[LAYOUT] == ROW_MAJOR:
        _multiply(
            memory,
            where,
            where[X_LAYOUT],
            0,
            rows,
            units,
            where[INPUTS],
            X_,
            where[X_STRIDE],
            W_,
            where[UNITS],
            Z_,
            where[STRIDE],
        )
    else:
        _multiply(
            memory,
            where,
            1,
            1 - where[X_LAYOUT],
            units,
            rows,
            where[INPUTS],
            W_,
            where[UNITS],
            X_,
            where[X_STRIDE],
            Z_,
            where[STRIDE],
        )
    _add_bias(memory, where, state, first, last)


@register_jitable
def _add_bias(memory, where, state, first, last):
    from_, to, begin, end = loops(where, state, first, last)
    for outer in range(from_, to):
        z = line(memory, where, Z, outer, begin)
        if where[LAYOUT] == ROW_MAJOR:
            b = vector(memory, where, BIAS, begin)
            for i in range(end - begin):
                z[i] += b[i]
        else:
            bias = memory[where[BIAS] + outer]
            for i in range(end - begin):
                z[i] += bias


def weight_gradient(memory, source, where, state, numbers, step, shard, first, last):
    """Write dW = Xᵀ dZ, for some units or some inputs."""
    start, inputs, unit, units = 0, where[INPUTS], first, last - first
    if where[AXIS] == BY_INPUTS:
        start, inputs, unit, units = first, last - first, 0, where[UNITS]
    x_place = _start(where, where[X], where[X_LAYOUT], where[X_STRIDE], 0, start)
    z_place = _start(where, where[Z], where[LAYOUT], where[STRIDE], 0, unit)
    _multiply(
        memory,
        where,
        1 - where[X_LAYOUT],
        where[LAYOUT],
        inputs,
        units,
        state[ROWS],
        _address(state, x_place),
        where[X_STRIDE],
        _address(state, z_place),
        where[STRIDE],
        _address(state, where[W] + start * where[UNITS] + unit),
        where[UNITS],
    )


def bias_gradient(memory, source, where, state, numbers, step, shard, first, last):
    """Write db = Σ over rows of dZ, for some units."""
    out, count = vector(memory, where, BIAS, first), last - first
    if where[LAYOUT] == ROW_MAJOR:
        for i in range(count):
            out[i] = 0
        for row in range(state[ROWS]):
            dz = line(memory, where, Z, row, first)
            for i in range(count):
                out[i] += dz[i]
    else:
        for i in range(count):
            out[i] = plain_total(line(memory, where, Z, first + i, 0), state[ROWS])


def input_gradient(memory, source, where, state, numbers, step, shard, first, last):
    """Write dX = dZ Wᵀ, for some inputs."""
    W_ = _address(state, where[W] + first * where[UNITS])
    Z_ = _address(state, where[Z])
    place = _start(where, where[X], where[X_LAYOUT], where[X_STRIDE], 0, first)
    X_ = _address(state, place)
    if where[X_LAYOUT] == ROW_MAJOR:
        _multiply(
            memory,
            where,
            where[LAYOUT],
            1,
            state[ROWS],
            last - first,
            where[UNITS],
            Z_,
            where[STRIDE],
            W_,
            where[UNITS],
            X_,
            where[X_STRIDE],
        )
    else:
        _multiply(
            memory,
            where,
            0,
            1 - where[LAYOUT],
            last - first,
            state[ROWS],
            where[UNITS],
            W_,
            where[UNITS],
            Z_,
            where[STRIDE],
            X_,
            where[X_STRIDE],
        )
