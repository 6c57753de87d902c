"""Results of a run, the calls of its observers, and the files in its directory."""

import csv
import json
import signal
from dataclasses import replace

import numpy as np
import pytest

from nncli.base.errors import DivergenceError, OutputError
from nncli.base.storage.directory import Directory
from nncli.config.load import load_config
from nncli.model.model_file import read_model
from nncli.runs.preparation import prepare
from nncli.runs.resuming import load_run
from nncli.runs.run import run
from nncli.runs.training import train_job
from nncli.training.checkpoint import read_checkpoint
from nncli.training.observers.interruption import InterruptRequest
from nncli.training.observers.observer import Observer
from nncli.training.outcome import DIVERGED, EARLY, FINISHED, INTERRUPTED, UNWRITTEN, Outcome
from nncli.training.progress import Progress

CONFIG = """
name: xor
data: {source: xor, rows: 50, test: 20, validation: 10}
model: {hidden_layers: [4], activation: tanh}
training: {epochs: 6, batch_size: 8, learning_rate: 0.05}
"""
BATCHES = 5
FULL = OutputError("f: cannot be written")


@pytest.fixture
def loaded(tmp_path):
    """Return a function that loads the config."""

    def load(*overrides):
        (tmp_path / "c.yaml").write_text(CONFIG, encoding="utf-8")
        return load_config(tmp_path / "c.yaml", overrides)

    return load


@pytest.fixture
def job(loaded):
    """Return a function that prepares a job with a report after every step."""

    def make(*overrides):
        found = prepare(loaded(*overrides))
        return replace(found, plan=replace(found.plan, report_seconds=0))

    return make


@pytest.fixture
def directory(tmp_path):
    """Return an empty run directory."""
    path = tmp_path / "run"
    path.mkdir()
    return path


class Notes(Observer):
    """Record all calls; stop or fail at a given one."""

    def __init__(self, *, stop_at=None, fail_at=None, error=FULL):
        self.told, self.outcome = [], None
        self._stop_at, self._fail_at, self._error = stop_at, fail_at, error

    def note(self, place):
        self.told.append(place)
        if place == self._fail_at:
            raise self._error
        return place == self._stop_at

    def begin(self, job):
        self.note("begin")

    def step(self, report):
        return self.note((report.epoch, report.batch))

    def epoch(self, report):
        return self.note(report.epoch)

    def end(self, outcome):
        self.outcome = outcome
        self.note("end")


class Spoiled:
    """An engine that sets a weight to NaN after some steps."""

    def __init__(self, job, steps):
        self._engine, self._network, self._left = job.engine, job.setup.network, steps

    def steps(self, batches, rates, sums):
        if not self._left:
            self._network.arrays["W2"][0] = np.inf
            return self._engine.steps(batches, rates, sums)
        found = self._engine.steps(batches[: self._left], rates[: self._left], sums)
        self._left -= found.done
        return found

    def __getattr__(self, name):
        return getattr(self._engine, name)


def spoiled(job, steps):
    return replace(job, start_engine=lambda: Spoiled(job, steps))


