"""Losses with their gradients; see `nncli.nn.losses`. The parts are rows.

A loss is the mean over the rows of a factor times the sum of its terms over the outputs. Every
operation writes this sum for each row, and the gradient of the loss; one of the two operations of a
loss is for matrices that lie row by row, one for those that lie unit by unit. The integers after
those of `blocks`: the offsets of Z or A, of T, of the gradient, of the row sums and of two more
vectors of B numbers, and the places in `numbers` of the factor and of the parameter.
"""

from numba.extending import register_jitable

from nncli.engines.compiled import vector_math
from nncli.engines.compiled.float_bits import choose
from nncli.engines.compiled.operations.blocks import FIRST_OFFSET, UNITS, line, vector
from nncli.engines.compiled.operations.sums import inner, total
from nncli.engines.compiled.state import ROWS

OUTPUTS = FIRST_OFFSET
TARGETS = OUTPUTS + 1
GRADIENT = OUTPUTS + 2
ROW_SUMS = OUTPUTS + 3
LARGEST = OUTPUTS + 4
TOTALS = OUTPUTS + 5
FACTOR = OUTPUTS + 6
PARAMETER = OUTPUTS + 7


def _of_terms(term, slope):
    """Return the operation of a loss whose terms depend on one output and one target."""

    def operation(memory, source, where, state, numbers, step, shard, first, last):
        number, units = type(memory[0]), where[UNITS]
        share = number(numbers[where[FACTOR]] / state[ROWS])
        p = number(numbers[where[PARAMETER]])
        for row in range(first, last):
            y = line(memory, where, OUTPUTS, row, 0)
            t = line(memory, where, TARGETS, row, 0)
            d = line(memory, where, GRADIENT, row, 0)
            for i in range(units):
                d[i] = term(y[i], t[i], p)
            memory[where[ROW_SUMS] + row] = number(total(d, units))
            for i in range(units):
                d[i] = slope(y[i], t[i], p) * share

    return operation


def _of_terms_by_unit(term, slope):
    """Return the same operation for matrices that lie unit by unit."""

    def operation(memory, source, where, state, numbers, step, shard, first, last):
        number, sums = type(memory[0]), vector(memory, where, ROW_SUMS, first)
        share = number(numbers[where[FACTOR]] / state[ROWS])
        p = number(numbers[where[PARAMETER]])
        for i in range(last - first):
            sums[i] = 0
        for unit in range(where[UNITS]):
            y = line(memory, where, OUTPUTS, unit, first)
            t = line(memory, where, TARGETS, unit, first)
            d = line(memory, where, GRADIENT, unit, first)
            for i in range(last - first):
                # Read once, so that what term and slope have in common is computed once.
                output, target = y[i], t[i]
                sums[i] += term(output, target, p)
                d[i] = slope(output, target, p) * share

    return operation


@register_jitable
def _square(a, t, p):
    return (a - t) * (a - t)


@register_jitable
def _square_slope(a, t, p):
    return type(a)(2) * (a - t)


@register_jitable
def _size(a, t, p):
    return abs(a - t)


@register_jitable
def _sign(x):
    number = type(x)
    return number(1) if x > 0 else (number(-1) if x < 0 else x)


@register_jitable
def _size_slope(a, t, p):
    return _sign(a - t)


@register_jitable
def _clipped(a, t, p):
    return min(max(a - t, -p), p)


@register_jitable
def _huber(a, t, p):
    c = _clipped(a, t, p)
    return c * (a - t - c / type(a)(2))


@register_jitable
def _hinge(a, t, p):
    margin = type(a)(1) - t * a
    return type(a)(0) if margin < 0 else margin


@register_jitable
def _hinge_slope(a, t, p):
    return -t * _sign(_hinge(a, t, p))


@register_jitable
def _perceptron_slope(z, t, p):
    return (type(z)(1) if z >= 0 else type(z)(0)) - t


