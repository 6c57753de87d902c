"""The page of a derivation in every format."""

import re

import pytest

import nncli
from nncli.explain.document.formats import FORMATS
from tests.explain.derivation.expressions import check_page
from tests.explain.document.reader import read_page

SLIDES = [
    ("f = 3", {}),
    ("f(x) = 3", {"x": 2}),
    ("f = x", {"x": 2}),
    ("f = 2*x", {"x": 2}),
    ("f = x + 3", {"x": -2}),
    ("f = x*y", {"x": 4, "y": -3}),
    ("f = w*x + b", {"w": -2, "x": 5, "b": 3}),
    ("f = (x + y)*z", {"x": -2, "y": 5, "z": -4}),
    ("f = sigmoid(w0*x0 + w1*x1 + w2)", {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}),
    ("f(u) = u^2 + 1; y = f(f(f(w)))", {"w": 0.5}),
    ("f = max(x, y)", {"x": 2, "y": 2}),
    ("loss = abs(α_1 - t_0)/2 + mish(α_1)*sqrt(beta)^-3", {"α_1": 0.3, "t_0": 0.3, "beta": 2}),
]


def text_of(expression, **values):
    return nncli.derive(expression, values)


def test_the_page_has_every_step_of_the_chain_rule():
    assert (
        text_of("f = (x + y) * z", x=-2, y=5, z=-4)
        == """\
The derivatives of f
====================

f = (x + y) * z at x = -2, y = 5, z = -4.

1 Forward
---------

  q = x + y = -2 + 5 = 3
  f = q·z = 3·(-4) = -12

2 Local derivatives
-------------------

Each node by its inputs, as if these did not depend on each other.

  ∂q/∂x = 1
  ∂q/∂y = 1

3 Backward
----------

The chain rule, from the result to the variables.

  ∂f/∂f = 1
  ∂f/∂q = z = -4
  ∂f/∂x = ∂f/∂q·∂q/∂x = -4 × 1 = -4
  ∂f/∂y = ∂f/∂q·∂q/∂y = -4 × 1 = -4
  ∂f/∂z = q = 3
"""
    )


def test_a_node_that_is_used_several_times_has_a_sum():
    page = text_of("s = x + 1; f = x*s*s", x=3)
    assert "  ∂f/∂s = ∂f/∂q·∂q/∂s + q = 4 × 3 + 12 = 24\n" in page
    assert "  ∂f/∂x = ∂f/∂s·∂s/∂x + ∂f/∂q·∂q/∂x = 24 × 1 + 4 × 4 = 40\n" in page
    assert "  ∂f/∂x = x + x = 3 + 3 = 6\n" in text_of("f = x*x", x=3)


def test_a_negative_term_is_subtracted():
    page = text_of("f = x/y - x", x=3, y=2)
    assert "  ∂f/∂x = ∂f/∂q·∂q/∂x - 1 = 1 × 0.5 - 1 = -0.5\n" in page


def test_a_constant_has_no_derivative_but_its_own():
    page = text_of("f = 3")
    assert "  f = 3\n" in page
    assert page.endswith("  ∂f/∂f = 1\n\nf depends on no variable.\n")
    assert text_of("f(x) = 3", x=2).endswith("  ∂f/∂f = 1\n  ∂f/∂x = 0\n")


def test_the_formula_of_an_activation_is_that_of_its_table():
    page = text_of("f = leaky_relu(x)", x=-3)
    assert "  f = 0.01·x = 0.01·(-3) = -0.03\n" in page
    assert "  ∂f/∂x = 0.01\n" in page


def test_the_limit_has_difference_quotients_that_approach_the_derivative():
    page = nncli.derive("f = x^2*y", {"x": 3, "y": 2}, limit=True, precision=9)
    _, _, tables = page.partition("Limit")
    rows = [line.split() for line in tables.splitlines() if re.match(r" +(0\.|1e)", line)]
    assert [row[0] for row in rows] == ["0.1", "0.01", "0.001", "0.0001", "1e-05"] * 2
    by_x = [float(row[2]) for row in rows[:5]]
    assert by_x == pytest.approx([12 + 2 * 10**-n for n in range(1, 6)], abs=1e-7)
    assert [float(row[2]) for row in rows[5:]] == pytest.approx([9] * 5)
    limits = re.findall(r"→ 0 +18 +(\S+)", tables)
    assert limits == ["12", "9"]
    assert "∂f/∂y is the limit of (f(y + h) - f(y)) / h as h gets smaller." in tables


