"""The displayed formulas are those that the code computes."""

import re

import numpy as np
import pytest

from nncli.explain.document.notation import Latex, Text, fill
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from tests.explain.mathematics import evaluate

WRITE = Text(17)
POINTS = [-2.7, -1.3, -0.4, 0.0, 0.3, 1.9]
SEVERAL_PARAMETERS = {"leaky_relu": {"slope": 0.3}, "elu": {"alpha": 0.7}, "sqlu": {"alpha": 1.5}}
ELEMENTWISE = [name for name, entry in ACTIVATIONS.items() if not entry.output_only]


def parameters_of(name):
    return SEVERAL_PARAMETERS.get(name, ACTIVATIONS[name].complete({}))


def tolerance(name):
    return 1e-4 if name == "selu" else 1e-12  # formulas show its constants with five digits


def evaluated(formula, names, **parameters):
    """Return the value of the whole formula, and check that its applicable case has the same."""
    known = {**names, **parameters}
    value = evaluate(fill(WRITE, formula.whole, known), names)
    assert evaluate(fill(WRITE, formula.at(known), known), names) == value
    return value


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("z", POINTS)
def test_the_formula_of_an_activation_is_what_it_computes(name, z):
    entry, parameters = ACTIVATIONS[name], parameters_of(name)
    learned = {"slope": np.array([0.3])} if entry.slope_gradient else {}
    parameters = parameters | learned
    Z, A, derivative = np.array([[z]]), np.empty((1, 1)), np.empty((1, 1))
    entry.forward(Z, A, **parameters)
    a = A.item()
    entry.backward(np.ones((1, 1)), Z, A, derivative, **parameters)
    names = {"z": z, "a": a, "p": 0.3}
    close = {"rel": tolerance(name), "abs": tolerance(name)}
    assert evaluated(entry.formula, names, **parameters) == pytest.approx(a, **close)
    assert evaluated(entry.derivative, names, **parameters) == pytest.approx(
        derivative.item(), **close
    )


def test_the_formula_of_softmax_has_its_jacobian():
    entry = ACTIVATIONS["softmax"]
    Z = np.array([[0.3, -1.0, 2.0]])
    A = np.empty_like(Z)
    entry.forward(Z, A)
    powers = np.exp(Z)
    text = fill(WRITE, entry.formula, {"z": 2.0}).replace("Σ e^z", str(powers.sum()))
    assert evaluate(text) == pytest.approx(A[0, 2], rel=1e-12)
    for i in range(3):
        out = np.empty_like(Z)
        entry.backward(np.eye(3)[i : i + 1], Z.copy(), A.copy(), out)
        for j in range(3):
            values = {"a": A[0, i], "other": A[0, j], "same": int(i == j)}
            assert evaluated(entry.derivative, values) == pytest.approx(out[0, j], rel=1e-12)


def test_the_formula_of_normalized_sigmoids_has_their_jacobian():
    entry = ACTIVATIONS["normalized_sigmoid"]
    Z = np.array([[0.3, -1.0, 2.0]])
    A = np.empty_like(Z)
    entry.forward(Z, A)
    total = (1 / (1 + np.exp(-Z))).sum()
    text = fill(WRITE, entry.formula, {"z": 2.0}).replace("Σ (1 / (1 + e^-z))", str(total))
    assert evaluate(text) == pytest.approx(A[0, 2], rel=1e-12)
    for i in range(3):
        out = np.empty_like(Z)
        entry.backward(np.eye(3)[i : i + 1], Z.copy(), A.copy(), out)
        for j in range(3):
            values = {"a": A[0, i], "other": A[0, j], "z": Z[0, j], "same": int(i == j)}
            assert evaluated(entry.derivative, values) == pytest.approx(out[0, j], rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("second_target", [0.0, 1.0])
def test_the_formula_of_a_loss_is_what_it_computes(name, second_target):
    entry, parameters = LOSSES[name], {"delta": 0.4} if name == "huber" else {}
    low = -1.0 if name == "hinge" else 0.0
    T = np.array([[1.0 - second_target or low, second_target or low]])
    output = ACTIVATIONS[entry.outputs[0]]
    Z = np.array([[0.7, -1.2]])
    A = np.empty_like(Z)
    output.forward(Z, A)
    gradient, scratch = np.empty_like(Z), np.empty_like(Z)
    value = entry.function(Z if entry.on_logits else A, T, gradient, scratch, **parameters)
    divisor = 2 if entry.mean_over_outputs else 1
    terms = []
    for k in range(2):
        names = {"z": Z[0, k].item(), "a": A[0, k].item(), "t": T[0, k].item()}
        terms.append(evaluated(entry.term, names, **parameters))
        derivative = evaluated(entry.derivative, names, **parameters)
        assert derivative / divisor == pytest.approx(gradient[0, k], rel=1e-12)
    assert sum(terms) / divisor == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("settings", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
def test_the_equations_of_an_optimizer_are_its_first_two_steps(name, settings):
    if settings and name != "sgd":
        return
    entry = OPTIMIZERS[name]
    settings = entry.complete(settings)
    slots, w = np.zeros((entry.slots, 1)), np.array([0.5])
    names = {"w": 0.5, "m": 0.0, "v": 0.0, "rate": 0.1}
    for step, g in enumerate((0.8, -0.3), 1):
        entry.update(w, np.array([g]), slots, np.empty(1), 0.1, step, **settings)
        names |= {"g": g, "k": step}
        found = {"w": w, **entry.shown(slots, settings)}
        for letter, formula in entry.equations(settings).items():
            names[letter] = evaluate(fill(WRITE, formula, {**names, **settings}))
            assert names[letter] == pytest.approx(found[letter].item(), rel=1e-7)


def all_formulas():
    for table in (ACTIVATIONS, LOSSES):
        for name, entry in table.items():
            for field in ("formula", "term", "derivative"):
                if formula := getattr(entry, field, None):
                    yield pytest.param(formula.whole, id=f"{name}-{field}")
    for name, entry in OPTIMIZERS.items():
        for letter, formula in entry.equations(entry.complete({})).items():
            yield pytest.param(formula, id=f"{name}-{letter}")


@pytest.mark.parametrize("formula", list(all_formulas()))
def test_text_and_latex_take_the_same_values_and_latex_is_balanced(formula):
    placeholder = re.compile(r"<\w+>")
    assert set(placeholder.findall(formula.text)) == set(placeholder.findall(formula.latex))
    assert formula.latex.isascii()
    depth = 0
    for character in formula.latex:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


def test_a_negative_number_is_put_in_parentheses():
    assert fill(WRITE, ACTIVATIONS["tanh"].formula, {"z": -0.5}) == "tanh(-0.5)"
    assert fill(WRITE, ACTIVATIONS["softsign"].formula, {"z": -0.5}) == "-0.5 / (1 + |-0.5|)"
    assert fill(WRITE, ACTIVATIONS["relu"].formula, {"z": -0.5}) == "max(0, -0.5)"
    assert fill(WRITE, ACTIVATIONS["sigmoid"].formula, {"z": -0.5}) == "1 / (1 + e^-(-0.5))"
    assert fill(Latex(3), ACTIVATIONS["sigmoid"].derivative, {"a": 1e-6}) == (
        r"1 \cdot 10^{-6} (1 - (1 \cdot 10^{-6}))"
    )
