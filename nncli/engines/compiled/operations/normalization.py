"""Batch and layer normalization; see `nncli.nn.layers.batch_norm` and `layer_norm`.

All matrices lie row by row. The integers after those of `blocks`: the offsets of Z, n and Y, of the
gain and the shift, of three vectors, of the running mean and variance for batch_norm, and of the
gradients of gain and shift; then the place in `numbers` of ε and the momentum. In the backward
pass, Y is its gradient, which becomes that of Z.
"""

import numpy as np
from numba.extending import register_jitable

from nncli.engines.compiled.operations.blocks import FIRST_OFFSET, UNITS, line, vector
from nncli.engines.compiled.operations.sums import inner, sum_of_squares, total
from nncli.engines.compiled.state import ROWS

Z = FIRST_OFFSET
NORMALIZED = Z + 1
Y = Z + 2
GAIN = Z + 3
SHIFT = Z + 4
MEAN = Z + 5  # a vector of one number per unit, or per row for layer_norm
INVERSE = Z + 6
SCRATCH = Z + 7
RUNNING_MEAN = Z + 8
RUNNING_VARIANCE = Z + 9
GAIN_GRADIENT = Z + 10
SHIFT_GRADIENT = Z + 11
SETTINGS = Z + 12

_BLOCK = 256  # rows that are added up on their own: one sum of thousands of rows loses digits


def batch_norm(memory, source, where, state, numbers, step, shard, first, last):
    """Normalize some units over the batch, and update their running means."""
    number, rows, count = type(memory[0]), state[ROWS], last - first
    mean = vector(memory, where, MEAN, first)
    variance = vector(memory, where, INVERSE, first)
    share, momentum = number(1 / rows), number(numbers[where[SETTINGS] + 1])
    _sum_rows(memory, where, rows, first, last)
    for i in range(count):
        mean[i] *= share
    _subtract_means(memory, where, rows, first, last)
    unbiased = number(rows / (rows - 1)) if rows > 1 else number(1)
    running_mean = vector(memory, where, RUNNING_MEAN, first)
    running_variance = vector(memory, where, RUNNING_VARIANCE, first)
    kept = number(1) - momentum
    for i in range(count):
        variance[i] *= share
        running_mean[i] = kept * running_mean[i] + momentum * mean[i]
        running_variance[i] = kept * running_variance[i] + momentum * unbiased * variance[i]
    _scale(memory, where, numbers, rows, first, last)


@register_jitable
def _sum_rows(memory, where, rows, first, last):
    """Write Σ z over the rows to the vector of means."""
    count, sums = last - first, vector(memory, where, MEAN, first)
    part = vector(memory, where, SCRATCH, first)
    for i in range(count):
        sums[i], part[i] = 0, 0
    for row in range(rows):
        z = line(memory, where, Z, row, first)
        for i in range(count):
            part[i] += z[i]
        if _ends_block(row, rows):
            _move(part, sums, count)


@register_jitable
def _subtract_means(memory, where, rows, first, last):
    """Write z - μ to n, and Σ (z - μ)² to the vector of variances."""
    count, mean = last - first, vector(memory, where, MEAN, first)
    sums, part = vector(memory, where, INVERSE, first), vector(memory, where, SCRATCH, first)
    for i in range(count):
        sums[i], part[i] = 0, 0
    for row in range(rows):
        z = line(memory, where, Z, row, first)
        n = line(memory, where, NORMALIZED, row, first)
        for i in range(count):
            difference = z[i] - mean[i]
            n[i] = difference
            part[i] += difference * difference
        if _ends_block(row, rows):
            _move(part, sums, count)


@register_jitable
def _ends_block(row, rows):
    return (row + 1) % _BLOCK == 0 or row + 1 == rows


@register_jitable
def _move(part, sums, count):
    """Add the sums of a block of rows to those of all rows, and begin again at 0."""
    for i in range(count):
        sums[i] += part[i]
        part[i] = 0


@register_jitable
def _scale(memory, where, numbers, rows, first, last):
    """Write n and y, given z - μ in n, and v in the vector that becomes 1 / √(v + ε)."""
    number, count = type(memory[0]), last - first
    inverse = vector(memory, where, INVERSE, first)
    gain = vector(memory, where, GAIN, first)
    shift = vector(memory, where, SHIFT, first)
    epsilon, one = number(numbers[where[SETTINGS] + 0]), number(1)
    for i in range(count):
        inverse[i] = one / np.sqrt(inverse[i] + epsilon)
    for row in range(rows):
        n = line(memory, where, NORMALIZED, row, first)
        y = line(memory, where, Y, row, first)
        for i in range(count):
            number = n[i] * inverse[i]
            n[i] = number
            y[i] = number * gain[i] + shift[i]


