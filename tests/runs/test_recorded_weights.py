"""``training.record_weights`` keeps the weights every few steps, and changes nothing else."""

import os
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncli
from nncli.base.storage.npz_file import read_own_npz, write_npz
from nncli.config.load import load_config
from nncli.config.resolve import Misfit
from nncli.runs.preparation import prepare
from nncli.runs.settings import check_recorded
from nncli.training.loop import StepReport
from nncli.training.observers.observer import Observer
from nncli.training.observers.weights import WeightRecorder
from nncli.training.recorded_weights import MOST_BYTES, read_recorded

XOR = {
    "data": {"source": "xor", "rows": 60, "test": 10},
    "model": {"hidden_layers": [3], "activation": "tanh", "normalization": "batch_norm"},
    "training": {"epochs": 4, "batch_size": 16, "learning_rate": 0.05},
}
BATCHES = 4
FILE = "recorded_weights.npz"


class StopAt(Observer):
    """Stop at the first report after some steps."""

    def __init__(self, steps):
        self._steps = steps

    def step(self, report):
        return (report.epoch - 1) * BATCHES + report.batch >= self._steps

    def epoch(self, report):
        return report.epoch * BATCHES >= self._steps


def train(every, epochs=4, **settings):
    return nncli.train(
        XOR, {"training.record_weights": every, "training.epochs": epochs}, **settings
    )


@given(every=st.integers(1, 20), epochs=st.integers(1, 4))
def test_copies_are_the_weights_at_their_steps(every, epochs):
    found = train(every).recorded_weights
    steps = found["step"].tolist()
    assert steps == [*range(0, 4 * BATCHES + 1, every)]
    np.testing.assert_array_equal(found["epoch"], found["step"] / BATCHES)
    if epochs * BATCHES in steps:
        network = train(None, epochs).model.network
        place = steps.index(epochs * BATCHES)
        assert {*network.named} == {*found} - {"step", "epoch"}
        for name, array in network.named.items():
            np.testing.assert_array_equal(found[name][place], array)


def test_the_first_copy_is_before_training():
    found = train(1000).recorded_weights
    for name, array in train(None, 0).model.network.named.items():
        np.testing.assert_array_equal(found[name], array[np.newaxis])


@pytest.mark.parametrize("every", [1, 3, 4, 7])
def test_the_run_is_the_same_with_and_without(every, tmp_path):
    plain, recorded = train(None, out=tmp_path / "a"), train(every, out=tmp_path / "b")
    np.testing.assert_array_equal(plain.model.network.parameters, recorded.model.network.parameters)
    assert plain.metrics == recorded.metrics
    assert plain.history["train_loss"] == recorded.history["train_loss"]
    files = [{path.name for path in (tmp_path / name).iterdir()} for name in "ab"]
    assert files[1] - files[0] == {FILE}
    assert plain.recorded_weights == {}


def test_a_directory_has_what_memory_has(tmp_path):
    in_memory, written = train(3), train(3, out=tmp_path / "run")
    for name, copies in in_memory.recorded_weights.items():
        np.testing.assert_array_equal(written.recorded_weights[name], copies)


@pytest.mark.parametrize("steps", [1, 3, 4, 7, 9, 12])
@pytest.mark.parametrize("every", [1, 3, 4])
def test_a_resumed_run_has_the_same_copies(tmp_path, every, steps):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(every, out=whole)
    assert train(every, out=parts, observers=[StopAt(steps)]).ended == "interrupted"
    nncli.resume(parts)
    assert (parts / FILE).read_bytes() == (whole / FILE).read_bytes()


