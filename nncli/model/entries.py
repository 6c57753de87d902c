"""What the tables of activations, losses, initializers and optimizers have in common.

Each table is a dict from the name that a config uses to a frozen dataclass derived from `Entry`.
An entry lists the numbers that a user may set; the config schema, its checks, its documentation
and the templates are made from these lists, so that a new entry costs one place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

Value = float | int | bool


@dataclass(frozen=True)
class Formula:
    """A formula for readers, in plain text and in LaTeX.

    A worked example puts a symbol or a number in the place of ``<z>``, ``<a>`` and so on, and the
    value of a parameter in the place of its name: ``<slope>``.

    Attributes
    ----------
    where : Formula, optional
        What a name in it means.
    """

    text: str
    latex: str
    where: "Formula | None" = None


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
