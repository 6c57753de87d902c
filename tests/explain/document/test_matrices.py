"""Matrices in documents: aligned in text, balanced in LaTeX, with their own brackets in HTML."""

import re

import pytest

from nncli.explain.document.elements import Matrix, MatrixEquation
from nncli.explain.document.formats import FORMATS
from nncli.explain.document.html import as_html
from nncli.explain.document.text import as_text
from tests.explain.document.reader import read_page

HIGH = Matrix([["1", "-20"], ["3", "4"], ["-5.5", "6"]])
FLAT = Matrix([["7", "8"]])
EQUATION = MatrixEquation("Z", [["X W + b"], [HIGH, Matrix([["2"], ["1"]]), "+", FLAT], [FLAT]])


def test_matrices_are_centered_next_to_each_other_in_text():
    assert as_text([EQUATION]) == (
        "  Z = X W + b\n"
        "\n"
        "      [    1  -20 ] [ 2 ]\n"
        "    = [    3    4 ] [ 1 ] + [ 7  8 ]\n"
        "      [ -5.5    6 ]\n"
        "\n"
        "    = [ 7  8 ]\n"
    )


def test_matrices_of_one_row_need_no_blank_line():
    equation = MatrixEquation("b", [[FLAT, "- 0.5·", FLAT], [FLAT]], sign="←")
    assert as_text([equation]) == "  b ← [ 7  8 ] - 0.5·[ 7  8 ]\n    = [ 7  8 ]\n"


def test_parentheses_and_factors_stand_directly_at_a_matrix():
    equation = MatrixEquation("a", [["2·(", FLAT, "-", FLAT, ") / 4"]])
    assert as_text([equation]) == "  a = 2·([ 7  8 ] - [ 7  8 ]) / 4\n"


@pytest.mark.parametrize("width", [40, 25, 20])
def test_a_line_breaks_after_a_matrix_and_keeps_its_sign(width):
    equation = MatrixEquation("a", [[FLAT, "+", FLAT, "+", FLAT]])
    lines = [*equation.lines(width)]
    assert [starts for starts, _ in lines] == [True, *[False] * (len(lines) - 1)]
    assert [part for _, line in lines for part in line] == [*equation.rights[0]]
    assert all(line[-1] == FLAT and "+" not in line[-1:] for _, line in lines)
    widths = [len(row) for row in as_text([equation]).splitlines()]
    assert max(widths) <= 80
    assert len(lines) == {40: 1, 25: 2, 20: 3}[width]


def test_no_line_starts_with_what_closes_a_parenthesis():
    equation = MatrixEquation("a", [["(", FLAT, "-", FLAT, ") / 4"]])
    lines = [[*line] for _, line in equation.lines(20)]
    assert lines == [["(", FLAT], ["-", FLAT, ") / 4"]]


@pytest.mark.parametrize("name", ["latex", "markdown"])
def test_matrices_are_environments_of_latex(name):
    text = FORMATS[name].write([EQUATION])
    body = text.partition(r"\begin{document}")[2] or text
    assert body.count(r"\begin{bmatrix}") == body.count(r"\end{bmatrix}") == 4
    assert r"{\begin{bmatrix} 1 & -20 \\ 3 & 4 \\ -5.5 & 6 \end{bmatrix}}" in body
    assert body.count("{") == body.count("}")
    assert body.count("&=") == 3


def test_every_matrix_has_its_own_row_in_html():
    pytest.importorskip("latex2mathml", reason="needs latex2mathml, of the extra html")
    (outer,) = read_page(as_html([EQUATION])).find("math")[0].children
    assert outer.tag == "mtable"
    tables = [row for row in outer.find("mrow") if re.fullmatch(r"\[.*\]", row.text)]
    assert [len(row.find("mtr")) for row in tables] == [3, 2, 1, 1]
    cells = [cell.text.replace("\N{MINUS SIGN}", "-") for cell in tables[0].find("mtd")]
    assert cells == ["1", "-20", "3", "4", "-5.5", "6"]
