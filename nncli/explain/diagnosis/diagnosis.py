"""The result of a diagnosis."""

from dataclasses import dataclass, field
from typing import Any

from nncli.base.words import count
from nncli.explain.diagnosis.finding import SEVERITIES, Finding


@dataclass(frozen=True)
class Diagnosis:
    """The findings about a run, a model or a config.

    Attributes
    ----------
    name : str
        Printable name of what was diagnosed.
    findings : list of Finding
        The worst first.
    ignored : list of str
        Codes of findings that ``diagnose.ignore`` mutes.
    unchecked : dict of str to str
        Why a rule could not be checked, by code: the data may be missing.
    checked : list of str
        The codes that were checked.
    is_trained : bool
        Whether there is a trained network, rather than a config alone.
    """

    name: str
    findings: list[Finding]
    ignored: list[str] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)
    checked: list[str] = field(default_factory=list)
    is_trained: bool = True

    @property
    def codes(self) -> list[str]:
        """The codes of the findings, each once."""
        return list(dict.fromkeys(each.code for each in self.findings))

    @property
    def summary(self) -> str:
        """The number of findings of each severity in words."""
        numbers = {
            severity: sum(each.severity == severity for each in self.findings)
            for severity in SEVERITIES
        }
        parts = [count(number, severity) for severity, number in numbers.items() if number]
        return ", ".join(parts) or "no findings"

    def as_json(self) -> dict[str, Any]:
        """Return the diagnosis as JSON values."""
        return {
            "name": self.name,
            "findings": [each.as_json() for each in self.findings],
            "ignored": self.ignored,
            "unchecked": self.unchecked,
            "checked": self.checked,
        }

    def page(self, format: str = "text") -> str:  # noqa: A002 - as for `nncli.trace`
        """Return the diagnosis as a page: ``text``, ``markdown`` or ``html``."""
        from nncli.explain.diagnosis.page import written  # needed only to print

        return written(self, format)
