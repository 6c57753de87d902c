"""Findings about the scale of inputs, constant columns and row numbers."""

import numpy as np
import pytest

import nncli
from tests.explain.diagnosis.tables import ROWS, findings, findings_of, images, normal, signs


@pytest.mark.parametrize(
    ("factor", "offset", "is_found"),
    [
        (1, 0, False), (20, 0, False), (80, 0, True),  # large
        (0.1, 0, False), (0.03, 0, True),  # nearly 0
        (1, 3, False), (1, 15, True), (0.3, 4.5, True),  # far from 0
    ],
)  # fmt: skip
def test_inputs_that_are_not_scaled_are_found_by_their_size_and_mean(
    tmp_path, factor, offset, is_found
):
    columns = {name: each * factor + offset for name, each in normal().items()}
    found = findings_of(tmp_path, columns, signs(columns), scale="none")
    assert ("N030" in found) == is_found
    assert "N031" not in found
    scaled = findings_of(tmp_path, columns, signs(columns))
    assert not {"N030", "N031"} & {*scaled}


def test_unscaled_inputs_are_described_by_their_numbers_and_can_be_scaled(tmp_path):
    columns = {name: each * 2 + 300 for name, each in normal().items()}
    found = findings_of(tmp_path, columns, signs(columns), scale="none")["N030"]
    assert "means of about 300 and standard deviations of about 2" in found.evidence
    assert found.cause.startswith("data.scale: none ")
    assert str(found.change) == "data.scale=standard"


@pytest.mark.parametrize(
    ("optimizer", "rate", "factor", "is_found"),
    [
        ("sgd", 0.003, 20, True),  # the first steps kill all units
        ("adam", 0.03, 20, False),  # it learns nevertheless
        ("sgd", 0.003, 3, False),  # the root mean square is 7
    ],
)
def test_rather_large_inputs_are_found_if_training_failed(
    tmp_path, optimizer, rate, factor, is_found
):
    columns = {name: each * factor + 2 * factor for name, each in normal().items()}
    target = columns["a"] - columns["b"] + 0.5 * columns["c"]
    training = {"optimizer": optimizer, "learning_rate": rate, "epochs": 60}
    training["batch_size"] = 8
    found = nncli.train(config_of(tmp_path, columns, target, training)).diagnose()
    assert ("N030" in found.codes) == is_found
    if is_found:
        assert found.codes == ["N030"]
        assert "; before training, the loss is" in found.findings[0].found.evidence
        assert found.findings[0].remedy == "data.scale=standard"


def config_of(folder, columns, target, training):
    """Write a table and return a config that trains on its columns as they are."""
    findings_of(folder, columns, target, scale="none")
    data = {"path": str(folder / "table.csv"), "target": "target", "scale": "none"}
    return {"data": data, "model": {"hidden_layers": [16]}, "training": training}


def test_zeros_ones_and_small_constants_need_no_scaling(tmp_path):
    a, b = np.tile([0, 0, 1, 1], 30), np.tile([0, 1, 0, 1], 30)
    rare = (np.arange(ROWS) > 0).astype(int)
    columns = {"a": a, "b": b, "rare": rare, "five": np.full(ROWS, 5)}
    found = findings_of(tmp_path, columns, np.where(a ^ b, "y", "n"), scale="none")
    assert not {"N030", "N031"} & {*found}


def test_a_normalization_of_the_first_sums_is_a_scaling(tmp_path):
    columns = {name: each * 200 for name, each in normal().items()}
    assert "N030" in findings_of(tmp_path, columns, signs(columns), scale="none")
    data = {"path": str(tmp_path / "table.csv"), "target": "target", "scale": "none"}
    model = {"hidden_layers": [4], "normalization": "batch_norm"}
    assert "N030" not in findings(data, model=model)


def test_bytes_are_divided_by_255(tmp_path):
    found = findings({**images(tmp_path, np.uint8, 255), "scale": "none"})["N030"]
    assert str(found.change) == "data.scale=unit"
    assert "N030" not in findings({**images(tmp_path, np.uint8, 255), "scale": "unit"})


def test_the_largest_number_of_a_wide_type_is_no_scale(tmp_path):
    found = findings({**images(tmp_path, np.int32, 255), "scale": "unit"})["N030"]
    assert "nearly 0" in found.evidence
    assert "divides by 2147483647, the largest int32" in found.cause
    assert found.change.value in ("standard", "minmax")
    found = findings({**images(tmp_path, np.float64, 255), "scale": "unit"})["N030"]
    assert "unit leaves float64 numbers as they are" in found.cause


@pytest.mark.parametrize(("factor", "is_found"), [(1e6, True), (1e-6, True), (100, False)])
def test_a_column_far_from_the_size_of_all_others_is_found(tmp_path, factor, is_found):
    columns = normal()
    columns["c"] = columns["c"] * factor
    found = findings_of(tmp_path, columns, signs(columns), scale="none")
    assert ("N031" in found) == is_found
    if is_found:
        assert "column 'c'" in found["N031"].evidence
        assert "N030" not in found  # the same cause, said less exactly
    assert "N031" not in findings_of(tmp_path, columns, signs(columns))


def test_columns_of_all_sizes_are_not_scaled_rather_than_far_from_the_others(tmp_path):
    columns = {name: each * 30**at for at, (name, each) in enumerate(normal(4).items())}
    found = findings_of(tmp_path, columns, signs(columns), scale="none")
    assert "N030" in found
    assert "N031" not in found


def test_robust_scaling_leaves_a_column_of_rare_large_numbers_as_it_is(tmp_path):
    columns = normal()
    columns["gain"] = np.where(np.arange(ROWS) % 10 == 0, 15000 + np.arange(ROWS), 0)
    found = findings_of(tmp_path, columns, signs(columns), scale="robust")["N031"]
    assert "column 'gain'" in found.evidence
    assert "interquartile range 1" in found.cause
