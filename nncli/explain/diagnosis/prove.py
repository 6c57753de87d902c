"""Prove that changes help: train with and without each, with several seeds on the same rows."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from tqdm import tqdm

from nncli.base.errors import NncliError
from nncli.base.signals import number_of
from nncli.config.overrides import OF_OVERRIDES
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.changed import changed
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import Change, Finding
from nncli.explain.diagnosis.proof import Proof
from nncli.explain.diagnosis.rules.rule import Rule
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.diagnosis.trial import Trial
from nncli.runs.job import Job

SEEDS = 3
"""Seeds of a proof: that of the config, and those that follow."""

_MAIN = {
    "binary": "balanced_accuracy",
    "multiclass": "balanced_accuracy",
    "multilabel": "macro_f1",
    "regression": "rmse",
}
"""Metric of each task that does not depend on the loss, nor on how often a class occurs."""

_UNSEEN = ("validation", "held_out", "test")  # the test rows last: they are to stay unseen
_BAR = "Proving {desc}: |{bar}| {n}/{total} trainings, {elapsed}"


def proven(case: Case, diagnosis: Diagnosis, *, progress: bool = False) -> Diagnosis:
    """Return a diagnosis with its proofs; Ctrl-C ends them, or already ended the diagnosis."""
    if diagnosis.signal is not None:
        return replace(diagnosis, case=case)
    proofs: list[Proof] = []
    signal = None
    try:
        for proof in proofs_of(case, diagnosis.findings, progress=progress):
            proofs.append(proof)
    except KeyboardInterrupt as error:
        signal = number_of(error)
    return replace(diagnosis, proofs=proofs, signal=signal, case=case)


def proofs_of(
    case: Case, findings: Sequence[Finding], *, seeds: int = SEEDS, progress: bool = False
) -> Iterator[Proof]:
    """Yield a proof for each finding with a change, as soon as its trainings are done.

    Findings with the same change share the trainings.

    Parameters
    ----------
    progress : bool
        Whether to show a progress bar on standard error, if that is a terminal.
    """
    proven = [(each, each.found.change) for each in findings if each.found.change]
    trials = _Trials(case)
    total = seeds * (1 + len({str(change) for _, change in proven}))
    silent = not (proven and progress and sys.stderr.isatty())
    with tqdm(total=total, bar_format=_BAR, leave=False, disable=silent, ncols=79) as bar:
        for finding, change in proven:
            bar.set_description_str(finding.code)
            yield _proof(trials, finding.code, change, seeds, bar.update)


def helps(case: Case, finding: Finding, *, seeds: int = SEEDS, progress: bool = False) -> Proof:
    """Return the proof of a finding that has a change."""
    return next(proofs_of(case, [finding], seeds=seeds, progress=progress))


class _Trials:
    """The trials of a case, each prepared once."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[str, Trial] = {}

    def of(self, change: Change | None) -> Trial:
        """Return the trial with a change, or that of the config. Raises `NncliError`."""
        key = str(change or "")
        if key not in self._known:
            self._known[key] = self._new(change)
        return self._known[key]

    def _new(self, change: Change | None) -> Trial:
        # The data of an untrusted model is only known to be its own once it was read as such.
        dataset = self._case.dataset
        if change is None:
            return Trial(self._case.loaded, dataset)
        loaded = changed(self._case, change)
        if change.key.partition(".")[0] == "data":
            dataset = loaded.selecting.config.load_data()
        return Trial(loaded, dataset)


def _proof(
    trials: _Trials, code: str, change: Change, seeds: int, done: Callable[[], object]
) -> Proof:
    """Return the proof of a change; call `done` after each training."""
    rule = RULES.get(code)  # None: a rule about several models
    if rule and rule.unprovable:
        return Proof(code, change, refused=rule.unprovable)
    try:
        before, after = trials.of(None), trials.of(change)
        metric, split = _measured(before.first, after.first, rule)
        without: list[float | None] = []
        with_change: list[float | None] = []
        for number in range(seeds):
            for trial, values in ((before, without), (after, with_change)):
                is_new = not trial.is_trained(number)
                values.append(trial.metric(number, split, metric))
                if is_new:
                    done()
    except NncliError as error:
        return Proof(code, change, refused=str(error).removeprefix(f"{OF_OVERRIDES}: "))
    return Proof(
        code,
        change,
        metric,
        split,
        [before.seed(number) for number in range(seeds)],
        without,
        with_change,
        after.epochs,
    )


def _measured(before: Job, after: Job, rule: Rule | None) -> tuple[str, str]:
    """Return the metric and the split that show whether a change helps.

    A loss is the finest measure, but two losses can only be compared if they are the same function
    of the same targets.
    """
    there = [
        name for name in _UNSEEN if name in before.dataset.splits.keys() & after.dataset.splits
    ]
    split = there[0] if there and rule and rule.shown_by == "unseen" else "train"
    task = before.dataset.task
    if after.dataset.task != task:
        return "accuracy", split
    one, other = before.setup.objective, after.setup.objective
    weights = [job.dataset.splits["train"].weights for job in (before, after)]
    same = (
        (one.name, one.parameters) == (other.name, other.parameters)
        and _same(before.target_scaling.offset, after.target_scaling.offset)
        and _same(before.target_scaling.scale, after.target_scaling.scale)
        and _same(*weights)
    )
    by_loss = same and (rule is None or rule.by_loss)
    return "loss" if by_loss else _MAIN[task], split


def _same(one: object, other: object) -> bool:
    """Return whether two settings are equal: numbers, arrays or None."""
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(np.asarray(one), np.asarray(other)))
