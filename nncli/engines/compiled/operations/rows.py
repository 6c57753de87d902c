"""Small operations on the rows of the output, and the count of saturated units."""

import numpy as np

from nncli.engines.compiled.operations.blocks import (
    FIRST_OFFSET,
    LAYOUT,
    line,
    loops,
    vector,
)
from nncli.engines.compiled.state import EPOCH_STEPS, EPOCHS, ROW_MAJOR, ROWS

GRADIENT = FIRST_OFFSET
WEIGHTS = GRADIENT + 1

SUMS = FIRST_OFFSET
COUNT = SUMS + 1  # place in `numbers`, one for each part
LIMIT = SUMS + 2  # place in `numbers`
MOST_ROWS = SUMS + 3


def weigh(memory, source, where, state, numbers, step, shard, first, last):
    """Multiply the gradient of each row by its weight."""
    from_, to, begin, end = loops(where, state, first, last)
    for outer in range(from_, to):
        d = line(memory, where, GRADIENT, outer, begin)
        if where[LAYOUT] == ROW_MAJOR:
            weight = memory[where[WEIGHTS] + outer]
            for i in range(end - begin):
                d[i] *= weight
        else:
            weights = vector(memory, where, WEIGHTS, begin)
            for i in range(end - begin):
                d[i] *= weights[i]


def count_saturated(memory, source, where, state, numbers, step, shard, first, last):
    """Count the sums beyond a limit in the first rows of the first step of an epoch."""
    if state[EPOCH_STEPS] + step and not state[EPOCHS]:
        return
    limit, found = numbers[where[LIMIT]], 0
    from_, to, begin, end = loops(where, state, first, last)
    rows = min(state[ROWS], where[MOST_ROWS])
    for outer in range(from_, to):
        z = line(memory, where, SUMS, outer, begin)
        for i in range(end - begin):
            row = outer if where[LAYOUT] == ROW_MAJOR else begin + i
            if row < rows and abs(np.float64(z[i])) > limit:
                found += 1
    numbers[where[COUNT] + shard] = found
