"""The memory of a pass: all buffers that the layers of a network write to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.entries import Array
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.layer import Layer

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class Workspace:
    """The buffers of passes through `layers` over `rows` rows; see `Network.workspace`.

    Attributes
    ----------
    buffers : list of Buffers
        One per layer.
    activations : list of (ActivationLayer, Buffers)
    forward, backward : lists of (function, Buffers)
        The calls of a pass, in order, except the output activation.
    logits : array (rows, O)
        The input of the output activation in the last pass.
    gradient, scratch : arrays (rows, O)
        The gradient of the loss with respect to the logits or outputs, and scratch space for the
        loss.
    """

    logits: Array

    def __init__(
        self,
        layers: Sequence[Layer],
        rows: int,
        dtype: DTypeLike,
        *,
        input_gradient: bool = False,
        memory: list[NDArray[Any]] | None = None,
    ) -> None:
        self.rows = rows
        self._made_of = (layers, dtype, input_gradient)
        self._memory: list[NDArray[Any]] = [np.ones(rows, dtype)] if memory is None else memory
        self._shorter: dict[int, Workspace] = {}
        claim = _Claim(self._memory, rows, np.dtype(dtype))
        self.buffers = [
            layer.buffers(claim, is_first=index == 0 and not input_gradient)
            for index, layer in enumerate(layers)
        ]
        self.gradient, self.scratch = claim(layers[-1].outputs), claim(layers[-1].outputs)
        pairs = [*zip(layers, self.buffers, strict=True)]
        self.activations = [
            (layer, own) for layer, own in pairs if isinstance(layer, ActivationLayer)
        ]
        pairs = pairs[:-1]
        self.forward = [(layer.forward, own) for layer, own in pairs]
        self.backward = [(layer.backward, own) for layer, own in reversed(pairs)]

    def first(self, rows: int) -> Workspace:
        """Return a workspace for `rows` rows in the same memory; results are cached."""
        if rows == self.rows:
            return self
        if rows not in self._shorter:
            layers, dtype, input_gradient = self._made_of
            self._shorter[rows] = Workspace(
                layers, rows, dtype, input_gradient=input_gradient, memory=self._memory
            )
        return self._shorter[rows]


class _Claim:
    """Allocate memory; later workspaces get the same blocks again, in the same order."""

    def __init__(self, memory: list[NDArray[Any]], rows: int, dtype: np.dtype[Any]) -> None:
        self.rows, self.dtype, self.ones = rows, dtype, memory[0][:rows]
        self._memory, self._next = memory, 1

    def __call__(self, columns: int) -> Array:
        return shaped(self._flat(columns, self.dtype), self.rows, columns)

    def row_by_row(self, columns: int, dtype: DTypeLike) -> Array:
        return self._flat(columns, dtype)[: self.rows * columns].reshape(self.rows, columns)

    def _flat(self, columns: int, dtype: DTypeLike) -> Array:
        if self._next == len(self._memory):
            self._memory.append(flat_buffer(self.rows, columns, dtype))
        self._next += 1
        return self._memory[self._next - 1]
