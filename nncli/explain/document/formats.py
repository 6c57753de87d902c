"""The formats of documents: their notation and their writer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nncli.explain.document.elements import Worked
from nncli.explain.document.html import as_html
from nncli.explain.document.latex import as_latex
from nncli.explain.document.markdown import as_markdown
from nncli.explain.document.notation import Html, Latex, Markdown, Notation, Text
from nncli.explain.document.text import as_text


@dataclass(frozen=True)
class Format:
    """An output format: the notation for building the page, and the function that writes it."""

    notation: Callable[[int], Notation]
    write: Callable[[Iterable[Worked]], str]


FORMATS: dict[str, Format] = {
    "text": Format(Text, as_text),
    "markdown": Format(Markdown, as_markdown),
    "latex": Format(Latex, as_latex),
    "html": Format(Html, as_html),
}
