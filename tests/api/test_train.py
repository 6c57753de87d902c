"""`nncli.train` has the arguments, results and files of the command, also without a directory."""

import csv
import inspect
import json
import warnings
from copy import deepcopy
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import nncli
from nncli.cli.main import main
from tests.api.conftest import CONFIG, TEXT, parameters


def command(*arguments):
    with pytest.raises(SystemExit) as caught:
        main([str(each) for each in arguments])
    assert caught.value.code == 0


def test_nothing_is_printed_and_nothing_written(directory, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nncli.train(CONFIG)
    assert list(directory.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "source",
    [
        CONFIG,
        "xor.yaml",
        Path("xor.yaml"),
        nncli.Config.model_validate(CONFIG),
        nncli.load_config(CONFIG),
    ],
    ids=["dict", "str", "Path", "Config", "LoadedConfig"],
)
def test_a_config_of_any_form_gives_the_weights_of_the_command(source, config_file):
    command("train", "-q", config_file, "-o", "run")
    result = nncli.train(source)
    model = nncli.load("run")
    np.testing.assert_array_equal(parameters(result), model.network.parameters)
    assert result.metrics == model.metrics
    assert result.config == model.config


@pytest.mark.parametrize(
    "overrides",
    [
        {"training.epochs": 5, "model.hidden_layers": (3,), "seed": np.int64(7)},
        ["training.epochs=5", "model.hidden_layers=[3]", "seed=7"],
    ],
)
def test_overrides_are_a_mapping_or_texts_as_on_the_command_line(overrides):
    result = nncli.train(CONFIG, overrides)
    assert result.epochs == 5
    assert result.config["model"]["hidden_layers"] == [3]
    assert result.config["seed"] == 7


def test_an_override_may_be_a_whole_section():
    result = nncli.train(CONFIG, {"training": {"epochs": 2}})
    assert result.config["training"]["epochs"] == 2
    assert result.config["training"]["batch_size"] == 64


def test_the_config_is_not_changed():
    before = deepcopy(CONFIG)
    nncli.train(CONFIG, {"training.epochs": 1})
    assert before == CONFIG


def test_a_result_has_model_history_metrics_and_config():
    result = nncli.train(CONFIG)
    assert isinstance(result, nncli.Result)
    assert isinstance(result.model, nncli.Model)
    assert list(result.metrics) == ["train", "validation", "test"]
    assert 0 < result.metrics["test"]["accuracy"] <= 1
    assert result.history["epoch"] == [1, 2, 3]
    losses = result.history["validation_loss"]
    assert result.best_epoch == 1 + losses.index(min(losses))
    assert (result.ended, result.epochs, result.directory) == ("finished", 3, None)
    assert result.is_over
    assert result.config["training"]["loss"] == "sigmoid_cross_entropy"
    assert json.loads(json.dumps([result.history, result.metrics, result.config]))
    assert repr(result) == ("<Result: finished after 3 epochs; metrics of train, validation, test>")


def test_a_directory_has_the_files_of_the_command(directory, config_file):
    command("train", "-q", config_file, "-o", "by-command")
    result = nncli.train("xor.yaml", out="by-function")
    assert result.directory == Path("by-function")
    names = {path.name for path in result.directory.iterdir()}
    assert names == {path.name for path in (directory / "by-command").iterdir()}
    for name in ("config.yaml",):
        assert (directory / "by-command" / name).read_bytes() == (
            result.directory / name
        ).read_bytes()
    np.testing.assert_array_equal(
        nncli.load("by-command").network.parameters, nncli.load("by-function").network.parameters
    )


def test_the_next_free_directory_is_used_on_request():
    assert [nncli.train(CONFIG, out=True).directory for _ in range(2)] == [
        Path("runs/xor-001"),
        Path("runs/xor-002"),
    ]


def test_the_history_is_that_of_the_file(directory):
    result = nncli.train(CONFIG, out="run")
    with (directory / "run" / "history.csv").open(encoding="utf-8", newline="") as stream:
        rows = [*csv.DictReader(stream)]
    assert result.history == {name: [float(row[name]) for row in rows] for name in result.history}
    in_memory = nncli.train(CONFIG).history
    assert list(in_memory) == list(result.history)
    np.testing.assert_allclose(in_memory["train_loss"], result.history["train_loss"], rtol=1e-8)


def test_the_history_is_available_from_another_working_directory(directory, monkeypatch):
    result = nncli.train(CONFIG, out="run")
    (directory / "other").mkdir()
    monkeypatch.chdir(directory / "other")
    assert result.history["epoch"] == [1, 2, 3]


def test_no_epochs_give_the_initial_weights():
    result = nncli.train(CONFIG, {"training.epochs": 0})
    assert (result.epochs, result.history["epoch"], result.ended) == (0, [], "finished")


def test_observers_are_called_and_may_stop_training():
    class Stop(nncli.Observer):
        def epoch(self, report):
            return report.epoch == 2

    result = nncli.train(CONFIG, observers=[Stop()])
    assert (result.ended, result.epochs, result.is_over) == ("interrupted", 2, False)
    assert np.isfinite(result.metrics["test"]["loss"])


def test_progress_is_shown_on_request(capfd):
    nncli.train(CONFIG, progress=True)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert [line[:9] for line in printed.err.splitlines()] == [f"epoch {n}/3" for n in (1, 2, 3)]


def test_surprises_are_warnings_at_the_place_of_the_call():
    alike = {**CONFIG, "model": {"hidden_layers": [4], "initializer": "zeros"}}
    with pytest.warns(
        nncli.NncliWarning, match="all units of layer 1 start with the same"
    ) as caught:
        nncli.train(alike)
    assert [each.filename for each in caught] == [__file__]
    told = []
    nncli.train(alike, note=told.append)
    assert len(told) == 1


def test_the_result_of_divergence_is_the_best_epoch_before():
    config = {
        "data": {"source": "xor", "rows": 40, "validation": 10, "test": 10},
        "training": {"optimizer": "sgd", "learning_rate": 1e30, "epochs": 3},
    }

    class Raise(nncli.Observer):
        """Make training diverge after the first epoch by corrupting the weights."""

        def begin(self, job):
            self.job = job

        def epoch(self, report):
            self.job.setup.network.parameters[:] = np.nan

    config["training"]["learning_rate"] = 0.01
    with pytest.raises(nncli.DivergenceError, match="is the result of this error") as caught:
        nncli.train(config, observers=[Raise()])
    result = caught.value.result
    assert (result.ended, result.epochs) == ("diverged", 1)
    assert np.isfinite(parameters(result)).all()
    with pytest.raises(nncli.DivergenceError) as caught:
        nncli.train(config, {"training.learning_rate": 1e38})
    assert caught.value.result is None


def test_a_config_is_resolved_for_a_task_only_once(config_file):
    loaded = nncli.load_config(config_file)
    meaning = loaded.meaning("binary")
    seen = []

    class Look(nncli.Observer):
        def begin(self, job):
            seen.append(job.config)

    nncli.train(loaded, observers=[Look()])
    assert seen[0].model == meaning.config.model


@pytest.mark.parametrize("loaded", [False, True])
def test_overrides_over_a_loaded_config_are_those_over_its_file(config_file, loaded):
    source = nncli.load_config(config_file) if loaded else config_file
    result = nncli.train(source, {"training.optimizer.name": "sgd", "training.epochs": 1})
    assert result.config["training"]["optimizer"]["name"] == "sgd"
    with pytest.raises(nncli.ConfigError) as caught:
        nncli.train(source, {"data.validation": 80})
    with pytest.raises(nncli.ConfigError) as expected:
        nncli.train(config_file, {"data.validation": 80})
    assert str(caught.value) == str(expected.value)


def test_a_loaded_config_is_not_changed_by_its_use(config_file):
    loaded = nncli.load_config(config_file)
    text = loaded.text()
    first = nncli.train(loaded, {"training.epochs": 1})
    nncli.cross_validate(loaded, {"training.folds": 2})
    nncli.gradcheck(loaded)
    assert loaded.text() == text
    np.testing.assert_array_equal(
        parameters(first), parameters(nncli.train(loaded, {"training.epochs": 1}))
    )
    assert loaded != nncli.load_config(config_file)


def test_every_field_of_a_result_is_documented():
    documented = inspect.getdoc(nncli.Result)  # from Python 3.13 on, __doc__ has no indentation
    for field in fields(nncli.Result):
        if field.name.startswith("_"):
            continue
        assert f"\n{field.name} : " in documented


def test_the_file_in_the_tests_is_the_mapping(config_file):
    assert config_file.read_text("utf-8") == TEXT
    assert nncli.load_config(config_file).config == nncli.load_config(CONFIG).config
