"""The dense layer with few inputs and few units, all matrices unit by unit.

The integers are those of `dense`.
"""

from nncli.engines.compiled.intrinsics import shifted
from nncli.engines.compiled.operations.blocks import STRIDE, UNITS
from nncli.engines.compiled.operations.dense import BIAS, INPUTS, X_STRIDE, W, X, Z
from nncli.engines.compiled.operations.sums import inner, plain_total
from nncli.engines.compiled.state import ROWS


def forward(memory, source, where, state, numbers, step, shard, first, last):
    """Write Z = X W + b, for some rows."""
    for unit in range(where[UNITS]):
        z = shifted(memory, where[Z] + unit * where[STRIDE] + first)
        bias = memory[where[BIAS] + unit]
        for i in range(last - first):
            z[i] = bias
        for j in range(where[INPUTS]):
            x = shifted(memory, where[X] + j * where[X_STRIDE] + first)
            w = memory[where[W] + j * where[UNITS] + unit]
            for i in range(last - first):
                z[i] += x[i] * w


def gradients(memory, source, where, state, numbers, step, shard, first, last):
    """Write dW = Xᵀ dZ and db = Σ over rows of dZ, for some units."""
    for unit in range(first, last):
        dz = shifted(memory, where[Z] + unit * where[STRIDE])
        memory[where[BIAS] + unit] = plain_total(dz, state[ROWS])
        for j in range(where[INPUTS]):
            x = shifted(memory, where[X] + j * where[X_STRIDE])
            memory[where[W] + j * where[UNITS] + unit] = inner(x, dz, state[ROWS])


def input_gradient(memory, source, where, state, numbers, step, shard, first, last):
    """Write dX = dZ Wᵀ, for some inputs."""
    for j in range(first, last):
        dx = shifted(memory, where[X] + j * where[X_STRIDE])
        for i in range(state[ROWS]):
            dx[i] = 0
        for unit in range(where[UNITS]):
            dz = shifted(memory, where[Z] + unit * where[STRIDE])
            w = memory[where[W] + j * where[UNITS] + unit]
            for i in range(state[ROWS]):
                dx[i] += dz[i] * w
