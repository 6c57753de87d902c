"""Plots of a regression show its predictions and errors."""

import numpy as np
import pytest

import nncli
from nncli.explain.plots.regression import _bins
from tests.explain.plots import tables


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tables.regression(tmp_path_factory.mktemp("one"), ["price_in_$"])


def predictions_of(run):
    """Return the true and the predicted values of the test rows."""
    model = nncli.load(run)
    rows = nncli.load_data(run / "config.yaml").splits["test"]
    found = model.predict(run.parent / "rows.csv")
    return rows.targets[rows.rows], found.reshape(len(found), -1)[rows.rows]


def test_predicted_against_true(run, draw):
    true, found = predictions_of(run)
    figure = draw(run, "predicted")
    (axes,) = figure.axes
    points = axes.collections[0].get_offsets()
    np.testing.assert_allclose(points, np.hstack([true, found]))
    low, high = axes.get_xlim()
    assert axes.get_ylim() == (low, high)
    assert axes.get_lines()[0].get_data()[0] == pytest.approx([low, high])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("true price_in_$", "predicted price_in_$")
    metrics = nncli.load(run).evaluate().metrics
    title = axes.get_title(loc="left")
    assert title == f"MAE {metrics['mae']:.4g}, R² {metrics['r2']:.3f}"
    assert figure.get_suptitle().endswith(": predicted against true\n32 test rows")


def test_residuals_and_their_histogram(run, draw):
    true, found = predictions_of(run)
    axes, beside = draw(run, "residuals").axes
    points = axes.collections[0].get_offsets()
    np.testing.assert_allclose(points, np.hstack([found, found - true]), atol=1e-12)
    assert sum(bar.get_width() for bar in beside.patches) == len(true)
    assert axes.get_ylabel() == "predicted - true price_in_$"
    assert beside.get_xlabel() == "rows"


def test_several_targets_have_a_panel_each_up_to_a_bound(tmp_path, draw):
    names = [f"y{number}" for number in range(14)]
    figure = draw(tables.regression(tmp_path, names), "predicted")
    assert len(figure.axes) == 12
    assert "the first 12 of 14 targets" in figure.get_suptitle()
    assert figure.axes[3].get_xlabel() == "true y3"


@pytest.mark.parametrize("errors", [[0.0], [3e9, 3e9], [3e30, 3e30 + 1e15], [-1.0, 2.0, 5.0]])
def test_a_histogram_of_equal_errors_has_edges(errors):
    errors = np.array(errors)
    assert np.histogram(errors, _bins(errors))[0].sum() == len(errors)


def test_without_other_rows_the_title_has_the_training_rows(tmp_path, draw):
    lines = "".join(f"{row},{row % 4},{row / 2}\n" for row in range(9))
    (tmp_path / "t.csv").write_text(f"a,b,y\n{lines}", "utf-8")
    data = {"path": str(tmp_path / "t.csv"), "target": "y", "test": 0}
    run = nncli.train({"data": data}, {"training.epochs": 1}, note=lambda text: None)
    assert draw(run, "residuals").get_suptitle() == "model: residuals\n9 training rows"
