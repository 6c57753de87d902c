"""A layer in formulas: what a worked example writes of it, and where its numbers come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from nncli.nn.entries import Array, Formula

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Line:
    """A quantity on the way through a layer.

    Attributes
    ----------
    letter : str
        Its own, as it stands in later formulas. A ``d`` before a letter is the derivative of the
        loss by it.
    formula : Formula
        Of one unit of one row, with the letters of what comes before in ``<>``: ``z`` is what the
        layer takes, ``y`` what it gives; learned arrays go by their letters, parameters by their
        names.
    value : function
        Takes these as arrays that broadcast to (B, O); returns the quantity as such an array,
        (B, O), (B, 1) or (1, O). With a `mean` it returns what the mean is taken of.
    mean : str, optional
        Of what the mean of the formula is taken: of all ``units`` of a row, or all ``rows`` of a
        unit.
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
        Of each trained array (O,), what one row adds to its gradient.
    forward, backward : sequences of Line
        From ``z`` to ``y``, and from ``dy`` to ``dz``. None for a dense layer and an activation,
        which have formulas of their own.
    kept : mapping of str to Formula
        What each array that is kept but not trained becomes in a step; ``<rows>`` is B.
    """

    symbols: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    terms: Mapping[str, Formula] = field(default_factory=lambda: MappingProxyType({}))
    forward: Sequence[Line] = ()
    backward: Sequence[Line] = ()
    kept: Mapping[str, Formula] = field(default_factory=lambda: MappingProxyType({}))
