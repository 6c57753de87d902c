"""``predict`` and ``eval --data`` warn once about values unseen in training, or refuse them."""

import numpy as np
import pytest

import nncli as api
from nncli.base.errors import DataError
from nncli.model.model_file import read_model

TRAINING = "model: {hidden_layers: [2]}\ntraining: {epochs: 1}\n"
FAR = "new.csv: 2 rows (first: line 3) have values far outside those of the training rows: a "
FAR += "-900 to 1e+09 (training: 0 to 29); 1 cell has a category that is not in the "
FAR += "training rows: k 'x' (line 2); its inputs are all 0"


@pytest.fixture
def run(nncli, tmp_path):
    rows = "".join(f"{n},{'uvw'[n % 3]},{n % 7}\n" for n in (*range(0, 30, 3), *range(30)))
    (tmp_path / "t.csv").write_text("a,k,y\n" + rows, encoding="utf-8")
    text = f"data: {{path: t.csv, target: y, task: regression, test: 0}}\n{TRAINING}"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    assert nncli("train", "c.yaml", "-q", "-o", "R").code == 0
    (tmp_path / "new.csv").write_text("a,k,y\n1,x,1\n1e9,u,2\n-900,v,3\n", encoding="utf-8")
    return tmp_path / "R"


@pytest.mark.parametrize(
    "command", [("predict", "R", "new.csv"), ("eval", "R", "--data", "new.csv")]
)
def test_one_line_reports_all_unseen_values(nncli, run, command):
    done = nncli(*command)
    assert (done.code, done.err) == (0, f"Warning: {FAR}\n")
    refused = nncli(*command, "--strict")
    assert refused.code == 1
    assert refused.error == f"Error: {FAR}"


def test_rows_like_those_of_training_cause_no_warning(nncli, run):
    assert nncli("predict", "R", "t.csv").err == ""
    assert nncli("eval", "R", "--data", "t.csv").err == ""


def test_python_warns_as_of_blank_cells(run):
    model = api.load(run)
    with pytest.warns(api.NncliWarning, match="data: 1 row .* a up to 900 "):
        model.predict([{"a": 900, "k": "u"}])
    with pytest.raises(DataError, match="far outside"):
        model.predict([{"a": 900, "k": "u"}], strict=True)


def test_partial_fit_extends_the_ranges():
    X, y = np.arange(60.0).reshape(60, 1), np.array(["a", "b"] * 30)
    model = api.MLPClassifier(hidden_layers=[2], epochs=1)
    model.partial_fit(X[:20], y[:20], classes=["a", "b"])
    model.partial_fit(X[50:], y[50:])
    assert model.model_.preprocessing.ranges == [[0.0], [59.0]]


def test_models_of_arrays_know_their_ranges_and_those_of_bytes_need_none(nncli, tmp_path):
    X = np.arange(60).reshape(30, 2)
    for name, matrix in (("floats", X / 7), ("bytes", X.astype(np.uint8))):
        np.savez(tmp_path / "t.npz", X=matrix, y=np.arange(30) % 2)
        (tmp_path / "c.yaml").write_text(f"data: {{path: t.npz, test: 0}}\n{TRAINING}")
        assert nncli("train", "c.yaml", "-q", "-o", name).code == 0
        np.save(tmp_path / "new.npy", X.astype(float) + 200)
        told = nncli("predict", name, "new.npy").err
        assert ("new.npy: 30 rows" in told) == (name == "floats")
    ranges = read_model(tmp_path / "floats").preprocessing.ranges
    np.testing.assert_array_equal(ranges, [(X / 7).min(axis=0), (X / 7).max(axis=0)])


def test_rows_without_a_target_do_not_move_the_place(nncli, run):
    (run.parent / "new.csv").write_text("a,k,y\n1,u,\n1,u,1\n1e9,u,2\n", encoding="utf-8")
    for command in (("predict", "R", "new.csv"), ("eval", "R", "--data", "new.csv")):
        assert "1 row (first: line 4) has values far outside" in nncli(*command).err
