"""Write a document as plain text."""

import textwrap
from collections.abc import Iterable, Sequence

from nncli.explain.document.elements import (
    Equation,
    Equations,
    Heading,
    MathTable,
    Paragraph,
    Worked,
)
from nncli.explain.document.notation import NO_BREAK

_WIDTH = 80


def as_text(page: Iterable[Worked]) -> str:
    """Return a worked example as plain text, at most 80 columns wide."""
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
                parts.append("\n".join(map(_equation, equations)))
            case MathTable(header, rows):
                parts.append(_table(header, rows))
    return "\n\n".join(parts) + "\n"


def _equation(equation: Equation) -> str:
    lines = []
    margin = " " * len(equation.left)
    for number, (starts, line) in enumerate(equation.lines(_WIDTH - 2)):
        if number == 0:
            lines.append(f"  {equation.left} {equation.sign} {line}")
        else:
            lines.append(f"  {margin} {'=' if starts else ' '} {line}")
    return "\n".join(lines)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (header, *rows)
    )
