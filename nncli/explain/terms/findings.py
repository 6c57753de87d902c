"""The findings of ``nncli diagnose``."""

import inspect
from collections.abc import Iterator
from dataclasses import replace

from nncli.config.finding_codes import FINDINGS
from nncli.explain.terms.meaning import Meaning, sentence

KIND = "finding"
_NEEDS = {"run": "no data", "rows": "the data", "trial": "--prove"}


def findings() -> Iterator[Meaning]:
    """Yield a meaning per finding: its title and its page."""
    for code, title in FINDINGS.items():
        mute = f"Write diagnose: {{ignore: [{code}]}} to mute it."
        yield Meaning(KIND, code, sentence(title), (f"More in docs/findings/{code}.md.", mute))


def with_rule(meaning: Meaning) -> Meaning:
    """Return the meaning of a finding with how it is known, which the docstring of its rule has."""
    from nncli.explain.diagnosis.rules.table import RULES  # imports NumPy

    if (rule := RULES.get(meaning.name)) is None:
        return meaning
    first = (inspect.getdoc(rule.check) or "").partition("\n")[0]
    sought = first.removeprefix("Find ").rstrip(".")
    how = [f"nncli diagnose looks for {sought}."] if first.startswith("Find ") else []
    kind = f"It is a {rule.severity}, and needs {_NEEDS[rule.needs]}."
    return replace(meaning, facts=(*how, kind, *meaning.facts))
