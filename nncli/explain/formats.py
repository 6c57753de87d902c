"""Write a page as text, Markdown or a LaTeX document."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nncli.explain.notation import NO_BREAK, Latex, Markdown, Notation, Text, seen_length
from nncli.explain.page import Element, Equation, Equations, Heading, Paragraph, Table

_WIDTH = 80
_LATEX_WIDTH = 84  # visible characters in a line of mathematics


def as_text(page: Iterable[Element]) -> str:
    """Return the page as plain text, at most 80 columns wide."""
    parts = []
    for element in page:
        match element:
            case Heading(text, 1):
                parts.append(f"{text}\n{'=' * min(len(text), _WIDTH)}")
            case Heading(text, 2):
                parts.append(f"{text}\n{'-' * min(len(text), _WIDTH)}")
            case Heading(text, _):
                parts.append(text)
            case Paragraph(text):
                lines = textwrap.fill(text, _WIDTH, break_on_hyphens=False)
                parts.append(lines.replace(NO_BREAK, " "))
            case Equations(equations):
                parts.append("\n".join(map(_text_equation, equations)))
            case Table(header, rows):
                parts.append(_text_table(header, rows))
    return "\n\n".join(parts) + "\n"


def as_markdown(page: Iterable[Element]) -> str:
    """Return the page as Markdown, with mathematics as LaTeX between dollar signs."""
    parts = []
    for element in page:
        match element:
            case Heading(text, level):
                parts.append(f"{'#' * level} {text}")
            case Paragraph(text):
                parts.append(text)
            case Equations(equations):
                parts.append(f"$$\n{_latex_equations(equations, 'aligned')}\n$$")
            case Table(header, rows):
                parts.append(_markdown_table(header, rows))
    return "\n\n".join(parts) + "\n"


def as_latex(page: Iterable[Element]) -> str:
    """Return the page as a complete LaTeX document."""
    parts = [_LATEX_HEAD]
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
                parts.append(_latex_equations(equations, "align*"))
            case Table(header, rows):
                parts.append(_latex_table(header, rows))
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


@dataclass(frozen=True)
class Format:
    """An output format: the notation for building the page, and the function that writes it."""

    notation: Callable[[int], Notation]
    write: Callable[[Iterable[Element]], str]


FORMATS: dict[str, Format] = {
    "text": Format(Text, as_text),
    "markdown": Format(Markdown, as_markdown),
    "latex": Format(Latex, as_latex),
}


def _text_equation(equation: Equation) -> str:
    lines = []
    margin = " " * len(equation.left)
    for number, (starts, line) in enumerate(equation.lines(_WIDTH - 2)):
        if number == 0:
            lines.append(f"  {equation.left} {equation.sign} {line}")
        else:
            lines.append(f"  {margin} {'=' if starts else ' '} {line}")
    return "\n".join(lines)


def _text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (header, *rows)
    )


def _markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(f"${cell}$" for cell in row) + " |" for row in (header, *rows)]
    lines.insert(1, "|" + " ---: |" * len(header))
    return "\n".join(lines)


def _latex_equations(equations: Sequence[Equation], environment: str) -> str:
    lines = []
    for equation in equations:
        for number, (starts, line) in enumerate(equation.lines(_LATEX_WIDTH, seen_length)):
            left = equation.left if number == 0 else ""
            sign = (equation.sign if number == 0 else "=") if starts else r"\quad"
            lines.append(f"{left} &{sign} {line}".strip())
    body = " \\\\\n".join(lines)
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}"


def _latex_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" & ".join(f"${cell}$" for cell in row) + r" \\" for row in (header, *rows)]
    lines.insert(1, r"\hline")
    body = "\n".join(lines)
    return f"\\begin{{longtable}}{{{'r' * len(header)}}}\n{body}\n\\end{{longtable}}"


_LATEX_HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath}
\usepackage{longtable}
\allowdisplaybreaks
\sloppy
\setlength{\parindent}{0pt}
\renewcommand{\arraystretch}{1.3}
\begin{document}"""
