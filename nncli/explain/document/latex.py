"""Write a document as LaTeX."""

from collections.abc import Iterable, Sequence

from nncli.explain.document.elements import (
    Equation,
    Equations,
    Heading,
    MathTable,
    Paragraph,
    Worked,
)
from nncli.explain.document.notation import seen_length

_WIDTH = 84  # visible characters in a line of mathematics


def as_latex(page: Iterable[Worked]) -> str:
    """Return a worked example as a complete LaTeX document."""
    parts = [_HEAD]
    for element in page:
        match element:
            case Heading(text, 1):
                parts.append(rf"\section*{{{text}}}")
            case Heading(text, 2):
                parts.append(rf"\subsection*{{{text}}}")
            case Heading(text, _):
                parts.append(rf"\paragraph{{{text}}}")
            case Paragraph(text):
                parts.append(text)
            case Equations(equations):
                parts.append(latex_equations(equations, "align*"))
            case MathTable(header, rows):
                parts.append(_table(header, rows))
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def latex_equations(equations: Sequence[Equation], environment: str) -> str:
    """Return equations as a LaTeX environment, with broken lines."""
    lines = []
    for equation in equations:
        for number, (starts, line) in enumerate(equation.lines(_WIDTH, seen_length)):
            left = equation.left if number == 0 else ""
            sign = (equation.sign if number == 0 else "=") if starts else r"\quad"
            lines.append(f"{left} &{sign} {line}".strip())
    body = " \\\\\n".join(lines)
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" & ".join(f"${cell}$" for cell in row) + r" \\" for row in (header, *rows)]
    lines.insert(1, r"\hline")
    body = "\n".join(lines)
    return f"\\begin{{longtable}}{{{'r' * len(header)}}}\n{body}\n\\end{{longtable}}"


_HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath}
\usepackage{longtable}
\allowdisplaybreaks
\sloppy
\setlength{\parindent}{0pt}
\renewcommand{\arraystretch}{1.3}
\begin{document}"""
