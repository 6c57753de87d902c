"""The observer that reports what the user may not expect of a job."""

from nncli.base.notes import Note
from nncli.training.observers.observer import Job, Observer


class Notes(Observer):
    """Report a job's warnings when it begins; with several jobs, report each warning once.

    Parameters
    ----------
    note : function of str
    left_out : bool
        Whether to report rows that were left out, too.
    """

    def __init__(self, note: Note, *, left_out: bool = True) -> None:
        self._note, self._left_out = note, left_out
        self._told = set[str]()

    def begin(self, job: Job) -> None:
        """Report the warnings."""
        left_out = [f"{line}: left out" for line in job.dataset.left_out]
        warnings = [*(left_out if self._left_out else ()), *job.warnings]
        for warning in warnings:
            if warning not in self._told:
                self._note(warning)
        self._told.update(warnings)
