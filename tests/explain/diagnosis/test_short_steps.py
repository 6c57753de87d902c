"""Steps that are too short, and trainings whose steps are short for a good reason."""

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.rules import progress
from tests.explain.diagnosis.runs import BROKEN, evidence_in, found_in

CLIPPED = {
    "data": {"source": "xor", "rows": 400, "noise": 0.25},
    "model": {"hidden_layers": [16]},
    "training": {"optimizer": "sgd", "learning_rate": 0.1, "epochs": 20},
}
FAST = {"name": "exponential", "decay": 0.5}


def steps_too_short(config, **training):
    """Return the cause and the change that N012 names; None if nothing is found."""
    found = found_in({**config, "training": {**config["training"], **training}}, "N012")
    return found and (found.cause, str(found.change))


def broken(name):
    """Return the path of a broken config."""
    return next(path for path in BROKEN if path.stem == name)


@pytest.mark.parametrize("name", ["schedule_ends_at_once", "warmup_too_long"])
def test_a_schedule_that_keeps_the_rate_near_0_is_named(name):
    found = evidence_in(broken(name), ["N012"])["N012"]
    assert found.cause.startswith("training.schedule keeps the steps short")
    assert str(found.change) == "training.schedule=constant"


@pytest.mark.parametrize(
    "schedule",
    [
        "cosine",
        {"name": "cosine", "warmup": 5},
        {"name": "exponential", "decay": 0.9},
        {"name": "step", "every": 8, "factor": 0.1},
    ],
)
def test_a_schedule_that_ends_near_0_is_good(schedule):
    config = {
        "data": {
            "source": "csv",
            "path": str(broken("leak").parent / "three.csv"),
            "target": "kind",
        },
        "training": {"epochs": 30, "learning_rate": 0.01},
    }
    assert steps_too_short(config, schedule=schedule) is None


def test_a_fast_schedule_is_good_where_there_is_little_to_learn(tmp_path):
    """The loss stays near that of a guess, and most epochs have next to no rate."""
    random = np.random.default_rng(0)
    X = random.normal(size=(1500, 4))
    y = X[:, 0] + random.normal(0, 2, 1500) > 0
    lines = ["a,b,c,d,y", *(",".join(map(str, [*x, int(t)])) for x, t in zip(X, y, strict=True))]
    (tmp_path / "weak.csv").write_text("\n".join(lines), encoding="utf-8")
    config = {
        "data": {"source": "csv", "path": str(tmp_path / "weak.csv"), "target": "y"},
        "training": {"epochs": 40, "learning_rate": 0.01},
    }
    assert steps_too_short(config, schedule=FAST) is None


@pytest.mark.parametrize(
    ("clipping", "change"),
    [
        ({"clip_norm": 1e-6}, "training.clip_norm=0.3"),
        ({"clip_norm": 1e-6, "learning_rate": 0.03}, "training.clip_norm=null"),
        ({"clip_value": 1e-7}, "training.clip_value=0.03"),
    ],
)
def test_clipping_to_next_to_nothing_is_named(clipping, change):
    cause, found = steps_too_short(CLIPPED, **clipping)
    assert cause == f"training.{next(iter(clipping))} clips the gradient to next to nothing"
    assert found == change


@pytest.mark.parametrize("clipping", [{"clip_norm": 0.1}, {"clip_norm": 1}, {"clip_value": 0.01}])
def test_clipping_of_large_gradients_is_good(clipping):
    assert steps_too_short(CLIPPED, **clipping) is None


def test_steps_are_added_up():
    """Of adam, each step is η·√inputs: here 13 batches of 32 in each of 20 epochs, 16 inputs."""
    training = {"epochs": 20, "learning_rate": 0.001, "batch_size": 32}
    case = case_of(nncli.train({**CLIPPED, "training": training}, ["data.test=0"]))
    assert progress.way_of(case) == (pytest.approx(0.001 * 4 * 13 * 20), 2)
    assert progress.steps_of(case) == 260


def test_the_next_gain_of_a_quadratic_loss_is_exact():
    """Here the gradient is along one weight, so that a step of 1/λ reaches the minimum, 0."""
    x = np.linspace(-1, 1, 50)
    config = {
        "data": {"source": "rows", "inputs": [[v] for v in x], "targets": (3 * x).tolist()},
        "model": {"hidden_layers": [], "initial_biases": [[0.0]]},
        "training": {"epochs": 1, "precision": "float64", "loss": "mean_squared_error", "l2": 0.0},
    }
    case = case_of(nncli.train(config, ["training.learning_rate=1e-9"]))
    assert progress.next_gain(case) == pytest.approx(1, rel=0.1)
