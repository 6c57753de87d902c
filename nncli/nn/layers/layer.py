"""What every layer is: a function of rows with named arrays, and its derivative.

Shapes: B rows, I inputs and O outputs; a layer takes X (B, I) and gives Y (B, O). dY is ∂loss/∂Y
and dX is ∂loss/∂X.

A kind of layer is a class derived from `Layer`. Its arrays are views of two flat vectors of the
network: of what is trained, and of what is kept beside it but not trained, the state. It keeps
nothing of a pass in itself but in `Buffers`, so that one network serves several threads.
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
    """What one layer keeps of a pass, each kind what it needs; made by `Layer.buffers`."""


class Claim(Protocol):
    """Gives a layer its arrays for a pass; they are undefined until they are written to.

    Attributes
    ----------
    rows : int
    dtype : dtype
        The network's precision.
    ones : array (rows,)
        Its product with an array is the sum over rows, faster than NumPy's own.
    """

    rows: int
    dtype: np.dtype[Any]
    ones: Array

    def __call__(self, columns: int) -> Array:
        """Return an array (rows, columns) in the network's precision."""
        ...

    def row_by_row(self, columns: int, dtype: DTypeLike) -> Array:
        """Return an array (rows, columns) in C order, whatever its size."""
        ...


class Layer(ABC):
    """A layer.

    Parameters
    ----------
    inputs, outputs : int
    parameters : mapping of str to number
        What a config sets and training does not change.

    Attributes
    ----------
    kind : str
        The name of its entry, as in model files.
    trained, state : mapping of str to shape
        The arrays that training changes, and those that are only kept, by name, in their order.
        All but `weights` have the shape (O,).
    starts : mapping of str to number
        What each array is filled with before training, except the `weights`.
    worked : Worked
        Its formulas, for worked examples.
    least : mapping of str to number
        Below which the values of an array cannot be, where there is a bound.
    weights : str or None
        Which array has the weights of its connections (I, O): an initializer draws them, masks
        and penalties are for them.
    removes_shift : bool
        Whether in training it takes away again what is added to all rows alike, as are the biases
        before it. Their gradient is then 0, which sums only come close to by rounding.
    smallest_batch : int
        How many rows a training batch must have.
    arrays : mapping of str to array
        All arrays by name, once it is part of a network.
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
        """Return whether the other does the same, its arrays aside."""
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
        """The numbers that, with the kind and the layers before it, tell what it is."""
        return self.parameters

    @property
    def flops_per_row(self) -> int:
        """Floating-point operations of its matrix product for one row."""
        return 0

    def bound(self, arrays: Mapping[str, Array]) -> Self:
        """Return the same layer with its arrays; writing to them changes it."""
        layer = copy(self)
        layer.arrays = arrays
        layer.bind()
        return layer

    def bind(self) -> None:  # noqa: B027 - most kinds need not do anything
        """Prepare for passes; called when `arrays` are there."""

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return what its passes write to.

        Parameters
        ----------
        is_first : bool
            Whether nothing comes before it, so that nobody needs the gradient by its inputs.
        """
        return Buffers()

    @abstractmethod
    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return Y (B, O), a part of `own` or `X` itself.

        X is not written to, and stays as it is until `backward`, which may find it as ``own.X`` if
        this keeps it there.

        Parameters
        ----------
        step : int or None
            The number of the training step, from 0; None for a network in use.
        """

    @abstractmethod
    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Return dX (B, I), a part of `own` or `dY` itself, changed in place.

        `own` must hold the forward pass of the same rows; the arrays that this wrote are undefined
        afterwards, and so is `dY`. The gradients of the trained arrays are written to `gradients`,
        in their order.
        """
