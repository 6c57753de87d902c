"""A diagnosis of what training knows at its end, quick enough to be part of every training."""

from nncli.base.errors import NncliError
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.diagnose import diagnosis_of
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.runs.result import Result


def quick_diagnosis(result: Result) -> Diagnosis | None:
    """Return the findings that need no data.

    Returns None if a file of the run cannot be read: the result of training counts, and
    `nncli.diagnose` reports the error.
    """
    try:
        return diagnosis_of(case_of(result), ("run",))
    except NncliError:
        return None
