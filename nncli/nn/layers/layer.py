"""The base class of layers: a function of rows with named arrays, and its derivative.

Shapes: B rows, I inputs and O outputs; a layer maps X (B, I) to Y (B, O). dY is ∂loss/∂Y and dX is
∂loss/∂X.

A kind of layer is a class derived from `Layer`. Its arrays are views of two flat vectors of the
network: the trained parameters, and the state, which is updated but not trained. Everything that
belongs to a pass is stored in `Buffers`, so several threads can share a network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from nncli.nn.entries import Array, Value
from nncli.nn.layers.worked import Worked

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
NOTHING: Mapping[str, Shape] = MappingProxyType({})


class Buffers(SimpleNamespace):
    """The arrays of one layer in a pass, created by `Layer.buffers`; they depend on its kind."""


class Claim(Protocol):
    """Allocate the arrays of a layer for a pass, uninitialized.

    Attributes
    ----------
    rows : int
    dtype : dtype
        The network's precision.
    ones : array (rows,)
        Multiplying by it sums over rows faster than ``np.sum``.
    """

    rows: int
    dtype: np.dtype[Any]
    ones: Array

    def __call__(self, columns: int) -> Array:
        """Return an array (rows, columns) in the network's precision."""
        ...

    def row_by_row(self, columns: int, dtype: DTypeLike) -> Array:
        """Return an array (rows, columns), always in C order."""
        ...


class Layer(ABC):
    """A layer.

    Parameters
    ----------
    inputs, outputs : int
    parameters : mapping of str to number
        Settings from the config that training does not change.

    Attributes
    ----------
    kind : str
        The name in model files.
    trained, state : mapping of str to shape
        The trained arrays and the state arrays by name, in order. All except `weights` have the
        shape (O,).
    starts : mapping of str to number
        The initial value of each array, except the `weights`.
    worked : Worked
        The formulas for worked examples.
    least : mapping of str to number
        The minimum of the values of an array, for arrays that have one.
    weights : str or None
        The name of the array of connection weights (I, O), if any. Initializers, masks and
        penalties apply to this array.
    removes_shift : bool
        Whether the layer, in training, cancels any constant added to all rows, such as a
        preceding bias. The gradient of that bias is then 0, but computed sums would leave a
        rounding error.
    smallest_batch : int
        The minimum number of rows in a training batch.
    arrays : mapping of str to array
        All arrays by name, once the layer is part of a network.
    """

    trained: Shapes = NOTHING
    state: Shapes = NOTHING
    starts: Mapping[str, float] = MappingProxyType({})
    worked: Worked = Worked()
    least: Mapping[str, float] = MappingProxyType({})
    weights: str | None = None
    removes_shift: bool = False
    smallest_batch: int = 1

    def __init__(
        self, kind: str, inputs: int, outputs: int, parameters: Mapping[str, Value] | None = None
    ) -> None:
        self.kind = kind
        self.inputs, self.outputs = inputs, outputs
        self.parameters = dict(parameters or {})
        self.arrays: Mapping[str, Array] = {}

    def __eq__(self, other: object) -> bool:
        """Return whether the layers are the same apart from their arrays."""
        return isinstance(other, Layer) and self._description == other._description

    def __hash__(self) -> int:
        return hash((self.kind, self.inputs, self.outputs))

    def __repr__(self) -> str:
        return f"{self.kind}({self.inputs}, {self.outputs}, {self.parameters})"

    @property
    def _description(self) -> tuple[object, ...]:
        return self.kind, self.inputs, self.outputs, self.parameters

    @property
    def described(self) -> dict[str, Value]:
        """The numbers that, with the kind and the preceding layers, define the layer."""
        return self.parameters

    @property
    def flops_per_row(self) -> int:
        """Floating-point operations of the matrix product for one row."""
        return 0

    def bound(self, arrays: Mapping[str, Array]) -> Self:
        """Return a copy of the layer that uses `arrays`; writing to them changes the layer."""
        layer = copy(self)
        layer.arrays = arrays
        layer.bind()
        return layer

    def bind(self) -> None:  # noqa: B027 - most kinds have nothing to do
        """Prepare for passes; called once `arrays` are set."""

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return the buffers that passes write to.

        Parameters
        ----------
        is_first : bool
            Whether this is the first layer, which does not need the gradient of its inputs.
        """
        return Buffers()

    @abstractmethod
    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return Y (B, O), a part of `own` or `X` itself.

        X is not modified, and the caller leaves it unchanged until `backward`. A layer can store a
        reference to it as ``own.X``.

        Parameters
        ----------
        step : int or None
            The number of the training step, from 0; None outside training.
        """

    @abstractmethod
    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Return dX (B, I), a part of `own` or `dY` itself, changed in place.

        `own` must hold the forward pass of the same rows. The arrays of that pass and `dY` are
        undefined afterwards. Writes the gradients of the trained arrays to `gradients`, in order.
        """
