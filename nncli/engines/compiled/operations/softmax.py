"""Outputs that couple the units, for losses of probabilities; see `nn.activation_functions`.

The parts are rows. The integers are those of `activations`.
"""

from numba.extending import register_jitable

from nncli.engines.compiled import vector_math
from nncli.engines.compiled.operations.activations import GRADIENT, A, Z
from nncli.engines.compiled.operations.blocks import UNITS, steps_of


def softmax(memory, source, where, state, numbers, step, shard, first, last):
    """Replace Z by A = e^z / Σ e^z."""
    units, number = where[UNITS], type(memory[0])
    down, right = steps_of(where)
    for row in range(first, last):
        start = where[A] + row * down
        largest, total = memory[start], number(0)
        for unit in range(1, units):
            largest = max(largest, memory[start + unit * right])
        for unit in range(units):
            e = vector_math.exp(memory[start + unit * right] - largest)
            memory[start + unit * right] = e
            total += e
        for unit in range(units):
            memory[start + unit * right] /= total


def softmax_backward(memory, source, where, state, numbers, step, shard, first, last):
    """Replace dA by dZ, a (dA - Σ a dA)."""
    units, number = where[UNITS], type(memory[0])
    down, right = steps_of(where)
    for row in range(first, last):
        a, d = where[A] + row * down, where[GRADIENT] + row * down
        mean = number(0)
        for unit in range(units):
            mean += memory[a + unit * right] * memory[d + unit * right]
        for unit in range(units):
            place = unit * right
            memory[d + place] = memory[a + place] * (memory[d + place] - mean)


def normalized_sigmoid(memory, source, where, state, numbers, step, shard, first, last):
    """Write A = s(z) / Σ s(z), s the sigmoid, scaled by the largest: a sum may underflow."""
    units, number = where[UNITS], type(memory[0])
    down, right = steps_of(where)
    for row in range(first, last):
        z, a = where[Z] + row * down, where[A] + row * down
        largest, total = memory[z], number(0)
        for unit in range(1, units):
            largest = max(largest, memory[z + unit * right])
        for unit in range(units):
            share = _ratio_of_sigmoids(memory[z + unit * right], largest)
            memory[a + unit * right] = share
            total += share
        for unit in range(units):
            memory[a + unit * right] /= total


@register_jitable
def _ratio_of_sigmoids(z, largest):
    """Return s(z) / s(largest), (1 + e^-largest) / (1 + e^-z), without overflow."""
    one = type(z)(1)
    if largest >= 0:
        return vector_math.sigmoid(z) * (one + vector_math.exp(-largest))
    above = one + vector_math.exp(largest)
    return vector_math.exp(z - largest) * above / (one + vector_math.exp(z))


def normalized_sigmoid_backward(memory, source, where, state, numbers, step, shard, first, last):
    """Replace dA by dZ, a (dA - Σ a dA) / (1 + e^z)."""
    units, number = where[UNITS], type(memory[0])
    down, right = steps_of(where)
    for row in range(first, last):
        a, d = where[A] + row * down, where[GRADIENT] + row * down
        z, mean = where[Z] + row * down, number(0)
        for unit in range(units):
            mean += memory[a + unit * right] * memory[d + unit * right]
        for unit in range(units):
            place = unit * right
            slope = memory[a + place] * vector_math.sigmoid(-memory[z + place])
            memory[d + place] = slope * (memory[d + place] - mean)
