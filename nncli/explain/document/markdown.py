"""Write a document as Markdown."""

from collections.abc import Iterable, Sequence

from nncli.explain.document.elements import Element, Equations, Heading, MathTable, Paragraph
from nncli.explain.document.latex import latex_equations


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
            case MathTable(header, rows):
                parts.append(_table(header, rows))
    return "\n\n".join(parts) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(f"${cell}$" for cell in row) + " |" for row in (header, *rows)]
    lines.insert(1, "|" + " ---: |" * len(header))
    return "\n".join(lines)
