"""What the tables of activations, losses, initializers and optimizers have in common.

Each table is a dict from the name that a config uses to a frozen dataclass derived from `Entry`.
An entry lists the numbers that a user may set; the config schema, its checks, its documentation
and the templates are made from these lists, so that a new entry costs one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
else:
    Array = Any


Value = float | int | bool


@dataclass(frozen=True)
class Formula:
    """A formula for readers, in plain text and in LaTeX.

    A worked example puts a symbol or a number in the place of ``<z>``, ``<a>`` and so on, and the
    value of a parameter in the place of its name: ``<slope>``.
    """

    text: str
    latex: str

    def at(self, values: Mapping[str, float]) -> Formula:
        """Return the formula that holds at these values."""
        return self

    @property
    def whole(self) -> Formula:
        """The formula for all values."""
        return self


@dataclass(frozen=True)
class Piecewise:
    """A formula with pieces, each for a range of a variable.

    Attributes
    ----------
    pieces : sequence of (bound, Formula)
        The first whose bound, a number or the name of a parameter, the variable is above; the
        bound of the last is `-inf`.
    variable : Formula
    value : function
        Takes the values of z, a, t and the parameters; returns the variable's.
    """

    pieces: Sequence[tuple[float | str, Formula]]
    variable: Formula = Formula("<z>", "<z>")
    value: Callable[[Mapping[str, float]], float] = itemgetter("z")

    def at(self, values: Mapping[str, float]) -> Formula:
        """Return the piece that holds at these values."""
        variable = self.value(values)
        bounds = (values[b] if isinstance(b, str) else b for b, _ in self.pieces)
        above = (n for n, bound in enumerate(bounds) if variable > bound)
        return self.pieces[next(above, len(self.pieces) - 1)][1]

    @property
    def whole(self) -> Formula:
        """All pieces with their conditions."""
        texts, latexes = [], []
        for bound, piece in self.pieces[:-1]:
            limit = f"<{bound}>" if isinstance(bound, str) else f"{bound:g}"
            texts.append(f"{piece.text} if {self.variable.text} > {limit}")
            condition = rf"\text{{ if }} {self.variable.latex} > {limit}"
            latexes.append(f"{piece.latex} {condition}")
        last = self.pieces[-1][1]
        return Formula(
            ", ".join([*texts, f"else {last.text}"]),
            ", ".join([*latexes, rf"\text{{else }} {last.latex}"]),
        )


@dataclass(frozen=True)
class Parameter:
    """A number or a switch that a config may set for an entry.

    Bounds are closed (`at_least`, `at_most`) or open (`above`, `below`); a default of type bool
    makes it a switch.
    """

    default: Value
    description: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def allows(self, value: Value) -> bool:
        """Return whether a number is within the bounds."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )


@dataclass(frozen=True)
class Entry:
    """A named choice.

    Attributes
    ----------
    summary : str
        What it is, in half a line, for the config reference.
    parameters : mapping of str to Parameter
        What a config may set.
    conflict : function, optional
        Takes the complete parameters; returns why they do not go together, or None.
    """

    summary: str
    parameters: Mapping[str, Parameter] = field(
        default_factory=lambda: MappingProxyType({}), kw_only=True
    )
    conflict: Callable[[Mapping[str, Value]], str | None] | None = field(default=None, kw_only=True)

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return every parameter's value: from `values`, else its default."""
        return {name: values.get(name, each.default) for name, each in self.parameters.items()}
