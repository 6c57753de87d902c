"""Updates of the parameters; see `nncli.nn.updates`. The parts are ranges of the flat vector.

The integers: the offsets of the parameters, the gradient and the slots, then the place in `numbers`
of the settings. Each optimizer with numbers of its own for a step has an operation ``..._numbers``
that computes them once.
"""

import numpy as np
from numba.extending import register_jitable

from nncli.engines.compiled.operations.blocks import vector
from nncli.engines.compiled.state import FACTOR, FIRST_OF_OPTIMIZER, RATE, SMALLEST, STEP

PARAMETERS = 0
GRADIENT = 1
SLOTS = 2  # two offsets
SETTINGS = 4


@register_jitable
def _common(memory, where, numbers, first):
    """Return pointers to the parameters and the gradient of a part, its factor, and the rate."""
    number = type(memory[0])
    w = vector(memory, where, PARAMETERS, first)
    g = vector(memory, where, GRADIENT, first)
    return w, g, number(numbers[FACTOR]), number(numbers[RATE])


def sgd(memory, source, where, state, numbers, step, shard, first, last):
    """Descend without momentum."""
    w, g, factor, rate = _common(memory, where, numbers, first)
    for i in range(last - first):
        w[i] -= rate * (factor * g[i])


def momentum(memory, source, where, state, numbers, step, shard, first, last):
    """Descend with momentum; the settings are the momentum, and 1 for Nesterov's, else 0."""
    number, count = type(memory[0]), last - first
    w, g, factor, rate = _common(memory, where, numbers, first)
    velocity = vector(memory, where, SLOTS, first)
    kept = number(numbers[where[SETTINGS]])
    zero, smallest = number(0), number(numbers[SMALLEST])
    if numbers[where[SETTINGS] + 1]:
        for i in range(count):
            v = kept * velocity[i] + factor * g[i]
            v = zero if abs(v) < smallest else v
            velocity[i] = v
            w[i] -= rate * (factor * g[i] + kept * v)
    else:
        for i in range(count):
            v = kept * velocity[i] + factor * g[i]
            v = zero if abs(v) < smallest else v
            velocity[i] = v
            w[i] -= rate * v


def adam_numbers(memory, source, where, state, numbers, step, shard, first, last):
    """Compute what all parameters share; the settings are β₁, β₂, ε and the weight decay."""
    at, k = where[SETTINGS], state[STEP] + step + 1
    beta1, beta2, epsilon, decay = numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]
    mean_factor = (1 - beta1) / (1 - beta1**k)
    root_factor = ((1 - beta2) / (1 - beta2**k)) ** 0.5
    numbers[FIRST_OF_OPTIMIZER] = epsilon / root_factor
    numbers[FIRST_OF_OPTIMIZER + 1] = numbers[RATE] * mean_factor / root_factor
    numbers[FIRST_OF_OPTIMIZER + 2] = 1 - numbers[RATE] * decay


def adam(memory, source, where, state, numbers, step, shard, first, last):
    """Take a step of Adam or AdamW."""
    number, count = type(memory[0]), last - first
    w, g, factor, _ = _common(memory, where, numbers, first)
    means = vector(memory, where, SLOTS, first)
    squares = vector(memory, where, SLOTS + 1, first)
    beta1 = number(numbers[where[SETTINGS]])
    beta2 = number(numbers[where[SETTINGS] + 1])
    epsilon = number(numbers[FIRST_OF_OPTIMIZER])
    rate = number(numbers[FIRST_OF_OPTIMIZER + 1])
    kept = number(numbers[FIRST_OF_OPTIMIZER + 2])
    zero, smallest = number(0), number(numbers[SMALLEST])
    for i in range(count):
        gradient = factor * g[i]
        m = beta1 * means[i] + gradient
        m = zero if abs(m) < smallest else m
        s = beta2 * squares[i] + gradient * gradient
        means[i] = m
        squares[i] = s
        w[i] = kept * w[i] - rate * (m / (np.sqrt(s) + epsilon))


def adagrad(memory, source, where, state, numbers, step, shard, first, last):
    """Take a step of AdaGrad; the setting is ε."""
    number, count = type(memory[0]), last - first
    w, g, factor, rate = _common(memory, where, numbers, first)
    squares = vector(memory, where, SLOTS, first)
    epsilon = number(numbers[where[SETTINGS]])
    for i in range(count):
        gradient = factor * g[i]
        s = squares[i] + gradient * gradient
        squares[i] = s
        w[i] -= rate * (gradient / (np.sqrt(s) + epsilon))


def rmsprop(memory, source, where, state, numbers, step, shard, first, last):
    """Take a step of RMSProp; the settings are ρ and ε."""
    number, count = type(memory[0]), last - first
    w, g, factor, rate = _common(memory, where, numbers, first)
    squares = vector(memory, where, SLOTS, first)
    decay = number(numbers[where[SETTINGS]])
    epsilon = number(numbers[where[SETTINGS] + 1])
    share = number(1 - numbers[where[SETTINGS]])  # 1 - decay would have lost digits
    for i in range(count):
        gradient = factor * g[i]
        s = decay * squares[i] + share * (gradient * gradient)
        squares[i] = s
        w[i] -= rate * (gradient / (np.sqrt(s) + epsilon))


def nadam_numbers(memory, source, where, state, numbers, step, shard, first, last):
    """Compute what all parameters share; the settings are β₁, β₂ and ε."""
    at, k = where[SETTINGS], state[STEP] + step + 1
    beta1, beta2 = numbers[at], numbers[at + 1]
    numbers[FIRST_OF_OPTIMIZER] = (1 - beta1) / (1 - beta1**k)
    numbers[FIRST_OF_OPTIMIZER + 1] = beta1 / (1 - beta1 ** (k + 1))
    numbers[FIRST_OF_OPTIMIZER + 2] = 1 / (1 - beta2**k)


def nadam(memory, source, where, state, numbers, step, shard, first, last):
    """Take a step of NAdam."""
    number, count = type(memory[0]), last - first
    w, g, factor, rate = _common(memory, where, numbers, first)
    means = vector(memory, where, SLOTS, first)
    squares = vector(memory, where, SLOTS + 1, first)
    beta1 = number(numbers[where[SETTINGS]])
    beta2 = number(numbers[where[SETTINGS] + 1])
    epsilon = number(numbers[where[SETTINGS] + 2])
    own = number(numbers[FIRST_OF_OPTIMIZER])
    ahead = number(numbers[FIRST_OF_OPTIMIZER + 1])
    unbiased = number(numbers[FIRST_OF_OPTIMIZER + 2])
    # 1 - beta2 in single precision would have lost digits.
    share1 = number(1 - numbers[where[SETTINGS]])
    share2 = number(1 - numbers[where[SETTINGS] + 1])
    zero, smallest = number(0), number(numbers[SMALLEST])
    for i in range(count):
        gradient = factor * g[i]
        m = beta1 * means[i] + share1 * gradient
        m = zero if abs(m) < smallest else m
        s = beta2 * squares[i] + share2 * (gradient * gradient)
        means[i] = m
        squares[i] = s
        w[i] -= rate * ((own * gradient + ahead * m) / (np.sqrt(unbiased * s) + epsilon))
