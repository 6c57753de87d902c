"""Forward and backward pass through a computational graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite

from nncli.base.errors import UsageError
from nncli.explain.derivation.graph import Graph, Input, Node
from nncli.explain.derivation.operations import UndefinedError
from nncli.explain.document.notation import Text, fill

_DIGITS = 6

Values = dict[Input, float]


@dataclass(frozen=True)
class Passes:
    """The numbers of both passes.

    Attributes
    ----------
    values : dict of Input to float
        Of all nodes, variables and numbers.
    slopes : dict of Node to tuple of float
        The derivatives of each operation with respect to its inputs.
    gradients : dict of Input to float
        The derivatives of the result with respect to all nodes, variables and numbers.
    sides : dict of Node to tuple of str
        Which one-sided derivative each slope is, of the operations that have no derivative here.
    """

    values: Values
    slopes: dict[Node, tuple[float, ...]]
    gradients: Values
    sides: dict[Node, tuple[str, ...]]


def forward(graph: Graph, given: Mapping[str, float]) -> Values:
    """Return the value of every node.

    Raises
    ------
    UsageError
        If a node has no value.
    """
    values: Values = {each: given.get(each.name, each.number) for each in graph.leaves}
    for node in graph.nodes:
        try:
            value = node.operation.value(*(values[each] for each in node.inputs))
        except OverflowError:
            value = inf
        except UndefinedError as error:
            raise _undefined(node, values, str(error)) from error
        if not isfinite(value):
            raise _undefined(node, values, "the value is larger than 1.8e308")
        values[node] = value
    return values


def passes(graph: Graph, given: Mapping[str, float]) -> Passes:
    """Return the values and derivatives of all nodes.

    Raises
    ------
    UsageError
        If a node has no value or no derivative.
    """
    values = forward(graph, given)
    gradients: Values = dict.fromkeys(values, 0.0)
    gradients[graph.result] = 1.0
    slopes, sides = {}, {}
    for node in reversed(graph.nodes):
        slopes[node] = _slopes(node, values)
        for each, slope in zip(node.inputs, slopes[node], strict=True):
            gradients[each] += gradients[node] * slope
            if not isfinite(gradients[each]):
                raise _undefined(node, values, "a derivative is larger than 1.8e308")
        found = node.operation.sides(*(values[each] for each in node.inputs))
        if found and len({*node.inputs}) == len(node.inputs):
            sides[node] = found
    return Passes(values, slopes, gradients, sides)


def _slopes(node: Node, values: Values) -> tuple[float, ...]:
    try:
        slopes = node.operation.slopes(*(values[each] for each in node.inputs), values[node])
    except (OverflowError, ZeroDivisionError):
        slopes = (inf,) * len(node.inputs)
    except UndefinedError as error:
        raise _undefined(node, values, str(error)) from error
    if not all(map(isfinite, slopes)):
        raise _undefined(node, values, "a derivative is larger than 1.8e308")
    return slopes


def _undefined(node: Node, values: Values, reason: str) -> UsageError:
    """Return the error for a node without value or derivative: which node, why, and where."""
    write = Text(_DIGITS)
    operation = node.operation
    symbols = {
        letter: each.name or values[each]
        for letter, each in zip(operation.inputs, node.inputs, strict=True)
    }
    formula = fill(write, operation.formula.whole, {**symbols, **operation.parameters})
    there = ", ".join(
        f"{each.name} = {write.number(values[each])}"
        for each in dict.fromkeys(node.inputs) if each.name
    )  # fmt: skip
    return UsageError(f"derive: {node.name} = {formula} at {there}: {reason}; change a value")
