"""Base classes for the tables of activations, losses, initializers, optimizers and schedules.

Each table is a dict from the name used in a config to a frozen dataclass derived from `Entry`.
An entry lists its parameters. The config schema, its checks, its documentation and the templates
are generated from these lists, so a new entry is added in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import ge, gt, itemgetter
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
    """A formula in plain text and in LaTeX.

    A worked example replaces placeholders such as ``<z>`` and ``<a>`` with symbols or numbers, and
    the name of a parameter, such as ``<slope>``, with its value.
    """

    text: str
    latex: str

    def at(self, values: Mapping[str, float]) -> Formula:
        """Return the formula itself, which holds for all values."""
        return self

    @property
    def whole(self) -> Formula:
        """The complete formula."""
        return self


@dataclass(frozen=True)
class Piecewise:
    """A piecewise formula, with one piece per range of a variable.

    Attributes
    ----------
    pieces : sequence of (bound, Formula)
        The first piece whose bound is below the variable applies. A bound is a number or the name
        of a parameter; the last one is `-inf`.
    variable : Formula
    value : function
        Computes the variable from the values of z, a, t and the parameters.
    from_bounds : bool
        Whether a piece also applies at its bound.
    """

    pieces: Sequence[tuple[float | str, Formula]]
    variable: Formula = Formula("<z>", "<z>")
    value: Callable[[Mapping[str, float]], float] = itemgetter("z")
    from_bounds: bool = False

    def at(self, values: Mapping[str, float]) -> Formula:
        """Return the piece that applies at these values."""
        variable = self.value(values)
        bounds = (values[b] if isinstance(b, str) else b for b, _ in self.pieces)
        applies = ge if self.from_bounds else gt
        above = (n for n, bound in enumerate(bounds) if applies(variable, bound))
        return self.pieces[next(above, len(self.pieces) - 1)][1]

    @property
    def whole(self) -> Formula:
        """All pieces with their conditions."""
        texts, latexes = [], []
        sign, command = ("≥", r"\ge") if self.from_bounds else (">", ">")
        for bound, piece in self.pieces[:-1]:
            limit = f"<{bound}>" if isinstance(bound, str) else f"{bound:g}"
            texts.append(f"{piece.text} if {self.variable.text} {sign} {limit}")
            condition = rf"\text{{ if }} {self.variable.latex} {command} {limit}"
            latexes.append(f"{piece.latex} {condition}")
        last = self.pieces[-1][1]
        return Formula(
            ", ".join([*texts, f"else {last.text}"]),
            ", ".join([*latexes, rf"\text{{else }} {last.latex}"]),
        )


@dataclass(frozen=True)
class Parameter:
    """A number or boolean that a config can set for an entry.

    Bounds are closed (`at_least`, `at_most`) or open (`above`, `below`). The parameter is boolean
    if its default is.
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
        A short description for the config reference.
    parameters : mapping of str to Parameter
        The parameters that a config can set.
    conflict : function, optional
        Takes the complete parameters; returns why they conflict, or None.
    """

    summary: str
    parameters: Mapping[str, Parameter] = field(
        default_factory=lambda: MappingProxyType({}), kw_only=True
    )
    conflict: Callable[[Mapping[str, Value]], str | None] | None = field(default=None, kw_only=True)

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return the value of every parameter: from `values`, else the default."""
        return {name: values.get(name, each.default) for name, each in self.parameters.items()}
