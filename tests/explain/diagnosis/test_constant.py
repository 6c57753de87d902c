"""Findings about columns that never change."""

import numpy as np

from tests.explain.diagnosis.tables import ROWS, findings, findings_of, images, normal, signs


def test_columns_that_never_change_are_named(tmp_path):
    columns = {**normal(), "clinic": np.full(ROWS, 7), "ward": np.full(ROWS, "east")}
    found = findings_of(tmp_path, columns, signs(columns))["N032"]
    assert "'clinic', 'ward' have the same value in all" in found.evidence
    assert found.change is None
    assert 'data.drop=["clinic", "ward"]' in found.remedy
    assert "N032" not in findings_of(tmp_path, columns, signs(columns), drop=["clinic", "ward"])


def test_a_constant_that_dominates_the_sums_is_dropped(tmp_path):
    columns = {**normal(), "year": np.full(ROWS, 2024)}
    found = findings_of(tmp_path, columns, signs(columns), scale="none", drop=["a"])["N032"]
    assert "2.02e+03 as the network sees it" in found.evidence
    assert str(found.change) == 'data.drop=["a", "year"]'


def test_a_single_other_value_is_a_change(tmp_path):
    almost = np.full(ROWS, 7)
    almost[::10] = 8
    assert "N032" not in findings_of(tmp_path, {**normal(), "d": almost}, signs(normal()))


def test_pixels_and_rare_categories_may_be_constant(tmp_path):
    columns = {f"p{at}": np.random.default_rng(at).integers(0, 17, ROWS) for at in range(30)}
    columns["corner"] = np.zeros(ROWS, int)
    assert "N032" not in findings_of(tmp_path, columns, signs(columns))
    columns["p0"] = columns["p0"] - 5
    assert "N032" in findings_of(tmp_path, columns, signs(columns))


def test_images_that_are_empty_are_found(tmp_path):
    data = images(tmp_path, np.uint8, 255)
    assert "N032" not in findings(data)
    with np.load(data["path"]) as arrays:
        np.savez(data["path"], X=np.full_like(arrays["X"], 9), y=arrays["y"])
    assert "25 of 25 pixels are the same" in findings(data)["N032"].evidence
