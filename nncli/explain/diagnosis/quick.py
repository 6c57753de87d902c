"""A diagnosis of what training knows at its end, quick enough to be part of every training."""

from dataclasses import replace

from nncli.base.errors import NncliError
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.diagnose import diagnosis_of
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import Finding
from nncli.explain.diagnosis.rules.table import CAUSE_UNKNOWN
from nncli.runs.result import Result


def quick_diagnosis(result: Result) -> Diagnosis | None:
    """Return the findings that need no data.

    Those in `CAUSE_UNKNOWN` have neither change nor remedy, which the data may contradict.

    Returns None if a file of the run cannot be read: the result of training counts, and
    `nncli.diagnose` reports the error.
    """
    try:
        found = diagnosis_of(case_of(result), ("run",))
    except NncliError:
        return None
    return replace(found, findings=[*map(_without_guess, found.findings)])


def _without_guess(finding: Finding) -> Finding:
    if finding.code not in CAUSE_UNKNOWN:
        return finding
    return replace(finding, found=replace(finding.found, change=None, remedy=""))
