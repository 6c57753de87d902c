"""What happens to the gradient before a step; see `nncli.nn.penalties`.

The parts are ranges of the flat vector of parameters; none belongs to two blocks of layers, and
each is either weights or not. The integers: the offsets of the gradient, the parameters and the
mask, then for each part whether it has weights. Each part writes its sums at its own place.
"""

from nncli.engines.compiled.intrinsics import shifted
from nncli.engines.compiled.operations.blocks import vector
from nncli.engines.compiled.operations.sums import sum_of_sizes, sum_of_squares

GRADIENT = 0
PARAMETERS = 1
MASK = 2
SUMS = 3  # place in `numbers` of the sum of each part
GIVEN = 4  # place in `numbers` of the strengths or the bound
HAS_WEIGHTS = 5

# Of `limit_norms`, whose parts are units.
WEIGHTS = 0  # offset of W
INPUTS = 1
UNITS = 2
NORMS = 3  # offset of one number per unit
MOST_NORM = 4  # place in `numbers` of the norm


def penalize(memory, source, where, state, numbers, step, shard, first, last):
    """Add λ₁ sign(w) + λ₂ w to the gradient of weights; the sum is their penalty."""
    number, count = type(memory[0]), last - first
    numbers[where[SUMS] + shard] = 0
    if not where[HAS_WEIGHTS + shard]:
        return
    l1, l2 = numbers[where[GIVEN]], numbers[where[GIVEN] + 1]
    g = vector(memory, where, GRADIENT, first)
    w = vector(memory, where, PARAMETERS, first)
    if l1:
        strength, zero = number(l1), number(0)
        for i in range(last - first):
            size = strength if w[i] != 0 else zero
            g[i] += size if w[i] >= 0 else -size
        numbers[where[SUMS] + shard] += l1 * sum_of_sizes(w, count)
    if l2:
        strength = number(l2)
        for i in range(last - first):
            g[i] += strength * w[i]
        numbers[where[SUMS] + shard] += l2 / 2 * sum_of_squares(w, count)


def mask(memory, source, where, state, numbers, step, shard, first, last):
    """Set the gradient of missing connections to 0."""
    g = vector(memory, where, GRADIENT, first)
    kept = vector(memory, where, MASK, first)
    for i in range(last - first):
        g[i] *= kept[i]


def squares(memory, source, where, state, numbers, step, shard, first, last):
    """Sum Σ g²."""
    g = vector(memory, where, GRADIENT, first)
    numbers[where[SUMS] + shard] = sum_of_squares(g, last - first)


def clip(memory, source, where, state, numbers, step, shard, first, last):
    """Clip each component of the gradient to a bound; sum the squares of the results."""
    number, count = type(memory[0]), last - first
    bound = number(numbers[where[GIVEN]])
    g = vector(memory, where, GRADIENT, first)
    for i in range(last - first):
        g[i] = min(max(g[i], -bound), bound)
    numbers[where[SUMS] + shard] = sum_of_squares(g, count)


def limit_norms(memory, source, where, state, numbers, step, shard, first, last):
    """Scale down the weights into each of some units to a norm."""
    number, count = type(memory[0]), last - first
    start, inputs, units = where[WEIGHTS], where[INPUTS], where[UNITS]
    norms, most = vector(memory, where, NORMS, first), number(numbers[where[MOST_NORM]])
    for i in range(count):
        norms[i] = 0
    for j in range(inputs):
        w = shifted(memory, start + j * units + first)
        for i in range(count):
            norms[i] += w[i] * w[i]
    for i in range(count):
        norm = norms[i] ** number(0.5)
        norms[i] = most / norm if norm > most else number(1)
    for j in range(inputs):
        w = shifted(memory, start + j * units + first)
        for i in range(count):
            w[i] *= norms[i]
