"""Causes of a network that is worse than a linear model, and what is none."""

import numpy as np
import pytest

import nncli
from tests.explain.diagnosis.runs import BROKEN, evidence_in, found_in

PLANE = BROKEN[0].parent / "weak_l2.yaml"
DECAY = "training.schedule={name: exponential, decay: 0.1}"


def cause_with(*overrides):
    """Return what N003 says of a plane that is learned with some settings; None if nothing."""
    return evidence_in(PLANE, ["N003"], ["training.l2=0", *overrides]).get("N003")


@pytest.mark.parametrize(
    ("overrides", "words", "change"),
    [
        (["training.max_norm=0.1"], "max_norm=0.1 keeps", "training.max_norm=null"),
        (
            ["model.initializer={name: normal, scale: 10}"],
            "times as large as weights",
            "model.initializer=he_normal",
        ),
        (["training.optimizer=sgd", DECAY], "schedule=exponential", "training.schedule=constant"),
    ],
)
def test_the_cause_is_named_and_its_change_learns_the_plane(overrides, words, change):
    found = cause_with(*overrides)
    assert words in found.cause
    assert str(found.change) == change
    assert cause_with(*overrides, str(found.change)) is None


def test_short_steps_are_named_rather_than_their_number():
    slow = ["training.optimizer=sgd", "training.epochs=3"]
    found = cause_with(*slow, "training.learning_rate=0.0003")
    assert found.cause.startswith("training ends after 3 epochs")
    assert str(found.change) == "training.learning_rate=0.03"
    assert str(cause_with(*slow, "training.learning_rate=0.003").change) == "training.epochs=15"


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.max_norm=1"],
        ["model.initializer={name: normal, scale: 0.5}"],
        ["training.epochs=200", "training.schedule={name: cosine}"],
    ],
)
def test_milder_settings_leave_nothing_behind_a_linear_model(overrides):
    assert cause_with(*overrides) is None


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_a_normalization_does_not_make_columns_equal(tmp_path, scale):
    random = np.random.default_rng(0)
    X = random.normal(size=(600, 3)).round(3) * [30000, 300, 300]
    y = X @ [1e-4, 0.01, 0.01]
    np.savetxt(
        tmp_path / "t.csv", np.column_stack([X, y]), delimiter=",", header="a,b,c,y", comments=""
    )
    config = {
        "data": {"path": str(tmp_path / "t.csv"), "target": "y", "scale": scale},
        "model": {"hidden_layers": [16], "normalization": "batch_norm"},
        "training": {"epochs": 30, "learning_rate": 0.005},
    }
    found = found_in(config, "N003")
    assert (found and str(found.change)) == ("data.scale=standard" if scale == "none" else None)
    assert not {"N030", "N031"} & {*nncli.diagnose(config).codes}