@register_jitable
def _perceptron(z, t, p):
    return _perceptron_slope(z, t, p) * z


@register_jitable
def _sigmoid_cross_entropy(z, t, p):
    number = type(z)
    side = number(1) if z > 0 else number(0)
    return (side - t) * z + vector_math.softplus(-abs(z))


@register_jitable
def _sigmoid_slope(z, t, p):
    number = type(z)
    e = vector_math.exp(-abs(z))  # as in the loss, so that a loop over both computes it once
    return choose(z < 0, e, number(1)) / (number(1) + e) - t


squared_errors = _of_terms(_square, _square_slope)
squared_errors_by_unit = _of_terms_by_unit(_square, _square_slope)
absolute_errors = _of_terms(_size, _size_slope)
absolute_errors_by_unit = _of_terms_by_unit(_size, _size_slope)
huber = _of_terms(_huber, _clipped)
huber_by_unit = _of_terms_by_unit(_huber, _clipped)
hinge = _of_terms(_hinge, _hinge_slope)
hinge_by_unit = _of_terms_by_unit(_hinge, _hinge_slope)
perceptron = _of_terms(_perceptron, _perceptron_slope)
perceptron_by_unit = _of_terms_by_unit(_perceptron, _perceptron_slope)
sigmoid_cross_entropy = _of_terms(_sigmoid_cross_entropy, _sigmoid_slope)
sigmoid_cross_entropy_by_unit = _of_terms_by_unit(_sigmoid_cross_entropy, _sigmoid_slope)


def cross_entropy(memory, source, where, state, numbers, step, shard, first, last):
    """Write ln Σ e^(z - m) - Σ t (z - m) of each row, m its largest z, and (a - t) / B."""
    number, units = type(memory[0]), where[UNITS]
    share = number(1 / state[ROWS])
    for row in range(first, last):
        z = line(memory, where, OUTPUTS, row, 0)
        t = line(memory, where, TARGETS, row, 0)
        d = line(memory, where, GRADIENT, row, 0)
        largest = z[0]
        for i in range(units):
            largest = max(largest, z[i])
        for i in range(units):
            d[i] = z[i] - largest
        right = inner(t, d, units)
        for i in range(units):
            d[i] = vector_math.exp(d[i])
        whole = number(total(d, units))
        memory[where[ROW_SUMS] + row] = vector_math.log(whole) - right
        factor = share / whole
        for i in range(units):
            d[i] = d[i] * factor - share * t[i]


def cross_entropy_by_unit(memory, source, where, state, numbers, step, shard, first, last):
    """Write the same for matrices that lie unit by unit."""
    share, count = type(memory[0])(1 / state[ROWS]), last - first
    sums = vector(memory, where, ROW_SUMS, first)
    largest, totals = vector(memory, where, LARGEST, first), vector(memory, where, TOTALS, first)
    z = line(memory, where, OUTPUTS, 0, first)
    for i in range(count):
        largest[i], totals[i], sums[i] = z[i], 0, 0
    for unit in range(1, where[UNITS]):
        z = line(memory, where, OUTPUTS, unit, first)
        for i in range(count):
            largest[i] = max(largest[i], z[i])
    for unit in range(where[UNITS]):
        z = line(memory, where, OUTPUTS, unit, first)
        t = line(memory, where, TARGETS, unit, first)
        d = line(memory, where, GRADIENT, unit, first)
        for i in range(count):
            shifted = z[i] - largest[i]
            e = vector_math.exp(shifted)
            d[i] = e
            totals[i] += e
            sums[i] -= t[i] * shifted
    for i in range(count):
        sums[i] += vector_math.log(totals[i])
        totals[i] = share / totals[i]
    for unit in range(where[UNITS]):
        t = line(memory, where, TARGETS, unit, first)
        d = line(memory, where, GRADIENT, unit, first)
        for i in range(count):
            d[i] = d[i] * totals[i] - share * t[i]
