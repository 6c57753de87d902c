"""Write a document as LaTeX."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from nncli.explain.document.elements import (
    Equation,
    Equations,
    Heading,
    MathTable,
    Matrix,
    MatrixEquation,
    Paragraph,
    Worked,
)
from nncli.explain.document.notation import seen_length

_UNBROKEN = 25  # the most lines of a table that is not broken across pages
_WIDTH = 96  # visible characters in a line of mathematics


def as_latex(page: Iterable[Worked]) -> str:
    """Return a worked example as a complete LaTeX document."""
    parts = [_HEAD]
    for is_table, group in groupby(page, _is_short_table):
        written = [*map(_written, group)]
        parts += [_beside(written)] if is_table else written
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def _written(element: Worked) -> str:
    match element:
        case Heading(text, 1):
            return rf"\section*{{{text}}}"
        case Heading(text, 2):
            return rf"\subsection*{{{text}}}"
        case Heading(text, _):
            return rf"\paragraph{{{text}}}"
        case Paragraph(text):
            return text
        case Equations(equations):
            return latex_equations(equations, "align*")
        case MatrixEquation():
            return latex_equations([element], "align*")
        case MathTable(_, rows):
            return _table(element) if len(rows) <= _UNBROKEN else _long_table(element)


def latex_equations(equations: Sequence[Equation | MatrixEquation], environment: str) -> str:
    """Return equations as a LaTeX environment, with broken lines."""
    lines = []
    for equation in equations:
        for number, (starts, line) in enumerate(equation.lines(_WIDTH, seen_length)):
            left = equation.left if number == 0 else ""
            sign = (equation.sign if number == 0 else "=") if starts else r"\quad"
            lines.append(f"{left} &{sign} {latex_line(line)}".strip())
    body = " \\\\\n".join(lines)
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}"


def latex_line(line: str | Sequence[str | Matrix]) -> str:
    """Return a line of an equation, with its matrices."""
    if isinstance(line, str):
        return line
    return " ".join(part if isinstance(part, str) else _bmatrix(part) for part in line)


def _bmatrix(matrix: Matrix) -> str:
    """Return a matrix in braces, so that its brackets are as high as the matrix in MathML, too."""
    rows = r" \\ ".join(" & ".join(row) for row in matrix.rows)
    return rf"{{\begin{{bmatrix}} {rows} \end{{bmatrix}}}}"


def _is_short_table(element: Worked) -> bool:
    return isinstance(element, MathTable) and len(element.rows) <= _UNBROKEN


def _beside(tables: Sequence[str]) -> str:
    """Return tables on the page of the text before them, as many beside each other as fit."""
    body = "\n\\quad\n".join(tables)
    return f"\\begin{{beside}}\n{body}\n\\end{{beside}}"


def _table(table: MathTable) -> str:
    """Return a table that is not broken across pages."""
    head, *lines = _lines(table)
    body = "\n".join([rf"{head} \hline", *lines])
    return f"\\begin{{tabular}}[t]{{{'r' * len(table.header)}}}\n{body}\n\\end{{tabular}}"


def _long_table(table: MathTable) -> str:
    """Return a table whose head is on every page, with two or more of its lines."""
    head, *lines = _lines(table)
    for at in (0, -2):
        lines[at] += "*"  # no page break after it
    body = "\n".join([rf"{head} \hline \endhead", *lines])
    return f"\\begin{{longtable}}[l]{{{'r' * len(table.header)}}}\n{body}\n\\end{{longtable}}"


def _lines(table: MathTable) -> list[str]:
    return [" & ".join(row) + r" \\" for row in table.lines("${}$".format)]


_HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[a4paper,margin=20mm]{geometry}
\usepackage{amsmath}
\usepackage{longtable}
\allowdisplaybreaks
\setcounter{MaxMatrixCols}{40}
\sloppy
\setlength{\parindent}{0pt}
\setlength{\tabcolsep}{4pt}
\renewcommand{\arraystretch}{1.3}
\newenvironment{beside}{\par\nopagebreak\smallskip\raggedright\small}{\par\smallskip}
\AtBeginDocument{\abovedisplayskip=4pt plus 2pt \belowdisplayskip=4pt plus 2pt}
\begin{document}"""
