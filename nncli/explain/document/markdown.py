"""Write a document as Markdown."""

import re
from collections.abc import Iterable, Sequence

from nncli.explain.document.elements import (
    Code,
    Element,
    Equations,
    Facts,
    Heading,
    MathTable,
    MatrixEquation,
    Paragraph,
    Picture,
    Table,
)
from nncli.explain.document.latex import latex_equations

_BAR = re.compile(r"(?<!\\)\|")  # within a name, where `plain` escapes nothing


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
                parts.append(f"$$\n{latex_equations(equations, 'aligned')}\n$$")
            case MatrixEquation():
                parts.append(f"$$\n{latex_equations([element], 'aligned')}\n$$")
            case MathTable():
                parts.append(_table(element.lines("${}$".format), 0))
            case Table(caption, header, rows, texts):
                parts.append(f"{caption}\n\n{_table([header, *rows], texts)}")
            case Facts(pairs):
                parts.append("\n".join(f"- {name}: {value}" for name, value in pairs))
            case Code(lines, _):
                parts.append("\n".join(["```text", *lines, "```"]))
            case Picture(_, alternative):
                raise TypeError(f"a picture is no element of Markdown: {alternative}")
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Sequence[str]], texts: int) -> str:
    """Return a table whose first `texts` columns are text; the first row is its header."""
    cells = [[_BAR.sub(r"\\|", cell) for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines.insert(
        1, "|" + "".join(" --- |" if at < texts else " ---: |" for at in range(len(rows[0])))
    )
    return "\n".join(lines)
