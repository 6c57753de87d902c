"""The places of the numbers that all operations of a program share.

`state` is an array of int64 that is constant during a call, except for `STOP`, `LAST` and `DONE`.
A thread that is some steps behind may find `STOP` or `LAST` set already. `numbers` is an array of
float64.
"""

ROWS = 0  # rows of a batch
STEP = 1  # steps taken before this call
EPOCH_STEPS = 2  # of them, in this epoch
SIZE = 3  # elements of the memory
ADDRESS = 4  # of the memory
ROW_NUMBERS = 5  # address of the row numbers, int64
ROW_STRIDE = 6  # elements from the row numbers of a step to those of the next
RATES = 7  # address of the learning rates, float64
POOL = 8  # address of the row numbers of a pool, int64, or 0
INPUTS = 9  # addresses of the arrays of the training rows
TARGETS = 10
WEIGHTS = 11
CODES = 12
SKIPS_GATHERING = 13  # whether the batch is in memory already
STOP = 14  # the step that failed, from 1, or 0: no parameter may change from then on
LAST = 15  # the step after which to return, from 1, or 0
DONE = 16  # steps done in this call
ITEM_BYTES = 17  # of an element of the memory
ROW_STEP = 18  # elements of the inputs from a row to the next
COLUMN_STEP = 19  # and from a column to the next
EPOCHS = 20  # addresses of the arrays of `nncli.engines.compiled.epochs`, or 0
SNAPSHOTS = 21
STATE_SIZE = 22

LOSS = 0  # sums over the rows of an epoch
SCORE = 1
PENALTY = 2
SUMS = (LOSS, SCORE, PENALTY)
STEP_LOSS = 3  # of the current step
STEP_PENALTY = 4
FACTOR = 5  # of the gradient, for clipping
FIRST_OF_OPTIMIZER = 6  # numbers of the step that the optimizer needs, up to 4
RATE = 10
SMALLEST = 11  # normal number of the network's precision: the processor is slow with smaller ones
NUMBERS_SIZE = 12  # further numbers follow

# What the parts of an operation on a matrix are, and the order of its numbers.
BY_UNITS, BY_ROWS, BY_INPUTS = 0, 1, 2
ROW_MAJOR, UNIT_MAJOR = 0, 1

# How a matrix product takes its arguments: see `gemm`.
CBLAS, FORTRAN = 0, 1
