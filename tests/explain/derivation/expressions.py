"""Random expressions, each as text and as a function of complex numbers: the reference.

A step along the imaginary axis gives exact derivatives, without the cancellation of differences.
"""

import cmath
import re
from math import pi

import pytest
from hypothesis import strategies as st

from nncli.explain.derivation.build import build
from nncli.explain.derivation.page import page
from nncli.explain.derivation.passes import passes
from nncli.explain.document.notation import Text
from tests.explain.equations import equations_of
from tests.explain.mathematics import evaluate

TINY = 1e-30

# Each function of one number, on complex numbers.
FUNCTIONS = {
    "exp": cmath.exp,
    "log": cmath.log,
    "ln": cmath.log,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "sqrt": cmath.sqrt,
    "abs": lambda z: z if z.real > 0 else -z,
    "tanh": cmath.tanh,
    "sigmoid": lambda z: 1 / (1 + cmath.exp(-z)),
    "relu": lambda z: z if z.real > 0 else 0 * z,
    "softplus": lambda z: cmath.log(1 + cmath.exp(z)),
    "silu": lambda z: z / (1 + cmath.exp(-z)),
}
PAIRS = {
    "max": lambda a, b: a if a.real > b.real else b,
    "min": lambda a, b: a if a.real < b.real else b,
}
SIGNS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
VARIABLES = ["x", "y", "z"]


def leaves():
    numbers = st.integers(0, 9) | st.floats(0.125, 8)
    return st.one_of(
        st.sampled_from(VARIABLES).map(lambda name: (name, lambda at: at[name])),
        numbers.map(lambda number: (repr(number), lambda at: complex(number))),
        st.just(("pi", lambda at: complex(pi))),
    )


def larger(part):
    def signed(made):
        (left, f), sign, (right, g) = made
        return f"({left} {sign} {right})", lambda at: SIGNS[sign](f(at), g(at))

    def called(made):
        name, (inner, f) = made
        return f"{name}({inner})", lambda at: FUNCTIONS[name](f(at))

    def paired(made):
        name, (left, f), (right, g) = made
        return f"{name}({left}, {right})", lambda at: PAIRS[name](f(at), g(at))

    def power(made):
        (inner, f), exponent = made
        return f"({inner})^{exponent}", lambda at: f(at) ** exponent

    def negative(made):
        return f"-{made[0]}", lambda at: -made[1](at)

    return st.one_of(
        st.tuples(part, st.sampled_from([*SIGNS]), part).map(signed),
        st.tuples(st.sampled_from([*FUNCTIONS]), part).map(called),
        st.tuples(st.sampled_from([*PAIRS]), part, part).map(paired),
        st.tuples(part, st.integers(0, 4)).map(power),
        part.map(negative),
    )


expressions = st.recursive(leaves(), larger, max_leaves=12)


def derivative(function, at, name):
    """Return the derivative of a function of complex numbers with respect to a real variable."""
    moved = {each: complex(value) for each, value in at.items()}
    moved[name] += TINY * 1j
    return function(moved).imag / TINY


def derived(text, **values):
    """Return the value of an expression and its derivatives by name, also of inner nodes."""
    graph = build(text, values)
    found = passes(graph, values)
    gradients = {each.name: found.gradients[each] for each in graph.named}
    return found.values[graph.result], gradients


def check_page(text, *, rel=1e-9, **values):
    """Check that every side of every equation is its value, with symbols and with numbers."""
    graph = build(text, values)
    found = passes(graph, values)
    named = {each.name: each for each in graph.named}
    numbers = {name: found.values[each] for name, each in named.items()}

    def local(node, by):
        pairs = zip(named[node].inputs, found.slopes[named[node]], strict=True)
        return sum(slope for each, slope in pairs if each is named[by])

    def product(match):
        _, user, node, by = match.groups()
        assert node == user
        return f"({found.gradients[named[user]]!r}*{local(user, by)!r})"

    equations = equations_of(page(text, graph, found, Text(17), limit=False))
    for equation in equations:
        sides = [" ".join(right) for right in equation.rights]
        for side in sides:
            written = re.sub(r"∂(\w+)/∂(\w+)·∂(\w+)/∂(\w+)", product, side)
            value = evaluate(written, numbers)
            assert value == pytest.approx(float(sides[-1]), rel=rel, abs=1e-12), equation
    assert {each.left for each in equations} >= {
        f"∂{graph.result.name}/∂{each.name}" for each in graph.named
    } | {each.name for each in graph.nodes}
