"""The parameters: the config's keys and defaults, with scikit-learn's names."""

from inspect import signature

import numpy as np
import pytest

import nncli
from nncli.config.defaults import training_defaults
from nncli.config.memory_sources import FrameSource
from nncli.config.schema import Config, ModelSection
from nncli.config.training_section import TrainingSection
from nncli.estimators.parameters import (
    BY_THE_ROWS,
    LEFT_OUT,
    OF_DATA,
    SCIKIT_LEARN,
    ClassifierParameters,
    NetworkParameters,
)
from nncli.estimators.settings import config_of

FEW = {"epochs": 2, "hidden_layers": [4]}


def settings(task="binary", rows=100, **parameters):
    """Return the config sections of an estimator with these parameters."""
    kind = nncli.MLPRegressor if task == "regression" else nncli.MLPClassifier
    given = kind(**parameters).get_params(deep=False)
    return config_of(given, task, rows, rarest=rows)


def defaults(kind):
    return {name: each.default for name, each in signature(kind).parameters.items()}


def test_every_key_of_a_config_is_a_parameter_with_its_default():
    found = defaults(nncli.MLPClassifier)
    for section in (ModelSection, TrainingSection):
        for key, field in section.model_fields.items():
            if key in LEFT_OUT:
                assert key not in found
            elif key in BY_THE_ROWS:
                assert found[key] is None
            else:
                assert found[key] == field.get_default(call_default_factory=True), key
    assert found["seed"] == Config.model_fields["seed"].default


def test_every_parameter_is_one_of_a_config_or_of_scikit_learn():
    keys = {*ModelSection.model_fields, *TrainingSection.model_fields, "seed", *OF_DATA}
    found = {*defaults(nncli.MLPClassifier)} - {*SCIKIT_LEARN, "threads", "warm_start"}
    assert found == keys - {*LEFT_OUT}
    unused = {"source", "target", "task", "test", "drop", "id", "weight"}  # given by X and y
    # Left to scikit-learn: sorted classes, splits by its functions, numbers without conversion.
    unused |= {"classes", "positive", "rare", "group", "time", "stratify", "decimal"}
    assert {*OF_DATA} == {*FrameSource.model_fields} - unused


def test_type_checkers_see_the_same_parameters():
    assert {*NetworkParameters.__annotations__} == {*defaults(nncli.MLPRegressor)}
    assert {*ClassifierParameters.__annotations__} == {*defaults(nncli.MLPClassifier)}


def test_defaults_depend_on_the_number_of_rows():
    for rows, validates in ((50, False), (5000, True)):
        found = settings(rows=rows)
        expected = training_defaults(rows, "binary", validates=validates)
        assert {**found["training"], **expected} == found["training"]
        assert found["data"]["validation"] is None


def test_a_nested_choice_is_as_in_yaml(rows):
    chosen = {"name": "sgd", "momentum": 0.9}
    model = nncli.MLPClassifier(optimizer=chosen, **FEW).fit(*rows).model_
    assert model.config["training"]["optimizer"] == {**chosen, "nesterov": False}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"hidden_layer_sizes": (5, 3)}, {"hidden_layers": (5, 3)}),
        ({"hidden_layer_sizes": 5}, {"hidden_layers": [5]}),
        ({"activation": "logistic"}, {"activation": "sigmoid"}),
        ({"max_iter": 7}, {"epochs": 7}),
        ({"learning_rate_init": 0.5}, {"learning_rate": 0.5}),
        ({"learning_rate": "constant"}, {"schedule": "constant"}),
        (
            {"learning_rate": "adaptive", "solver": "sgd", "n_iter_no_change": 4},
            {"schedule": {"name": "plateau", "factor": 0.2, "patience": 5}},
        ),
        ({"batch_size": "auto"}, {"batch_size": 100}),
        ({"alpha": 0.64}, {"l2": 0.02}),
        ({"alpha": 0.5, "batch_size": "auto"}, {"l2": 0.005}),
        ({"alpha": 0.5, "batch_size": "full"}, {"l2": 0.005}),
        (
            {"solver": "sgd"},
            {"optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True}},
        ),
        (
            {"solver": "sgd", "momentum": 0.5, "nesterovs_momentum": False},
            {"optimizer": {"name": "sgd", "momentum": 0.5, "nesterov": False}},
        ),
        (
            {"solver": "sgd", "momentum": 0},
            {"optimizer": {"name": "sgd", "momentum": 0, "nesterov": False}},
        ),
        ({"solver": "adam", "momentum": 0.5}, {"optimizer": "adam"}),
        (
            {"beta_1": 0.8, "epsilon": 1e-6},
            {"optimizer": {"name": "adam", "beta1": 0.8, "epsilon": 1e-6}},
        ),
        ({"early_stopping": False}, {"early_stopping": False}),
        (
            {"tol": 0.01},
            {"early_stopping": {"monitor": "train_loss", "patience": 11, "min_change": 0.01}},
        ),
        (
            {"early_stopping": True, "n_iter_no_change": 3},
            {
                "early_stopping": {
                    "monitor": "validation_accuracy",
                    "patience": 4,
                    "min_change": 1e-4,
                }
            },
        ),
    ],
    ids=lambda each: ",".join(each),
)
def test_the_names_of_scikit_learn(parameters, expected):
    found = settings(**parameters)
    found = {**found["model"], **found["training"]}
    assert {key: found[key] for key in expected} == expected


