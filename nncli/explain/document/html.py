"""Write a document as one HTML file, which needs no network, no script and no other file."""

import base64
import html
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files

from nncli.explain.document.elements import (
    Code,
    Element,
    Equation,
    Equations,
    Facts,
    Heading,
    MathTable,
    MatrixEquation,
    Paragraph,
    Picture,
    Table,
)
from nncli.explain.document.latex import latex_line
from nncli.explain.document.mathml import mathml_row
from nncli.explain.document.notation import seen_length

_WIDTH = 84  # visible characters in a line of mathematics
_FEWEST_SECTIONS = 4  # that get a list of contents


def as_html(page: Iterable[Element]) -> str:
    """Return the page as a complete HTML document. Raises `UsageError` as `mathml` does."""
    elements = [*page]
    title = _without_tags(next((each.text for each in elements if isinstance(each, Heading)), ""))
    style = files("nncli.explain.document").joinpath("page.css").read_text("utf-8")
    return "\n".join([_HEAD.format(title=title, style=style), as_html_body(elements), _END])


def as_html_body(page: Iterable[Element]) -> str:
    """Return the page as part of an HTML document. Raises `UsageError` as `mathml` does."""
    elements = [*page]
    headings = [each for each in elements if isinstance(each, Heading)]
    sections = [each.text for each in headings if each.level == 2]
    body, section = [], 0
    for element in elements:
        match element:
            case Heading(text, 2):
                section += 1
                body.append(f'<h2 id="section-{section}">{text}</h2>')
            case Heading(text, level):
                body.append(f"<h{level}>{text}</h{level}>")
                if level == 1 and len(sections) >= _FEWEST_SECTIONS:
                    body.append(_contents(sections))
            case _:
                body.append(_written(element))
    return "\n".join(body)


def _contents(sections: Sequence[str]) -> str:
    links = "\n".join(
        f'<li><a href="#section-{at}">{text}</a></li>' for at, text in enumerate(sections, 1)
    )
    return f'<nav aria-label="Contents">\n<ul>\n{links}\n</ul>\n</nav>'


def _written(element: Element) -> str:
    """Return an element that is no heading."""
    match element:
        case Paragraph(text, anchor):
            return f'<p id="{anchor}">{text}</p>' if anchor else f"<p>{text}</p>"
        case Equations(equations):
            return _equations(equations)
        case MatrixEquation():
            return _equations([element])
        case MathTable():
            _, *cells = element.lines(lambda cell: f"<math>{mathml_row(cell)}</math>")
            top, *_ = element.lines(lambda cell: _spoken(mathml_row(cell)))
            return _table("", top, cells, 0)
        case Table(caption, header, rows, texts):
            return _table(caption, header, rows, texts)
        case Facts(pairs):
            lines = "\n".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs)
            return f"<dl>\n{lines}\n</dl>"
        case Code(lines, marked):
            shown = "\n".join(
                _marked(line) if at in marked else html.escape(line)
                for at, line in enumerate(lines)
            )
            return _wide(f"<pre>{shown}</pre>", "code")
        case Picture(content, alternative):
            kind = "png" if content.startswith(b"\x89PNG") else "svg+xml"
            data = base64.b64encode(content).decode("ascii")
            source = f"data:image/{kind};base64,{data}"
            return f'<p><img alt="{html.escape(alternative)}" src="{source}"></p>'
        case _:
            raise TypeError(f"{element!r} is no element of a page")


def _marked(line: str) -> str:
    text = line.lstrip(" ")
    return f"{' ' * (len(line) - len(text))}<mark>{html.escape(text)}</mark>"


def _equations(equations: Sequence[Equation | MatrixEquation]) -> str:
    rows = "".join(line for each in equations for line in _equation(each))
    label = "equation" if len(equations) == 1 else "equations"
    return _wide(f'<math display="block"><mtable>{rows}</mtable></math>', label)


def _equation(equation: Equation | MatrixEquation) -> list[str]:
    """Return the lines of an equation as rows of a MathML table, aligned at the sign."""
    rows = []
    for number, (starts, line) in enumerate(equation.lines(_WIDTH, seen_length)):
        left = mathml_row(equation.left) if number == 0 else ""
        sign = (equation.sign if number == 0 else "=") if starts else r"\quad"
        right = mathml_row(f"{sign} {latex_line(line)}")
        rows.append(f"<mtr><mtd>{left}</mtd><mtd>{right}</mtd></mtr>")
    return rows


def _table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """Return a table whose first `texts` columns are text, of which the first names the row."""

    def cells(row: Sequence[str], *, is_header: bool) -> str:
        parts = []
        for at, cell in enumerate(row):
            look = "" if at < texts else ' class="number"'
            if is_header and cell:
                parts.append(f'<th scope="col"{look}>{cell}</th>')
            elif is_header:
                parts.append(f"<td{look}></td>")
            elif at == 0 and texts:
                parts.append(f'<th scope="row">{cell}</th>')
            else:
                parts.append(f"<td{look}>{cell}</td>")
        return f"<tr>{''.join(parts)}</tr>"

    lines = [
        f"<caption>{caption}</caption>" if caption else "",
        f"<thead>{cells(header, is_header=True)}</thead>",
        "<tbody>",
        *(cells(row, is_header=False) for row in rows),
        "</tbody>",
    ]
    table = "\n".join(["<table>", *filter(None, lines), "</table>"])
    return _wide(table, _without_tags(caption) or "table")


def _spoken(mathematics: str) -> str:
    """Return mathematics with its text for programs that find none in MathML."""
    text = _without_tags(mathematics)
    return f'<span class="spoken">{text}</span><math aria-hidden="true">{mathematics}</math>'


def _without_tags(content: str) -> str:
    return re.sub("<[^>]*>", "", content)


def _wide(content: str, label: str) -> str:
    """Return an element that scrolls by itself if it is too wide, also with the keyboard."""
    return f'<div class="wide" role="group" aria-label="{label}" tabindex="0">{content}</div>'


_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>"""
_END = """</main>
</body>
</html>
"""
