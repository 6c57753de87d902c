"""A mapped file that changes during training ends it with one line, and nothing is saved."""

import os
from pathlib import Path

import numpy as np
import pytest

import nncli as api
from nncli.base.errors import DataError
from nncli.base.storage.mapping import check_unchanged, row_blocks
from nncli.base.storage.npy import map_npy

X = np.random.default_rng(0).normal(size=(600, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.uint8)
CONFIG = {
    "data": {"inputs": "X.npy", "targets": "y.npy"},
    "model": {"hidden_layers": [2]},
    "training": {"epochs": 5, "batch_size": 10, "checkpoint_seconds": 0.001},
}


@pytest.fixture(autouse=True)
def arrays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("X.npy", X)
    np.save("y.npy", Y)
    for name in ("X.npy", "y.npy"):  # as if written long ago
        os.utime(name, ns=(10**18, 10**18))


def cut(path):
    os.truncate(path, 1000)


def lengthen(path):
    with path.open("ab") as stream:
        stream.write(bytes(12))


def overwrite_in_place(path):
    with path.open("r+b") as stream:
        stream.seek(200)
        stream.write(bytes(100))


def write_through_a_map(path):
    mapped = np.load(path, mmap_mode="r+")
    mapped[:] = 0
    mapped.flush()
    os.utime(path)  # not every file system updates the time


def put_another_in_its_place(path):
    np.save("other.npy", X + 1)
    os.utime("other.npy", ns=(10**18, 10**18))
    Path("other.npy").replace(path)


CHANGES = [cut, lengthen, overwrite_in_place, write_through_a_map, put_another_in_its_place]


class Change(api.Observer):
    """Change a file after an epoch, and record the reported end."""

    def __init__(self, change, epoch=2):
        self.change, self.at, self.ended, self.epochs = change, epoch, [], 0

    def epoch(self, report):
        self.epochs = report.epoch
        if report.epoch == self.at:
            self.change(Path("X.npy"))

    def end(self, outcome):
        self.ended.append(outcome)


def refusal(act, *arguments, **options):
    with pytest.raises(DataError) as caught:
        act(*arguments, **options)
    assert str(caught.value) == (
        "X.npy: was changed while in use; nothing computed from mixed rows is saved; leave the "
        "file unchanged and start again"
    )


def nothing_saved(directory):
    return not {"weights.npz", "metrics.json"} & {each.name for each in directory.iterdir()}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("out", [None, "run"])
def test_training_ends_and_saves_nothing(change, out):
    watching = Change(change)
    refusal(api.train, CONFIG, observers=[watching], out=out)
    assert (watching.ended, watching.epochs) == ([None], 2)
    assert nothing_saved(Path(out or "."))
    if out:
        with pytest.raises(DataError):  # until the file is restored
            api.resume("run")
        np.save("X.npy", X)
        assert api.resume("run").is_over


@pytest.mark.parametrize("change", [cut, put_another_in_its_place])
def test_a_change_after_the_last_epoch_is_detected_before_anything_is_saved(change):
    refusal(api.train, CONFIG, observers=[Change(change, epoch=5)], out="run")
    assert nothing_saved(Path("run"))


def test_a_change_that_makes_training_diverge_is_reported_as_the_cause():
    def spoil(path):
        with path.open("r+b") as stream:
            stream.seek(128)
            stream.write(np.full_like(X, np.nan).tobytes())

    refusal(api.train, CONFIG, observers=[Change(spoil)], out="run")


def test_finished_folds_are_kept():
    watching = Change(cut)
    with pytest.raises(DataError, match=r"X\.npy: was changed"):
        api.cross_validate(CONFIG, {"training.folds": 2}, observers=[watching], out="run")
    assert not Path("run/metrics.json").exists()


@pytest.mark.parametrize("change", [os.remove, lambda path: path.rename("moved.npy")])
def test_a_renamed_or_deleted_file_stays_available_to_the_run(change):
    whole = api.train(CONFIG)
    result = api.train(CONFIG, observers=[Change(change)], out="run")
    assert result.metrics == whole.metrics


@pytest.mark.parametrize("changes", [True, False])
def test_the_file_is_found_from_another_working_directory(tmp_path, changes):
    (tmp_path / "elsewhere").mkdir()

    def go(path):
        os.chdir("elsewhere")
        if changes:
            cut(tmp_path / path)

    if changes:
        refusal(api.train, CONFIG, observers=[Change(go)])
    else:
        assert api.train(CONFIG, observers=[Change(go)]).is_over


@pytest.mark.parametrize("change", CHANGES)
def test_a_pass_over_a_changed_file_ends(change):
    array = map_npy(Path("X.npy"))[:, :2]
    blocks = row_blocks(array, size=1200)
    next(blocks)
    change(Path("X.npy"))
    refusal(lambda: [*blocks])
    refusal(check_unchanged, array)
    check_unchanged(X)
    check_unchanged(map_npy(Path("y.npy")))


def test_predictions_of_a_changed_file_end():
    model = api.train(CONFIG).model
    np.save("X.npy", np.tile(X, (200, 1)))
    blocks = model.predictions("X.npy")
    next(blocks)
    lengthen(Path("X.npy"))
    refusal(lambda: [*blocks])
