"""The random order of an epoch over a large mapped array (see `nncli.base.storage.mapping`).

An order of all rows would read the file row by row from all over. So blocks of consecutive rows,
drawn from the whole split, are put into a pool that fits into memory, and mixed there.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory, row_bytes
from nncli.data.splits import Rows, Split


def random_pools(
    split: Split, batch_rows: int, random: np.random.Generator, memory: Memory | None = None
) -> Iterator[tuple[Rows, NDArray[np.intp]]]:
    """Yield all rows of a split, each once, in pools; all pools but the last are whole batches.

    Parameters
    ----------
    random : Generator
        The order depends on it, on the split, on `batch_rows` and on `memory` alone.
    memory : Memory, optional
        How large blocks and pools are.

    Yields
    ------
    rows : array (P,)
        Those of the pool, block after block.
    order : array (P,)
        The places in `rows` in the order in which the rows come.
    """
    rows, size = split.rows, row_bytes(split.inputs)
    memory = memory or mapping.MEMORY
    block = max(1, memory.block_bytes // size)
    starts = random.permutation(np.arange(0, len(rows), block))
    blocks = max(1, memory.pool_bytes // (block * size))
    rest = rows[:0]
    for first in range(0, len(starts), blocks):
        chosen = np.sort(starts[first : first + blocks]).tolist()
        pool = np.concatenate([rest, *(rows[start : start + block] for start in chosen)])
        # The rows beyond a whole batch, which are neighbors, are mixed into the next pool.
        whole = len(pool) if first + blocks >= len(starts) else len(pool) // batch_rows * batch_rows
        rest = pool[whole:]
        yield pool[:whole], random.permutation(whole)
