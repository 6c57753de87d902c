"""The observer that hands on what the user may not expect of a job."""

from nncli.base.notes import Note
from nncli.training.observers.observer import Job, Observer


class Notes(Observer):
    """Tells of a job's warnings as it begins; of several jobs, each warning once.

    Parameters
    ----------
    note : function of str
    """

    def __init__(self, note: Note) -> None:
        self._note = note
        self._told = set[str]()

    def begin(self, job: Job) -> None:
        """Tell of the warnings."""
        for warning in job.warnings:
            if warning not in self._told:
                self._note(warning)
        self._told.update(job.warnings)
