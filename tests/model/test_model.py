"""A model on its own: prediction, evaluation, saving, copying, pickling."""

import copy
import pickle
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nncli.base.errors import DataError, ModelFileError, NncliWarning, UsageError
from nncli.model.model_file import model_bytes, model_from_bytes, read_model
from nncli.model.predicted import class_values
from nncli.model.prediction import predict_rows
from tests.data.memory.frames import as_csv
from tests.model.models import people, trained

X = np.random.default_rng(4).normal(size=(90, 3))
PEOPLE = people()
TARGETS = {
    "binary": np.where(X[:, 0] > 0, "yes", "no"),
    "booleans": X[:, 0] > 0,
    "numbered": np.arange(90) % 3,
    "labels": (X[:, :2] > 0).astype(int),
    "number": X[:, 0] * 2,
    "numbers": X[:, :2] * 2,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return a model for each kind of target."""
    found = {}
    for name, y in TARGETS.items():
        directory = tmp_path_factory.mktemp(name)
        np.savez(directory / "t.npz", X=X, y=y)
        found[name] = trained(directory, "{path: t.npz}")
    return found


@pytest.fixture(scope="module")
def of_people(tmp_path_factory):
    directory = tmp_path_factory.mktemp("people")
    (directory / "t.csv").write_text(as_csv(PEOPLE), encoding="utf-8")
    return trained(directory, "{path: t.csv, target: kind, id: income, missing: auto}")


@pytest.mark.parametrize(
    ("name", "kind", "shape"),
    [
        ("binary", "U", (90,)),
        ("booleans", "b", (90,)),
        ("numbered", "i", (90,)),
        ("labels", "i", (90, 2)),
        ("number", "f", (90,)),
        ("numbers", "f", (90, 2)),
    ],
)
def test_a_prediction_has_the_type_of_the_targets(models, name, kind, shape):
    model = models[name]
    found = model.predict(X)
    assert (found.dtype.kind, found.shape) == (kind, shape)
    expected = predict_rows(model, X)
    if model.classes:
        assert [str(each).lower() for each in found.tolist()] == expected.names
        assert {*found.tolist()} <= {*TARGETS[name].tolist()}
    elif name == "labels":
        assert {*found.ravel().tolist()} <= {0, 1}
        np.testing.assert_array_equal(found, expected.chosen)
    else:
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, expected.array())


@pytest.mark.parametrize(
    ("classes", "values"),
    [
        (["0", "1"], np.array([0, 1], np.int64)),
        (["-3", "7", "10"], np.array([-3, 7, 10], np.int64)),
        (["01", "2"], np.array(["01", "2"])),
        (["1", "2.5"], np.array(["1", "2.5"])),
        (["-0", "1"], np.array(["-0", "1"])),
        (["1" * 30, "2"], np.array(["1" * 30, "2"])),
        (["false", "true"], np.array([False, True])),
        (["true", "false"], np.array([True, False])),
        (["false", "true", "x"], np.array(["false", "true", "x"])),
    ],
    ids=str,
)
def test_classes_have_the_values_of_their_names(classes, values):
    found = class_values(tuple(classes))
    assert found.dtype == values.dtype
    assert found.tolist() == values.tolist()


def test_probabilities_cover_every_class_or_label(models):
    for name, columns in (("binary", 2), ("numbered", 3)):
        found = models[name].predict_proba(X)
        assert found.shape == (90, columns)
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert models["labels"].predict_proba(X).shape == (90, 2)
    with pytest.raises(UsageError, match="its outputs are not probabilities"):
        models["number"].predict_proba(X)


def test_a_given_threshold_replaces_the_models_own(models):
    model = models["booleans"]
    assert model.threshold == 0.5
    shares = model.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(model.predict(X, threshold=0.3), shares > 0.3)
    found = model.evaluate(X, TARGETS["booleans"], threshold=0.3)
    assert found.settings()["threshold"] == 0.3
    for name, problem in (("numbered", "its task is multiclass"), ("number", "its task is regr")):
        assert models[name].threshold is None
        with pytest.raises(UsageError) as caught:
            models[name].predict(X, threshold=0.3)
        assert str(caught.value).startswith(f"{models[name].called}: {problem}")


def test_a_wrong_threshold_in_the_config_is_refused_when_a_model_is_read(models):
    wrong = replace(models["booleans"], config={"model": {"threshold": 3}})
    with pytest.raises(ModelFileError, match=r"model\.threshold: found 3"):
        model_from_bytes(model_bytes(wrong), "it")


def test_predictions_come_in_blocks_with_kept_columns(models, of_people, tmp_path):
    blocks = [*models["number"].predictions(np.tile(X, (400, 1)))]
    assert len(blocks) > 1
    assert [block.first for block in blocks] == np.cumsum([0, *map(len, blocks)])[:-1].tolist()
    (block,) = of_people.predictions(PEOPLE)
    assert [*block.columns()] == ["income", "prediction", "p_old", "p_young"]
    (block,) = of_people.predictions(PEOPLE, id_column="kind", proba=False)
    assert [*block.columns()] == ["kind", "prediction"]
    assert block.beside["kind"] == [row["kind"] for row in PEOPLE]
    (block,) = of_people.predictions(PEOPLE, id_column=["kind", "income"], proba=False)
    assert [*block.columns()] == ["kind", "income", "prediction"]
    with pytest.raises(UsageError, match="was not trained on named columns; leave out id_column"):
        models["number"].predictions(X, id_column="a")


def test_rows_or_a_split_of_its_own_data_are_evaluated(models):
    model = models["binary"]
    assert model.evaluate().split == "test"
    assert model.evaluate().metrics == model.metrics["test"]
    assert model.evaluate(split="train").metrics == model.metrics["train"]
    found = model.evaluate(X, TARGETS["binary"])
    assert (found.split, found.rows) == ("X", 90)
    with pytest.raises(UsageError, match="the train rows and your own rows are mutually exclusive"):
        model.evaluate(X, TARGETS["binary"], split="train")
    with pytest.raises(UsageError, match="targets: given without rows; pass both"):
        model.evaluate(targets=TARGETS["binary"])
    with pytest.raises(UsageError, match="its data has no held_out rows"):
        model.evaluate(split="held_out")


def test_suspicious_rows_cause_a_warning_at_the_callers_line(of_people):
    row = dict(PEOPLE[1], city="Zug")
    for call in (
        of_people.predict,
        of_people.predict_proba,
        of_people.evaluate,
        list_of(of_people),
    ):
        with pytest.warns(NncliWarning, match="'Zug'") as caught:
            call([row])
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = []
        of_people.predict([row], note=told.append)
        assert len(told) == 1


def list_of(model):
    return lambda rows: list(model.predictions(rows))


def test_a_saved_model_is_the_file_of_the_command_line(models, tmp_path):
    model = models["binary"]
    path = tmp_path / "weights.npz"
    model.save(path)
    assert path.read_bytes() == (Path(model.called) / "weights.npz").read_bytes()
    assert read_model(path).called == str(path)
    with pytest.raises(UsageError, match=r"weights\.npz: already exists; choose another file"):
        model.save(str(path))
    model.save(path, replace=True)
    with pytest.raises(UsageError, match="is not a regular file"):
        model.save(tmp_path)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, "pickle"], ids=["copy", "deepcopy", "pickle"]
)
@pytest.mark.parametrize("name", TARGETS)
def test_a_copy_predicts_the_same_and_shares_nothing(models, name, copied):
    model = models[name]
    other = pickle.loads(pickle.dumps(model)) if copied == "pickle" else copied(model)
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    assert (other.called, other.metrics) == (model.called, model.metrics)
    assert not np.shares_memory(other.network.parameters, model.network.parameters)
    other.network.parameters += 1  # the arrays are still views of it
    for array in other.network.named.values():
        assert np.shares_memory(array, other.network.parameters)
    assert (other.predict(X) != model.predict(X)).any()


def test_damaged_bytes_are_refused_as_a_damaged_file(models):
    content = bytearray(model_bytes(models["binary"]))
    content[len(content) // 2] ^= 255
    with pytest.raises(ModelFileError, match=r"^it: "):
        model_from_bytes(bytes(content), "it")


def test_a_model_needs_nothing_of_training(models, tmp_path):
    models["binary"].save(tmp_path / "weights.npz")
    code = (
        "import sys, numpy as np\n"
        "from nncli.model.model_file import read_model\n"
        "import nncli.model.model\n"
        "model = read_model(__import__('pathlib').Path('weights.npz'))\n"
        "X = np.zeros((4, 3))\n"
        "assert model.predict(X).shape == (4,)\n"
        "assert model.evaluate(X, ['yes', 'no', 'no', 'yes']).rows == 4\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split()
    rooms = {name.split(".")[1] for name in loaded if name.startswith("nncli.")}
    assert not rooms & {"training", "config", "runs", "explain", "cli"}
    engines = {name for name in loaded if name.startswith("nncli.engines.")}
    assert engines <= {"nncli.engines.batches"}
    assert not {*loaded} & {"pydantic", "yaml", "requests", "tqdm", "narwhals", "pyarrow", "PIL"}


@pytest.mark.parametrize("rows", [X * 1e41, X * [1, np.inf, 1]])
def test_numbers_out_of_range_are_refused_for_any_numpy_error_state(models, rows):
    with np.errstate(all="raise"), pytest.raises(DataError, match=r"row 0 \(from 0\)"):
        models["binary"].predict(rows)
