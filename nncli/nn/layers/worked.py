"""The formulas of a layer for worked examples, and the functions that compute their values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from nncli.nn.entries import Array, Formula

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Line:
    """An intermediate quantity of a layer.

    Attributes
    ----------
    letter : str
        The symbol in later formulas. A leading ``d`` means the derivative of the loss with respect
        to the quantity that follows.
    formula : Formula
        The formula for one unit of one row. Placeholders in ``<>`` are earlier quantities: ``z``
        is the layer's input and ``y`` its output; learned arrays appear by their letters,
        parameters by their names.
    value : function
        Takes these quantities as arrays that broadcast to (B, O); returns the new quantity, of
        shape (B, O), (B, 1) or (1, O). With `mean`, returns the values before averaging.
    mean : str, optional
        Whether the formula is averaged, over all ``units`` of a row or all ``rows`` of a unit.
    """

    letter: str
    formula: Formula
    value: Callable[[Values], Array]
    mean: Literal["units", "rows"] | None = None


@dataclass(frozen=True)
class Worked:
    """The formulas of a layer.

    Attributes
    ----------
    symbols : mapping of str to str
        The letter of each array.
    terms : mapping of str to Formula
        The contribution of one row to the gradient of each trained array (O,).
    forward, backward : sequences of Line
        The lines from ``z`` to ``y``, and from ``dy`` to ``dz``. Empty for dense layers and
        activations, which have their own formulas.
    kept : mapping of str to Formula
        The new value of each state array after a step; ``<rows>`` is B.
    """

    symbols: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    terms: Mapping[str, Formula] = field(default_factory=lambda: MappingProxyType({}))
    forward: Sequence[Line] = ()
    backward: Sequence[Line] = ()
    kept: Mapping[str, Formula] = field(default_factory=lambda: MappingProxyType({}))