def test_validation_rows_are_split_off_if_they_stop_training():
    assert settings(early_stopping=True, validation_fraction=0.3)["data"]["validation"] == 0.3
    assert settings(early_stopping=True)["data"]["validation"] == 0.1
    assert settings(early_stopping=False, validation_fraction=0.3)["data"]["validation"] == 0
    assert settings(n_iter_no_change=3)["data"]["validation"] == 0
    assert settings(validation=0)["training"]["early_stopping"] is False
    assert settings(validation=0.4)["data"]["validation"] == 0.4
    assert settings(rows=4)["data"]["validation"] == 0
    monitor = settings("regression", early_stopping=True)["training"]["early_stopping"]["monitor"]
    assert monitor == "validation_r2"
    assert settings("regression", loss="squared_error")["training"]["loss"] == "half_squared_error"


def test_a_generator_draws_the_seed():
    assert settings(random_state=7)["seed"] == 7
    for generator in (np.random.RandomState, np.random.default_rng):
        first, second = generator(1), generator(1)
        seeds = [settings(random_state=first)["seed"] for _ in range(2)]
        assert seeds == [settings(random_state=second)["seed"] for _ in range(2)]
        assert seeds[0] != seeds[1]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"solver": "lbfgs"}, "solver: found 'lbfgs'; expected 'adam' or 'sgd', or give optimizer"),
        ({"learning_rate": "invscaling"}, "give schedule, such as {'name': 'inverse_time'"),
        ({"power_t": 0.5}, "power_t: found 0.5; it belongs to learning_rate='invscaling'"),
        ({"max_fun": 100}, "max_fun: found 100; it belongs to solver='lbfgs'"),
        ({"epochs": 3, "max_iter": 3}, "epochs and max_iter are the same parameter; give only one"),
        ({"hidden_layers": [3], "hidden_layer_sizes": [3]}, "hidden_layers and hidden_layer_sizes"),
        ({"optimizer": "sgd", "solver": "sgd"}, "optimizer and solver"),
        (
            {"optimizer": "sgd", "momentum": 0.9},
            "momentum conflicts with optimizer; give it in optimizer",
        ),
        ({"l2": 0.1, "alpha": 0.1}, "l2 and alpha"),
        ({"seed": 3, "random_state": 3}, "seed and random_state"),
        ({"learning_rate": 0.1, "learning_rate_init": 0.1}, "learning_rate and learning_rate_init"),
        ({"learning_rate": "constant", "schedule": "cosine"}, "give only schedule"),
        ({"early_stopping": {"patience": 3}, "tol": 0.1}, "early_stopping conflicts with tol"),
        (
            {"early_stopping": True, "validation": 0.2, "validation_fraction": 0.2},
            "validation and validation_fraction",
        ),
        ({"epochs": "many"}, 'config: training.epochs: found "many"; expected an integer'),
        ({"optimizer": "adm"}, """unknown name "adm"; did you mean 'adam'?"""),
    ],
    ids=lambda each: ",".join(each) if isinstance(each, dict) else "",
)
def test_a_wrong_parameter_is_a_value_error_and_a_config_error(rows, parameters, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are compared below
        nncli.MLPClassifier(**parameters).fit(*rows)
    assert isinstance(error.value, nncli.ConfigError)
    assert words in str(error.value)


@pytest.mark.parametrize("threads", [0, True, 5000, 1.0, "2"])
def test_a_wrong_number_of_threads_is_refused(rows, threads):
    with pytest.raises(ValueError, match=r"threads: found .* from 1 to 1024") as error:
        nncli.MLPClassifier(threads=threads, **FEW).fit(*rows)
    assert isinstance(error.value, nncli.UsageError)
    fitted = nncli.MLPClassifier(threads=np.int64(2), **FEW).fit(*rows)
    fitted.save(f"{threads}.npz")
    assert fitted.model_.training["threads"] == 2


def test_an_unknown_parameter_gets_the_nearest_one():
    with pytest.raises(
        TypeError, match="unexpected keyword argument 'epoch'; did you mean 'epochs'"
    ):
        nncli.MLPClassifier(epoch=3)
    with pytest.raises(TypeError, match="class_weight"):
        nncli.MLPRegressor(class_weight="balanced")


def test_scikit_learns_own_parameters_are_all_known():
    own = pytest.importorskip("sklearn.neural_network")
    for kind, ours in (
        (own.MLPClassifier, nncli.MLPClassifier),
        (own.MLPRegressor, nncli.MLPRegressor),
    ):
        assert {*signature(kind).parameters} <= {*defaults(ours)}
    assert {*SCIKIT_LEARN} <= {*signature(own.MLPRegressor).parameters}
