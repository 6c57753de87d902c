"""What is kept of a page: its model, the findings about its training, and files to take away."""

from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.errors import DivergenceError
from nncli.base.notes import Note
from nncli.base.storage.files import atomic_write
from nncli.base.storage.run_files import CONFIG, WEIGHTS
from nncli.config.load import read_config
from nncli.config.places import portable
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.diagnose import diagnose, diagnosis_of
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.quick import quick_diagnosis
from nncli.explain.plots.subject import Subject
from nncli.runs.directory import new_run
from nncli.runs.recording import trained_model
from nncli.runs.result import Result
from nncli.training.outcome import DIVERGED, FINISHED, INTERRUPTED, Outcome
from nncli.web.playground.config_text import config_text
from nncli.web.playground.setting import START, Setting
from nncli.web.playground.trainer import Trainer

MOST_SAVES = 100
"""Runs that the pages of a server may save: they fill its disk."""

_FEW_ROWS = 5000  # for which all rules are quick,
_LITTLE_WORK = 100_000_000  # with so many rows times parameters


def result_of(trainer: Trainer) -> Result:
    """Return the result so far, with the current weights. Raises `DivergenceError`."""
    job = trainer.job
    ended = FINISHED if trainer.is_done else INTERRUPTED
    outcome = Outcome(ended, job.plan.epochs, job.progress, job.evaluations)
    model = trained_model(job, outcome)
    return Result(model, ended, trainer.history.table, evaluations=outcome.evaluations)


@np.errstate(over="ignore", invalid="ignore")  # of weights that nearly diverge
def findings_of(trainer: Trainer, *, is_quick: bool = False) -> list[dict[str, Any]]:
    """Return the findings about training so far, the worst first; none before the first epoch.

    Parameters
    ----------
    is_quick : bool
        Whether to leave out the rules that read the data, as if there were many rows.
    """
    rows, parameters = len(trainer.job.order.split), len(trainer.job.network.parameters)
    is_quick = is_quick or rows > _FEW_ROWS or rows * parameters > _LITTLE_WORK
    diagnosis: Diagnosis | None
    if trainer.problem:
        diagnosis = _of_divergence(trainer)
    elif not trainer.job.progress.epoch:
        return []
    else:
        try:
            diagnosis = (quick_diagnosis if is_quick else diagnose)(result_of(trainer))
        except DivergenceError:
            return []  # of which the next steps tell
    return [
        {
            "code": each.code,
            "severity": each.severity,
            "title": each.title,
            "evidence": each.found.evidence,
            "change": None if each.found.change is None else str(each.found.change),
            "remedy": each.found.remedy,
        }
        for each in (diagnosis.findings if diagnosis else [])
    ]


def _of_divergence(trainer: Trainer) -> Diagnosis:
    """Return the findings as of a run that left no weights."""
    job = trainer.job
    subject = Subject("playground", config=read_config(portable(job.config, Path())))
    table = trainer.history.table if job.progress.epoch else {}
    return diagnosis_of(Case(subject, table, {}, DIVERGED, trainer.problem), ("run",))


def save(trainer: Trainer, setting: Setting, note: Note) -> Path:
    """Write the config and the model to a new run directory, and return it.

    Raises
    ------
    DivergenceError
        If a weight or a loss is not finite.
    OutputError
        If a file cannot be written.
    """
    model = result_of(trainer).model
    with new_run("playground", None, note) as directory:
        if setting.start:
            with atomic_write(directory / START) as file:
                np.savez(file, **dict[str, Any](setting.start))
        with atomic_write(directory / CONFIG) as file:
            file.write(config_text(setting, trainer.job, in_file=True).encode("utf-8"))
        model.save(directory.path / WEIGHTS)
        return directory.path
