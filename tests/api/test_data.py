"""Rows passed in Python: accepted forms, and training like the same rows in a file."""

import numpy as np
import pytest

import nncli
from tests.api.conftest import parameters

SETTINGS = {
    "model": {"hidden_layers": [5]},
    "training": {"epochs": 2, "batch_size": 16, "learning_rate": 0.05},
}


def table(rows):
    X, y = rows
    return [
        {"a": a, "b": b, "kind": "high" if c > 0 else "low", "target": each}
        for (a, b, c), each in zip(X.tolist(), y.tolist(), strict=True)
    ]


def written(dicts, path):
    """Write rows as a CSV file."""
    lines = [",".join(dicts[0]), *(",".join(map(str, row.values())) for row in dicts)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def frame_of(library, dicts):
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    return module.DataFrame(dicts)


@pytest.mark.parametrize("targets", ["text", "Booleans", "numbers"])
def test_arrays_train_as_those_of_an_npz_do(rows, directory, targets):
    X, y = rows
    y = {"text": y, "Booleans": y == "same", "numbers": X @ [1.0, 2.0, 3.0]}[targets]
    np.savez(directory / "rows.npz", X=X, y=y)
    of_file = nncli.train({"data": {"path": "rows.npz"}, **SETTINGS})
    result = nncli.train(SETTINGS, data=(X, y))
    np.testing.assert_array_equal(parameters(result), parameters(of_file))
    assert result.metrics == of_file.metrics
    assert result.config["data"]["source"] == "arrays"
    assert result.model.evaluate(X, y).metrics == of_file.model.evaluate("rows.npz").metrics
    np.testing.assert_array_equal(result.model.predict(X), of_file.model.predict("rows.npz"))


@pytest.mark.parametrize("form", ["pandas", "polars", "dicts"])
def test_a_table_trains_as_that_of_a_csv_does(rows, directory, form):
    dicts = table(rows)
    written(dicts, directory / "rows.csv")
    given = dicts if form == "dicts" else frame_of(form, dicts)
    of_file = nncli.train({"data": {"path": "rows.csv", "target": "target"}, **SETTINGS})
    result = nncli.train({"data": {"target": "target"}, **SETTINGS}, data=given)
    np.testing.assert_array_equal(parameters(result), parameters(of_file))
    assert result.model.preprocessing == of_file.model.preprocessing
    assert result.config["data"] == {
        **{
            key: each
            for key, each in of_file.config["data"].items()
            if key not in ("path", "encoding", "table")
        },
        "source": "frame",
    }
    np.testing.assert_array_equal(result.model.predict(given), of_file.model.predict("rows.csv"))


def test_the_config_of_a_file_can_be_trained_on_other_rows(rows, directory):
    dicts = table(rows)
    written(dicts, directory / "rows.csv")
    config = {"data": {"path": "rows.csv", "target": "target", "drop": ["b"]}, **SETTINGS}
    result = nncli.train(config, data=dicts[:80])
    assert result.config["data"]["source"] == "frame"
    assert result.config["data"]["drop"] == ["b"]
    assert sum(each.rows for each in result.evaluations.values()) == 80


def test_targets_may_be_separate_from_a_table(rows):
    dicts = table(rows)
    inputs = [{key: each for key, each in row.items() if key != "target"} for row in dicts]
    beside = nncli.train(SETTINGS, data=(inputs, rows[1]))
    among = nncli.train({"data": {"target": "target"}, **SETTINGS}, data=dicts)
    np.testing.assert_array_equal(parameters(beside), parameters(among))
    assert beside.config["data"]["target"] == "y"
    named = nncli.train({"data": {"target": "kind of pair"}, **SETTINGS}, data=(inputs, rows[1]))
    assert named.model.targets == ["kind of pair"]


def test_rows_without_a_target_are_skipped_and_reported(rows):
    dicts = table(rows)
    dicts[3]["target"] = None
    config = {"data": {"target": "target"}, **SETTINGS}
    told = []
    result = nncli.train(config, data=dicts, note=told.append)
    assert told == ["data: 1 row with a missing target (row 3 (from 0)): left out"]
    assert sum(each.rows for each in result.evaluations.values()) == 119


def test_weights_decide_how_much_each_row_counts(rows, directory):
    X, y = rows
    weights = np.random.default_rng(1).uniform(size=len(X))
    np.savez(directory / "rows.npz", X=X, y=y, w=weights)
    of_file = nncli.train({"data": {"path": "rows.npz", "weight": "w"}, **SETTINGS})
    result = nncli.train(SETTINGS, data=(X, y, weights))
    np.testing.assert_array_equal(parameters(result), parameters(of_file))
    without = nncli.train(SETTINGS, data=(X, y))
    assert (parameters(result) != parameters(without)).any()
    named = [{"a": a, "b": b} for a, b, _ in X.tolist()]
    beside = nncli.train(SETTINGS, data=(named, y, weights))
    among = nncli.train(
        {"data": {"target": "y", "weight": "w"}, **SETTINGS},
        data=[
            {**row, "y": each, "w": weight}
            for row, each, weight in zip(named, y.tolist(), weights.tolist(), strict=True)
        ],
    )
    np.testing.assert_array_equal(parameters(beside), parameters(among))


@pytest.mark.parametrize("form", ["arrays", "table"])
def test_validation_and_test_rows_may_be_separate(rows, form):
    X, y = rows
    if form == "arrays":
        parts = [(X[:80], y[:80]), (X[80:100], y[80:100]), (X[100:], y[100:])]
        config = SETTINGS
    else:
        dicts = table(rows)
        parts = [dicts[:80], dicts[80:100], dicts[100:]]
        config = {"data": {"target": "target"}, **SETTINGS}
    result = nncli.train(config, data=parts[0], validation_data=parts[1], test_data=parts[2])
    assert {name: each.rows for name, each in result.evaluations.items()} == {
        "train": 80,
        "validation": 20,
        "test": 20,
    }
    assert result.config["data"]["validation"] == 0
    own = parts[1] if form == "arrays" else (parts[1],)
    found = result.model.evaluate(*own).metrics
    assert found == pytest.approx(result.metrics["validation"], rel=1e-6)


def test_separate_targets_of_validation_rows_have_the_same_names(rows):
    X, y = rows
    named = [{"a": a, "b": b} for a, b, _ in X.tolist()]
    result = nncli.train(SETTINGS, data=(named[:90], y[:90]), validation_data=(named[90:], y[90:]))
    assert result.evaluations["validation"].rows == 30


def test_inputs_with_a_large_offset_keep_their_digits(rows):
    X = np.random.default_rng(2).normal(size=(60, 2)) + 1e9
    result = nncli.train(SETTINGS, data=(X, X[:, 0] - 1e9))
    assert result.metrics["train"]["r2"] > -1


def test_a_run_on_given_rows_needs_them_again(rows):
    class Stop(nncli.Observer):
        def epoch(self, report):
            return True

    nncli.train(SETTINGS, data=rows, out="run", observers=[Stop()])
    with pytest.raises(
        nncli.DataError, match="passed in Python and are not saved; pass them again"
    ):
        nncli.resume("run")
    resumed = nncli.resume("run", data=rows)
    whole = nncli.train(SETTINGS, data=rows)
    np.testing.assert_array_equal(parameters(resumed), parameters(whole))
    with pytest.raises(nncli.DataError, match="the data has changed since its checkpoint"):
        nncli.resume("run", {"training.epochs": 4}, data=(rows[0] + 1, rows[1]))
    with pytest.raises(nncli.DataError, match="passed from Python and are not saved; pass rows to"):
        nncli.load("run").evaluate()


@pytest.mark.parametrize(
    ("form", "part"), [("classes", "classes"), ("columns", "columns"), ("arrays", "classes")]
)
def test_a_resumed_run_keeps_its_classes_and_columns(rows, form, part):
    def given(word, column):
        X, y = rows
        y = np.where(y == "same", "cat", word)
        return (X, y) if form == "arrays" else ([{column: a, "b": b} for a, b, _ in X.tolist()], y)

    nncli.train(SETTINGS, data=given("dog", "a"), out="run")
    other = given("dog", "q") if form == "columns" else given("zebra", "a")
    with pytest.raises(nncli.DataError, match=f"the data has changed .*: the {part};"):
        nncli.resume("run", {"training.epochs": 4}, data=other)
    assert nncli.resume("run", {"training.epochs": 4}, data=given("dog", "a")).epochs == 4


def test_data_can_be_loaded_even_if_it_cannot_be_trained_on():
    dataset = nncli.load_data({"data": "xor", "training": {"dropout": [0.1, 0.2]}})
    assert isinstance(dataset, nncli.Dataset)
    assert dataset.task == "binary"


def test_a_config_loaded_with_rows_is_trained_with_them(rows):
    loaded = nncli.load_config(SETTINGS, data=rows)
    np.testing.assert_array_equal(
        parameters(nncli.train(loaded)), parameters(nncli.train(SETTINGS, data=rows))
    )
    assert nncli.train(loaded, {"training.epochs": 1}).epochs == 1
    assert nncli.load_data(loaded).shape.inputs == 3
    assert nncli.estimate(loaded).batches == 6
    assert nncli.describe(loaded)["layers"][0]["inputs"] == 3
    assert max(check.largest_error for check in nncli.gradcheck(loaded)) < 1e-6
    assert nncli.trace(loaded).startswith("A training step on row 0")
    assert nncli.cross_validate(loaded, {"training.folds": 2}).planned == 2


def test_validation_rows_can_stop_training_early(rows):
    X, y = rows
    config = {**SETTINGS, "training": {**SETTINGS["training"], "early_stopping": {}}}
    result = nncli.train(config, data=(X, y), validation_data=(X, y))
    assert len(result.history["validation_loss"]) == result.epochs
