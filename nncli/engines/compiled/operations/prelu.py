"""The activation whose units learn their slope; see `nncli.nn.activation_functions`.

The integers are those of `activations`, then the offsets of the slopes and of their gradient.
"""

from nncli.engines.compiled.operations.activations import GRADIENT, A, Z
from nncli.engines.compiled.operations.blocks import LAYOUT, line, loops, vector
from nncli.engines.compiled.state import ROW_MAJOR, ROWS

SLOPES = Z + 2
SLOPE_GRADIENTS = Z + 3


def forward(memory, source, where, state, numbers, step, shard, first, last):
    """Write A = z, or slope · z for negative z."""
    from_, to, begin, end = loops(where, state, first, last)
    for outer in range(from_, to):
        z, a = line(memory, where, Z, outer, begin), line(memory, where, A, outer, begin)
        if where[LAYOUT] == ROW_MAJOR:
            slopes = vector(memory, where, SLOPES, begin)
            for i in range(end - begin):
                a[i] = z[i] if z[i] > 0 else slopes[i] * z[i]
        else:
            slope = memory[where[SLOPES] + outer]
            for i in range(end - begin):
                a[i] = z[i] if z[i] > 0 else slope * z[i]


def slope_gradient(memory, source, where, state, numbers, step, shard, first, last):
    """Write the gradient of the slopes of some units, Σ over rows of dA · min(z, 0)."""
    zero, gradients = type(memory[0])(0), vector(memory, where, SLOPE_GRADIENTS, first)
    for i in range(last - first):
        gradients[i] = zero
    if where[LAYOUT] == ROW_MAJOR:
        for row in range(state[ROWS]):
            z, d = line(memory, where, Z, row, first), line(memory, where, GRADIENT, row, first)
            for i in range(last - first):
                gradients[i] += d[i] * min(z[i], zero)
    else:
        for unit in range(first, last):
            z, d = line(memory, where, Z, unit, 0), line(memory, where, GRADIENT, unit, 0)
            for i in range(state[ROWS]):
                gradients[unit - first] += d[i] * min(z[i], zero)


def backward(memory, source, where, state, numbers, step, shard, first, last):
    """Replace dA by dZ, dA times 1 or the slope; after `slope_gradient`."""
    number = type(memory[0])
    from_, to, begin, end = loops(where, state, first, last)
    for outer in range(from_, to):
        z, d = line(memory, where, Z, outer, begin), line(memory, where, GRADIENT, outer, begin)
        if where[LAYOUT] == ROW_MAJOR:
            slopes = vector(memory, where, SLOPES, begin)
            for i in range(end - begin):
                d[i] = d[i] * (number(1) if z[i] > 0 else slopes[i])
        else:
            slope = memory[where[SLOPES] + outer]
            for i in range(end - begin):
                d[i] = d[i] * (number(1) if z[i] > 0 else slope)
