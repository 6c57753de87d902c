"""Arguments of public functions with the wrong type or out of range."""

import numpy as np
import pytest

import nncli

CONFIG = {"data": {"source": "gate", "gate": "and"}, "training": {"epochs": 1}}
X = np.zeros((2, 2))


@pytest.fixture(scope="module")
def model():
    return nncli.train(CONFIG).model


CALLS = {
    "threshold": [
        lambda model, value: model.predict(X, threshold=value),
        lambda model, value: model.evaluate(X, [0, 1], threshold=value),
        lambda model, value: model.predictions(X, threshold=value),
    ],
    "split": [lambda model, value: model.evaluate(split=value)],
    "mistakes": [lambda model, value: model.evaluate(X, [0, 1], mistakes=value)],
    "note": [
        lambda model, value: model.predict(X, note=value),
        lambda model, value: model.evaluate(X, [0, 1], note=value),
        lambda model, value: nncli.train(CONFIG, note=value),
    ],
    "id_column": [
        lambda model, value: model.predictions(X, id_column=value),
        lambda model, value: model.predictions(X, id_column=[value]),
    ],
    "path": [
        lambda model, value: model.save(value),
        lambda model, value: nncli.load(value),
        lambda model, value: nncli.first_config("csv", path=value),
    ],
    "out": [
        lambda model, value: nncli.train(CONFIG, out=value),
        lambda model, value: nncli.cross_validate(CONFIG, out=value),
        lambda model, value: nncli.train_seeds(CONFIG, out=value),
        lambda model, value: nncli.estimate(CONFIG, out=value),
    ],
    "observers": [lambda model, value: nncli.train(CONFIG, observers=value)],
    "clock": [lambda model, value: nncli.train(CONFIG, clock=value)],
    "threads": [lambda model, value: nncli.train(CONFIG, threads=value)],
    "log_every": [
        lambda model, value: nncli.train(CONFIG, log_every=value),
        lambda model, value: nncli.cross_validate(CONFIG, log_every=value),
        lambda model, value: nncli.train_seeds(CONFIG, log_every=value),
        lambda model, value: nncli.resume("run", log_every=value),
        lambda model, value: nncli.resume_cross_validation("run", log_every=value),
        lambda model, value: nncli.resume_seeds("run", log_every=value),
    ],
    "overrides": [lambda model, value: nncli.train(CONFIG, value)],
    "config": [
        lambda model, value: nncli.train(value),
        lambda model, value: nncli.load_config(value),
        lambda model, value: nncli.describe(value),
        lambda model, value: nncli.trace(value),
    ],
    "run": [
        lambda model, value: nncli.resume(value),
        lambda model, value: nncli.resume_cross_validation(value),
        lambda model, value: nncli.is_cross_validation(value),
        lambda model, value: nncli.resume_seeds(value),
        lambda model, value: nncli.is_seed_runs(value),
    ],
    "rows": [
        lambda model, value: nncli.trace(CONFIG, rows=value),
        lambda model, value: nncli.trace(CONFIG, rows=[value]),
        lambda model, value: nncli.gradcheck(CONFIG, rows=value),
    ],
    "format": [lambda model, value: nncli.trace(CONFIG, format=value)],
    "precision": [lambda model, value: nncli.trace(CONFIG, precision=value)],
    "limit": [lambda model, value: nncli.trace(CONFIG, limit=value)],
    "template": [lambda model, value: nncli.first_config(value)],
    "data": [lambda model, value: nncli.first_config("csv", data=value)],
    "target": [lambda model, value: nncli.first_config("csv", target=value)],
    "name": [lambda model, value: nncli.fetch(value)],
}


@pytest.mark.parametrize("value", [-2.5, {2: 3}, object()], ids=["number", "mapping", "object"])
@pytest.mark.parametrize("name", CALLS)
def test_an_argument_of_another_type_is_refused_by_its_name(model, name, value):
    for call in CALLS[name]:
        if isinstance(value, dict) and name in ("overrides", "config"):
            continue  # a valid type for it
        with pytest.raises(nncli.NncliError) as caught:
            call(model, value)
        message = str(caught.value)
        assert message.startswith(f"{name}: found "), message
        assert "; expected " in message


@pytest.mark.parametrize("value", ["0.5", True, [0.5], 7, float("nan")])
def test_a_threshold_is_a_number_between_0_and_1(model, value):
    with pytest.raises(nncli.UsageError, match=r"^threshold: found .*; expected a probability"):
        model.predict(X, threshold=value)
    assert len(model.predict(X, threshold=np.float32(0.5))) == 2


def test_errors_name_parameters_in_python_and_options_on_the_command_line(model, tmp_path):
    model.save(tmp_path / "m.npz")
    regression = {"data": {"source": "rows", "inputs": [[0], [1]], "targets": [0.5, 1]},
                  "training": {"epochs": 1}}  # fmt: skip
    other = nncli.train(regression).model
    calls = [
        lambda: model.save(tmp_path / "m.npz"),
        lambda: model.predictions(X, id_column="a"),
        lambda: model.evaluate(split="validation"),
        lambda: other.predict([[0.0]], threshold=0.5),
        lambda: other.predict_proba([[0.0]]),
        lambda: nncli.train(CONFIG, out=tmp_path),
        lambda: nncli.trace(CONFIG, rows=[9]),
        lambda: nncli.first_config("csv"),
        lambda: nncli.first_config("xor", data="x"),
        lambda: nncli.first_config("images"),
    ]
    for call in calls:
        with pytest.raises(nncli.UsageError) as caught:
            call()
        assert " -" not in str(caught.value)
        assert not str(caught.value).startswith("-")
