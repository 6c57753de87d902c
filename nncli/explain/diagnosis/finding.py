"""Findings: what a diagnosis reports."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from nncli.config.finding_codes import FINDINGS
from nncli.nn.entries import Formula

Severity = Literal["problem", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "hint")
"""From the worst: the result is of no use; it is worse than it could be; it may be worse."""


@dataclass(frozen=True)
class Change:
    """A changed setting of the config.

    Attributes
    ----------
    key : str
        Such as ``training.learning_rate``.
    value : JSON value
    """

    key: str
    value: Any

    def __str__(self) -> str:
        """Return the setting as on a command line: ``training.learning_rate=0.01``."""
        value = self.value if isinstance(self.value, str) else json.dumps(self.value)
        return f"{self.key}={value}"


@dataclass(frozen=True)
class Condition(Formula):
    """What is computed for a finding, with the threshold if there is one.

    Attributes
    ----------
    symbols : str
        What each symbol is: ``L: loss; n: number of layers``.
    """

    symbols: str


@dataclass(frozen=True)
class Evidence:
    """What a rule finds; all texts are plain.

    Attributes
    ----------
    evidence : str
        What was measured, with its numbers: one or two sentences without a full stop at the end.
    cause : str
        The likely cause, in the same form.
    change : Change or None
        The one setting to change; None if the remedy is not in the config.
    remedy : str
        What to do instead, if there is no change.
    formula : Condition or None
        How the numbers of `evidence` are defined or compared.
    severity : str or None
        Severity of this case, if it is not that of the rule.
    """

    evidence: str
    cause: str
    change: Change | None = None
    remedy: str = ""
    formula: Condition | None = None
    severity: Severity | None = None


_MOST_PLACES = 3


def joined(found: Iterable[Evidence]) -> Iterator[Evidence]:
    """Yield one evidence for all places with the same cause and change; it names the first few."""
    kinds: list[tuple[Evidence, list[str]]] = []
    for each in found:
        kind = replace(each, evidence="")
        places = next((places for other, places in kinds if other == kind), None)
        if places is None:
            kinds.append((kind, places := []))
        places.append(each.evidence)
    for kind, places in kinds:
        more = len(places) - _MOST_PLACES
        words = [*places[:_MOST_PLACES], *([f"and so in {more} more"] if more > 0 else [])]
        yield replace(kind, evidence="; ".join(words))


@dataclass(frozen=True)
class Finding:
    """A finding of a diagnosis.

    Attributes
    ----------
    code : str
        Key of `FINDINGS`.
    severity : str
        ``problem``, ``warning`` or ``hint``.
    found : Evidence
    symptoms : tuple of str
        Codes of findings that this one explains; they are not reported themselves.
    """

    code: str
    severity: Severity
    found: Evidence
    symptoms: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What is wrong, in a few words."""
        return FINDINGS[self.code]

    @property
    def page(self) -> str:
        """The page about it in the documentation."""
        return f"docs/findings/{self.code}.md"

    @property
    def remedy(self) -> str:
        """What to do: the setting to change, or words."""
        return str(self.found.change) if self.found.change else self.found.remedy

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        found = self.found
        change = found.change and {"key": found.change.key, "value": found.change.value}
        return {
            "code": self.code,
            "severity": self.severity,
            "title": self.title,
            "evidence": found.evidence,
            "formula": found.formula and found.formula.text,
            "symbols": found.formula and found.formula.symbols,
            "cause": found.cause,
            "change": change,
            "remedy": found.remedy,
            "symptoms": list(self.symptoms),
            "page": self.page,
        }
