"""The computational graph of an expression."""

from dataclasses import dataclass
from math import nan
from typing import ClassVar

from nncli.explain.derivation.operations import Operation


@dataclass(eq=False)
class Leaf:
    """A variable, or a number within a formula.

    Attributes
    ----------
    name : str
        Empty for numbers.
    number : float
        The value of a number, and of a variable that the expression itself defines, else NaN.
    """

    name: str = ""
    number: float = nan

    @property
    def is_number(self) -> bool:
        """Whether it is a number within a formula, not a variable."""
        return not self.name


@dataclass(eq=False)
class Node:
    """An operation on other nodes."""

    operation: Operation
    inputs: "tuple[Input, ...]"
    name: str = ""
    number: ClassVar[float] = nan
    is_number: ClassVar[bool] = False


Input = Leaf | Node


@dataclass(frozen=True)
class Graph:
    """The nodes of an expression.

    Attributes
    ----------
    variables : list of Leaf
        In the order of the text.
    nodes : list of Node
        Each after its inputs; the last one is the result.
    """

    variables: list[Leaf]
    nodes: list[Node]

    @property
    def result(self) -> Node:
        """The node to differentiate."""
        return self.nodes[-1]

    @property
    def named(self) -> list[Input]:
        """The variables and nodes."""
        return [*self.variables, *self.nodes]

    @property
    def leaves(self) -> list[Leaf]:
        """The variables, and the numbers within formulas."""
        inputs = [each for node in self.nodes for each in node.inputs]
        return [*self.variables, *(each for each in inputs if isinstance(each, Leaf))]
