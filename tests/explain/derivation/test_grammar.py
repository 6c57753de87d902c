"""Expressions are read as mathematics reads them; everything else is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncli
from nncli import ExpressionError, NncliError, UsageError
from nncli.explain.derivation.build import build
from tests.explain.derivation.expressions import derived


@pytest.mark.parametrize(
    ("text", "given", "names"),
    [
        ("f = (x + y)*x", "x y", ["q", "f"]),
        ("f = x*y + x", "x y", ["q", "f"]),
        ("f = (x + q)*x", "x q", ["a", "f"]),
        ("f = x*y + x*q", "x y q", ["a1", "a2", "f"]),
        ("f = x*y + x*q1", "x y q1", ["a1", "a2", "f"]),
        ("f = x*y + x*q_1", "x y q_1", ["a1", "a2", "f"]),
        ("x*y", "x y", ["f"]),
        ("f(u) = u^2; f(x)", "x", ["y"]),
        ("f*x", "f x", ["y"]),
        ("f*x + y", "f x y", ["q", "L"]),
        ("s = x*y; g = s", "x y", ["s", "g"]),
        ("g = x", "x", ["g"]),
        ("c = 2; f = c*x", "x", ["f"]),
        ("s = x + 1\nf = s*s", "x", ["s", "f"]),
        ("f = (x\n + 1)", "x", ["f"]),
        (";; s = x + 1;; s*s ;", "x", ["s", "f"]),
        ("f(u, v) = u; y = f(x + 1, x + 2)", "x", ["q", "y"]),
    ],
)
def test_nodes_without_a_name_get_a_free_letter(text, given, names):
    assert [each.name for each in build(text, given.split()).nodes] == names


def test_there_are_names_for_nodes_whatever_the_names_of_variables():
    variables = [*"abcdefghijklmnopqrstuvwxyz", "q1"]
    names = [each.name for each in build(" + ".join(variables), variables).nodes]
    assert not {*names} & {*variables}
    assert len({*names}) == 26


def test_symbols_of_mathematics_are_read():
    minus = "\N{MINUS SIGN}"
    assert derived(f"f = w₁·α × 2 {minus} 1", w1=3.0, α=4.0)[0] == 23
    assert derived("µ = 2; f = µ*w_0", w_0=3.0)[0] == 6  # the micro sign is the letter
    assert derived("f = μ", μ=5.0)[0] == 5


def test_own_functions_come_before_those_of_the_same_name():
    assert derived("sigmoid(u) = u + 1; f = sigmoid(x)", x=2.0)[0] == 3
    assert derived("tanh(u) = 2*tanh(u); f = tanh(x)", x=0.0)[1]["x"] == 2


def test_a_constant_definition_is_a_variable_with_a_value():
    value, gradients = derived("x = -2; y = 5; z = -4; f = (x + y)*z")
    assert (value, gradients["x"], gradients["z"]) == (-12, -4, 3)


def test_a_function_at_the_end_is_the_result_with_its_parameters_as_variables():
    value, gradients = derived("f(x, y) = x*y + 1", x=2.0, y=5.0)
    assert (value, gradients["x"], gradients["y"]) == (11, 5, 2)


def test_constants_give_way_to_variables():
    assert derived("f = e*pi", e=2.0, pi=3.0) == (6, {"e": 3, "pi": 2, "f": 1})


PLACES = [
    ("f = (x +) * y", 8, "found ')'; expected a number, a name or '('"),
    ("f = x +", 7, "found the end; expected a number, a name or '('"),
    ("f = (x + 1", 10, "found the end; expected an operator or ')'"),
    ("f = x + 1)", 9, "found ')'; expected an operator, ';' or the end"),
    ("f = 2x", 5, "found 'x'; expected an operator, as in 2*x"),
    ("f = x y", 6, "expected an operator, such as *, before 'y'"),
    ("f = (x)(y)", 7, "expected an operator, such as *, before '('"),
    ("f = x = y", 6, "found '='; expected an operator, ';' or the end"),
    ("f = max(x, )", 11, "found ')'; expected a number, a name or '('"),
    ("f = max(x)", 4, "'max' takes 2 arguments, not 1"),
    ("f = exp(x, y)", 4, "'exp' takes 1 argument, not 2"),
    ("f = exp()", 8, "found ')'; expected a number, a name or '('"),
    ("f = x $ y", 6, "found '$'; expected a number, a name or a sign"),
    ("f = sigmod(x)", 4, "unknown function 'sigmod'; did you mean 'sigmoid'?"),
    ("f = ReLU(x)", 4, "unknown function 'ReLU'; did you mean 'relu'?"),
    ("f = logistic(x)", 4, "unknown function 'logistic'; did you mean 'sigmoid'?"),
    ("f = foo(x)", 4, "unknown function 'foo'; define foo(u) = ..."),
    ("f = x(y + 1)", 4, "'x' is no function; write x*(...)"),
    ("f = sigmoid * 2", 4, "'sigmoid' is a function; write sigmoid(...)"),
    ("g(u) = u; f = g*2", 14, "'g' is a function; write g(...)"),
    ("f = softmax(x)", 4, "softmax needs several numbers; write it with exp and /"),
    ("f = s; s = x", 4, "'s' is used before its definition; move it up"),
    ("f(u) = f(u); g = f(x)", 7, "'f' is used before its definition; move it up"),
    ("s = x; s = y", 7, "'s' is defined twice; choose another name"),
    ("s = x; f = y", 0, "'s' is not used; leave it out"),
    ("x = 2; f = x", 0, "'x' is defined here; leave out its value"),
    ("x + 1; f = x", 0, "only the last part may lack a name; write 'q = ...'"),
    ("g(u, u) = u; f = g(x, y)", 5, "the parameter 'u' occurs twice"),
    ("f = abcdefghijk", 4, "found a name of 11 characters; at most 10 are allowed"),
    ("f = 1e400*x", 4, "the number is too large; at most 1.8e308 is allowed"),
    ("f = 10^10^10*x", 6, "the number is too large"),
    ("f = 1/0 + x", 5, "division by zero"),
    ("f = x*sqrt(-1)", 6, "negative numbers have no square root"),
    ("f = 1.2.3", 7, "found '.3'; expected an operator, ';' or the end"),
    ("__import__('os')", 0,
     "found '_'; expected a number, a name or a sign"),
    ("f = x.__class__", 5, "found '.'; expected a number, a name or a sign"),
    ("f = ж", 4, "found '\\u0436'; expected a number, a name or a sign"),
    ("f = \x1b[31m", 4,
     "found '\\x1b'; expected a number, a name or a sign"),
    ("f = 中", 4, "found '\\u4e2d'; expected a number, a name or a sign"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "problem"), PLACES)
def test_an_error_shows_its_place_with_a_mark(text, at, problem):
    with pytest.raises(ExpressionError) as raised:
        nncli.derive(text, {"x": 1.0, "y": 1.0})
    first, line, mark = str(raised.value).split("\n")
    assert first == f"derive: column {at + 1}: {problem}"
    assert mark.strip() == "^"
    rest = text[at:].encode("unicode_escape").decode()
    assert line[len(mark) - 1 :] == rest
    assert line.startswith("  ")
    assert max(map(len, (f"Error: {first}", line, mark))) <= 80


@pytest.mark.parametrize(
    ("text", "problem", "mark"),
    [
        ("f = x² + 1", "column 6: found '²'; write ^2", "       ^"),
        ("f = σ(x)", "column 5: unknown function 'σ'; did you mean 'sigmoid'?", "      ^"),
    ],
)
def test_signs_of_printed_formulas_are_answered_with_what_to_write(text, problem, mark):
    with pytest.raises(ExpressionError) as raised:
        nncli.derive(text, {"x": 1.0})
    assert str(raised.value) == f"derive: {problem}\n  {text}\n{mark}"


def test_an_error_in_several_lines_names_the_line():
    with pytest.raises(ExpressionError) as raised:
        nncli.derive("s = x*y\nf = s + + / 2", {"x": 1, "y": 1})
    assert str(raised.value).split("\n") == [
        "derive: line 2, column 11: found '/'; expected a number, a name or '('",
        "  f = s + + / 2",
        "            ^",
    ]


@pytest.mark.parametrize("at", [0, 60, 300, 590])
def test_a_long_line_is_shortened_around_the_place(at):
    text = "x + " * 150
    text = text[:at] + "$" + text[at + 1 :]
    with pytest.raises(ExpressionError) as raised:
        nncli.derive(text, {"x": 1})
    _, line, mark = str(raised.value).split("\n")
    assert max(len(line), len(mark)) <= 80
    assert line[len(mark) - 1] == "$"


VALUES = [
    ("f = x*y", ["x=1"], "'y' has no value; give one, such as y=1"),
    ("f = x*y", [], "'x', 'y' have no value; give one, such as x=1 y=1"),
    ("f = w0*x", ["w1=1", "x=2"],
     "'w0' has no value; give one, such as w0=1"),
    ("f = slope*x", ["slpoe=1", "x=2"],
     "'slope' has no value; give one, such as slope=1; did you mean 'slpoe'?"),
    ("f = x", ["x=1", "z=2"], "'z' is no variable of the expression; leave out its value"),
    ("f = slope", ["slope=1", "slop=2"],
     "'slop' is no variable of the expression; did you mean 'slope'?"),
    ("f = x", ["x=1", "x=2"], "'x' has two values; leave one out"),
    ("f = x", ["x"], "found 'x'; expected a value such as x=2"),
    ("f = x", ["x=y=2"], "found 'x=y=2'; expected a value such as x=2"),
    ("f = x", ["x="], "found 'x='; expected a value such as x=2"),
    ("f = x", ["x=a"], "x=a: expected a number"),
    ("f = x", ["x=1e999"], "x=1e999: column 1: the number is too large; at most 1.8e308 is "
     "allowed"),
    ("f = x", ["x=1/0"], "x=1/0: column 2: division by zero"),
    ("f = x", ["x\n=1", "\x1b[1m=2"],
     "found the variable '\\x1b[1m'; expected a name such as x or w1"),
    ("f = x", ["x=1", "=2"], "found the variable ''; expected a name such as x or w1"),
    ("f = w1", ["w₁=1", "w1=2"], "'w1' has two values; leave one out"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values", "message"), VALUES)
def test_a_wrong_value_is_named(text, values, message):
    with pytest.raises(UsageError) as raised:
        nncli.derive(text, values)
    assert str(raised.value) == f"derive: {message}"


def test_values_may_be_expressions_of_numbers():
    page = nncli.derive("f = sin(x)*y", ["x=pi/2", "y=-2^2"])
    assert "at x = 1.5708, y = -4." in page
    assert page == nncli.derive("f = sin(x)*y", {"x": 1.5707963267948966, "y": -4})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"x": "1"}, "x: found '1'; expected a number"),
        ({"x": True}, "x: found True; expected a number"),
        ({"x": float("nan")}, "x: found nan; expected a number"),
        ({"x": float("inf")}, "x: found inf; expected a number"),
        ({1: 2}, "values: found 1; expected numbers by name such as {'x': 2}"),
        ("x=1", "values: found 'x=1'; expected numbers by name such as {'x': 2}"),
        (None, "values: found None; expected numbers by name such as {'x': 2}"),
        ({"x": 10**400}, f"x: found {'1' + '0' * 56}...; expected a number"),
    ],
)
def test_values_of_another_type_are_refused(values, message):
    with pytest.raises(UsageError) as raised:
        nncli.derive("f = x", values)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"expression": 3}, "expression: found 3; expected a text such as 'f = 2*x'"),
        ({"format": "pdf"}, "format: found 'pdf'; expected text, markdown, latex or html"),
        ({"precision": 0}, "precision: found 0; expected an integer from 1 to 17"),
        ({"precision": True}, "precision: found True; expected an integer from 1 to 17"),
    ],
)
def test_other_arguments_are_checked(arguments, message):
    with pytest.raises(UsageError) as raised:
        nncli.derive(**{"expression": "f = x", "values": {"x": 1}, **arguments})
    assert str(raised.value) == message


LONG = "at most 1000 are allowed"
ATTACKS = [
    ("(" * 100_000 + "x", f"the expression has 100001 characters; {LONG}"),
    ("x" * 100_000, f"the expression has 100000 characters; {LONG}"),
    ("(" * 999, "nested too deeply; at most 50 levels are allowed"),
    ("-" * 999 + "x", "nested too deeply; at most 50 levels are allowed"),
    ("x^" * 499 + "x", "nested too deeply; at most 50 levels are allowed"),
    ("abs(" * 200 + "x", "nested too deeply; at most 50 levels are allowed"),
    ("x+" * 499 + "x", "too many operations; at most 100 are allowed"),
    ("9" * 999, "the number is too large; at most 1.8e308 is allowed"),
    ("x" * 999, "found a name of 999 characters; at most 10 are allowed"),
    ("", "the expression is empty; give one, such as 'f = 2*x'"),
    (" ;\n\t; ", "the expression is empty; give one, such as 'f = 2*x'"),
    ("f0(u) = u + u;" + "".join(f"f{n + 1}(u) = f{n}(f{n}(u));" for n in range(30)) + "f30(x)",
     "too many nodes; at most 100 are allowed"),
    *(
        (f"f0(u) = {body};" + "".join(f"f{n + 1}(u) = f{n}(f{n}(u));" for n in range(30)) + last,
         "too many operations in functions; at most 2000 are allowed")
        for body, last in [("u", "f30(x)"), ("-u", "f30(1)*x")]
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), ATTACKS, ids=range(len(ATTACKS)))
def test_what_is_too_large_is_refused_at_once(text, problem):
    with pytest.raises(ExpressionError) as raised:
        nncli.derive(text, {"x": 1.0})
    lines = str(raised.value).split("\n")
    assert lines[0].endswith(problem)
    assert len(lines) in (1, 3)
    assert max(map(len, lines[1:]), default=0) <= 80


SIGNS = "xyq12.e+-*/^()=;, \n_αµ₀·$\x00é"


@given(st.text(SIGNS, max_size=40) | st.text(max_size=20))
def test_any_text_gives_a_page_or_an_error_with_printable_lines(text):
    try:
        shown = nncli.derive(text, ())
    except NncliError as error:
        shown = str(error)
    lines = shown.split("\n")
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines[1:]), default=0) <= 80
