"""Gather batches of rows into buffers that are allocated once."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nncli.base.storage.mapping import give_back, take_rows
from nncli.data.scaling import Scaling
from nncli.data.splits import Rows, Split
from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.entries import Array

EVALUATION_ROWS = 500  # a batch of 784 inputs in float32 then fits the cache of a core

Gather = Callable[[NDArray[np.intp], Array], None]


def target_codes(classes: int, outputs: int, dtype: DTypeLike, low: float = 0.0) -> Array:
    """Return the target vector of every class, shape (classes, outputs).

    One output: `low` for the first class and 1 for the second. Several: 1 at the class, `low`
    elsewhere. A regression has no classes, and so no rows here.
    """
    if classes == 0:
        return np.empty((0, outputs), dtype)
    codes = np.eye(classes, dtype=dtype)
    codes[codes == 0] = low
    return codes[:, 1:] if outputs == 1 else codes


def gathered(
    split: Split, scaling: Scaling, codes: Array, places: Sequence[int]
) -> tuple[Array, Array]:
    """Return X (B, I) and targets T (B, O) of some rows, counted from 0 in their split."""
    some = split.part(split.rows[list(places)])
    return Batches(some, scaling, codes, len(some)).gather(some.rows)


class Scaled:
    """Converts and scales inputs of one type.

    Attributes
    ----------
    offset : array
        In more digits where the inputs have them: they are subtracted from before they are rounded,
        as a large offset would leave few digits.
    scale : array
    """

    def __init__(self, scaling: Scaling, inputs: DTypeLike, dtype: DTypeLike) -> None:
        self.offset = np.asarray(scaling.offset, np.result_type(inputs, dtype))
        self.scale = np.asarray(scaling.scale, dtype)
        self._has_offset = bool(self.offset.any())
        self._changes_scale = bool((self.scale != 1).any())

    def write(self, raw: NDArray[Any], X: Array) -> None:
        """Write ``(x - offset) * scale`` of inputs (B, I) to `X`."""
        if self._has_offset and self.offset.dtype != X.dtype:
            np.subtract(raw, self.offset, out=X, casting="same_kind")
        else:
            np.copyto(X, raw)
            if self._has_offset:
                np.subtract(X, self.offset, out=X)
        if self._changes_scale:
            np.multiply(X, self.scale, out=X)


class Batches:
    """Batches of a split, scaled and converted while they are gathered.

    The arrays that it returns are its own buffers: the next batch overwrites them.

    Parameters
    ----------
    split : Split
    scaling : Scaling
    codes : array (classes, O)
        What `target_codes` gives; its dtype is that of the batches. Targets that are numbers are
        taken as they are.
    batch_rows : int
        Rows of the largest batch.
    """

    def __init__(self, split: Split, scaling: Scaling, codes: Array, batch_rows: int) -> None:
        self.split = split
        self.batch_rows = min(batch_rows, len(split))
        self._codes = codes
        self._codes_by_output = np.ascontiguousarray(codes.T)
        self._scaled = Scaled(scaling, split.inputs.dtype, codes.dtype)
        self._inputs = split.inputs.shape[1]
        self._outputs = codes.shape[1] if split.of_classes else split.targets.shape[1]
        self._raw = np.empty((self.batch_rows, self._inputs), split.inputs.dtype)
        self._raw_targets = np.empty(
            (self.batch_rows, *split.targets.shape[1:]), split.targets.dtype
        )
        self._X = flat_buffer(self.batch_rows, self._inputs, codes.dtype)
        self._T = flat_buffer(self.batch_rows, self._outputs, codes.dtype)
        self._weights = None if split.weights is None else split.weights.astype(codes.dtype)
        self._all: tuple[Array, Array] | None = None  # the only batch, once it is gathered
        # No methods of its own here: in a circle its arrays would outlive it.
        self._input_gather = self.input_gather(
            split.inputs, self._scaled.offset, self._scaled.scale
        )
        self._target_gather = self.target_gather(split.targets, codes)
        self._pool: Rows | None = None
        self._pool_gather: Gather | None = None

    def _gather_of(self, inputs: NDArray[Any]) -> Gather | None:
        return self.input_gather(inputs, self._scaled.offset, self._scaled.scale)

    @staticmethod
    def input_gather(inputs: NDArray[Any], offset: Array, scale: Array) -> Gather | None:
        """Return a function to use in the place of NumPy, or None.

        ``gather(rows, out)`` writes the rows numbered `rows` (B,) of `inputs` (N, I) to `out`
        (B, I) as ``(x - offset) * scale``, the difference in the dtype of `offset`.
        """
        return None

    @staticmethod
    def target_gather(targets: NDArray[Any], codes: Array) -> Gather | None:
        """Return a function to use in the place of NumPy, or None.

        ``gather(rows, out)`` writes numbers as they are, and for the index of a class its code.
        """
        return None

    def hold(self, pool: Rows | None) -> None:
        """Copy some rows out of a mapped array; `gather` then takes places in `pool`."""
        self._pool_gather = None  # before there is another pool
        self._pool = pool
        if pool is not None:
            inputs = take_rows(self.split.inputs, pool)
            gather = self._gather_of(inputs)
            self._pool_gather = gather or partial(self._take_inputs, inputs)

    def in_order(self) -> Iterator[tuple[Array, Array]]:
        """Yield X (B, I) and targets T (B, O), row after row."""
        for start in range(0, len(self.split), self.batch_rows):
            yield self.gather(self.split.rows[start : start + self.batch_rows])

    def gather(self, rows: Rows) -> tuple[Array, Array]:
        """Return X (B, I) and targets T (B, O) of up to `batch_rows` rows.

        A batch of all rows, which come in their order, is gathered the first time only.
        """
        is_all = len(rows) == len(self.split)
        if self._all and is_all:
            return self._all
        X = shaped(self._X, len(rows), self._inputs)
        T = shaped(self._T, len(rows), self._outputs)
        self._all = (X, T) if is_all else None
        numbers = rows.astype(np.intp, copy=False)
        if self._pool_gather is not None and self._pool is not None:
            self._pool_gather(numbers, X)
            numbers = self._pool[numbers].astype(np.intp, copy=False)
        else:
            if self._input_gather:
                self._input_gather(numbers, X)
            else:
                self._take_inputs(self.split.inputs, numbers, X)
            give_back(self.split.inputs)
        (self._target_gather or self._take_targets)(numbers, T)
        return X, T

    def weights(self, rows: Rows) -> Array | None:
        """Return how much each row counts (B, 1); None if all count alike."""
        if self._weights is None:
            return None
        return self._weights[rows if self._pool is None else self._pool[rows], np.newaxis]

    # mode="clip" lets NumPy write to `out` directly; `rows` is never out of range.

    def _take_inputs(self, inputs: NDArray[Any], rows: NDArray[np.intp], X: Array) -> None:
        raw = self._raw[: len(rows)]
        np.take(inputs, rows, axis=0, out=raw, mode="clip")
        self._scaled.write(raw, X)

    def _take_targets(self, rows: NDArray[np.intp], T: Array) -> None:
        raw = self._raw_targets[: len(rows)]
        np.take(self.split.targets, rows, axis=0, out=raw, mode="clip")
        if not self.split.of_classes:
            np.copyto(T, raw)
        elif T.flags.c_contiguous:
            np.take(self._codes, raw, axis=0, out=T, mode="clip")
        else:
            np.take(self._codes_by_output, raw, axis=1, out=T.T, mode="clip")
