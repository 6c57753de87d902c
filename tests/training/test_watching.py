"""Observers of training: when they are called, and how they can stop it."""

import pytest

from nncli.base.errors import DivergenceError, OutputError
from nncli.runs.run import run
from nncli.training.observers.observer import Observer
from nncli.training.outcome import DIVERGED, EARLY, FINISHED, INTERRUPTED, UNWRITTEN, Outcome
from nncli.training.progress import Progress
from tests.training.jobs import ScriptedJob
from tests.training.scripted import ScriptedEngine, plan_of


class Notes(Observer):
    """Record all calls, and act on some of them as a test specifies."""

    def __init__(self, told, name="", **at):
        self.told, self.name, self.at = told, name, at
        self.outcomes = []

    def _note(self, what):
        self.told.append(self.name + what)
        answer = self.at.get(what.replace(" ", "_"))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def begin(self, job):
        self.job = job
        self._note("begin")

    def step(self, report):
        return self._note(f"step {report.epoch}.{report.batch}")

    def epoch(self, report):
        return self._note(f"epoch {report.epoch}")

    def end(self, outcome):
        self.outcomes.append(outcome)
        self._note(f"end {outcome.ended if outcome else 'nothing'}")


def job_of(steps=None, **plan):
    engine = ScriptedEngine([(1.0, 0)] * 100 if steps is None else steps)
    return ScriptedJob(plan=plan_of(**{"epochs": 2, **plan}), engine=engine)


STEPS = [f"step 1.{n}" for n in range(1, 5)], [f"step 2.{n}" for n in range(1, 5)]


def test_an_observer_gets_every_report_between_begin_and_end():
    job, told = job_of(), []
    watching = Notes(told)
    outcome = run(job, [watching])
    expected = ["begin", *STEPS[0], "epoch 1", *STEPS[1], "epoch 2", f"end {FINISHED}"]
    assert told == expected
    assert watching.job is job
    assert watching.outcomes == [outcome]
    assert (outcome.ended, outcome.epochs, outcome.is_over) == (FINISHED, 2, True)
    assert outcome.progress is job.progress


def test_observers_are_called_in_order_and_ended_in_reverse():
    told = []
    run(job_of(epochs=1, report_seconds=1e9), [Notes(told, "a "), Notes(told, "b ")])
    assert told[:4] == ["a begin", "b begin", "a epoch 1", "b epoch 1"]
    assert told[4:] == [f"b end {FINISHED}", f"a end {FINISHED}"]


def test_training_needs_no_observers():
    assert run(job_of()).ended == FINISHED


def test_an_observer_that_overrides_nothing_changes_nothing():
    job = job_of()
    assert run(job, [Observer()]).ended == FINISHED
    assert len(job.engine.seen) == 8


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("at", "steps"), [("step_1.1", 1), ("step_2.3", 7), ("step_2.4", 8), ("epoch_1", 4)]
)
def test_an_observer_that_returns_true_stops_training_and_the_others_are_still_called(
    at, steps, first
):
    job, told, asked = job_of(), [], []
    asking, other = Notes(asked, **{at: True}), Notes(told)
    outcome = run(job, [asking, other] if first else [other, asking])
    assert told == asked
    assert told[-2:] == [at.replace("_", " "), f"end {INTERRUPTED}"]
    assert len(job.engine.seen) == steps
    assert not outcome.is_over


@pytest.mark.parametrize("answer", [None, False])
def test_any_other_answer_does_not_stop_it(answer):
    told = []
    assert run(job_of(), [Notes(told, **{"step_1.1": answer, "epoch_1": answer})]).ended == FINISHED
    assert told[-2:] == ["epoch 2", f"end {FINISHED}"]


def test_a_stop_after_the_last_epoch_interrupts_nothing():
    assert run(job_of(), [Notes([], epoch_2=True)]).ended == FINISHED


def test_training_continues_where_it_was_stopped():
    job, told = job_of(), []
    assert run(job, [Notes([], **{"step_1.3": True})]).ended == INTERRUPTED
    assert run(job, [Notes(told)]).ended == FINISHED
    assert told == ["begin", "step 1.4", "epoch 1", *STEPS[1], "epoch 2", f"end {FINISHED}"]


def test_training_whose_patience_is_over_has_stopped_early():
    outcome = run(job_of(epochs=9, patience_epochs=2))
    assert (outcome.ended, outcome.progress.epoch, outcome.is_over) == (EARLY, 3, True)


def test_a_job_that_is_done_takes_no_step():
    job, told = job_of(), []
    job.progress = Progress(epoch=2)
    assert run(job, [Notes(told)]).ended == FINISHED
    assert told == ["begin", f"end {FINISHED}"]


# Errors

DIVERGING = "the loss is nan; try less"


def test_divergence_before_an_epoch_was_completed_leaves_nothing_to_keep():
    job, told = job_of([(1.0, 0), DIVERGING]), []
    with pytest.raises(DivergenceError, match="epoch 1, batch 2: the loss is nan; try less"):
        run(job, [Notes(told, "a "), Notes(told, "b ")])
    assert told[-2:] == ["b end nothing", "a end nothing"]


@pytest.mark.parametrize("keep_best", [True, False])
def test_divergence_after_a_best_epoch_leaves_that_one(keep_best):
    job, told = job_of([*[(1.0, 0)] * 6, DIVERGING], keep_best=keep_best), []
    with pytest.raises(DivergenceError, match="epoch 2, batch 3"):
        run(job, [Notes(told)])
    assert told[-1] == f"end {DIVERGED if keep_best else 'nothing'}"
    assert told.count("epoch 1") == 1
    assert job.progress.best_epoch == 1


@pytest.mark.parametrize("at", ["step_1.1", "step_1.4", "epoch_1", "step_2.1"])
def test_a_failed_write_ends_training_and_all_observers_are_called(at):
    told, full = [], OutputError("the disk is full")
    with pytest.raises(OutputError) as caught:
        run(job_of(), [Notes(told, "a ", **{at: full}), Notes(told, "b ")])
    assert caught.value is full
    assert told[-3:] == [
        f"a {at.replace('_', ' ')}",
        f"b end {UNWRITTEN}",
        f"a end {UNWRITTEN}",
    ]


@pytest.mark.parametrize("error", [ZeroDivisionError(), OutputError("the disk is full")])
def test_only_those_that_have_begun_are_ended_with_nothing_to_keep(error):
    told = []
    watching = [Notes(told, "a "), Notes(told, "b ", begin=error), Notes(told, "c ")]
    with pytest.raises(type(error)):
        run(job_of(), watching)
    assert told == ["a begin", "b begin", "a end nothing"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_any_other_error_leaves_nothing_to_keep(error):
    told = []
    with pytest.raises(type(error)):
        run(job_of(), [Notes(told, **{"step_2.1": error})])
    assert told[-1] == "end nothing"


# Outcomes


def test_an_outcome_is_measured_when_it_is_asked_for_and_only_once():
    asked = []

    def measure():
        asked.append(1)
        return {"test": "well"}

    outcome = Outcome(FINISHED, 3, Progress(), measure)
    assert asked == []
    assert outcome.evaluations == outcome.evaluations == {"test": "well"}
    assert asked == [1]


@pytest.mark.parametrize(
    ("ended", "is_over"),
    [(FINISHED, True), (EARLY, True), (INTERRUPTED, False), (DIVERGED, False), (UNWRITTEN, False)],
)
def test_only_finished_or_early_stopped_training_is_over(ended, is_over):
    assert Outcome(ended, 3, Progress(), dict).is_over == is_over
