"""Build the computational graph of an expression."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from math import inf, isfinite, isnan

from nncli.base.errors import ExpressionError, UsageError
from nncli.base.words import count as counted
from nncli.base.words import did_you_mean, listed
from nncli.config.synonyms import choice_hint
from nncli.explain.derivation.graph import Graph, Input, Leaf, Node
from nncli.explain.derivation.operations import (
    CONSTANTS,
    COPY,
    FUNCTIONS,
    SIGNS,
    Operation,
    UndefinedError,
    mirrored,
    power,
)
from nncli.explain.derivation.parser import Call, Definition, Expression, Name, Number, parse
from nncli.explain.derivation.tokens import problem_at

_MOST_NODES = 100
_MOST_STEPS = 2000  # of functions that call each other

_LETTERS = "qabcdghkmnprstuv"  # for nodes without a name
_AS_WRITTEN = {"σ": "sigmoid"}  # functions by their signs in formulas
_RESULTS = ("f", "y", "L", "g", "h")  # for a result without a name


def build(text: str, given: Collection[str]) -> Graph:
    """Return the graph of an expression.

    Parameters
    ----------
    given : collection of str
        The variables with a value.

    Raises
    ------
    ExpressionError
        If the text is not an expression or exceeds a bound.
    UsageError
        If variables lack a value, or values a variable.
    """
    return _Builder(text, given).graph()


@dataclass(frozen=True)
class _Function:
    """A function of the expression, and the functions defined before it, which it may use."""

    definition: Definition
    known: "Mapping[str, _Function]"


class _Builder:
    def __init__(self, text: str, given: Collection[str]) -> None:
        self.text = text
        self.given = given
        self.program = parse(text)
        self.nodes: list[Node] = []
        self.variables: dict[str, Leaf] = {}
        self.defined: dict[str, Input] = {}
        self.functions: dict[str, _Function] = {}
        self.used: set[str] = set()
        self.steps = 0

    def graph(self) -> Graph:
        self.check_definitions()
        *others, last = self.program
        for each in others:
            self.define(each)
        self.set_result(last)
        self.check_uses(others)
        nodes = _needed(self.nodes)
        for node, name in zip([each for each in nodes if not each.name], self.free_names(nodes),
                              strict=False):  # fmt: skip
            node.name = name
        return Graph([*self.variables.values()], nodes)

    def check_definitions(self) -> None:
        names = [each.name for each in self.program]
        for at, each in enumerate(self.program):
            if each.name and each.name in names[:at]:
                raise self.problem(each, f"'{each.name}' is defined twice; choose another name")
            if each.name in self.given:
                words = f"'{each.name}' is defined here; leave out its value"
                raise self.problem(each, words)

    def check_uses(self, others: Sequence[Definition]) -> None:
        """Raise an error for a variable without value, a value without variable, or a leftover."""
        lacking = [
            name for name, each in self.variables.items()
            if isnan(each.number) and name not in self.given
        ]  # fmt: skip
        spare = [name for name in self.given if name not in self.variables]
        if lacking:
            near = did_you_mean(lacking[0], [*spare, *self.defined, *CONSTANTS])
            words = "has no value" if len(lacking) == 1 else "have no value"
            example = " ".join(f"{name}=1" for name in lacking[:4])
            names = listed(lacking)
            raise UsageError(f"derive: {names} {words}; give one, such as {example}{near}")
        for name in spare:
            near = did_you_mean(name, [*self.variables])
            raise UsageError(f"derive: '{name}' is no variable of the expression"
                             f"{near or '; leave out its value'}")  # fmt: skip
        for each in others:
            if each.name not in self.used:
                raise self.problem(each, f"'{each.name}' is not used; leave it out")

    def define(self, definition: Definition) -> None:
        name = definition.name
        if definition.parameters is not None:
            self.functions[name] = _Function(definition, {**self.functions})
            return
        node = self.evaluated(definition.body, {}, self.functions)
        if node.is_number:  # x = 2 gives the variable x its value
            self.defined[name] = self.variables[name] = Leaf(name, node.number)
        else:
            self.defined[name] = self.named(node, name)

    def set_result(self, last: Definition) -> None:
        """Add the node of the last definition, whose parameters are variables."""
        own = {each: self.variable(each) for each in last.parameters or ()}
        node = self.evaluated(last.body, own, self.functions)
        taken = self.taken_names()
        names = chain(_RESULTS, (f"f{n}" for n in count(1)))
        self.named(node, last.name or next(each for each in names if each not in taken))

    def named(self, node: Input, name: str) -> Node:
        """Give the newest node a name, or a copy of an older one or a number; return it."""
        if node.name or node not in self.nodes[-1:]:
            self.add(COPY, (node,), 0)
        self.nodes[-1].name = name
        return self.nodes[-1]

    def variable(self, name: str) -> Leaf:
        return self.variables.setdefault(name, Leaf(name))

    def evaluated(
        self, expression: Expression, own: Mapping[str, Input], known: Mapping[str, _Function]
    ) -> Input:
        """Return the node of an expression.

        Parameters
        ----------
        own : mapping of str to Node
            The arguments of the function whose body it is.
        known : mapping of str to _Function
            The functions that it may use.
        """
        self.steps += 1
        if isinstance(expression, Number):
            return Leaf(number=expression.value)
        if isinstance(expression, Name):
            return own.get(expression.text) or self.global_name(expression)
        if self.steps > _MOST_STEPS:
            words = "too many operations in functions"
            raise self.problem(expression, f"{words}; at most {_MOST_STEPS} are allowed")
        inputs = tuple(self.evaluated(each, own, known) for each in expression.arguments)
        return self.called(expression, inputs, known)

    def called(
        self, call: Call, inputs: tuple[Input, ...], known: Mapping[str, _Function]
    ) -> Input:
        name = call.function
        if name in known:
            definition = known[name].definition
            names = definition.parameters or ()
            self.check_count(call, len(names))
            self.used.add(name)
            return self.evaluated(
                definition.body, dict(zip(names, inputs, strict=True)), known[name].known
            )
        if name == "^":
            return self.add(power(*(each.number if each.is_number else None for each in inputs)),
                            inputs, call.at)  # fmt: skip
        operation = SIGNS.get(name) or FUNCTIONS.get(name)
        if operation is None:
            raise self.unknown_function(call, known)
        self.check_count(call, len(operation.inputs))
        if name in ("max", "min") and inputs[0].is_number and not inputs[1].is_number:
            operation, inputs = mirrored(operation), inputs[::-1]
        return self.add(operation, inputs, call.at)

    def add(self, operation: Operation, inputs: tuple[Input, ...], at: int) -> Input:
        """Return a new node, or a number if all inputs are numbers."""
        if operation is not COPY and all(each.is_number for each in inputs):
            try:
                value = operation.value(*(each.number for each in inputs))
            except UndefinedError as error:
                raise problem_at(self.text, at, str(error)) from error
            except OverflowError:
                value = inf
            if not isfinite(value):
                raise problem_at(self.text, at, "the number is too large")
            return Leaf(number=value)
        if len(self.nodes) == _MOST_NODES:
            raise problem_at(self.text, at, f"too many nodes; at most {_MOST_NODES} are allowed")
        self.nodes.append(Node(operation, inputs))
        return self.nodes[-1]

    def global_name(self, name: Name) -> Input:
        """Return the node of a name that is no argument: a definition, variable or constant."""
        text = name.text
        if text in self.defined:
            self.used.add(text)
            return self.defined[text]
        if text in self.given or text in self.variables:
            return self.variable(text)
        if text in self.functions or text in FUNCTIONS:
            raise self.problem(name, f"'{text}' is a function; write {text}(...)")
        if any(each.name == text for each in self.program):
            raise self.problem(name, f"'{text}' is used before its definition; move it up")
        if text in CONSTANTS:
            return Leaf(number=CONSTANTS[text])
        return self.variable(text)

    def unknown_function(self, call: Call, known: Mapping[str, _Function]) -> ExpressionError:
        name = call.function
        if name in self.variables or name in self.defined or name in self.given:
            words = f"'{name}' is no function; write {name}*(...)"
        elif name == "softmax":
            words = "softmax needs several numbers; write it with exp and /"
        elif any(each.name == name for each in self.program):
            words = f"'{name}' is used before its definition; move it up"
        else:
            near = choice_hint(_AS_WRITTEN.get(name, name), [*known, *FUNCTIONS])
            words = f"unknown function '{name}'{near or f'; define {name}(u) = ...'}"
        return self.problem(call, words)

    def check_count(self, call: Call, expected: int) -> None:
        if len(call.arguments) != expected:
            words = f"'{call.function}' takes {counted(expected, 'argument')}"
            raise self.problem(call, f"{words}, not {len(call.arguments)}")

    def free_names(self, nodes: Sequence[Node]) -> Iterator[str]:
        """Return names for nodes without one: q if it is only one, else q1, q2, ..."""
        taken = self.taken_names()
        number = sum(not each.name for each in nodes)
        for letter in _LETTERS:
            names = [letter] if number == 1 else [f"{letter}{n + 1}" for n in range(number)]
            if not taken & {letter, *names}:
                return iter(names)
        return (name for n in count(1) if (name := f"{_LETTERS[0]}{n}") not in taken)

    def taken_names(self) -> set[str]:
        """Return the names of the text, without the underscore that formulas do not show."""
        names = {each.name for each in self.program} | {*self.variables, *self.given}
        return {each.replace("_", "") for each in names}

    def problem(self, place: Definition | Expression, words: str) -> ExpressionError:
        return problem_at(self.text, place.at, words)


def _needed(nodes: list[Node]) -> list[Node]:
    """Return the nodes that the last one depends on, and itself."""
    needed: set[Input] = {nodes[-1]}
    for node in reversed(nodes):
        if node in needed:
            needed.update(node.inputs)
    return [node for node in nodes if node in needed]
