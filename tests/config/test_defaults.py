"""Defaults that depend on the number of rows."""

import json
from pathlib import Path

import numpy as np
import pytest

import nncli
from nncli.config.defaults import filled_in, training_defaults
from nncli.config.load import load_config
from nncli.config.strict_yaml import parse


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Return a function that writes a table with a number of rows, and its config."""
    monkeypatch.chdir(tmp_path)

    def write(rows, target="y", training=""):
        random = np.random.default_rng(0)
        x = random.normal(size=(rows, 2))
        lines = [f"{a:.3f},{b:.3f},{'pq'[int(a + b > 0)]},{a - b:.3f}\n" for a, b in x.tolist()]
        (tmp_path / "t.csv").write_text("a,b,y,z\n" + "".join(lines), encoding="utf-8")
        other = "z" if target == "y" else "y"
        (tmp_path / "c.yaml").write_text(
            f"data: {{path: t.csv, target: {target}, drop: [{other}]}}\n{training}",
            encoding="utf-8",
        )
        return tmp_path / "c.yaml"

    return write


def shown(path, *overrides):
    return parse(load_config(path, overrides).text(), "").value


def test_few_rows_all_train_for_a_number_of_steps(table):
    training = shown(table(100))["training"]
    assert (training["epochs"], training["batch_size"]) == (500, 32)  # 1500 steps, 3 per epoch
    assert (training["schedule"]["name"], training["l2"]) == ("cosine", 0.05)
    assert training["early_stopping"] is False
    assert shown(table(100))["data"]["validation"] == 0


def test_many_rows_include_validation_rows_for_early_stopping(table):
    values = shown(table(2000))
    assert values["data"]["validation"] == 0.1
    assert values["training"]["early_stopping"]["patience"] == 20
    assert values["training"]["epochs"] == 150


def test_regression_without_validation_rows_trains_longer(table):
    classes, numbers = (shown(table(2000, target=target)) for target in ("y", "z"))
    assert classes["data"]["validation"] == 0.1
    assert classes["training"]["early_stopping"]
    assert numbers["data"]["validation"] == 0
    assert not numbers["training"]["early_stopping"]
    assert numbers["training"]["epochs"] == 40
    assert shown(table(800, target="z"))["training"]["epochs"] == 100  # 2000 steps of 32 rows
    assert shown(table(7000, target="z"))["data"]["validation"] == 0.1


def test_the_l2_of_regression_is_larger_than_that_of_classes_unless_rows_are_few(table):
    for rows, classes, numbers in ((1250, 0.004, 0.006), (150, 0.03, 0.03)):
        found = [shown(table(rows, target=each))["training"]["l2"] for each in ("y", "z")]
        assert found == [classes, numbers]


def test_fewer_than_ten_rows_are_memorized(table):
    values = shown(table(4))
    assert (values["data"]["test"], values["training"]["l2"]) == (0, 0)


@pytest.mark.parametrize("length", ["epochs: 7", "steps: 7"])
def test_a_given_length_means_a_constant_rate_and_no_early_stopping(table, length):
    training = shown(table(2000, training=f"training: {{{length}}}\n"))["training"]
    assert training["schedule"]["name"] == "constant"
    assert training["early_stopping"] is None
    assert training["epochs"] == (7 if length.startswith("epochs") else 1)


def test_given_settings_override_the_defaults(table):
    text = "training: {learning_rate: 0.5, l2: 0, early_stopping: true, epochs: 9}\n"
    training = shown(table(50, training=text), "data.validation=0.2")["training"]
    assert (training["learning_rate"], training["l2"], training["epochs"]) == (0.5, 0, 9)
    assert training["early_stopping"]["monitor"] == "validation_loss"


def test_the_built_in_data_sets_have_their_own_defaults():
    training = nncli.load_config({"data": {"source": "xor", "rows": 5000}})
    values = parse(training.text(), "").value["training"]
    assert (values["epochs"], values["batch_size"], values["l2"]) == (10, 64, 0)


def test_without_the_data_the_defaults_stay_open(table, tmp_path):
    path = table(50)
    (tmp_path / "t.csv").unlink()
    assert shown(path)["training"]["epochs"] is None


def weights(result):
    return result.model.network.parameters


def test_the_saved_config_gives_the_same_weights(table):
    path = table(60)
    first = nncli.train(path, {"training.steps": 30}, out="run", note=lambda text: None)
    saved = Path("run/config.yaml")
    assert "steps: null" in saved.read_text("utf-8")
    again = nncli.train(saved, note=lambda text: None)
    np.testing.assert_array_equal(weights(again), weights(first))


def test_init_and_the_short_form_train_to_the_same_weights(table):
    path = table(60)
    text = nncli.first_config("csv", data="t.csv", target="y", path="i.yaml").text
    Path("i.yaml").write_text(text, encoding="utf-8")
    found = nncli.train("i.yaml", {"data.drop": ["z"]}, note=lambda text: None)
    expected = nncli.train(path, {"seed": 0}, note=lambda text: None)
    np.testing.assert_array_equal(weights(found), weights(expected))


def test_all_folds_have_the_settings_of_the_first(table):
    path = table(500)  # 4 / 266 and 4 / 267 round to different numbers
    settings = {"training.epochs": 2, "training.folds": 3}
    nncli.cross_validate(path, settings, out="run", note=lambda text: None)
    settings = {
        json.dumps({**config["training"], "fold": None})
        for config in (
            load_config(Path(f"run/fold-{number}/config.yaml")).config.model_dump()
            for number in (1, 2, 3)
        )
    }
    assert len(settings) == 1


def test_a_student_learns_xor_from_four_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("xor.csv").write_text("a,b,xor\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n", encoding="utf-8")
    text = nncli.first_config("csv", data="xor.csv", target="xor", path="c.yaml").text
    Path("c.yaml").write_text(text, encoding="utf-8")
    for config in ("c.yaml", {"data": {"path": "xor.csv", "target": "xor"}}):
        result = nncli.train(config, note=lambda text: None)
        assert result.evaluations["train"].metrics["accuracy"] == 1


def test_a_section_may_be_filled_in_again():
    once = filled_in({"l1": 0.1}, 700, "binary", validates=False)
    assert filled_in(once, 9, "regression", validates=True) == {
        **once,
        "schedule": "cosine",
    }
    assert once["steps"] == training_defaults(700, "binary", validates=False)["steps"]
