"""The messages that pages quote occur in the program, so rewording a message fails a test.

`tests/test_docs.py` runs the commands below ``<!-- fails -->`` and ``<!-- warns -->`` and compares
their output. The quotes here are the others: tables of messages, headings, and console blocks.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
HOLE = "\0"  # a placeholder of an f-string or a format string
SHORTEST = 8  # shorter pieces of a quote tell nothing
REASONS = ("no such file or directory", "no space left on device")  # the system's
FROM_OTHERS = (  # messages of pip and shells
    "ERROR: Package",
    "requires a different Python",
    "externally-managed-environment",
    "nncli: command not found",
    "zsh: ",
    "no matches found",
)


def template(node):
    """Return the text of a string in code, with HOLE for each placeholder, or None."""
    if isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else HOLE for each in node.values]
        return "".join(map(str, parts))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{\w*\}", HOLE, node.value)
    return None


def templates_of(code):
    return {found for node in ast.walk(ast.parse(code)) if (found := template(node))}


def filled(quote, text):
    """Return the least number of characters of `quote` that holes fill, or None.

    The quote may start and end anywhere in the text.
    """
    never = len(quote) + 1
    costs = [0] * (len(text) + 1)
    for character in quote:
        after = [never] * (len(text) + 1)
        for place, expected in enumerate(text):
            if expected == HOLE:
                after[place] = min(after[place], costs[place] + 1)
                after[place + 1] = min(after[place + 1], after[place])
            elif expected == character:
                after[place + 1] = min(after[place + 1], costs[place])
        costs = after
        for place, expected in enumerate(text):  # a hole may be empty
            if expected == HOLE:
                costs[place + 1] = min(costs[place + 1], costs[place])
    return min(costs) if min(costs) < never else None


def occurs(quote, templates):
    """Return whether each piece of the quote between ``...`` occurs in a message."""
    quote = re.sub(r"^((Error|Warning): )?(\S+: )?(is )?", "", quote)  # without the place
    for piece in re.split("|".join([r"\.\.\.", *REASONS]), quote):
        piece = piece.strip(" ();,")
        if len(piece) >= SHORTEST and not any(is_of(piece, each) for each in templates):
            return False
    return True


def is_of(piece, text):
    """Return whether at least half of `piece` is the text of a message, and holes the rest."""
    runs = {piece[at : at + SHORTEST] for at in range(len(piece) - SHORTEST + 1)}
    if not any(run in text for run in runs):  # saves time for most texts
        return False
    cost = filled(piece, text)
    return cost is not None and cost <= len(piece) / 2


def quotes_of(page):
    """Yield the quoted messages of a page that no test prints."""
    code = re.compile(r"(<!-- \w+ -->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    for marker, language, block in code.findall(page):
        if language == "console" and not marker:
            yield from (line for line in block.splitlines() if not line.startswith("$ "))
    in_table = False
    for line in code.sub("", page).splitlines():
        in_table = line.startswith("| message contains") or (in_table and line.startswith("|"))
        if in_table:
            yield from re.findall(r"`([^`]+)`", line.split("|")[1])
        elif line.startswith("#"):
            yield from (each for each in re.findall(r"`([^`]+)`", line) if " " in each)
        else:
            yield from re.findall(r"(?:warning|error|message): `([^`]+)`", line)


TEMPLATES = {
    found for path in ROOT.glob("nncli/**/*.py") for found in templates_of(path.read_text("utf-8"))
}
QUOTES = sorted({quote for path in PAGES for quote in quotes_of(path.read_text("utf-8"))})


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quoted_message_occurs(quote):
    assert quote.startswith(FROM_OTHERS) or occurs(quote, TEMPLATES)


def test_the_pages_quote_messages():
    assert len(QUOTES) > 20


SOME = {f"{HOLE}: has no column {HOLE}{HOLE}", f"the loss is {HOLE}, {HOLE}; try a smaller {HOLE}"}


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("has no column", True),
        ("Error: a.csv: has no column 'x'; ...", True),
        ("Error: a.csv: has no field 'x'; ...", False),
        ("a.csv: lacks the column 'x'", False),
        ("the loss is inf, ...; try a smaller rate", True),
        ("the loss is inf, ...; use a smaller rate", False),
        ("the loss was inf, ...", False),
    ],
)
def test_a_quote_is_compared_with_the_texts_of_messages(quote, found):
    assert occurs(quote, SOME) == found


def test_strings_are_joined():
    code = 'x = f"{a}: is " "not" f" {b!r}"\ny = "it is {place}"'
    assert templates_of(code) == {f"{HOLE}: is not {HOLE}", f"it is {HOLE}", ": is not "}


def test_quotes_are_found():
    page = "### `is wrong` here\n\n<!-- fails -->\n```console\n$ a\nError: b\n```\n"
    page += "```console\n$ a\nError: c\n```\n\n| message contains | cause |\n|---|---|\n"
    page += "| `d e`, `f` | `g h` |\n\n| a warning: `i j` | k |\n"
    assert [*quotes_of(page)] == ["Error: c", "is wrong", "d e", "f", "i j"]
