"""Gather batches of rows into preallocated buffers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory, give_back, take_rows
from nncli.base.storage.temporary_file import stacked
from nncli.data.scaling import NOT_SCALED, Scaling, scaled_targets
from nncli.data.splits import Rows, Split
from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.entries import Array

EVALUATION_ROWS = 500  # a batch of 784 inputs in float32 then fits the cache of a core
_EVALUATION_NUMBERS = 1 << 20  # of the outputs of a batch


def evaluation_rows(outputs: int) -> int:
    """Return how many rows an evaluation takes at once: fewer if there are thousands of outputs."""
    return min(EVALUATION_ROWS, max(1, _EVALUATION_NUMBERS // outputs))


def target_codes(classes: int, outputs: int, dtype: DTypeLike, low: float = 0.0) -> Array:
    """Return the target vector of every class, shape (classes, outputs), read-only.

    One output: `low` for the first class and 1 for the second. Several: 1 at the class, `low`
    elsewhere. For a regression, which has no classes, the result has no rows. All rows are views of
    one vector, so even thousands of classes take little memory.
    """
    if classes == 0:
        return np.empty((0, outputs), dtype)
    around = np.full(2 * classes - 1, low, dtype)
    around[classes - 1] = 1
    codes = np.lib.stride_tricks.sliding_window_view(around, classes)[::-1]
    return codes[:, 1:] if outputs == 1 else codes


def gathered(
    split: Split, scaling: Scaling, codes: Array, places: Sequence[int]
) -> tuple[Array, Array]:
    """Return X (B, I) and targets T (B, O) of rows; `places` count from 0 within the split."""
    some = split.part(split.rows[list(places)])
    return Batches(some, scaling, codes, len(some)).gather(some.rows)


class Scaled:
    """Scale inputs of one type in float64, then round once to the network's type.

    So the result does not depend on the type in which the inputs are stored. If the scaling has
    features, they are computed first, and scaled instead of the inputs.

    Parameters
    ----------
    inputs, dtype : dtype
        Types of the inputs and of the network.

    Attributes
    ----------
    offset, scale : float or array (I,), in float64
    divisor : float32 or None
        Inverse of the scale if dividing by it gives the same numbers in one step: for small
        integers, without an offset and with a scale of 1 over a small integer.
    changes : bool
        Whether the network sees other numbers than the inputs.
    """

    def __init__(self, scaling: Scaling, inputs: DTypeLike, dtype: DTypeLike) -> None:
        self.offset = np.asarray(scaling.offset, np.float64)
        self.scale = np.asarray(scaling.scale, np.float64)
        self._features = scaling.features
        self._has_offset = bool(self.offset.any())
        scales = self._has_offset or bool((self.scale != 1).any())
        self.changes = scales or self._features is not None
        small = np.dtype(inputs).kind in "iu" and np.dtype(inputs).itemsize <= 2
        small = small and self._features is None
        divides = small and np.dtype(dtype) == np.float32 and not self._has_offset
        self.divisor = _divisor(self.scale) if divides else None

    def largest(self, most: float) -> float:
        """Return an upper bound for scaled inputs whose magnitude is at most `most`."""
        return float((most + np.abs(self.offset).max()) * np.abs(self.scale).max())

    def scratch(self, rows: int, X: Array) -> NDArray[np.float64] | None:
        """Return the scratch array for `write` with up to `rows` rows, or None if not needed."""
        needed = self.changes and self.divisor is None and X.dtype != np.float64
        return np.empty((rows, X.shape[1])) if needed else None

    def write(self, raw: NDArray[Any], X: Array, scratch: NDArray[np.float64] | None) -> None:
        """Write ``(x - offset) * scale`` for inputs (B, I) to `X`; `scratch` is overwritten.

        Raises `DataError` as `Features.values` does.
        """
        if self._features is not None:
            raw = self._features.values(raw)
        if not self.changes or self.divisor is not None:
            np.copyto(X, raw, casting="same_kind")
            if self.divisor is not None:
                np.divide(X, self.divisor, out=X)
            return
        numbers = X if scratch is None else scratch[: len(raw)]
        np.copyto(numbers, raw)  # mixed types in an operation would allocate memory
        if self._has_offset:
            np.subtract(numbers, self.offset, out=numbers)
        np.multiply(numbers, self.scale, out=numbers)
        if scratch is not None:
            np.copyto(X, numbers, casting="same_kind")


def _divisor(scale: NDArray[np.float64]) -> np.float32 | None:
    """Return n for a scale of 1/n, or None for other scales.

    For integers x and n below 2^16, x/n is never so close to the midpoint of two float32 numbers
    that x times the rounded 1/n, in float64, would round to the other one.
    """
    inverse = 0 if scale.ndim or not scale else round(1 / float(scale))
    return np.float32(inverse) if 1 < inverse < 1 << 16 and 1 / inverse == scale else None


def as_seen(
    splits: Mapping[str, Split], scaling: Scaling, dtype: DTypeLike, memory: Memory | None = None
) -> tuple[dict[str, Split], Scaling]:
    """Return splits with inputs scaled in advance, and the scaling still to apply to batches.

    Inputs stay unscaled if scaling would need too much memory: more than the inputs themselves, as
    for bytes, or more than what counts as large.
    """
    arrays = {id(split.inputs): split.inputs for split in splits.values()}
    size, most = np.dtype(dtype).itemsize, (memory or mapping.MEMORY).large_bytes
    if any(size > each.itemsize or each.size * size > most for each in arrays.values()):
        return {**splits}, scaling
    seen = {key: _scaled_inputs(each, scaling, dtype) for key, each in arrays.items()}
    replaced = {name: replace(each, inputs=seen[id(each.inputs)]) for name, each in splits.items()}
    return replaced, NOT_SCALED


@np.errstate(over="ignore", invalid="ignore")  # the loss reveals it
def _scaled_inputs(inputs: NDArray[Any], scaling: Scaling, dtype: DTypeLike) -> NDArray[Any]:
    scaled = Scaled(scaling, inputs.dtype, dtype)
    if not scaled.changes and inputs.dtype == dtype:
        return inputs
    found, scratch = np.empty(inputs.shape, dtype), None
    for start, block in mapping.row_blocks(inputs):
        part = found[start : start + len(block)]
        scratch = scaled.scratch(len(block), part) if scratch is None else scratch
        scaled.write(block, part, scratch)
    return found


@np.errstate(over="ignore", invalid="ignore")  # the loss reveals it
def with_scaled_targets(
    splits: Mapping[str, Split], scaling: Scaling, dtype: DTypeLike
) -> dict[str, Split]:
    """Return splits with their targets, numbers (N, O), scaled and rounded once to a type.

    An array shared by splits is scaled once; a large one is mapped from a file.
    """
    arrays = {id(split.targets): split.targets for split in splits.values()}
    scaled = {
        key: stacked(
            (scaled_targets(block, scaling).astype(dtype) for _, block in mapping.row_blocks(each)),
            each.shape,
            dtype,
        )
        for key, each in arrays.items()
    }
    return {name: replace(each, targets=scaled[id(each.targets)]) for name, each in splits.items()}


class Batches:
    """Batches of a split, scaled and converted as they are gathered.

    The returned arrays are buffers: the next batch overwrites them.

    Parameters
    ----------
    split : Split
    scaling : Scaling
    codes : array (classes, O)
        Result of `target_codes`; its dtype is the dtype of the batches. Numeric targets are used
        unchanged.
    batch_rows : int
        Rows in the largest batch.
    """

    def __init__(self, split: Split, scaling: Scaling, codes: Array, batch_rows: int) -> None:
        self.split = split
        self.batch_rows = min(batch_rows, len(split))
        self._codes = codes
        self._scaled = Scaled(scaling, split.inputs.dtype, codes.dtype)
        raw, features = split.inputs.shape[1], scaling.features
        self._inputs = raw if features is None else len(features.each)
        self._outputs = codes.shape[1] if split.of_classes else split.targets.shape[1]
        self._raw = np.empty((self.batch_rows, raw), split.inputs.dtype)
        self._is_as_seen = split.inputs.dtype == codes.dtype and not self._scaled.changes
        self._raw_targets = np.empty(
            (self.batch_rows, *split.targets.shape[1:]), split.targets.dtype
        )
        self._X = flat_buffer(self.batch_rows, self._inputs, codes.dtype)
        self._T = flat_buffer(self.batch_rows, self._outputs, codes.dtype)
        X = shaped(self._X, self.batch_rows, self._inputs)
        self._scratch = self._scaled.scratch(self.batch_rows, X)
        self._weights = None if split.weights is None else split.weights.astype(codes.dtype)
        self._all: tuple[Array, Array] | None = None  # the gathered batch of all rows
        self._pool: Rows | None = None
        self._pool_inputs: NDArray[Any] | None = None

    @property
    def are_bytes(self) -> bool:
        """Whether the inputs are bytes that are not scaled, such as pixels from 0 to 255."""
        return self.split.inputs.dtype == np.uint8 and not self._scaled.changes

    def hold(self, pool: Rows | None) -> None:
        """Copy some rows from a mapped array to memory; `gather` then takes indices into `pool`."""
        self._pool_inputs = None  # release the old pool first
        self._pool = pool
        if pool is not None:
            self._pool_inputs = take_rows(self.split.inputs, pool)

    def in_order(self) -> Iterator[tuple[Array, Array]]:
        """Yield X (B, I) and targets T (B, O) in row order."""
        for start in range(0, len(self.split), self.batch_rows):
            yield self.gather(self.split.rows[start : start + self.batch_rows])

    def gather(self, rows: Rows) -> tuple[Array, Array]:
        """Return X (B, I) and targets T (B, O) of up to `batch_rows` rows.

        A batch of all rows, which must be in order, is gathered only once.
        """
        is_all = len(rows) == len(self.split)
        if self._all and is_all:
            return self._all
        X = shaped(self._X, len(rows), self._inputs)
        T = shaped(self._T, len(rows), self._outputs)
        self._all = (X, T) if is_all else None
        numbers = rows.astype(np.intp, copy=False)
        if self._pool_inputs is not None and self._pool is not None:
            self._take_inputs(self._pool_inputs, numbers, X)
            numbers = self._pool[numbers].astype(np.intp, copy=False)
        else:
            self._take_inputs(self.split.inputs, numbers, X)
            give_back(self.split.inputs)
        self._take_targets(numbers, T)
        give_back(self.split.targets)
        return X, T

    def weights(self, rows: Rows) -> Array | None:
        """Return the weight of each row (B, 1), or None if rows have no weights."""
        if self._weights is None:
            return None
        return self._weights[rows if self._pool is None else self._pool[rows], np.newaxis]

    # mode="clip" lets NumPy write to `out` directly; `rows` is never out of range.

    def _take_inputs(self, inputs: NDArray[Any], rows: NDArray[np.intp], X: Array) -> None:
        if self._is_as_seen and X.flags.c_contiguous:
            np.take(inputs, rows, axis=0, out=X, mode="clip")
            return
        raw = self._raw[: len(rows)]
        np.take(inputs, rows, axis=0, out=raw, mode="clip")
        self._scaled.write(raw, X, self._scratch)

    def _take_targets(self, rows: NDArray[np.intp], T: Array) -> None:
        raw = self._raw_targets[: len(rows)]
        np.take(self.split.targets, rows, axis=0, out=raw, mode="clip")
        np.copyto(T, self._codes[raw] if self.split.of_classes else raw)
