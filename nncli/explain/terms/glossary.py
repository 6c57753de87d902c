"""Read the glossary: ``glossary.md``, which is also docs/glossary.md."""

import re
from collections.abc import Iterator
from importlib.resources import files

from nncli.explain.terms.meaning import Meaning, sentence

_ENTRY = re.compile(r"^- \*\*(.+?)\*\*(.*?): (.+(?:\n  .+)*)", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]+\]\(([\w-]+\.md)[^)]*\)")
_SECTION = re.compile(r"^(data|model|training)\.")
_MARKS = re.compile(r"[`*]")


def glossary() -> Iterator[Meaning]:
    """Yield the terms of the glossary in its order."""
    page = files("nncli.explain.terms").joinpath("glossary.md").read_text("utf-8")
    for name, codes, text in _ENTRY.findall(page):
        aliases = re.findall("`([^`]+)`", codes)[:1]  # more only say where the first is
        yield Meaning(
            "term",
            name,
            sentence(plain(text)),
            aliases=(*aliases, *(_SECTION.sub("", each) for each in aliases)),
        )


def plain(text: str) -> str:
    """Return Markdown as plain text on one line; a link becomes the path of its page."""
    linked = _LINK.sub(lambda found: f"docs/{found[1]}", re.sub(r"\s+", " ", text))
    return _MARKS.sub("", linked)
