"""Gather batches of rows into buffers that are allocated once."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nncli.base.storage.mapping import give_back, is_large, take_rows
from nncli.data.order import random_pools
from nncli.data.scaling import Scaling
from nncli.data.splits import Rows, Split
from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.entries import Array
from nncli.nn.kernels import NUMPY, Gather, Kernels


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


class Batches:
    """Batches of a split, scaled and converted while they are gathered.

    The arrays that it yields are its own buffers: the next batch overwrites them.

    Attributes
    ----------
    weights : array (B, 1) or None
        How much each row of the batch that was yielded last counts; None if all count alike.

    Parameters
    ----------
    split : Split
    scaling : Scaling
    codes : array (classes, O)
        What `target_codes` gives; its dtype is that of the batches. Targets that are numbers are
        taken as they are.
    batch_rows : int
        Rows in a batch; the last batch may have fewer.
    kernels : Kernels
        What gathers in the place of NumPy.
    """

    def __init__(
        self,
        split: Split,
        scaling: Scaling,
        codes: Array,
        batch_rows: int,
        kernels: Kernels = NUMPY,
    ) -> None:
        self.split = split
        self.batch_rows = min(batch_rows, len(split))
        self._codes = codes
        self._codes_by_output = np.ascontiguousarray(codes.T)
        # Inputs of more digits than the batch has are subtracted from before they are rounded:
        # a large offset would leave few of them.
        wide = np.result_type(split.inputs.dtype, codes.dtype)
        self._offset = np.asarray(scaling.offset, wide)
        self._scale = np.asarray(scaling.scale, codes.dtype)
        self._has_offset = bool(self._offset.any())
        self._inputs = split.inputs.shape[1]
        self._outputs = codes.shape[1] if split.of_classes else split.targets.shape[1]
        self._raw = np.empty((self.batch_rows, self._inputs), split.inputs.dtype)
        self._raw_targets = np.empty(
            (self.batch_rows, *split.targets.shape[1:]), split.targets.dtype
        )
        self._X = flat_buffer(self.batch_rows, self._inputs, codes.dtype)
        self._T = flat_buffer(self.batch_rows, self._outputs, codes.dtype)
        self._changes_scale = bool((self._scale != 1).any())
        self.weights: Array | None = None
        self._weights = None if split.weights is None else split.weights.astype(codes.dtype)
        self._holds_all = False
        self._kernels = kernels
        # No methods of its own here: in a circle its arrays would outlive it.
        self._input_kernel = self._kernel_for(split.inputs)
        targets = kernels.target_gather
        self._target_kernel = targets(split.targets, codes) if targets else None

    def _kernel_for(self, inputs: NDArray[Any]) -> Gather | None:
        """Return the kernel that gathers rows of an array (N, I), if there is one."""
        kernel = self._kernels.input_gather
        return kernel(inputs, self._offset, self._scale) if kernel else None

    def __len__(self) -> int:
        return -(-len(self.split) // self.batch_rows)

    def in_order(self, first: int = 0) -> Iterator[tuple[Array, Array]]:
        """Yield X (B, I) and targets T (B, O), row after row, from batch `first` on.

        A split that fits one batch is gathered the first time only.
        """
        if self._holds_all and not first:
            yield self._shaped(len(self.split))
        else:
            yield from self.shuffled(self.split.rows[first * self.batch_rows :])
            self._holds_all = len(self) == 1 and not first

    def in_random_order(
        self, random: np.random.Generator, first: int = 0
    ) -> Iterator[tuple[Array, Array]]:
        """Yield X (B, I) and targets T (B, O) of all rows, from batch `first` on.

        The order depends on `random` alone: it is one of all rows, or of a large mapped array that
        of `random_pools`.
        """
        if is_large(self.split.inputs):
            yield from self._of_pools(random_pools(self.split, self.batch_rows, random), first)
        else:
            rows = random.permutation(self.split.rows)
            yield from self.shuffled(rows[first * self.batch_rows :])

    def _of_pools(
        self, pools: Iterable[tuple[Rows, NDArray[np.intp]]], first: int
    ) -> Iterator[tuple[Array, Array]]:
        self._holds_all = False
        gather_inputs: Gather | None = None
        for rows, order in pools:
            places = order[first * self.batch_rows :]
            first = max(0, first - len(order) // self.batch_rows)
            if len(places):
                pool = take_rows(self.split.inputs, rows)
                gather_inputs = self._kernel_for(pool) or partial(self._take_inputs, pool)
                del pool
            for start in range(0, len(places), self.batch_rows):
                some = places[start : start + self.batch_rows]
                yield self.gather(rows[some], gather_inputs, some)
            gather_inputs = None  # before there is another pool

    def shuffled(self, rows: Rows) -> Iterator[tuple[Array, Array]]:
        """Yield X (B, I) and targets T (B, O) of `rows`, which index the arrays of the split."""
        self._holds_all = False
        for start in range(0, len(rows), self.batch_rows):
            yield self.gather(rows[start : start + self.batch_rows])
            give_back(self.split.inputs)

    def _shaped(self, rows: int) -> tuple[Array, Array]:
        return shaped(self._X, rows, self._inputs), shaped(self._T, rows, self._outputs)

    def gather(
        self,
        rows: Rows,
        gather_inputs: Gather | None = None,
        places: NDArray[np.intp] | None = None,
    ) -> tuple[Array, Array]:
        """Return X (B, I) and targets T (B, O) of up to `batch_rows` rows, as `shuffled` does.

        Parameters
        ----------
        gather_inputs : function, optional
            Gathers the inputs of the rows, which have the numbers `places` there, if not from the
            split.
        """
        X, T = self._shaped(len(rows))
        numbers = rows.astype(np.intp, copy=False)
        if gather_inputs is not None and places is not None:
            gather_inputs(places, X)
        elif self._input_kernel:
            self._input_kernel(numbers, X)
        else:
            self._take_inputs(self.split.inputs, numbers, X)
        (self._target_kernel or self._take_targets)(numbers, T)
        if self._weights is not None:
            self.weights = self._weights[rows, np.newaxis]
        return X, T

    # mode="clip" lets NumPy write to `out` directly; `rows` is never out of range.

    def _take_inputs(self, inputs: NDArray[Any], rows: NDArray[np.intp], X: Array) -> None:
        raw = self._raw[: len(rows)]
        np.take(inputs, rows, axis=0, out=raw, mode="clip")
        if self._has_offset and self._offset.dtype != X.dtype:
            np.subtract(raw, self._offset, out=X, casting="same_kind")
        else:
            np.copyto(X, raw)
            if self._has_offset:
                np.subtract(X, self._offset, out=X)
        if self._changes_scale:
            np.multiply(X, self._scale, out=X)

    def _take_targets(self, rows: NDArray[np.intp], T: Array) -> None:
        raw = self._raw_targets[: len(rows)]
        np.take(self.split.targets, rows, axis=0, out=raw, mode="clip")
        if not self.split.of_classes:
            np.copyto(T, raw)
        elif T.flags.c_contiguous:
            np.take(self._codes, raw, axis=0, out=T, mode="clip")
        else:
            np.take(self._codes_by_output, raw, axis=1, out=T.T, mode="clip")
