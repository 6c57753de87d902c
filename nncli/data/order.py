"""The order and batches of the training rows in each epoch.

Shuffling all rows would read a large mapped array (see `nncli.base.storage.mapping`) row by row
from all over its file. So random blocks of consecutive rows are put into a pool that fits in
memory, and shuffled there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nncli.base.random_streams import Stream, generator
from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory, is_large, row_bytes
from nncli.data.splits import Rows, Split


@dataclass(frozen=True)
class Order:
    """The order of the rows of a split.

    Attributes
    ----------
    split : Split
    batch_rows : int
        Batch size; the last batch of an epoch may be smaller.
    shuffle : bool
        Whether each epoch has a new order, drawn from `seed`.
    smallest_batch : int
        Fewest rows of a batch; a smaller last batch is merged into the one before it.
    memory : Memory, optional
        Size from which arrays are large, and size of pools.
    """

    split: Split
    batch_rows: int
    shuffle: bool = True
    seed: int = 0
    smallest_batch: int = 1
    memory: Memory | None = None

    @cached_property
    def batches(self) -> int:
        """The number of batches in an epoch."""
        whole, last = self._sizes(len(self.split))
        return whole + (last > 0)

    @property
    def largest_batch(self) -> int:
        """The size of the largest batch."""
        return max(self.batch_rows, self._sizes(len(self.split))[1])

    def of_epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[Rows | None, Rows]]:
        """Yield the rows of an epoch, starting at batch `first`.

        Yields
        ------
        pool : array or None
            Rows to load into memory first.
        places : array
            Positions in `pool`, or row numbers if there is no pool, in training order.
        """
        rows = self.split.rows
        # Nothing is left after the last batch, which may be larger than the others.
        done = first * self.batch_rows if first < self.batches else len(rows)
        # With one batch per epoch, the order makes no difference.
        if not self.shuffle or self.batches == 1:
            yield None, rows[done:]
            return
        random = generator(self.seed, Stream.SHUFFLE, epoch)
        if not is_large(self.split.inputs, self.memory):
            yield None, random.permutation(rows)[done:]
            return
        pools = random_pools(
            self.split,
            self.batch_rows,
            random,
            self.memory,
            smallest_batch=self.smallest_batch,
        )
        for pool, order in pools:
            if done < len(order):
                yield pool, order[done:]
            done = max(0, done - len(order))

    def next_batches(self, places: Rows, most: int) -> Rows:
        """Return the next batches of equal size, at most `most`, as an array (S, B)."""
        whole, last = self._sizes(len(places))
        if not whole:
            return places[:last].reshape(1, last)
        count = min(most, whole)
        return places[: count * self.batch_rows].reshape(count, self.batch_rows)

    def _sizes(self, rows: int) -> tuple[int, int]:
        """Return the number of full batches, and the size of the last one, 0 if there is none."""
        whole, rest = divmod(rows, self.batch_rows)
        if whole and 0 < rest < self.smallest_batch:
            return whole - 1, rest + self.batch_rows
        return whole, rest


def random_pools(
    split: Split,
    batch_rows: int,
    random: "np.random.Generator",
    memory: Memory | None = None,
    *,
    smallest_batch: int = 1,
) -> Iterator[tuple[Rows, NDArray[np.intp]]]:
    """Yield all rows of a split once, in pools; all pools except the last are full batches.

    Parameters
    ----------
    random : Generator
        Generator for the order, which also depends on the split, the batch sizes and `memory`.
    memory : Memory, optional
        Sizes of blocks and pools.
    smallest_batch : int
        Fewest rows of the last pool.

    Yields
    ------
    rows : array (P,)
        Rows of the pool, block by block.
    order : array (P,)
        Positions in `rows`, in training order.
    """
    rows, size = split.rows, row_bytes(split.inputs)
    memory = memory or mapping.MEMORY
    block = max(1, memory.block_bytes // size)
    starts = random.permutation(np.arange(0, len(rows), block))
    blocks = max(1, memory.pool_bytes // (block * size))
    rest, left = rows[:0], len(rows)
    for first in range(0, len(starts), blocks):
        chosen = np.sort(starts[first : first + blocks]).tolist()
        pool = np.concatenate([rest, *(rows[start : start + block] for start in chosen)])
        # The rows beyond a full batch are neighbors, so they are shuffled into the next pool.
        whole = len(pool) if first + blocks >= len(starts) else len(pool) // batch_rows * batch_rows
        left -= whole
        if whole and 0 < left < smallest_batch:
            whole, left = whole - batch_rows, left + batch_rows
        rest = pool[whole:]
        yield pool[:whole], random.permutation(whole)