def batch_norm_by_running_means(memory, source, where, state, numbers, step, shard, first, last):
    """Normalize some units by their running means, as in predictions."""
    rows, count = state[ROWS], last - first
    mean = vector(memory, where, RUNNING_MEAN, first)
    variance = vector(memory, where, INVERSE, first)
    running_variance = vector(memory, where, RUNNING_VARIANCE, first)
    for i in range(count):
        variance[i] = running_variance[i]
    for row in range(rows):
        z = line(memory, where, Z, row, first)
        n = line(memory, where, NORMALIZED, row, first)
        for i in range(count):
            n[i] = z[i] - mean[i]
    _scale(memory, where, numbers, rows, first, last)


def batch_norm_backward(memory, source, where, state, numbers, step, shard, first, last):
    """Write the gradients of gain and shift, and replace ∂L/∂y by ∂L/∂z, for some units."""
    number, rows, count = type(memory[0]), state[ROWS], last - first
    _sum_gradients(memory, where, rows, first, last)
    d_gain = vector(memory, where, GAIN_GRADIENT, first)
    d_shift = vector(memory, where, SHIFT_GRADIENT, first)
    inverse = vector(memory, where, INVERSE, first)
    gain = vector(memory, where, GAIN, first)
    share = number(1 / rows)
    for row in range(rows):
        n = line(memory, where, NORMALIZED, row, first)
        d = line(memory, where, Y, row, first)
        for i in range(count):
            rest = d[i] - share * d_shift[i] - n[i] * (share * d_gain[i])
            d[i] = rest * (inverse[i] * gain[i])


@register_jitable
def _sum_gradients(memory, where, rows, first, last):
    """Write the gradients of gain and shift."""
    count, d_gain = last - first, vector(memory, where, GAIN_GRADIENT, first)
    d_shift = vector(memory, where, SHIFT_GRADIENT, first)
    gain_part = vector(memory, where, MEAN, first)  # the means are no longer needed
    shift_part = vector(memory, where, SCRATCH, first)
    for i in range(count):
        d_gain[i], d_shift[i], gain_part[i], shift_part[i] = 0, 0, 0, 0
    for row in range(rows):
        n = line(memory, where, NORMALIZED, row, first)
        d = line(memory, where, Y, row, first)
        for i in range(count):
            gain_part[i] += d[i] * n[i]
            shift_part[i] += d[i]
        if _ends_block(row, rows):
            _move(gain_part, d_gain, count)
            _move(shift_part, d_shift, count)


def layer_norm(memory, source, where, state, numbers, step, shard, first, last):
    """Normalize some rows over their units."""
    number, units = type(memory[0]), where[UNITS]
    gain, shift = vector(memory, where, GAIN, 0), vector(memory, where, SHIFT, 0)
    inverses, epsilon = vector(memory, where, INVERSE, 0), number(numbers[where[SETTINGS] + 0])
    for row in range(first, last):
        z = line(memory, where, Z, row, 0)
        n, y = line(memory, where, NORMALIZED, row, 0), line(memory, where, Y, row, 0)
        mean = number(total(z, units) / units)
        for i in range(units):
            n[i] = z[i] - mean
        variance = number(sum_of_squares(n, units) / units)
        if variance == np.inf:
            variance = number(np.nan)  # else y would be β and hide the overflow
        inverse = number(1) / np.sqrt(variance + epsilon)
        inverses[row] = inverse
        for i in range(units):
            scaled = n[i] * inverse
            n[i] = scaled
            y[i] = scaled * gain[i] + shift[i]


def layer_norm_sums(memory, source, where, state, numbers, step, shard, first, last):
    """Write the gradients of gain and shift, for some units."""
    _sum_gradients(memory, where, state[ROWS], first, last)


def layer_norm_backward(memory, source, where, state, numbers, step, shard, first, last):
    """Replace ∂L/∂y by ∂L/∂z, for some rows."""
    number, units = type(memory[0]), where[UNITS]
    gain, inverses = vector(memory, where, GAIN, 0), vector(memory, where, INVERSE, 0)
    for row in range(first, last):
        n, d = line(memory, where, NORMALIZED, row, 0), line(memory, where, Y, row, 0)
        for i in range(units):
            d[i] *= gain[i]
        c, e = number(total(d, units) / units), inner(d, n, units) / number(units)
        for i in range(units):
            d[i] = (d[i] - c - n[i] * e) * inverses[row]
