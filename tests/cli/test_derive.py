"""``nncli derive``: its page, its picture and its errors."""

import pytest

import nncli as package

PRODUCT = ("f = (x + y) * z", "x=-2", "y=5", "z=-4")


def test_the_page_is_that_of_python(nncli):
    result = nncli("derive", *PRODUCT)
    assert (result.code, result.err) == (0, "")
    assert result.out == package.derive(PRODUCT[0], {"x": -2, "y": 5, "z": -4})
    assert "  ∂f/∂x = ∂f/∂q·∂q/∂x = -4 × 1 = -4" in result.out.splitlines()


def test_options_are_passed_on(nncli):
    values = {"x": -2, "y": 5, "z": -4}
    result = nncli("derive", *PRODUCT, "--limit", "--precision", "3", "--format", "markdown")
    assert result.out == package.derive(
        PRODUCT[0], values, limit=True, precision=3, format="markdown"
    )


def test_a_syntax_error_is_shown_with_a_mark(nncli):
    result = nncli("derive", "f = (x +) * y", "x=1", "y=2")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "Error: derive: column 9: found ')'; expected a number, a name or '('\n"
        "  f = (x +) * y\n"
        "          ^\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["f = x*y", "x=1"], "derive: 'y' has no value; give one, such as y=1"),
        (["f = x", "x=1", "x=2"], "derive: 'x' has two values; leave one out"),
        (["f = x", "x=1", "z=2"], "derive: 'z' is no variable of the expression; leave out its "
         "value"),
        (["f = 1/x", "x=0"], "derive: f = 1 / x at x = 0: division by zero; change a value"),
        (["f = x", "x=1", "-o", "a.png"], "-o: is for a picture; add --plot, too"),
        (["f = x", "x=1", "--plot", "--limit"], "--limit: is for the page; leave out --plot"),
        (["f = x", "x=1", "--plot", "--format", "html"],
         "--format: is for the page; leave out --plot"),
        (["f = " + "(" * 100_000], "derive: the expression has 100004 characters; at most 1000 are "
         "allowed"),
    ],
)  # fmt: skip
def test_other_errors_are_one_line(nncli, arguments, message):
    result = nncli("derive", *arguments)
    assert result.code == 2
    assert result.error == f"Error: {message}"


def test_control_characters_reach_no_terminal(nncli):
    result = nncli("derive", "f = \x1b[2J + x", "x=1")
    assert result.code == 2
    assert [line.isprintable() for line in result.err.splitlines()] == [True] * 3


@pytest.mark.parametrize("name", ["graph.png", "graph.svg", "graph.pdf"])
def test_the_picture_is_written_to_a_file(nncli, tmp_path, name):
    result = nncli("derive", *PRODUCT, "--plot", "-o", name)
    assert (result.code, result.out) == (0, f"The graph is in {name}.\n")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[name[-3:]]
    assert (tmp_path / name).read_bytes().startswith(start)


def test_the_picture_has_a_default_place(nncli, tmp_path):
    assert nncli("derive", "f = x*y", "x=2", "y=3", "--plot").out == (
        "The graph is in derivation.png.\n"
    )
    assert (tmp_path / "derivation.png").exists()


def test_an_expression_that_starts_with_a_minus_sign_follows_two_dashes(nncli):
    assert "f = -x^2" not in nncli("derive", "--", "-x^2", "x=3").err
    assert "  ∂f/∂x = ∂f/∂q·∂q/∂x = -1 × 6 = -6" in nncli("derive", "--", "-x^2", "x=3").out
