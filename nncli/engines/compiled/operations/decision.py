"""Decide whether a step may change the parameters, and add it to the sums of the epoch.

One thread runs these operations. They leave nothing to the order of the parts: sums are added part
by part.
"""

from math import isfinite

from nncli.engines.compiled.intrinsics import pointer_like, shifted
from nncli.engines.compiled.operations.sums import total
from nncli.engines.compiled.state import (
    EPOCHS,
    FACTOR,
    LOSS,
    PENALTY,
    RATE,
    RATES,
    ROWS,
    SCORE,
    SNAPSHOTS,
    STEP_LOSS,
    STEP_PENALTY,
    STOP,
    SUMS,
)

ROW_SUMS = 0  # offset of the loss of each row
LOSS_FACTOR = 1  # place in `numbers` of its factor
SCORES = 2  # place in `numbers` of the score of each row
PARTS = 3  # parts of the gradient
PENALTIES = 4  # places in `numbers` of what each part has summed
SQUARES = 5
NORMS = 6  # place in `numbers` of the sum of squares of each block
NEW_NORMS = 7  # the same, with the current step
BLOCKS = 8
BLOCK_OF_PART = 9

# Of `record`.
NORMS_OF_EPOCH = 0  # place in `numbers` of the sums of squares, and their number
NORM_COUNT = 1
PARAMETERS = 2  # offset and size of what is copied
SIZE = 3
NETWORK_STATE = 4
NETWORK_STATE_SIZE = 5
COUNTS = 6  # how many counts there are, then the place of the parts of each, and their number

# Of `clip_norm`.
CLIPPED_PARTS = 0
CLIPPED_SQUARES = 1  # place in `numbers` of the sum of each part
MOST_NORM = 2  # place in `numbers` of the norm


def evaluated(memory, source, where, state, numbers, step, shard, first, last):
    """Add the loss and the score of a batch to the sums, without a step."""
    rows, losses = state[ROWS], shifted(memory, where[ROW_SUMS])
    numbers[LOSS] += total(losses, rows) * numbers[where[LOSS_FACTOR]]
    numbers[SCORE] += total(shifted(numbers, where[SCORES]), rows)


def accept(memory, source, where, state, numbers, step, shard, first, last):
    """Stop if a number is not finite, else add the step to the sums of the epoch."""
    rows, losses = state[ROWS], shifted(memory, where[ROW_SUMS])
    loss = total(losses, rows) * numbers[where[LOSS_FACTOR]] / rows
    score = total(shifted(numbers, where[SCORES]), rows)
    norms, new_norms = shifted(numbers, where[NORMS]), shifted(numbers, where[NEW_NORMS])
    for block in range(where[BLOCKS]):
        new_norms[block] = norms[block]
    penalty = squares = 0.0
    for part in range(where[PARTS]):
        new_norms[where[BLOCK_OF_PART + part]] += numbers[where[SQUARES] + part]
        if where[PENALTIES] >= 0:
            penalty += numbers[where[PENALTIES] + part]
    for block in range(where[BLOCKS]):
        squares += new_norms[block]
    numbers[STEP_LOSS], numbers[STEP_PENALTY] = loss, penalty
    if not isfinite(loss + penalty + squares):
        state[STOP] = step + 1
        return
    for block in range(where[BLOCKS]):
        norms[block] = new_norms[block]
    numbers[LOSS] += loss * rows
    numbers[SCORE] += score
    numbers[PENALTY] += penalty * rows
    numbers[FACTOR] = 1
    numbers[RATE] = pointer_like(state[RATES], numbers)[step]


def record(memory, source, where, state, numbers, step, shard, first, last):
    """If a call takes epochs together, write the sums of an epoch and the parameters after it.

    The epoch is this step alone. The sums are 0 afterwards.
    """
    if not state[EPOCHS]:
        return
    norms, counts = where[NORM_COUNT], where[COUNTS]
    sums = len(SUMS)
    out = shifted(pointer_like(state[EPOCHS], numbers), step * (sums + norms + counts))
    for index, place in enumerate(SUMS):
        out[index] = numbers[place]
        numbers[place] = 0
    for block in range(norms):
        out[sums + block] = numbers[where[NORMS_OF_EPOCH] + block]
        numbers[where[NORMS_OF_EPOCH] + block] = 0
    for index in range(counts):
        place, parts = where[COUNTS + 1 + 2 * index], where[COUNTS + 2 + 2 * index]
        out[sums + norms + index] = total(shifted(numbers, place), parts)
    size, others = where[SIZE], where[NETWORK_STATE_SIZE]
    copy = shifted(pointer_like(state[SNAPSHOTS], memory), step * (size + others))
    for i in range(size):
        copy[i] = memory[where[PARAMETERS] + i]
    for i in range(others):
        copy[size + i] = memory[where[NETWORK_STATE] + i]


def clip_norm(memory, source, where, state, numbers, step, shard, first, last):
    """Set the factor that scales the gradient down to a norm."""
    squares = 0.0
    for part in range(where[CLIPPED_PARTS]):
        squares += numbers[where[CLIPPED_SQUARES] + part]
    norm, most = squares**0.5, numbers[where[MOST_NORM]]
    numbers[FACTOR] = most / norm if norm > most else 1.0
