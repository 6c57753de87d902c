"""The pages about findings as plain text; their Markdown here is a copy of docs/findings/."""

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import zip_longest

from nncli.explain.document.notation import NO_BREAK
from nncli.explain.terms.filling import WIDTH, filled

_EXAMPLE = re.compile(r"^(?:## Example|For example|<!-- (?:file|setup))", re.MULTILINE)
_RUN_IN = re.compile(r"\*\*(.+?)\.\*\* ")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_CODE = re.compile(r"`([^`]{,40})`")
_MARKS = re.compile(r"[`*]")
_GAP = 2


def page_text(code: str) -> str:
    """Return the page about a finding without its example, in lines of at most 80 columns."""
    return "\n\n".join(part for block in _blocks(code) for part in _written(block))


def lead(code: str) -> str:
    """Return the first paragraph of the page about a finding, which says what it means."""
    return _plain(_blocks(code)[1]).replace(NO_BREAK, " ")


def _blocks(code: str) -> list[str]:
    """Return what a page has before its example: headings, paragraphs, lists, tables, formulas."""
    page = files(__name__).joinpath(f"{code}.md").read_text("utf-8")
    return re.split(r"\n\n+", _EXAMPLE.split(page)[0].strip())


def _plain(text: str) -> str:
    """Return Markdown as plain text on one line; a link becomes its text, short code is whole."""
    linked = _LINK.sub(r"\1", re.sub(r"\s+", " ", text))
    whole = _CODE.sub(lambda found: found[1].replace(" ", NO_BREAK), linked)
    return _MARKS.sub("", whole).strip(" ")


def _written(block: str) -> Iterator[str]:
    """Yield the text of a block of Markdown, after its heading if it begins with one."""
    if run_in := _RUN_IN.match(block):
        yield _underlined(run_in[1], "-")
        block = block[run_in.end() :]
    if heading := re.match("(#+) (.+)", block):
        yield _underlined(_plain(heading[2]), "=-"[len(heading[1]) - 1])
    elif block.startswith("```"):
        yield "\n".join(f"    {line}" for line in block.splitlines()[1:-1])
    elif block.startswith("    "):
        yield block
    elif block.startswith("| "):
        yield "\n".join(_table(block))
    elif block.startswith("- "):
        items = re.split(r"\n(?=- )", block)
        yield "\n".join(filled(_plain(each), "", "  ") for each in items)
    else:
        yield filled(_plain(block), "")


def _underlined(heading: str, line: str) -> str:
    return f"{heading}\n{line * min(len(heading), WIDTH)}"


def _table(block: str) -> Iterator[str]:
    """Yield the lines of a table; its widest column is wrapped."""
    lines = [line for line in block.splitlines() if not line.startswith("|--")]
    rows = [[_plain(cell) for cell in line.strip("|").split("|")] for line in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = WIDTH - _GAP * len(widths)
    while sum(widths) > room:
        widest = widths.index(max(widths))
        others = sorted(widths)[-2]
        widths[widest] = max(room - sum(widths) + widths[widest], min(others, widths[widest] - 1))
    for row in rows:
        cells = map(_lines, row, widths)
        for parts in zip_longest(*cells, fillvalue=""):
            columns = map(str.ljust, parts, widths)
            yield (" " * _GAP + (" " * _GAP).join(columns)).rstrip()


def _lines(cell: str, width: int) -> list[str]:
    return filled(cell, "", width=width).split("\n")
