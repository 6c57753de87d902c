"""Arrays of the user's own: npz, npy and IDX."""

import struct
from pathlib import Path

import numpy as np
import pytest

TRAINING = "\nmodel: {hidden_layers: [4]}\ntraining: {epochs: 2}\n"
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(60, 3)) * [1, 10, 100]
CLASSES = RANDOM.integers(0, 3, 60)


@pytest.fixture
def config(tmp_path):
    def write(data):
        (tmp_path / "c.yaml").write_text(f"data: {data}{TRAINING}", encoding="utf-8")

    return write


def idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    Path(path).write_bytes(header + array.astype(np.uint8).tobytes())


def test_an_npz_is_told_by_its_first_bytes(nncli, config):
    np.savez("rows.data", X=X, y=CLASSES)
    Path("rows.data.npz").rename("rows.data")
    config("{path: rows.data}")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 0
    assert result.err.startswith("task     multiclass of y\nclasses  0 ")
    assert "rows     42 train, 6 validation, 12 test\n" in result.err
    np.save("new.npy", X[:2])
    assert nncli("predict", "run", "new.npy").out.startswith("row,prediction\n0,")
    assert nncli("eval", "run").code == 0


def test_two_npy_files_make_a_regression_with_targets_in_their_own_units(nncli, config):
    np.save("X.npy", X)
    np.save("y.npy", X @ np.ones((3, 2)) * 1000)
    config("{inputs: X.npy, targets: y.npy, validation: [X.npy, y.npy]}")
    settings = [f"training.{each}" for each in ("epochs=200", "learning_rate=0.1")]
    result = nncli("train", "c.yaml", "model.hidden_layers=[]", *settings, "-o", "run")
    assert result.code == 0
    assert "task  regression of y1, y2\nrows  48 train, 60 validation, 12 test\n" in result.err
    values = [line.split(",")[1:] for line in nncli("predict", "run", "X.npy").out.split()[1:]]
    expected = X @ np.ones(3) * 1000
    found = np.array(values, float)[:, 0]
    assert np.abs(found - expected).mean() < 0.5 * np.abs(expected - expected.mean()).mean()


def test_images_and_labels_stay_bytes(nncli, config):
    idx("i", RANDOM.integers(0, 256, (60, 4, 4)))
    idx("l", CLASSES)
    config("{images: i, labels: l}")
    shown = nncli("data", "show", "c.yaml").out
    assert "source   idx\ntask     multiclass\n" in shown
    assert "type     uint8\n" in shown
    assert nncli("train", "-q", "c.yaml").code == 0


@pytest.mark.parametrize(
    ("arrays", "keys", "problem"),
    [
        ({"a": X, "y": CLASSES}, "", "rows.npz: has no array 'X' for data.X; it has a, y"),
        ({"X": X, "yy": CLASSES}, "", "no array 'y' for data.y; did you mean 'yy'?"),
        ({"X": X[:9], "y": CLASSES}, "", "rows.npz: X: has 9 rows, and"),
        ({"X": X, "y": CLASSES * 0}, "", "column y: every row has the class '0'"),
        ({"X": X, "y": CLASSES + 0.5}, ", task: multiclass", "row 0 (from 0), column y: found"),
        ({"X": np.where(X > 0, X, np.nan), "y": CLASSES}, "", "found nan; expected a number from"),
        ({"X": X.astype("U9"), "y": CLASSES}, "", "X: holds values of type <U9; expected numbers"),
        ({"X": X[:, 0], "y": CLASSES}, "", "X: has the shape (60,); expected a row an example"),
    ],
)
def test_what_is_wrong_with_arrays_is_one_line(nncli, config, arrays, keys, problem):
    np.savez("rows.npz", **arrays)
    config(f"{{path: rows.npz{keys}}}")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 1
    assert problem in result.error
    assert not Path("run").exists()
