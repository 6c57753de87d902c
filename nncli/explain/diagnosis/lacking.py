"""Which rules cannot find anything, as what they look at is not there."""

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.rules.gain import is_after_training

_OF_A_TRAINING = (
    *("N001", "N002", "N003", "N004", "N005", "N011", "N012", "N013", "N014", "N015", "N016"),
    *("N040", "N041", "N042", "N043", "N044"),
)
"""Codes of what only a training shows."""

_OF_HISTORY = ("N011", "N012", "N013", "N014", "N015", "N016", "N024", "N025", "N042")
"""Codes of what a trained network shows only together with its history."""

_OF_METRICS = ("N002", "N004", "N005", "N037", "N040", "N041", "N042", "N043", "N044")
"""Codes of what only the metrics in ``metrics.json`` show: a weights file has few of them."""

_OF_STEPS = (*_OF_A_TRAINING, *_OF_HISTORY, "N020", "N021", "N023")
"""Codes of what is looked for in a run only if it took steps."""


def lacking(case: Case) -> dict[str, str]:
    """Return by code what a rule lacks to find anything, in words."""
    if not case.is_trained:
        what = "the weights of a run" if case.ended else "a run"
        return dict.fromkeys(_OF_A_TRAINING, f"these need {what}")
    if not is_after_training(case):
        return dict.fromkeys(_OF_STEPS, "these need an epoch of training")
    found = {}
    if not any(split.rows for split in case.splits.values()):
        found = dict.fromkeys(_OF_METRICS, "these need the saved metrics of a run")
    if not case.history:
        found |= dict.fromkeys(_OF_HISTORY, case.problem or "these need the history of a run")
    return found
