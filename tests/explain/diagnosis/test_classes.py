"""Classes that are never predicted."""

import numpy as np
import pytest

from tests.explain.diagnosis.runs import BROKEN, evidence_in

FOLDER = BROKEN[0].parent


def found_in(path, *overrides):
    return evidence_in(path, ("N004", "N005"), list(overrides))


def imbalanced(tmp_path, rare, distance):
    """Write rows of two classes of 400 and `rare` rows; return a config."""
    random = np.random.default_rng(0)
    x = np.concatenate([random.normal(size=400), random.normal(distance, size=rare)])
    lines = [f"{value:.3f},{kind}" for value, kind in zip(x, "a" * 400 + "b" * rare, strict=True)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,kind", *lines]), encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "rows.csv"), "target": "kind", "test": 0}
    return {"data": {**data, "validation": 0}, "training": {"epochs": 40, "learning_rate": 0.01}}


def test_a_rare_class_is_answered_with_balanced_weights():
    found = found_in(FOLDER / "rare_class.yaml")["N005"]
    assert "accuracy 0.9337, balanced accuracy 1/2" in found.evidence
    assert str(found.change) == "data.class_weight=balanced"


def test_a_high_threshold_is_answered_with_the_usual_one():
    found = found_in(FOLDER / "high_threshold.yaml")["N005"]
    assert "below model.threshold=0.999" in found.cause
    assert str(found.change) == "model.threshold=0.5"


def test_a_threshold_that_hides_a_rare_class_is_answered_with_its_share():
    found = found_in(FOLDER / "rare_class.yaml", "model.threshold=0.9")["N005"]
    assert str(found.change) == "model.threshold=0.066"


def test_a_low_threshold_hides_the_first_class():
    found = found_in(FOLDER / "rare_class.yaml", "model.threshold=0.000001")
    assert set(found) == {"N004"}  # always the smaller class, so not N005
    assert "class 'common'" in found["N004"].evidence
    assert str(found["N004"].change) == "model.threshold=0.5"


@pytest.mark.parametrize("limit", [0.05, 3])
def test_only_a_limit_that_keeps_weights_near_0_is_named(limit):
    found = found_in(FOLDER / "rare_class.yaml", "training.l2=0", f"training.max_norm={limit}")
    assert "balanced" in str(found["N005"].change)  # rare classes first
    path = FOLDER / "classes_held_back.yaml"
    found = found_in(path, "training.optimizer=adam", f"training.max_norm={limit}")
    changes = {str(each.change) for each in found.values()}
    assert changes == ({"training.max_norm=null"} if limit < 1 else set())


def test_a_class_of_little_weight_is_named():
    found = found_in(FOLDER / "light_class.yaml")["N004"]
    assert "class 'b'" in found.evidence
    assert "gives 'b' less weight" in found.cause


@pytest.mark.parametrize(("rare", "distance"), [(15, 0.3), (60, 4.0)])
def test_a_class_of_few_rows_or_one_that_is_predicted_is_no_finding(tmp_path, rare, distance):
    assert not found_in(imbalanced(tmp_path, rare, distance))


def test_thirty_rows_of_a_class_are_enough(tmp_path):
    assert "N005" in found_in(imbalanced(tmp_path, 30, 1.0))


def test_a_narrow_layer_is_answered_with_more_units(tmp_path):
    random = np.random.default_rng(0)
    kinds = random.integers(0, 6, 900)
    angles = 2 * np.pi * kinds / 6
    X = np.column_stack([np.cos(angles), np.sin(angles)]) + random.normal(0, 0.15, (900, 2))
    lines = [f"{x:.3f},{z:.3f},{'abcdef'[kind]}" for (x, z), kind in zip(X, kinds, strict=True)]
    (tmp_path / "ring.csv").write_text("\n".join(["x,z,kind", *lines]), encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "ring.csv"), "target": "kind"}
    training = {"epochs": 40, "learning_rate": 0.01}
    config = {"data": data, "model": {"hidden_layers": [1]}, "training": training}
    found = found_in(config)
    assert "1 unit does not tell 6 classes apart" in found["N004"].cause
    assert str(found["N004"].change) == "model.hidden_layers=[32]"
    assert not found_in(config, str(found["N004"].change))
