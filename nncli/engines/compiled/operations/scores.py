"""The score of each row; see `nncli.metrics.scores`. The parts are rows.

The integers after those of `blocks`: the offsets of Z or A and of T, then the places in `numbers`
of the scores and of the parameters.
"""

import numpy as np
from numba.extending import register_jitable

from nncli.engines.compiled.float_bits import choose
from nncli.engines.compiled.operations.blocks import (
    FIRST_OFFSET,
    LAYOUT,
    UNITS,
    line,
    steps_of,
    vector,
)
from nncli.engines.compiled.state import ROW_MAJOR

OUTPUTS = FIRST_OFFSET
TARGETS = OUTPUTS + 1
SCORES = OUTPUTS + 2
PARAMETERS = OUTPUTS + 3


def largest(memory, source, where, state, numbers, step, shard, first, last):
    """Write 1 if the largest logit, in a tie the first, is that of the target class, else 0."""
    down, right = steps_of(where)
    scores = vector(numbers, where, SCORES, 0)
    for row in range(first, last):
        z, t = where[OUTPUTS] + row * down, where[TARGETS] + row * down
        chosen = expected = 0
        for unit in range(1, where[UNITS]):
            if memory[z + unit * right] > memory[z + chosen * right]:
                chosen = unit
            if memory[t + unit * right] > memory[t + expected * right]:
                expected = unit
        scores[row] = 1 if chosen == expected else 0


def above(memory, source, where, state, numbers, step, shard, first, last):
    """Write 1 if exactly the logits of the right labels are above the margin, else 0.

    A single logit is a label, whose target is 1 for the second class. The parameter is the largest
    number of the network's precision that is no chosen logit.
    """
    margin = type(memory[0])(numbers[where[PARAMETERS]])
    if where[LAYOUT] == ROW_MAJOR:
        scores = vector(numbers, where, SCORES, 0)
        for row in range(first, last):
            z, t = line(memory, where, OUTPUTS, row, 0), line(memory, where, TARGETS, row, 0)
            is_right = True
            for i in range(where[UNITS]):
                is_right &= _is_right(z[i], t[i], margin)
            scores[row] = 1 if is_right else 0
        return
    scores, one, zero = vector(numbers, where, SCORES, first), np.float64(1), np.float64(0)
    for i in range(last - first):
        scores[i] = 1
    for unit in range(where[UNITS]):
        z, t = line(memory, where, OUTPUTS, unit, first), line(memory, where, TARGETS, unit, first)
        for i in range(last - first):
            # A choice between the score and 0 would become masked stores, which are slow.
            scores[i] *= choose(_is_right(z[i], t[i], margin), one, zero)


@register_jitable
def _is_right(z, t, margin):
    """Return whether a label is chosen, its logit above the margin, exactly if its target is 1."""
    return (z > margin) == (t == type(t)(1))


def second_of_two(memory, source, where, state, numbers, step, shard, first, last):
    """Write 1 if the difference of two logits is on the right side of the margin, else 0."""
    down, right = steps_of(where)
    scores = vector(numbers, where, SCORES, 0)
    for row in range(first, last):
        z, t = where[OUTPUTS] + row * down, where[TARGETS] + row * down
        odds = np.float64(memory[z + right]) - np.float64(memory[z])
        is_right = (odds > numbers[where[PARAMETERS]]) == (memory[t + right] > memory[t])
        scores[row] = 1 if is_right else 0


def absolute_errors(memory, source, where, state, numbers, step, shard, first, last):
    """Write the mean of |a - t| u over the outputs; the parameters are u of each output."""
    units = vector(numbers, where, PARAMETERS, 0)
    down, right = steps_of(where)
    scores = vector(numbers, where, SCORES, 0)
    for row in range(first, last):
        a, t = where[OUTPUTS] + row * down, where[TARGETS] + row * down
        total = 0.0
        for unit in range(where[UNITS]):
            error = memory[a + unit * right] - memory[t + unit * right]
            total += abs(error) * units[unit]
        scores[row] = total / where[UNITS]
