"""Dropout; see `nncli.nn.layers.dropout`, whose random numbers these are.

The integers after those of `blocks`: the offsets of A, of the result and of the factors, the index
of the layer, seed and stream, and the place in `numbers` of the rate and of 1 / (1 - rate).
"""

import numpy as np
from numba.extending import register_jitable
from numpy import uint64

from nncli.engines.compiled.intrinsics import multiplied_high
from nncli.engines.compiled.operations.blocks import (
    FIRST_OFFSET,
    LAYOUT,
    UNITS,
    line,
    loops,
)
from nncli.engines.compiled.state import ROW_MAJOR, STEP

A = FIRST_OFFSET
OUT = A + 1
FACTORS = A + 2
INDEX = A + 3
SEED = A + 4
STREAM = A + 5
RATE = A + 6

# Philox4x64-10 (Salmon, Moraes, Dror and Shaw, 2011).
_ROUNDS = 10
_MULTIPLIER_0, _MULTIPLIER_1 = uint64(0xD2E7470EE14C6C93), uint64(0xCA5A826395121157)
_WEYL_0, _WEYL_1 = uint64(0x9E3779B97F4A7C15), uint64(0xBB67AE8584CAA73B)
_NUMBERS = 8  # of 32 bits in a block
_ULP = 2.0**-24


@register_jitable
def _block(seed, stream, n, index, step):
    """Return four words of 64 random bits: the block of the counter (n, 0, index, step)."""
    c0, c1, c2, c3 = uint64(n), uint64(0), uint64(index), uint64(step)
    k0, k1 = uint64(seed), uint64(stream)
    for _ in range(_ROUNDS):
        high0, low0 = multiplied_high(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high1, low1 = multiplied_high(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + _WEYL_0, k1 + _WEYL_1
    return c0, c1, c2, c3


@register_jitable
def _of_block(words, place):
    """Return number `place` of a block, from 0 to 7, as a fraction below 1."""
    pair = words[place >> 1]
    half = pair & uint64(0xFFFFFFFF) if place & 1 == 0 else pair >> uint64(32)
    return np.float64(half >> uint64(8)) * _ULP


def forward(memory, source, where, state, numbers, step, shard, first, last):
    """Write A times 0 or 1 / (1 - rate), and these factors."""
    rate, number = numbers[where[RATE]], type(memory[0])
    kept, zero = number(numbers[where[RATE] + 1]), number(0)
    from_, to, begin, end = loops(where, state, first, last)
    units, by_row = where[UNITS], where[LAYOUT] == ROW_MAJOR
    count = state[STEP] + step
    known, words = -1, _block(where[SEED], where[STREAM], 0, 0, 0)
    for outer in range(from_, to):
        a = line(memory, where, A, outer, begin)
        out = line(memory, where, OUT, outer, begin)
        factors = line(memory, where, FACTORS, outer, begin)
        for i in range(end - begin):
            inner = begin + i
            place = outer * units + inner if by_row else inner * units + outer
            if place // _NUMBERS != known:
                known = place // _NUMBERS
                words = _block(where[SEED], where[STREAM], known + 1, where[INDEX], count)
            random = _of_block(words, place % _NUMBERS)
            factors[i] = kept if random >= rate else zero
            out[i] = a[i] * factors[i]


def backward(memory, source, where, state, numbers, step, shard, first, last):
    """Multiply the gradient, at the place of the result, by the factors."""
    from_, to, begin, end = loops(where, state, first, last)
    for outer in range(from_, to):
        d = line(memory, where, OUT, outer, begin)
        factors = line(memory, where, FACTORS, outer, begin)
        for i in range(end - begin):
            d[i] *= factors[i]
