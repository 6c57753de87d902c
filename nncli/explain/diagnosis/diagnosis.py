"""The result of a diagnosis."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nncli.base.arguments import path_in
from nncli.base.errors import UsageError
from nncli.base.words import count
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import SEVERITIES, Change, Finding
from nncli.explain.diagnosis.proof import Proof


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
    lacking : dict of str to str
        What a rule needs that this kind of source does not have, by code.
    proofs : list of Proof
        Results of training with and without each change, if asked for.
    part : str
        Which of several models the proofs train, such as ``fold 1``; empty if there is only one.
    signal : int or None
        The signal that ended the proofs early, such as that of Ctrl-C.
    case : Case or None
        What was diagnosed.
    """

    name: str
    findings: list[Finding]
    ignored: list[str] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)
    checked: list[str] = field(default_factory=list)
    is_trained: bool = True
    lacking: dict[str, str] = field(default_factory=dict, kw_only=True)
    proofs: list[Proof] = field(default_factory=list, kw_only=True)
    part: str = field(default="", kw_only=True)
    signal: int | None = field(default=None, kw_only=True)
    case: Case | None = field(default=None, repr=False, compare=False, kw_only=True)

    @property
    def codes(self) -> list[str]:
        """The codes of the findings, each once."""
        return list(dict.fromkeys(each.code for each in self.findings))

    @property
    def is_empty(self) -> bool:
        """Whether all that is there was checked and nothing was found, not even something muted."""
        return not (self.findings or self.ignored or self.unchecked)

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
            "unchecked": {**self.lacking, **self.unchecked},
            "checked": self.checked,
            "proofs": [each.as_json() for each in self.proofs],
            "interrupted": self.signal is not None,
        }

    @property
    def change(self) -> Change | None:
        """The change of the worst finding that has one, and whose proof, if any, does not fail."""
        failed = {str(each.change) for each in self.proofs if each.seeds and not each.helps}
        return next((each for each in self._changes if str(each) not in failed), None)

    @property
    def _changes(self) -> list[Change]:
        return [each.found.change for each in self.findings if each.found.change]

    def changed_config(self, folder: Path | str | None = None) -> str:
        """Return the config as YAML text with `change`.

        A config from a file keeps its comments and its order; a run has a text with all settings.

        Parameters
        ----------
        folder : path, optional
            Folder that relative paths start from; by default that of the config, or for a run the
            working directory.

        Raises
        ------
        UsageError
            If there is no change, or the config needs more than its text.
        ConfigError
            If the changed config is not valid, or the file can no longer be read.
        """
        from nncli.explain.diagnosis.changed import changed_text  # needed only to change it

        if self.case is None or self.change is None:
            failed = self.change is None and self._changes
            why = "no change helps" if failed else "no finding has a setting to change"
            raise UsageError(f"{self.name}: {why}")
        beside = self.case.loaded.path.parent if self.case.is_config else Path()
        place = beside if folder is None else path_in(folder, "folder")
        return changed_text(self.case, self.change, place)

    def page(self, format: str = "text") -> str:  # noqa: A002 - as for `nncli.trace`
        """Return the diagnosis as a page: ``text``, ``markdown`` or ``html``."""
        from nncli.explain.diagnosis.page import written  # needed only to print

        return written(self, format)