def history(directory):
    with (directory / "history.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def metrics(directory):
    return json.loads((directory / "metrics.json").read_text(encoding="utf-8"))


def names_in(directory):
    return {path.name for path in directory.iterdir()}


# Results


def test_observers_are_called_for_every_step_and_epoch(job):
    notes = Notes()
    outcome = run(job(), [notes])
    assert notes.told[:7] == ["begin", (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), 1]
    assert notes.told[-7:] == [(6, 1), (6, 2), (6, 3), (6, 4), (6, 5), 6, "end"]
    assert len(notes.told) == 2 + 6 * (BATCHES + 1)
    assert notes.outcome is outcome
    assert (outcome.ended, outcome.is_over, outcome.epochs) == (FINISHED, True, 6)
    assert [*outcome.evaluations] == ["train", "validation", "test"]


@pytest.mark.parametrize("place", [(1, 1), (3, 2), (3, 5), (6, 5), 1, 3, 5])
def test_an_observer_may_stop_it_after_any_step_or_epoch(job, place):
    first, second = Notes(stop_at=place), Notes()
    outcome = run(job(), [first, second])
    assert (outcome.ended, outcome.is_over) == (INTERRUPTED, False)
    assert first.told == second.told
    assert second.told[-2:] == [place, "end"]
    epoch, batch = (place[0] - 1, place[1]) if isinstance(place, tuple) else (place, 0)
    assert (outcome.progress.epoch, outcome.progress.batch) == (epoch, batch)


def test_a_stop_at_the_last_epoch_leaves_a_finished_run(job):
    outcome = run(job(), [Notes(stop_at=6)])
    assert (outcome.ended, outcome.is_over) == (FINISHED, True)


def test_a_run_without_epochs_is_finished(job):
    notes = Notes()
    assert run(job("training.epochs=0"), [notes]).ended == FINISHED
    assert notes.told == ["begin", "end"]


PATIENCE = "training.early_stopping={patience: 2, min_change: 100}"


@pytest.mark.parametrize("stop_at", [None, 3])
def test_exhausted_patience_counts_as_early_stopping_despite_a_stop(job, stop_at):
    outcome = run(job(PATIENCE), [Notes(stop_at=stop_at)])
    assert (outcome.ended, outcome.is_over, outcome.progress.epoch) == (EARLY, True, 3)


@pytest.mark.parametrize("place", [(1, 2), 1, 3, 6])
def test_an_observer_that_cannot_write_ends_it_and_all_are_called(job, place):
    watching = [Notes(), Notes(fail_at=place), Notes()]
    with pytest.raises(OutputError, match="f: cannot be written"):
        run(job(), watching)
    for notes in watching:
        assert notes.told[-1] == "end"
        assert notes.outcome.ended == UNWRITTEN
    assert watching[0].told[-2] == watching[1].told[-2] == place


def test_an_observer_that_cannot_begin_ends_the_earlier_ones_and_nothing_is_kept(job):
    first, failing, last = Notes(), Notes(fail_at="begin"), Notes()
    with pytest.raises(OutputError, match="f: cannot be written"):
        run(job(), [first, failing, last])
    assert (first.told, failing.told, last.told) == (["begin", "end"], ["begin"], [])
    assert first.outcome is None


def test_the_last_observer_ends_first(job):
    order = []

    class Named(Observer):
        def __init__(self, name):
            self.name = name

        def begin(self, job):
            order.append(f"{self.name} begins")

        def end(self, outcome):
            order.append(f"{self.name} ends")

    run(job(), [Named("a"), Named("b")])
    assert order == ["a begins", "b begins", "b ends", "a ends"]


@pytest.mark.parametrize(("steps", "ended"), [(2, None), (2 * BATCHES, DIVERGED)])
def test_observers_learn_of_divergence_if_there_is_a_best_epoch(job, steps, ended):
    notes = Notes()
    with pytest.raises(DivergenceError, match=r"batch \d: the loss is nan, because the weights"):
        run(spoiled(job(), steps), [notes])
    assert (notes.outcome and notes.outcome.ended) == ended
    assert notes.told[-1] == "end"


def test_after_any_other_error_nothing_is_kept(job):
    notes = Notes(fail_at=4, error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(job(), [notes])
    assert notes.told[-2:] == [4, "end"]
    assert notes.outcome is None


def test_the_weights_to_keep_are_measured_once():
    calls = []
    outcome = Outcome(FINISHED, 1, Progress(), lambda: calls.append(1) or {})
    assert outcome.evaluations is outcome.evaluations
    assert calls == [1]


# Files


def test_a_signal_at_the_report_of_the_last_epoch_leaves_a_finished_run(job, directory):
    class Signal(Observer):
        def epoch(self, report):
            if report.epoch == 6:
                signal.raise_signal(signal.SIGINT)

    with InterruptRequest([signal.SIGINT]) as request:
        outcome = train_job(job(), Directory(directory), [Signal(), request])
    assert request.signal == signal.SIGINT
    assert outcome.ended == metrics(directory)["ended"] == "finished"
    stopped = load_run(Directory(directory), load_config(directory / "config.yaml"))
    assert stopped.what_is_over.startswith(f"{directory} is finished: all of its 6 epochs are done")


def test_divergence_leaves_the_best_epoch_before_it(job, directory):
    with pytest.raises(DivergenceError) as caught:
        train_job(spoiled(job(), 4 * BATCHES), Directory(directory), [])
    losses = [float(row["validation_loss"]) for row in history(directory)]
    assert len(losses) == 4
    best = 1 + losses.index(min(losses))
    assert str(caught.value) == (
        "epoch 5, batch 1: the loss is nan, because the weights of layer 2 are not finite; try a "
        "smaller training.learning_rate, or training.clip_norm: 1; the best epoch so far, "
        f"{best}, is saved in {directory}"
    )
    found, model = metrics(directory), read_model(directory)
    assert (found["ended"], found["epochs"], found["best_epoch"]) == ("diverged", 4, best)
    assert found["validation"]["metrics"]["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert model.training["ended"] == "diverged"
    assert np.isfinite(model.network.parameters).all()
    assert read_checkpoint(directory / "checkpoint.npz").progress.epoch <= 4


def test_the_weights_after_divergence_are_bit_identical_to_those_of_that_epoch(
    job, directory, tmp_path
):
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(DivergenceError):
        train_job(spoiled(job(), 4 * BATCHES), Directory(directory), [])
    best = metrics(directory)["best_epoch"]
    train_job(job(f"training.epochs={best}"), Directory(other), [])
    found, expected = (read_model(each).network.parameters for each in (directory, other))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("overrides", "steps"), [((), 2), (("data.validation=0",), 12)])
def test_without_a_best_epoch_divergence_leaves_no_weights(job, directory, overrides, steps):
    with pytest.raises(DivergenceError) as caught:
        train_job(spoiled(job(*overrides), steps), Directory(directory), [])
    assert str(caught.value).endswith("or training.clip_norm: 1")
    assert not names_in(directory) & {"weights.npz", "metrics.json"}


def test_an_interrupted_run_has_a_checkpoint_of_that_step_and_usable_weights(job, directory):
    outcome = train_job(job(), Directory(directory), [Notes(stop_at=(4, 3))])
    assert outcome.ended == metrics(directory)["ended"] == "interrupted"
    progress = read_checkpoint(directory / "checkpoint.npz").progress
    assert (progress.epoch, progress.batch, progress.sums.steps) == (3, 3, 3)
    assert len(history(directory)) == 3
    best = progress.best["parameters"]
    np.testing.assert_array_equal(read_model(directory).network.parameters, best)


def test_a_checkpoint_is_written_within_an_epoch_when_it_is_time(job, directory):
    places = []

    class Look(Observer):
        def step(self, report):
            if (directory / "checkpoint.npz").exists():
                progress = read_checkpoint(directory / "checkpoint.npz").progress
                places.append((progress.epoch, progress.batch))

    train_job(job("training.checkpoint_seconds=1e-9"), Directory(directory), [Look()])
    assert places[0] == (0, 1)


@pytest.mark.parametrize(("place", "epochs"), [((1, 2), 0), (3, 3)])
def test_an_observer_that_cannot_write_keeps_the_result_so_far(job, directory, place, epochs):
    with pytest.raises(OutputError, match="f: cannot be written"):
        train_job(job(), Directory(directory), [Notes(fail_at=place)])
    assert metrics(directory)["ended"] == "failed to write"
    assert read_model(directory).training["epochs"] == len(history(directory)) == epochs


def test_the_config_is_written_with_every_default_filled_in(job, directory):
    train_job(job(), Directory(directory), [])
    again = load_config(directory / "config.yaml").config
    assert again.model.output.name == "sigmoid"
    assert again.training.epochs == 6
    assert names_in(directory) == {
        "checkpoint.npz",
        "config.yaml",
        "history.csv",
        "metrics.json",
        "weights.npz",
    }
