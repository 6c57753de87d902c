"""The findings of ``nncli diagnose``."""

from collections.abc import Iterator
from dataclasses import replace

from nncli.config.finding_codes import FINDINGS
from nncli.explain.terms.filling import filled
from nncli.explain.terms.finding_pages import lead, page_text
from nncli.explain.terms.meaning import Meaning, sentence

KIND = "finding"
_NEEDS = {"run": "no data", "rows": "the data", "trial": "--prove"}


def findings() -> Iterator[Meaning]:
    """Yield a meaning per finding: its title, which is another name for it."""
    for code, title in FINDINGS.items():
        short = title.removeprefix("the ").removeprefix("a ").removeprefix("one ")
        fact = f"nncli explain {code} says how it is known and what to do."
        names = (title, short, title.removesuffix("s"))
        yield Meaning(KIND, code, sentence(title), (fact,), aliases=names)


def in_full(meaning: Meaning) -> Meaning:
    """Return the meaning of a finding with its page and the kind of its rule."""
    from nncli.explain.diagnosis.rules.table import RULES, RULES_OF_SEVERAL  # imports NumPy

    code = meaning.name
    if rule := RULES.get(code):
        kind = f"It is a {rule.severity}, and needs {_NEEDS[rule.needs]}."
    else:
        kind = f"It is a {RULES_OF_SEVERAL[code].severity}, and needs folds or seeds."
    end = (
        f"{kind} To mute it, write diagnose: {{ignore: [{code}]}} in the config. An example is in "
        f"docs/findings/{code}.md, in the source of nncli."
    )
    text = f"{meaning.text} {lead(code)}"
    page = f"{page_text(code)}\n\n{filled(end, '')}"
    return replace(meaning, text=text, facts=(kind, *meaning.facts), page=page)
