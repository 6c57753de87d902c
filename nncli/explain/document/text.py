"""Write a document as plain text."""

import textwrap
from collections.abc import Iterable, Sequence

from nncli.explain.document.elements import (
    Equation,
    Equations,
    Facts,
    Heading,
    MathTable,
    Matrix,
    MatrixEquation,
    Paragraph,
    Worked,
)
from nncli.explain.document.notation import NO_BREAK

_WIDTH = 80


def as_text(page: Iterable[Worked | Facts]) -> str:
    """Return a page as plain text, at most 80 columns wide."""
    parts = []
    for element in page:
        match element:
            case Heading(text, level):
                parts.append(_wrapped(text) + _line_below(text, level))
            case Paragraph(text):
                parts.append(_wrapped(text))
            case Equations(equations):
                parts.append("\n".join(map(_equation, equations)))
            case MatrixEquation():
                parts.append(_matrix_equation(element))
            case MathTable(header, rows):
                parts.append(_table(header, rows))
            case Facts(pairs):
                parts.append(_facts(pairs))
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False).replace(NO_BREAK, " ")


def _facts(pairs: Sequence[tuple[str, str]]) -> str:
    width = max((len(name) for name, _ in pairs), default=0)
    margin = " " * (width + 4)
    return "\n".join(
        textwrap.fill(
            value,
            _WIDTH,
            initial_indent=f"  {name.ljust(width)}  ",
            subsequent_indent=margin,
            break_on_hyphens=False,
        ).replace(NO_BREAK, " ")
        for name, value in pairs
    )


def _line_below(heading: str, level: int) -> str:
    line = {1: "=", 2: "-"}.get(level)
    return f"\n{line * min(len(heading), _WIDTH)}" if line else ""


def _equation(equation: Equation) -> str:
    lines = []
    margin = " " * len(equation.left)
    for number, (starts, line) in enumerate(equation.lines(_WIDTH - 2)):
        if number == 0:
            lines.append(f"  {equation.left} {equation.sign} {line}")
        else:
            lines.append(f"  {margin} {'=' if starts else ' '} {line}")
    return "\n".join(lines)


def _matrix_equation(equation: MatrixEquation) -> str:
    """Return an equation, with blank lines if any of its matrices has several rows."""
    blocks = []
    for number, (starts, line) in enumerate(equation.lines(_WIDTH - 2)):
        left = equation.left if number == 0 else " " * len(equation.left)
        sign = (equation.sign if number == 0 else "=") if starts else " "
        blocks.append(_side_by_side([f"  {left} {sign}", *line]))
    separator = "\n\n" if max(map(len, blocks)) > 1 else "\n"
    return separator.join("\n".join(block) for block in blocks)


def _side_by_side(parts: Sequence[str | Matrix]) -> list[str]:
    """Return parts as lines, each part centered vertically."""
    blocks = [[part] if isinstance(part, str) else _matrix(part) for part in parts]
    height = max(map(len, blocks))
    lines = [""] * height
    for block, after in zip(blocks, [*blocks[1:], [""]], strict=True):
        above = (height - len(block)) // 2
        joins = block[0].endswith(("·", "(")) or after[0].startswith(")")
        for at in range(height):
            inside = above <= at < above + len(block)
            lines[at] += block[at - above] if inside else " " * len(block[0])
            lines[at] += "" if joins else " "
    return [line.rstrip() for line in lines]


def _matrix(matrix: Matrix) -> list[str]:
    widths = matrix.widths()
    rows = (
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in matrix.rows
    )
    return [f"[ {row} ]" for row in rows]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (header, *rows)
    )
