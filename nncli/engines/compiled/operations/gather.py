"""Gather the rows of a batch into the memory, scaled and in the network's precision.

The parts are rows. After the integers of `blocks` comes the place in `numbers` of what scales the
inputs, or the elements of the targets from a row to the next and from a column to the next. Those
of the inputs are in the state: a pool of rows has its own.
"""

import numpy as np
from numba.extending import register_jitable

from nncli.engines.compiled.intrinsics import item_bytes, prefetch, shifted, word
from nncli.engines.compiled.operations.blocks import FIRST_OFFSET, UNITS, steps_of
from nncli.engines.compiled.state import (
    CODES,
    COLUMN_STEP,
    POOL,
    ROW_NUMBERS,
    ROW_STEP,
    ROW_STRIDE,
)

OUT = FIRST_OFFSET
SCALING = OUT + 1
TARGET_STEP = OUT + 1
TARGET_COLUMN_STEP = OUT + 2

_WORD = 8  # bytes

# Rows of a shuffled batch are far apart, so the processor cannot foresee them. Without prefetching,
# it waits for each row of MNIST twice as long as it takes to convert it.
_AHEAD = 2
_LINE = 64  # bytes
_MOST_BYTES = 4096  # of a row: it foresees the rest itself


@register_jitable
def _held_row(state, step, place):
    """Return the number of a row of the batch in the pool, or in the split without a pool."""
    return word(state[ROW_NUMBERS] + _WORD * (step * state[ROW_STRIDE] + place))


@register_jitable
def _row(state, step, place):
    """Return the number of a row of the batch in the arrays of its split."""
    row = _held_row(state, step, place)
    return word(state[POOL] + _WORD * row) if state[POOL] else row


@register_jitable
def _expect(source, where, state, step, place, last):
    """Begin to bring a row that is soon gathered to the cache, if its numbers are side by side."""
    ahead = place + _AHEAD
    if ahead < last and state[COLUMN_STEP] == 1:
        size = item_bytes(source)
        start = _held_row(state, step, ahead) * state[ROW_STEP] * size
        for offset in range(0, min(where[UNITS] * size, _MOST_BYTES), _LINE):
            prefetch(source, start + offset)


def _inputs(convert):
    """Return an operation that writes inputs, each converted with a number of the program."""

    def inputs(memory, source, where, state, numbers, step, shard, first, last):
        number, right = type(memory[0]), state[COLUMN_STEP]
        given = number(numbers[where[SCALING]])
        down, next_unit = steps_of(where)
        for place in range(first, last):
            _expect(source, where, state, step, place, last)
            read = shifted(source, _held_row(state, step, place) * state[ROW_STEP])
            out = shifted(memory, where[OUT] + place * down)
            if next_unit == 1 and right == 1:
                for j in range(where[UNITS]):
                    out[j] = convert(number(read[j]), given)
            else:
                for j in range(where[UNITS]):
                    out[j * next_unit] = convert(number(read[j * right]), given)

    return inputs


@register_jitable
def _same(x, given):
    return x


@register_jitable
def _quotient(x, divisor):
    """Return an integer divided by one number; see `Scaled.divisor`."""
    return x / divisor


unscaled, divided = _inputs(_same), _inputs(_quotient)


def scaled(memory, source, where, state, numbers, step, shard, first, last):
    """Write (x - offset) · scale, computed in float64, with an offset and a scale per column."""
    number, columns, right = type(memory[0]), where[UNITS], state[COLUMN_STEP]
    offsets = shifted(numbers, where[SCALING])
    scales = shifted(offsets, columns)
    down, next_unit = steps_of(where)
    for place in range(first, last):
        _expect(source, where, state, step, place, last)
        read = shifted(source, _held_row(state, step, place) * state[ROW_STEP])
        out = shifted(memory, where[OUT] + place * down)
        for j in range(columns):
            out[j * next_unit] = number((np.float64(read[j * right]) - offsets[j]) * scales[j])


def targets(memory, source, where, state, numbers, step, shard, first, last):
    """Write targets that are numbers."""
    number = type(memory[0])
    down, next_unit = steps_of(where)
    for place in range(first, last):
        read = shifted(source, _row(state, step, place) * where[TARGET_STEP])
        out = shifted(memory, where[OUT] + place * down)
        for j in range(where[UNITS]):
            out[j * next_unit] = number(read[j * where[TARGET_COLUMN_STEP]])


def classes(memory, source, where, state, numbers, step, shard, first, last):
    """Write the target vector of each row's class, a part of the codes in the memory.

    The codes of a class begin `TARGET_STEP` elements after those of the class before it.
    """
    down, next_unit = steps_of(where)
    for place in range(first, last):
        chosen = int(source[_row(state, step, place)])
        read = shifted(memory, state[CODES] + chosen * where[TARGET_STEP])
        out = shifted(memory, where[OUT] + place * down)
        for j in range(where[UNITS]):
            out[j * next_unit] = read[j]


def weights(memory, source, where, state, numbers, step, shard, first, last):
    """Write the weight of each row."""
    number, out = type(memory[0]), shifted(memory, where[OUT])
    for place in range(first, last):
        out[place] = number(source[_row(state, step, place)])
