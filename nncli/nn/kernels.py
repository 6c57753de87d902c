"""Functions that take the place of NumPy ones with the same signature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.nn.entries import Array

Gather = Callable[[NDArray[np.intp], Array], None]
Functions = Mapping[str, Callable[..., None]]
Losses = Mapping[str, Callable[..., float]]


def _none() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class NarrowProducts:
    """The linear part of layers with few inputs and few outputs, each in one call.

    Attributes
    ----------
    forward : function
        ``(A, W, b, Z)`` writes A W + b to `Z` (B, O).
    gradients : function
        ``(A, dZ, dW, db)`` writes Aᵀ dZ to `dW` (I, O) and the sums over rows of dZ to `db` (O,).
    backward : function
        ``(dZ, W, dA)`` writes dZ Wᵀ to `dA` (B, I).
    """

    forward: Callable[[Array, Array, Array, Array], None]
    gradients: Callable[[Array, Array, Array, Array], None]
    backward: Callable[[Array, Array, Array], None]


@dataclass(frozen=True)
class Kernels:
    """Replacements, by the name of an entry; what is not named stays NumPy's.

    Attributes
    ----------
    name : str
        What a run's record calls them.
    optimizers : mapping of str to function
        In the place of `Optimizer.update`.
    losses : mapping of str to function
        In the place of `Loss.function`.
    biased_forward : mapping of str to function
        ``(Z, b, A, **parameters)`` adds the biases b (O,) to `Z` (B, O) in place and writes the
        activation of the sums to `A`.
    backward : mapping of str to function
        In the place of `Activation.backward`.
    scores : mapping of function to function
        In the place of `Score.sum_over_rows`, by that function.
    narrow : NarrowProducts or None
        For layers of up to `NARROW` inputs and outputs.
    input_gather, target_gather : functions or None
        Return ``gather(rows, out)``, which writes the rows numbered `rows` (B,) to `out` (B, I):
        of ``input_gather(inputs, offset, scale)`` as ``(x - offset) * scale``, the difference in
        the dtype of `offset`; of ``target_gather(targets, codes)`` numbers as they are, and for
        the index of a class its row of `codes`. None for arrays that they have no way with.
    """

    name: str = "numpy"
    optimizers: Functions = field(default_factory=_none)
    losses: Losses = field(default_factory=_none)
    biased_forward: Functions = field(default_factory=_none)
    backward: Functions = field(default_factory=_none)
    scores: Mapping[Callable[..., float], Callable[..., float]] = field(default_factory=_none)
    narrow: NarrowProducts | None = None
    input_gather: Callable[[NDArray[Any], Array, Array], Gather | None] | None = None
    target_gather: Callable[[NDArray[Any], Array], Gather | None] | None = None


NUMPY = Kernels()
