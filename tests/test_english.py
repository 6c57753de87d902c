"""The English of code and docs is plain: no phrase that a reader has to read twice."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("configs/**/*.yaml"),
    *ROOT.glob("nncli/**/*.py"),
    *(path for path in ROOT.glob("tests/**/*.py") if path != Path(__file__)),
]
INSTEAD = {  # a pattern, and what to write instead
    r"but for": "except",
    r"(go|goes|gone|going) on with": "resume, continue",
    r"hand(ed|s)? (over|on)": "pass",
    r"in the place of": "instead of",
    r"that there (is|are) not": "unknown, unsupported, missing",
    r"what is made (small|of)": "the function to minimize",
    r"thrown together": "pooled",
    r"of one's own": "your own",
    r"(comes?|came) to (nothing|the same)": "is nothing, is the same",
    r"as many as there are": "one per",
    r"is no(ne| longer one) of": "is not one of",
}


@pytest.mark.parametrize("phrase", INSTEAD)
def test_no_text_has_a_strange_phrase(phrase):
    pattern = re.compile(rf"\b{phrase}".replace(" ", r"\s+(#\s*)?"), re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for path in FILES
        for text in [path.read_text(encoding="utf-8")]
        for match in pattern.finditer(text)
    ]
    assert found == [], f"write instead: {INSTEAD[phrase]}"
