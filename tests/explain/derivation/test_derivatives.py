"""Derivatives agree with independent ones, for random expressions and for every operation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nncli import UsageError
from nncli.explain.derivation.build import build
from nncli.explain.derivation.operations import FUNCTIONS
from nncli.explain.derivation.page import page
from nncli.explain.derivation.passes import passes
from nncli.explain.document.notation import Text
from nncli.nn.activations import ACTIVATIONS
from tests.explain.derivation.expressions import (
    VARIABLES,
    check_page,
    derivative,
    derived,
    expressions,
)

numbers = st.floats(-3, 3, allow_subnormal=False).map(lambda number: round(number, 3))


@settings(max_examples=400)
@given(expressions, st.fixed_dictionaries(dict.fromkeys(VARIABLES, numbers)))
def test_random_expressions_have_the_derivatives_of_a_complex_step(expression, at):
    text, function = expression
    text = f"f(x, y, z) = {text}"
    try:
        graph = build(text, at)
        found = passes(graph, at)
    except UsageError:
        assume(False)
    assume(not found.sides)
    assume(all(abs(each) < 1e6 for each in (*found.values.values(), *found.gradients.values())))
    assert found.values[graph.result] == pytest.approx(
        function({name: complex(value) for name, value in at.items()}).real, rel=1e-9, abs=1e-9
    )
    largest = max(map(abs, found.gradients.values()))
    for each in graph.variables:
        expected = derivative(function, at, each.name)
        assert found.gradients[each] == pytest.approx(expected, rel=1e-7, abs=1e-9 * largest)


@settings(max_examples=200)
@given(expressions, st.fixed_dictionaries(dict.fromkeys(VARIABLES, numbers)))
def test_every_equation_of_the_page_of_a_random_expression_holds(expression, at):
    text = f"f(x, y, z) = {expression[0]}"
    try:
        found = passes(build(text, at), at)
    except UsageError:
        assume(False)
    assume(all(abs(each) < 1e6 for each in (*found.values.values(), *found.gradients.values())))
    check_page(text, **at, rel=1e-6)


POINTS = [-2.7, -1.3, -0.4, 0.3, 1.9]
OF_ONE = [name for name, each in FUNCTIONS.items() if len(each.inputs) == 1]


def central(function, z):
    step = 1e-5
    return (function(z + step) - function(z - step)) / (2 * step)


@pytest.mark.parametrize("z", POINTS)
@pytest.mark.parametrize("name", OF_ONE)
def test_every_function_has_the_derivative_of_a_central_difference(name, z):
    z = abs(z) if name in ("log", "ln", "sqrt") else z
    value, gradients = derived(f"f = {name}(z)", z=z)
    assert value == FUNCTIONS[name].value(z)
    assert gradients["z"] == pytest.approx(central(FUNCTIONS[name].value, z), rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("z", POINTS)
@pytest.mark.parametrize("name", [n for n, each in ACTIVATIONS.items() if not each.output_only])
def test_activations_are_those_that_train(name, z):
    entry, A = ACTIVATIONS[name], np.empty((1, 1))
    entry.forward(np.full((1, 1), z), A, **entry.complete({}))
    value, _ = derived(f"f = {name}(z)", z=z)
    assert value == A.item()


def test_every_activation_of_one_number_is_a_function():
    assert {name for name, each in ACTIVATIONS.items() if not each.output_only} <= {*FUNCTIONS}
    assert "softmax" not in FUNCTIONS


@pytest.mark.parametrize("name", OF_ONE)
@pytest.mark.parametrize("z", [*POINTS, 0.0])
def test_the_formulas_on_the_page_are_those_of_the_numbers(name, z):
    z = abs(z) or 0.5 if name in ("log", "ln", "sqrt") else z
    # The page shows SELU's constants with five digits.
    check_page(f"f = {name}(z)", z=z, rel=1e-4 if name == "selu" else 1e-9)
    check_page(f"f = {name}(2*z)*z", z=z / 2, rel=1e-4 if name == "selu" else 1e-9)


@pytest.mark.parametrize(
    ("text", "at", "value", "expected"),
    [
        ("f = x + y", (2, 3), 5, (1, 1)),
        ("f = x - y", (2, 3), -1, (1, -1)),
        ("f = x * y", (2, 3), 6, (3, 2)),
        ("f = x / y", (2, 4), 0.5, (0.25, -0.125)),
        ("f = x ^ y", (2, 3), 8, (12, 8 * math.log(2))),
        ("f = x ** y", (2, -1), 0.5, (-0.25, 0.5 * math.log(2))),
        ("f = max(x, y)", (2, 3), 3, (0, 1)),
        ("f = max(x, y)", (4, 3), 4, (1, 0)),
        ("f = min(x, y)", (2, 3), 2, (1, 0)),
        ("f = -x - -y", (2, 3), 1, (-1, 1)),
        ("f = x^2 + 2^y", (3, 3), 17, (6, 8 * math.log(2))),
        ("f = x*x*x + y*0", (2, 1), 8, (12, 0)),
        ("f = x^0 + y^1", (0, 0), 1, (0, 1)),
        ("f = x^-2*y", (2, 1), 0.25, (-0.25, 0.25)),
        ("f = (-x)^3 + y", (2, 0), -8, (-12, 1)),
        ("f = 0^y + x", (2, 1), 2, (1, 0)),
        ("f = x/x + y/2/2", (5, 8), 3, (0, 0.25)),
        ("f = 2^3^2*x + y", (1, 1), 513, (512, 1)),
        ("f = -x^2 + y", (3, 0), -9, (-6, 1)),
        ("f = e*x + pi*y", (1, 1), math.e + math.pi, (math.e, math.pi)),
    ],
)
def test_operators_have_their_usual_derivatives_and_precedence(text, at, value, expected):
    found, gradients = derived(text, x=float(at[0]), y=float(at[1]))
    assert found == pytest.approx(value)
    assert (gradients["x"], gradients["y"]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "values", "value", "expected"),
    [
        ("f(x) = 3", {"x": 7}, 3, {"x": 0}),
        ("f = x", {"x": 4}, 4, {"x": 1}),
        ("f = 2*x", {"x": 4}, 8, {"x": 2}),
        ("f = x + 3", {"x": 4}, 7, {"x": 1}),
        ("f = x*y", {"x": 4, "y": -3}, -12, {"x": -3, "y": 4}),
        ("f = x + y", {"x": 4, "y": -3}, 1, {"x": 1, "y": 1}),
        ("f = w*x + b", {"w": -2, "x": 5, "b": 3}, -7, {"w": 5, "x": -2, "b": 1}),
        ("f = (x + y)*z", {"x": -2, "y": 5, "z": -4}, -12, {"x": -4, "y": -4, "z": 3, "q": -4}),
        ("f = max(x, y)", {"x": 4, "y": -3}, 4, {"x": 1, "y": 0}),
        ("f(u) = u^2 + 1; y = f(f(f(w)))", {"w": 0.5}, 7.56640625,
         {"w": 2 * 2.5625 * 2 * 1.25 * 2 * 0.5}),
        ("f = sigmoid(w0*x0 + w1*x1 + w2)",
         {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}, 1 / (1 + math.exp(-1)),
         {"w0": -0.1966119, "x0": 0.3932239, "w1": -0.3932239, "x1": -0.5898358, "w2": 0.1966119}),
    ],
)  # fmt: skip
def test_the_examples_of_the_lectures_have_their_values(text, values, value, expected):
    found, gradients = derived(text, **values)
    assert found == pytest.approx(value)
    assert {name: gradients[name] for name in expected} == pytest.approx(expected, abs=1e-7)


KINKS = {
    "abs(x)": {"x": 0}, "max(x, y)": {"x": 2, "y": 2}, "min(x, y)": {"x": 2, "y": 2},
    "max(0, x)": {"x": 0}, "max(x, 0)": {"x": 0}, "min(x, 0)": {"x": 0}, "relu(x)": {"x": 0},
    "leaky_relu(x)": {"x": 0}, "prelu(x)": {"x": 0}, "selu(x)": {"x": 0}, "step(x)": {"x": 0},
}  # fmt: skip


@pytest.mark.parametrize("body", KINKS)
def test_at_a_kink_the_page_says_which_one_sided_derivative_it_uses(body):
    at = {name: float(value) for name, value in KINKS[body].items()}
    graph = build(f"f = {body}", at)
    found = passes(graph, at)
    sides = found.sides[graph.result]
    for each, slope, side in zip(graph.result.inputs, found.slopes[graph.result], sides,
                                 strict=True):  # fmt: skip
        if each.is_number:
            continue
        step = -1e-6 if side == "left-hand" else 1e-6
        moved = passes(graph, {**at, each.name: at[each.name] + step})
        quotient = (moved.values[graph.result] - found.values[graph.result]) / step
        assert slope == pytest.approx(quotient, abs=1e-5)
    text = "".join(part.text for part in page("", graph, found, Text(6), limit=False)
                   if hasattr(part, "text"))  # fmt: skip
    assert "f has no derivative here: " in text.replace("\N{NO-BREAK SPACE}", " ")
    assert sides[0] + " derivative" in text


@pytest.mark.parametrize("name", ["elu", "sqlu", "softsign", "gelu", "mish", "identity", "tanh"])
@pytest.mark.parametrize("z", [0.0, -2.0])
def test_smooth_functions_have_no_kink(name, z):
    graph = build(f"f = {name}(z)", ["z"])
    assert passes(graph, {"z": z}).sides == {}


def test_a_tie_with_a_number_gives_the_derivative_of_relu():
    for text in ("f = max(0, x)", "f = max(x, 0)", "f = relu(x)"):
        assert derived(text, x=0.0)[1]["x"] == 0


def test_a_maximum_of_the_same_node_has_a_derivative():
    graph = build("f = max(x, x)", ["x"])
    found = passes(graph, {"x": 2.0})
    assert (found.sides, found.gradients[graph.variables[0]]) == ({}, 1)


@pytest.mark.parametrize("name", OF_ONE)
@pytest.mark.parametrize("z", [5e-324, 1e-12, 60.0, 800.0, 1.7e308, 1.7976931348623157e308])
def test_no_number_is_too_large_for_an_activation(name, z):
    for at in (z, -z):
        if name in ACTIVATIONS and not (name == "selu" and at > 1e308):
            value, gradients = derived(f"f = {name}(z)", z=at)
            assert math.isfinite(value + gradients["z"])
    if name == "selu" and z > 1.7e308:
        with pytest.raises(UsageError, match="larger than"):
            derived("f = selu(z)", z=z)


UNDEFINED = [
    ("f = 1/x", 0, "f = 1 / x at x = 0: division by zero"),
    ("f = x/(x - 2)", 2, "f = x / q at x = 2, q = 0: division by zero"),
    ("f = log(x)", 0, "f = ln(x) at x = 0: only positive numbers have a logarithm"),
    ("f = ln(x)", -1, "f = ln(x) at x = -1: only positive numbers have a logarithm"),
    ("f = sqrt(x)", 0, "f = √(x) at x = 0: no derivative, as the slope is infinite"),
    ("f = sqrt(x)", -2, "f = √(x) at x = -2: negative numbers have no square root"),
    ("f = x^-1", 0, "f = x^(-1) at x = 0: division by zero: a negative power of 0"),
    ("f = x^0.5", 0, "f = x^0.5 at x = 0: no derivative, as the slope is infinite"),
    ("f = x^0.5", -4, "f = x^0.5 at x = -4: a negative number has no power that is not whole"),
    ("f = (-2)^x", 2, "f = (-2)^x at x = 2: no derivative by the exponent, as the base is not "
     "positive"),
    ("f = exp(x)", 1000, "f = e^x at x = 1000: the value is larger than 1.8e308"),
    ("f = x*x", 1e200, "f = x·x at x = 1e+200: the value is larger than 1.8e308"),
    ("f = x^x", 1e10, "f = x^x at x = 1e+10: the value is larger than 1.8e308"),
    ("f = 1e-309/x", 1e-309, "f = 1e-309 / x at x = 1e-309: a derivative is larger than 1.8e308"),
    ("f = abs(sqrt(x - x))", 3, "q2 = √(q1) at q1 = 0: no derivative, as the slope is infinite"),
    ("f = 1e200*x*1e200", 1e-250, "q = 1e+200·x at x = 1e-250: a derivative is larger than "
     "1.8e308"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "x", "message"), UNDEFINED)
def test_a_point_without_value_or_derivative_is_named_with_its_node(text, x, message):
    with pytest.raises(UsageError) as raised:
        derived(text, x=float(x))
    assert str(raised.value) == f"derive: {message}; change a value"
