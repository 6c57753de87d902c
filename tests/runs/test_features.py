"""Networks whose inputs are features: trained, saved, evaluated and shown."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nncli
from nncli.base.errors import ConfigError, DataError, ModelFileError
from nncli.base.storage import mapping
from nncli.config.load import load_config
from nncli.engines.batches import Batches
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.rules.inputs import better_scale
from nncli.explain.diagnosis.rules.seen import seen
from nncli.model.model_file import model_bytes, model_from_bytes
from nncli.runs.preparation import prepare, prepare_again

ROWS = np.random.default_rng(0).normal(0, 2, (60, 2))


def xor(*features, **data):
    """Return a config of XOR with features and without a hidden layer."""
    return {
        "data": {"source": "xor", "rows": 400, "test": 100, "noise": 0.1, **data}
        | ({"features": [*features]} if features else {}),
        "model": {"hidden_layers": []},
        "training": {"epochs": 3},
    }


@pytest.fixture
def table(tmp_path):
    """Return the path of a table with numbers, a category, a truth, a date and a class."""
    path = tmp_path / "table.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["a", "b", "color", "big", "day", "class"])
        for number, (a, b) in enumerate(ROWS.tolist()):
            color, kind = ["red", "blue", "green"][number % 3], "yes" if a * b > 0 else "no"
            day = f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}"
            out.writerow([a if number % 7 else "", b, color, str(a > 1).lower(), day, kind])
    return path


def of_table(path, *features, **data):
    source = {"source": "csv", "path": str(path), "target": "class", "features": [*features]}
    source["columns"] = {"day": "date", "a": {"missing": "median"}}
    return {
        "data": source | data,
        "model": {"hidden_layers": [3]},
        "training": {"epochs": 2},
    }


LISTS = st.lists(
    st.one_of(
        st.sampled_from(["x1", "x2"]),
        st.sampled_from(["x1", "x2"]).map(lambda name: {"square": name}),
        st.sampled_from(["x1", "x2"]).map(lambda name: {"sine": name}),
        st.just({"product": ["x1", "x2"]}),
    ),
    min_size=1,
    unique_by=str,
)


@settings(max_examples=12)
@given(
    LISTS,
    st.sampled_from(["none", "standard", "minmax", "robust", "unit"]),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from(["numpy", "plain"]),
)
def test_what_training_measured_is_what_evaluation_and_prediction_find(
    features, scale, precision, engine
):
    config = xor(*features, scale=scale, rows=50)
    config["training"] |= {"precision": precision, "engine": engine, "optimizer": "sgd"}
    config["model"]["hidden_layers"] = [3]
    result = nncli.train(config)
    model = model_from_bytes(model_bytes(result.model), "the model")
    rows = load_config(config).config.load_data().splits["train"].inputs
    job = prepare_again(model, remedy="")
    assert job.setup.training.inputs.shape == (50, len(features))
    found = model.evaluate(split="train").metrics
    assert found == result.evaluations["train"].metrics
    probabilities = model.predict_proba(rows)
    alone = np.concatenate([model.predict_proba(row[np.newaxis]) for row in rows])
    assert probabilities.tobytes() == alone.tobytes()
    in_double = model.predict_proba(rows.astype(np.float64))
    assert in_double.tobytes() == probabilities.tobytes()


@settings(max_examples=10)
@given(LISTS, st.sampled_from(["none", "standard", "minmax"]))
def test_training_and_prediction_see_the_same_bits(features, scale):
    job = prepare(load_config(xor(*features, scale=scale)))
    raw = job.dataset.splits["train"]
    codes = job.setup.codes
    ((of_raw, _),) = [*Batches(raw, job.scaling, codes, len(raw)).in_order()]
    learned = job.setup.training
    ((as_trained, _),) = [*Batches(learned, job.setup.scaling, codes, len(raw)).in_order()]
    assert of_raw.tobytes() == as_trained.tobytes()


def test_with_the_product_xor_needs_no_hidden_layer():
    config = xor("x1", "x2", {"product": ["x1", "x2"]})
    config["training"] |= {"epochs": 60, "learning_rate": 0.1}
    accuracy = nncli.train(config).evaluations["test"].metrics["accuracy"]
    assert accuracy > 0.98
    without = nncli.train(xor(), note=[].append)
    assert without.evaluations["test"].metrics["accuracy"] < 0.8


def test_a_model_file_has_the_features_and_needs_format_5_only_for_them(tmp_path):
    with_features = nncli.train(xor("x2", {"square": "x1"})).model
    path = tmp_path / "model.npz"
    with_features.save(path)
    again = nncli.load(path)
    assert again.preprocessing == with_features.preprocessing
    assert again.preprocessing.columns == ["x1", "x2"]
    assert again.preprocessing.inputs == ["x2", "x1²"]
    assert again.preprocessing.ranges is not None
    assert len(again.preprocessing.ranges[0]) == 2
    versions = []
    for features in ((), ("x1",)):
        arrays = np.load(_saved(xor(*features), tmp_path / f"{len(features)}.npz"))
        metadata = json.loads(str(arrays["metadata"]))
        versions.append(metadata["format_version"])
        assert ("features" in metadata["preprocessing"]) is bool(features)
        assert ("features" in metadata["config"]["data"]) is bool(features)
    assert versions == [3, 5]


def _saved(config, path):
    nncli.train(config, note=[].append).model.save(path)
    return path


def test_a_table_has_features_of_its_numbers_and_columns_with_several_inputs(table, tmp_path):
    features = ["color", {"product": ["a", "b"]}, "day", {"square": "big"}, {"sine": "a"}]
    result = nncli.train(of_table(table, *features), out=tmp_path / "run")
    model = nncli.load(tmp_path / "run")
    names = model.preprocessing.inputs
    assert names[:4] == ["color=blue", "color=green", "color=red", "a·b"]
    assert names[-2:] == ["big²", "sin a"]
    assert result.model.preprocessing.columns == model.preprocessing.columns
    assert model.evaluate().metrics == result.evaluations["test"].metrics
    predicted = model.predict_proba(table)
    with table.open() as file:
        rows = [*csv.DictReader(file)]
    alone = np.concatenate([model.predict_proba(_typed(row)) for row in rows[:20]])
    assert alone.tobytes() == predicted[:20].tobytes()
    scale = np.broadcast_to(model.preprocessing.scale, len(names))
    assert scale[:3].tolist() == [1, 1, 1]  # marks stay 0 and 1
    assert scale[3] != 1


def _typed(row):
    values = {"a": float(row["a"]) if row["a"] else None, "b": float(row["b"])}
    known = {key: row[key] for key in ("color", "day")}
    return [{**known, **values, "big": row["big"] == "true"}]


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ([{"square": "color"}], "square of 'color', a column without numbers; expected one of"),
        ([{"sine": "day"}], "sine of 'day', a column without numbers"),
        (["a", "c"], "unknown column 'c'"),
        ([{"product": ["a", "class"]}], "unknown column 'class'"),
    ],
)
def test_a_table_refuses_other_columns(table, features, problem):
    with pytest.raises(DataError, match=problem):
        nncli.train(of_table(table, *features))


def test_arrays_have_features_and_images_have_none(tmp_path):
    y = (ROWS.prod(axis=1) > 0).astype(int)
    config = {"model": {"hidden_layers": []}, "training": {"epochs": 60, "learning_rate": 0.1}}
    config["data"] = {"source": "xor", "features": [{"product": ["x1", "x2"]}]}
    model = nncli.train(config, data=(ROWS, y)).model
    assert model.preprocessing.inputs == ["x1·x2"]
    assert (model.predict(ROWS) == y).mean() > 0.95
    np.savez(tmp_path / "images.npz", X=np.zeros((20, 4, 4), np.uint8), y=np.arange(20) % 2)
    images = {"source": "npz", "path": str(tmp_path / "images.npz"), "features": ["x1"]}
    with pytest.raises(DataError, match=r"data\.features: the rows are images"):
        nncli.train(config | {"data": images})


def test_bytes_have_features_larger_than_bytes():
    X = np.random.default_rng(1).integers(0, 256, (40, 2)).astype(np.uint8)
    config = {"data": {"source": "arrays", "features": [{"square": "x1"}, "x2"]}}
    config |= {"training": {"epochs": 2}}
    result = nncli.train(config, data=(X, X[:, 0] % 2))
    assert result.model.predict(X.astype(float)).tolist() == result.model.predict(X).tolist()
    assert result.model.preprocessing.scale[0] < 1e-3


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ("[]", r"data\.features: found an empty list; list one feature or more, or remove the key"),
        ("x1", 'found "x1"; expected a list of features'),
        ("[x3]", r"data\.features\[0\]: unknown column 'x3'; expected one of 'x1', 'x2'"),
        ("[x1, x1]", r"data\.features\[1\]: is in the list twice; remove one of them"),
        ("[{product: [x1, x2]}, {product: [x2, x1]}]", r"features\[1\]: is in the list twice"),
        ("[{cube: x1}]", r"features\[0\]: unknown feature \"cube\"; expected one of square, prod"),
        ("[{squared: x1}]", "did you mean 'square'"),
        ("[{square: [x1, x2]}]", "found a list of 2; expected the name of a column"),
        ("[{product: x1}]", 'found "x1"; expected a list of 2 columns'),
        ("[{product: [x1, x1]}]", "found 'x1' twice; for its square, write square"),
        ("[{square: x1, sine: x2}]", "found 2 keys; expected one"),
        ("[[x1]]", "found a list; expected a name"),
        ("[{square: {sine: x1}}]", "found a mapping; expected a name"),
        ("[null]", "found nothing; expected a name"),
    ],
)
def test_wrong_lists_are_refused_with_their_line(tmp_path, features, problem):
    path = tmp_path / "wrong.yaml"
    path.write_text(f"data:\n  source: xor\n  features: {features}\n")
    with pytest.raises(ConfigError, match=problem) as caught:
        load_config(path)
    assert "wrong.yaml:3:" in str(caught.value)


@pytest.mark.parametrize("source", ["{source: mnist", "{source: images, path: folder"])
def test_sources_of_images_refuse_features_by_name(tmp_path, source):
    path = tmp_path / "wrong.yaml"
    path.write_text(f"data: {source}, features: [x1]}}\n")
    with pytest.raises(ConfigError, match=r"data\.features: the rows are images, and"):
        load_config(path)


@pytest.mark.parametrize("where", ["train", "test"])
def test_features_that_are_too_large_are_refused_before_training(where, tmp_path):
    rows = {"train": np.ones((8, 1)), "test": np.ones((8, 1))}
    rows[where][3] = 1e20
    y = np.arange(8) % 2
    config = {"data": {"source": "arrays", "features": [{"square": "x1"}]}}
    with pytest.raises(DataError, match=r"data\.features: x1² is 1e\+40 where a row has 1e\+20"):
        nncli.train(config, data=(rows["train"], y), test_data=(rows["test"], y))
    rows[where][3] = 2
    model = nncli.train(config, data=(rows["train"], y)).model
    with pytest.raises(DataError, match=r"x1² is 1e\+40"):
        model.predict(np.array([[1.0], [1e20]]))


def test_a_stopped_run_resumes_to_the_same_bits(tmp_path):
    config = xor("x1", {"product": ["x1", "x2"]}, {"sine": "x2"}, scale="standard", validation=50)
    config["training"]["epochs"] = 4
    whole = nncli.train(config, out=tmp_path / "whole").model
    config["training"]["epochs"] = 2
    nncli.train(config, out=tmp_path / "part")
    resumed = nncli.resume(tmp_path / "part", ["training.epochs=4"]).model
    assert resumed.network.parameters.tobytes() == whole.network.parameters.tobytes()
    assert resumed.preprocessing == whole.preprocessing


def test_a_run_does_not_resume_with_other_features(tmp_path):
    nncli.train(xor("x1", {"product": ["x1", "x2"]}), out=tmp_path / "run")
    changes = {"training.epochs": 4, "data.features": ["x1", {"sine": "x2"}]}
    before, now = r"\[x1, .*product: \[x1, x2\].*", r"\[x1, .*sine: x2.*"
    with pytest.raises(ConfigError, match=f"features was {before} and is {now}"):
        nncli.resume(tmp_path / "run", changes)


def test_folds_have_features():
    config = xor("x1", "x2", {"product": ["x1", "x2"]})
    config["training"] |= {"folds": 3, "epochs": 20, "learning_rate": 0.1}
    for fold in nncli.cross_validate(config).folds:
        assert fold.model.preprocessing.inputs == ["x1", "x2", "x1·x2"]


def test_a_model_continues_only_with_its_own_features():
    model = nncli.train(xor("x1", {"square": "x2"})).model
    other = replace(model, config={**model.config, "data": xor("x1", {"sine": "x2"})["data"]})
    with pytest.raises(ModelFileError, match="does not match"):
        prepare_again(other, remedy="")


def test_importance_is_of_the_columns_of_the_rows():
    config = xor({"product": ["x1", "x2"]}, {"square": "x1"}, "x1", "x2")
    config["training"] |= {"epochs": 60, "learning_rate": 0.1}
    model = nncli.train(config).model
    found = nncli.importance(model)
    assert found.columns == ["x1", "x2"]
    assert found.drawbacks["accuracy"].mean(axis=1).min() > 0.3


def test_columns_that_no_feature_uses_have_no_importance():
    model = nncli.train(xor({"square": "x2"})).model
    found = nncli.importance(model)
    assert not found.drawbacks["loss"][0].any()


def test_data_larger_than_memory_has_the_same_features(monkeypatch):
    config = xor("x1", {"product": ["x1", "x2"]}, {"sine": "x2"}, scale="robust")
    in_memory = nncli.train(config).model
    monkeypatch.setattr(mapping, "MEMORY", replace(mapping.MEMORY, large_bytes=1000))
    mapped = nncli.train(config).model
    assert mapped.preprocessing == in_memory.preprocessing
    assert mapped.network.parameters.tobytes() == in_memory.network.parameters.tobytes()


def test_a_gate_tells_the_sums_of_features():
    config = {"data": {"source": "gate", "features": ["x1", "x2", {"product": ["x1", "x2"]}]}}
    config |= {
        "model": {
            "hidden_layers": [],
            "initial_weights": [[[2.0], [2.0], [-5.0]]],
            "initial_biases": [[-1.0]],
        },
        "training": {"epochs": 0},
    }
    gate = nncli.train(config).model.evaluate(split="train").gate
    assert gate["wrong"] == []
    (line,) = gate["lines"]
    assert line["line"] == "2·x1 + 2·x2 - 5·x1·x2 - 1 = 0"
    assert line["positive"] == [[0, 1], [1, 0]]


@pytest.fixture(scope="module")
def run_with_features(tmp_path_factory):
    """Return the run of a network with one hidden layer and three features of XOR."""
    config = xor("x1", {"product": ["x1", "x2"]}, {"sine": "x2"}, scale="standard", validation=50)
    config["model"] = {"hidden_layers": [3]}
    config["training"]["record_weights"] = 1
    directory = tmp_path_factory.mktemp("runs") / "run"
    nncli.train(config, out=directory)
    return directory


def test_all_plots_of_a_run_with_features_can_be_drawn(run_with_features):
    pytest.importorskip("matplotlib")
    kinds = {"surface", "data", "weights", "network", "hidden", "importance", "landscape"}
    figures = nncli.plot(run_with_features, sorted(kinds))
    assert figures.keys() == kinds
    (axes, *_) = figures["surface"].axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x1", "x2")
    named = [text.get_text() for text in figures["network"].axes[0].texts]
    assert {"x1", "x1·x2", "sin x2"} <= {*named}
    labels = [each.get_text() for each in figures["weights"].axes[0].get_yticklabels()]
    assert labels == ["x1", "x1·x2", "sin x2"]


def test_the_surface_is_of_the_columns(run_with_features):
    pytest.importorskip("matplotlib")
    (axes, *_) = nncli.plot(run_with_features, ["surface"])["surface"].axes
    (image,) = axes.get_images()
    left, right, bottom, top = image.get_extent()
    shown = np.asarray(image.get_array())
    x = (np.arange(shown.shape[1]) + 0.5) / shown.shape[1] * (right - left) + left
    y = np.full(len(x), 0.5 / shown.shape[0] * (top - bottom) + bottom)
    found = nncli.load(run_with_features).predict_proba(np.column_stack([x, y]))[:, 1]
    np.testing.assert_allclose(shown[0], found, atol=1e-6)
    assert "a unit's sum is 0" in [each.get_label() for each in axes.lines]


def test_a_worked_example_says_which_features_it_has(run_with_features):
    page = nncli.trace(run_with_features)
    assert "The inputs are features of a row, in this order: x1, x1·x2, sin x2." in page


def test_a_description_and_a_report_have_the_features(run_with_features):
    assert nncli.describe(run_with_features)["preprocessing"]["features"] == [
        "x1",
        "x1·x2",
        "sin x2",
    ]
    (layer,) = nncli.describe(xor("x1", "x2", {"sine": "x2"}))["layers"]
    assert layer["inputs"] == 3
    report = nncli.report(run_with_features, card=True)
    assert "x1·x2" in report


def test_a_diagnosis_looks_at_the_features(run_with_features):
    found = seen(case_of(run_with_features))
    assert found is not None
    assert found.names == ["x1", "x1·x2", "sin x2"]
    np.testing.assert_allclose(found.deviations, 1, rtol=1e-4)


def test_bytes_with_features_are_advised_a_scaling_that_changes_them():
    X = np.random.default_rng(1).integers(0, 256, (60, 2)).astype(np.uint8)
    config = {"data": {"source": "arrays", "features": ["x1", {"square": "x2"}], "scale": "unit"}}
    loaded = load_config(config, data=(X, X[:, 0] % 2))
    assert better_scale(case_of(loaded)) == "standard"


@pytest.mark.parametrize("source", ["circle", "gauss", "moons", "spiral", "plane", "hills"])
def test_generated_data_sets_have_features(source):
    config = xor("x1", {"square": "x2"}) | {"model": {"hidden_layers": [4]}}
    config["data"] = {"source": source, "rows": 40, "test": 20, "features": ["x1", {"sine": "x2"}]}
    model = nncli.train(config).model
    assert model.preprocessing.inputs == ["x1", "sin x2"]
    assert model.network.layers[0].inputs == 2