def test_a_variable_with_a_value_in_the_expression_has_difference_quotients():
    page = nncli.derive("x = 3; f = x^2", limit=True)
    assert re.search(r"^ +0\.1 +9\.61 +6\.1$", page, re.MULTILINE)


def test_a_difference_without_a_value_is_left_out():
    page = nncli.derive("f = sqrt(0.5 - x)", {"x": 0.45}, limit=True)
    assert re.search(r"^ +0\.1 +none +none$", page, re.MULTILINE)


def test_at_a_kink_the_page_says_what_it_uses():
    assert text_of("f = abs(x)", x=0).endswith(
        "f has no derivative here: ∂f/∂x = -1 is its left-hand derivative.\n"
    )
    assert text_of("f = max(x, y)", x=2, y=2).endswith(
        "f has no derivative here: ∂f/∂x = 0 is its left-hand derivative and ∂f/∂y = 1 is\n"
        "its right-hand derivative.\n"
    )


@pytest.mark.parametrize("text", ["f = mish(s)", "s = mish(u); f = s", "u = mish(s); f = u*v"])
def test_a_letter_of_a_formula_is_not_that_of_a_variable(text):
    at = {name: 0.5 for name in "suv" if f"({name})" in text or f"*{name}" in text}
    check_page(text, **at)
    page = nncli.derive(text, at)
    assert re.search(r"tanh\(([uvrs])\), \1 = ln", page)
    assert "s·tanh(s)" not in page
    latex = nncli.derive(text, at, format="latex")
    assert r"s \tanh s" not in latex


@pytest.mark.parametrize("limit", [False, True])
@pytest.mark.parametrize("precision", [1, 6, 17])
@pytest.mark.parametrize(("expression", "values"), SLIDES)
def test_text_fits_80_columns(expression, values, precision, limit):
    page = nncli.derive(expression, values, precision=precision, limit=limit)
    assert max(map(len, page.splitlines())) <= 80


def test_long_names_and_numbers_fit_80_columns():
    names = [letter * 10 for letter in "abcd"]
    text = f"{names[0]} = {names[2]}*{names[3]} + exp({names[3]}); {'f' * 10} = " + " + ".join(
        f"mish({names[0]})*{names[3]}/{name}" for name in names[2:]
    )
    values = {names[2]: -1.2345678901234567e-7, names[3]: -1.2345678901234567e-8}
    page = nncli.derive(text, values, precision=17, limit=True)
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "text"])
@pytest.mark.parametrize(("expression", "values"), SLIDES)
def test_every_format_has_the_numbers(expression, values, name):
    page = nncli.derive(expression, values, format=name, limit=True)
    numbers = re.findall(r"-?\d+\.\d+", nncli.derive(expression, values, limit=True))
    if name == "html":
        page = read_page(page).find("main")[0].text.replace("\N{MINUS SIGN}", "-")
        assert "\\" not in page
    else:
        assert page.count("{") == page.count("}")
        assert page.count("$") % 2 == 0
        if name == "latex":
            assert page.isascii()
            assert page.count(r"\begin{") == page.count(r"\end{")
    assert not re.search(r"<[a-z]\w*>", page)
    assert [number for number in numbers if number not in page] == []


def test_names_are_written_as_mathematics():
    page = nncli.derive("s_in = w12*α; loss = s_in*β_0", {"w12": 1, "α": 2, "β_0": 3},
                        format="latex")  # fmt: skip
    assert r"\mathrm{s}" not in page
    assert r"s_{\mathrm{in}} &= w_{12} \cdot \alpha = 1 \cdot 2" in page
    assert r"\frac{\partial \mathrm{loss}}{\partial \beta_{0}} &= s_{\mathrm{in}} = 2" in page


def test_the_expression_is_legible_in_latex():
    page = nncli.derive("f = w₀·α \N{MINUS SIGN} 1", {"w0": 1, "α": 2}, format="latex")
    assert r"\texttt{f = w0·\ensuremath{\alpha} - 1} at" in page


@pytest.mark.parametrize("name", FORMATS)
def test_an_expression_is_shown_as_text(name):
    page = nncli.derive("f = (x\n  *x) ;", {"x": 2}, format=name)
    assert "f = (x *x) ;" in page