def test_copies_after_the_checkpoint_are_taken_again(tmp_path):
    """A process that is killed may have written copies after its last checkpoint."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(2, out=whole)
    train(2, out=parts, observers=[StopAt(6)])
    content = (whole / FILE).read_bytes()
    (parts / FILE).write_bytes(content)
    nncli.resume(parts)
    assert (parts / FILE).read_bytes() == content


def test_more_epochs_give_more_copies(tmp_path):
    train(3, 2, out=tmp_path / "run")
    nncli.resume(tmp_path / "run", {"training.epochs": 4})
    train(3, out=tmp_path / "whole")
    assert (tmp_path / "run" / FILE).read_bytes() == (tmp_path / "whole" / FILE).read_bytes()


def test_each_fold_and_each_part_of_a_refit_records(tmp_path):
    nncli.cross_validate(
        XOR, {"training.record_weights": 3, "training.folds": 2}, out=tmp_path / "f"
    )
    assert (tmp_path / "f" / "fold-2" / FILE).exists()
    refit = {"training.record_weights": 3, "training.refit": True, "data.validation": 10}
    found = nncli.train(XOR, refit, out=tmp_path / "r")
    assert found.recorded_weights["step"][0] == 0
    assert (tmp_path / "r" / "selection" / FILE).exists()


def test_too_many_copies_are_refused_before_training(tmp_path):
    with pytest.raises(
        nncli.ConfigError, match=r"which keeps .* copies of .* bytes; use at"
    ) as found:
        train(1, 10_000_000, out=tmp_path / "run")
    least = int(str(found.value).split("at least ")[1].split(" ")[0].replace(",", ""))
    assert not (tmp_path / "run").exists()
    stop = {"observers": [StopAt(1)]}
    with pytest.raises(nncli.ConfigError):
        train(least - 1, 10_000_000, **stop)
    train(least, 10_000_000, **stop)


def test_a_network_may_be_too_large_to_record():
    arrays = {"parameters": np.empty(MOST_BYTES // 2 + 1, np.uint8), "state": np.empty(0)}
    plan, order = SimpleNamespace(epochs=1, record_every=9), SimpleNamespace(batches=1)
    check_recorded(plan, order, SimpleNamespace(**arrays))  # only the weights before training
    plan.record_every = 1
    with pytest.raises(Misfit, match=r"a copy of the weights has .* bytes; remove this key"):
        check_recorded(plan, order, SimpleNamespace(**arrays))


class Spoil(Observer):
    """Set a weight to infinity after some steps."""

    def __init__(self, steps):
        self._steps = steps

    def begin(self, job):
        self._job = job

    def step(self, report):
        if (report.epoch - 1) * BATCHES + report.batch == self._steps:
            self._job.network.arrays["W1"][0] = np.inf


def test_a_diverged_run_has_the_copies_before(tmp_path):
    changes = {"training.record_weights": 1, "data.validation": 10}
    with pytest.raises(nncli.DivergenceError) as found:
        nncli.train(XOR, changes, observers=[Spoil(6)], out=tmp_path / "run")
    assert found.value.result.recorded_weights["step"].tolist() == [*range(7)]


def test_numbers_that_are_not_finite_are_not_kept():
    job = prepare(load_config({**XOR, "training": {"epochs": 1, "record_weights": 1}}))
    recorder = WeightRecorder()
    recorder.begin(job)
    job.network.arrays["W1"][0] = np.inf
    job.progress.batch = 1
    recorder.step(StepReport(1, 1, 16, 0.5))
    assert len(recorder.recorded) == 1


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded") / "run"
    train(2, out=folder, observers=[StopAt(7)])
    return folder


def changed(**changes):
    def change(path):
        arrays = read_own_npz(path)
        for name, new in changes.items():
            arrays[name] = np.asarray(new(arrays[name]))
        write_npz(path, {name: array for name, array in arrays.items() if array.size})

    return change


FORGERIES = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "a terabyte": lambda path: os.truncate(path, 10**12),
    "text": lambda path: path.write_text("step,W1\n", "utf-8"),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a changed bit": lambda path: path.write_bytes(
        path.read_bytes().replace(b"\0\0\0\x80", b"\1", 1)
    ),
    "another file": lambda path: path.write_bytes((path.parent / "weights.npz").read_bytes()),
    "fewer copies": changed(parameters=lambda a: a[:2], state=lambda a: a[:2]),
    "another network": changed(parameters=lambda a: a[:, 1:]),
    "another type": changed(parameters=lambda a: a.astype(np.float64)),
    "NaN": changed(parameters=lambda a: np.where(a == a[1, 1], np.nan, a).astype(a.dtype)),
    "infinity": changed(state=lambda a: np.where(a == a[1, 1], np.inf, a).astype(a.dtype)),
    "different lengths": changed(state=lambda a: a[:-1]),
    "never": changed(every=lambda a: a * 0),
    "negative": changed(every=lambda a: -a),
    "rarely": changed(every=lambda a: a + 2**62),
    "other batches": changed(batches=lambda a: a + 1),
    "a list": changed(every=lambda a: np.array([a, a])),
    "a matrix": changed(parameters=lambda a: a[np.newaxis]),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_file_is_refused_in_one_line(interrupted, tmp_path, forge):
    for path in interrupted.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    forge(tmp_path / FILE)
    with pytest.raises(nncli.DataError, match=FILE) as found:
        nncli.resume(tmp_path)
    assert "\n" not in str(found.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and links")
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_neither_links_nor_pipes_are_read(interrupted, tmp_path, kind):
    for path in interrupted.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / FILE).unlink()
    if kind == "link":
        (tmp_path / FILE).symlink_to(interrupted / FILE)
    else:
        os.mkfifo(tmp_path / FILE)
    with pytest.raises(nncli.DataError, match=f"{FILE}: cannot be read"):
        nncli.resume(tmp_path)


def test_a_reader_needs_the_network_of_the_run(interrupted):
    other = nncli.train(XOR, {"model.hidden_layers": [4]}).model.network
    with pytest.raises(nncli.DataError, match="is not of this network"):
        read_recorded(interrupted / FILE, other)
