"""``nncli eval`` reports a split whose rows have changed since training."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

import nncli as api

CONFIG = "data: {{{data}}}\nmodel: {{hidden_layers: [2]}}\ntraining: {{epochs: 1}}\n"
TOLD = "its data has changed since training: "


def table(path, rows=60):
    random.seed(1)
    cells = [(random.random(), random.random(), random.choice("ab")) for _ in range(rows)]
    Path(path).write_text(
        "x,z,y\n" + "".join(f"{x},{z},{y}\n" for x, z, y in cells), encoding="utf-8"
    )


def of_csv():
    table("d.csv")
    return "path: d.csv, target: y, validation: 0.1"


def of_two_files():
    table("d.csv")
    table("t.csv", rows=20)
    return "path: d.csv, target: y, test: t.csv"


def of_npz():
    X = np.random.default_rng(0).normal(size=(60, 3))
    np.savez("d.npz", X=X, y=X[:, 0])
    return "path: d.npz"


def sort(path):
    head, *rows = Path(path).read_text(encoding="utf-8").splitlines()
    Path(path).write_text("\n".join([head, *sorted(rows)]) + "\n", encoding="utf-8")


def append(path):
    lines = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(lines + lines.splitlines()[-1] + "\n", encoding="utf-8")


def shift(path):
    with np.load(path) as arrays:
        X, y = arrays["X"], arrays["y"]
    np.savez(path, X=X[::-1], y=y[::-1])


def rewrite(path):
    """Rewrite the file with other spellings of the same cells."""
    Path(path).write_text(
        Path(path).read_text(encoding="utf-8").replace("\n", "\r\n").replace(",0.", ", 0."),
        encoding="utf-8",
    )


@pytest.fixture
def train(nncli, tmp_path):
    def do(data, *settings, run="R"):
        (tmp_path / "c.yaml").write_text(CONFIG.format(data=data))
        done = nncli("train", "c.yaml", "-q", "-o", run, *settings)
        assert done.code == 0, done.err

    return do


@pytest.mark.parametrize(
    ("source", "change", "path", "parts"),
    [
        (of_csv, sort, "d.csv", "test inputs, test targets, test rows"),
        (of_csv, append, "d.csv", "test inputs, test targets, test rows"),
        (of_npz, shift, "d.npz", "test inputs, test targets"),
        (of_two_files, sort, "t.csv", "test inputs, test targets"),
    ],
)
def test_eval_names_the_changes(nncli, train, source, change, path, parts):
    train(source())
    before = nncli("eval", "R")
    assert (before.code, before.err) == (0, "")
    change(path)
    done = nncli("eval", "R", "--json")
    assert done.code == 0
    assert json.loads(done.out)["split"] == "test"
    assert done.err == (
        f"Warning: R: {TOLD}{parts}; it may have been trained on some of these test rows; restore "
        "the data, or evaluate unseen rows with --data FILE\n"
    )
    with pytest.warns(api.NncliWarning, match=TOLD):
        api.load("R").evaluate(split="train" if path != "t.csv" else "test")
    assert TOLD not in nncli("eval", "R", "--data", path).err


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_other_spellings_of_the_same_rows_are_not_a_change(nncli, train, split):
    train(of_csv())
    before = nncli("eval", "R", "--split", split)
    rewrite("d.csv")
    after = nncli("eval", "R", "--split", split)
    assert (after.code, after.err, after.out) == (0, "", before.out)


def test_rows_of_another_file_do_not_matter(nncli, train):
    train(of_two_files())
    sort("d.csv")
    assert nncli("eval", "R").err == ""
    assert TOLD in nncli("eval", "R", "--split", "train").err


def test_folds_have_a_fingerprint_of_their_rows(nncli, train):
    train(of_csv(), "training.folds=2")
    assert nncli("eval", "R/fold-2", "--split", "held_out").err == ""
    sort("d.csv")
    assert TOLD in nncli("eval", "R/fold-2", "--split", "held_out").err


def test_a_model_of_an_earlier_version_has_no_fingerprint(nncli, train):
    train(of_csv())
    model = api.load("R")
    assert model.fingerprint
    model.fingerprint.clear()
    model.save(Path("old.npz"))
    sort("d.csv")
    assert nncli("eval", "old.npz").err == ""


def test_rows_passed_in_python_have_no_fingerprint():
    X = np.random.default_rng(0).normal(size=(40, 2))
    result = api.train({"training": {"epochs": 1}}, data=(X, X[:, 0]))
    assert result.model.fingerprint == {}


def test_a_model_in_memory_compares_too(train, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = {"data": {"path": "d.csv", "target": "y"}, "training": {"epochs": 1}}
    table("d.csv")
    model = api.train(config).model
    model.evaluate()
    sort("d.csv")
    with pytest.warns(api.NncliWarning, match=f"^the model: {TOLD}"):
        model.evaluate()
