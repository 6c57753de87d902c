"""Instructions of a program, and the words that its threads share."""

# Fields of an instruction, all int64.
OPERATION = 0  # address of the operation
SOURCE = 1  # place in the state of the address of the array that it reads, or -1
WHERE = 2  # address of its integers
SHARDS = 3  # number of parts that threads take
BOUNDS = 4  # address of the bounds of the parts: SHARDS + 1 numbers
BY_ROWS = 5  # whether the parts are rows, which end at the rows of the batch
WAITS = 6  # whether it needs the results of other threads
KIND = 7
CLAIM = 8  # number of the claim of its first part, or -1 if it follows another instruction
NEXT = 9  # index of the instruction whose parts follow its parts, or -1: see `claims`
FIELDS = 10

# Kinds of instructions.
USUAL = 0
GATHERS = 1  # reads the batch, and is skipped if that is in memory already

# Words that the threads share, each on a cache line of its own.
LINE = 64  # bytes
COMPLETED = 0  # parts that threads have completed
ABORTED = LINE  # 0, or why all threads end
DELAYS = 2 * LINE  # how often a thread seemed to have lost its core
PATIENCE = 3 * LINE  # turns of a wait after which nothing will come any more
YIELD = 4 * LINE  # address of a function that lets other processes run, or 0
ARRIVED = 5 * LINE  # threads that have begun
CLAIMS = 6 * LINE  # the first of the claims: in how many steps a thread has taken a part

ENDED = 1  # reasons to abort: the caller was interrupted
STALLED = 2  # a thread did not complete a part

SPINS = 2_000  # pauses in a turn of a wait: about 50 µs, after which a thread takes others' parts
DELAY_TURNS = 20  # a millisecond: another process has the core
DELAYS_A_CALL = 20  # after which a call ends early: taking a late thread's parts costs little
