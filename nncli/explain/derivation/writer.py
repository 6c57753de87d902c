"""The writer of nodes and their derivatives, used by all parts of the page."""

import re

from nncli.explain.derivation.graph import Graph, Input, Node
from nncli.explain.derivation.passes import Passes
from nncli.explain.document.elements import Equation
from nncli.explain.document.mathematics import Mathematics
from nncli.explain.document.notation import Notation
from nncli.nn.entries import Formula, Piecewise, Value

_HELPER = "s"  # the letter that formulas define, as in tanh(s), s = ln(1 + e^z)
_WORD = re.compile(rf"(?<![\\\w]){_HELPER}(?!\w)")


class Writer(Mathematics):
    """Write the nodes of a graph in a notation.

    Attributes
    ----------
    graph : Graph
    found : Passes
    """

    def __init__(self, graph: Graph, found: Passes, notation: Notation) -> None:
        super().__init__(notation)
        self.graph = graph
        self.found = found
        self.users: dict[Input, list[Node]] = {each: [] for each in graph.named}
        for node in graph.nodes:
            for each in dict.fromkeys(node.inputs):
                if not each.is_number:
                    self.users[each].append(node)

    def symbol(self, node: Input) -> str:
        """Write the name of a node."""
        return self.write.variable(node.name)

    def by(self, of: Node, by: Input) -> str:
        """Write the derivative of a node with respect to another."""
        return self.write.derivative(self.symbol(of), self.symbol(by))

    def definition(self, node: Node) -> Equation:
        """Return the equation of a node's value."""
        sides = self.both(node, node.operation.formula)
        return self.equation(self.symbol(node), *sides, value=self.found.values[node])

    def both(self, node: Node, formula: Formula | Piecewise) -> list[list[str]]:
        """Write a formula of a node with symbols and with numbers."""
        names = {node.name, *(each.name for each in node.inputs)}
        if isinstance(formula, Formula) and _HELPER in names and f", {_HELPER} = " in formula.text:
            other = next(each for each in "uvr" if each not in names)
            formula = Formula(*(_WORD.sub(other, each) for each in (formula.text, formula.latex)))
        return self.sides(formula, *self.filled(node), node.operation.parameters)

    def filled(self, node: Node) -> tuple[dict[str, str | Value], dict[str, float]]:
        """Return the symbols and the numbers of the inputs and the output of a node."""
        operation, values = node.operation, self.found.values
        letters: dict[str, Input] = dict(zip(operation.inputs, node.inputs, strict=True))
        letters[operation.output] = node
        symbols = {
            letter: values[each] if each.is_number else self.symbol(each)
            for letter, each in letters.items()
        }
        return symbols, {letter: values[each] for letter, each in letters.items()}

    def local(self, node: Node, by: Input) -> tuple[list[str], list[str], float]:
        """Return the derivative of a node by an input: terms as symbols, as numbers, its value.

        It has a term for each place at which the node uses the input.
        """
        operation, slopes = node.operation, self.found.slopes[node]
        places = [at for at, each in enumerate(node.inputs) if each is by]
        terms = [self.both(node, operation.partials[at]) for at in places]
        symbols, numbers = ([text for (text,) in each] for each in zip(*terms, strict=True))
        return symbols, numbers, sum(slopes[at] for at in places)

    def local_equation(self, node: Node, by: Input) -> Equation:
        """Return the equation of the derivative of a node by an input."""
        symbols, numbers, value = self.local(node, by)
        return self.equation(self.by(node, by), self.sum(symbols), self.sum(numbers), value=value)

    def chain_rule(self, node: Input) -> Equation:
        """Return the equation of the derivative of the result by a node: a term for each use.

        The derivative of the result by its own inputs is written out.
        """
        result, gradients = self.graph.result, self.found.gradients
        symbols, numbers = list[str](), list[str]()
        for user in self.users[node]:
            own_symbols, own_numbers, slope = self.local(user, node)
            if user is not result:
                own_symbols = [self.write.dot.join([self.by(result, user), self.by(user, node)])]
                own_numbers = [self.product([gradients[user], slope])]
            symbols += own_symbols
            numbers += own_numbers
        sides = [self.sum(each) for each in (symbols, numbers) if each]
        return self.equation(self.by(result, node), *sides, value=gradients[node])
