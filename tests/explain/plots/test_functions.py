"""Plots of functions show the numbers of nncli's own functions, for every entry of the tables."""

import numpy as np
import pytest

import nncli
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.schedules import SCHEDULES


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title("left") == title)


def drawn(axes, label):
    line = next(each for each in axes.get_lines() if each.get_label() == label)
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def notes_of(axes):
    return axes.texts[0].get_text()


@pytest.fixture(scope="module")
def of_all():
    return nncli.plot(kinds=["activations", "losses", "schedules"])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_drawn_with_its_slope(of_all, name):
    axes = panel(of_all["activations"], name)
    z, values = drawn(axes, "g(z)")
    _, slopes = drawn(axes, "g'(z), its slope")
    assert "range" in notes_of(axes)
    there = ~np.isnan(values) & ~np.isnan(slopes)
    inner = there[2:] & there[1:-1] & there[:-2] & (np.abs(z[1:-1]) > 0.01)
    measured = (values[2:] - values[:-2]) / (z[2:] - z[:-2])
    np.testing.assert_allclose(slopes[1:-1][inner], measured[inner], atol=2e-3)


@pytest.mark.parametrize(
    ("name", "range_", "slope"),
    [
        ("sigmoid", "(0, 1)", "0.25 at z = 0"),
        ("tanh", "(-1, 1)", "1 at z = 0"),
        ("relu", "[0, ∞)", "1"),
        ("identity", "(-∞, ∞)", "1"),
        ("step", "0 or 1", "0"),
        ("softplus", "(0, ∞)", "1"),
        ("sqlu", "[-1, ∞)", "1"),
        ("softsign", "(-1, 1)", "1 at z = 0"),
        ("elu", "(-1, ∞)", "1"),
    ],
)
def test_ranges_and_largest_slopes(of_all, name, range_, slope):
    notes = notes_of(panel(of_all["activations"], name))
    assert notes == f"range {range_}\nlargest slope {slope}"


def test_tanh_is_a_scaled_sigmoid(of_all):
    axes = panel(of_all["activations"], "tanh(z) = 2σ(2z) - 1")
    z, tanh = drawn(axes, "tanh(z)")
    _, scaled = drawn(axes, "2σ(2z) - 1")
    np.testing.assert_allclose(tanh, np.tanh(z), atol=1e-12)
    np.testing.assert_allclose(scaled, tanh, atol=1e-12)


def test_every_loss_is_drawn(of_all):
    assert [axes.get_title("left").split(" (")[0] for axes in of_all["losses"].axes] == [*LOSSES]


def test_losses_are_drawn_over_their_arguments(of_all):
    losses = of_all["losses"]
    p, loss = drawn(panel(losses, "cross_entropy"), "loss")
    np.testing.assert_allclose(loss, -np.log(p), atol=1e-9)
    p, loss = drawn(panel(losses, "sigmoid_cross_entropy"), "loss, t = 0")
    np.testing.assert_allclose(loss, -np.log(1 - p), atol=1e-9)
    _, slope = drawn(panel(losses, "sigmoid_cross_entropy"), "∂loss/∂z, t = 1")
    np.testing.assert_allclose(slope, p - 1, atol=1e-9)
    margin, loss = drawn(panel(losses, "hinge"), "loss")
    np.testing.assert_allclose(loss, np.maximum(0, 1 - margin))
    error, loss = drawn(panel(losses, "half_squared_error"), "loss")
    np.testing.assert_allclose(loss, error**2 / 2)
    _, slope = drawn(panel(losses, "mean_squared_error"), "∂loss/∂a")
    np.testing.assert_allclose(slope, 2 * error)


def test_every_schedule_is_drawn(of_all):
    figure = of_all["schedules"]
    assert [axes.get_title("left") for axes in figure.axes] == [*SCHEDULES]
    (line,) = panel(figure, "cosine").get_lines()
    t, rates = line.get_data()
    np.testing.assert_allclose(rates, 0.01 * (1 + np.cos(np.pi * t / 40)) / 2, atol=1e-12)
    line = panel(figure, "plateau").get_lines()[0]
    assert set(line.get_ydata()) == {0.01 / 2**n for n in range(10)}
    assert "no improvement\nafter epoch 10" in notes_of(panel(figure, "plateau"))


def test_a_run_has_its_own_functions(xor_run, draw):
    assert [axes.get_title("left") for axes in draw(xor_run, "activations").axes] == [
        "tanh: layer 1",
        "sigmoid: layer 2",
        "tanh(z) = 2σ(2z) - 1",
    ]
    (axes,) = draw(xor_run, "losses").axes
    assert axes.get_title("left") == "sigmoid_cross_entropy"
    titles = [axes.get_title("left") for axes in draw(xor_run, "schedules").axes]
    assert "constant (this config)" in titles


def test_a_config_has_its_own_functions(draw):
    config = {
        "data": {"source": "gate", "gate": "and"},
        "model": {"hidden_layers": [3, 2, 5], "activation": ["relu", "prelu", "relu"]},
        "training": {
            "learning_rate": 0.5,
            "epochs": 8,
            "schedule": {"name": "step", "every": 4, "factor": 0.1},
        },
    }
    relu, prelu, output = draw(config, "activations").axes
    assert relu.get_title("left") == "relu: layer 1, 3"
    assert output.get_title("left") == "sigmoid: layer 4"
    assert prelu.get_title("left") == "prelu: layer 2"
    assert len(prelu.get_lines()) == 4
    figure = draw(config, "schedules")
    (line,) = panel(figure, "step (this config)").get_lines()
    np.testing.assert_allclose(sorted({*line.get_ydata()}), [0.05, 0.5])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("schedules", {"training.schedule": {"name": "step", "every": 1e-320}}),
        ("schedules", {"training.schedule": {"name": "plateau", "patience": 10**6}}),
        ("schedules", {"training.learning_rate": 1e-30}),
        ("activations", {"model.activation": {"name": "elu", "alpha": 1e300}}),
        ("activations", {"model.activation": {"name": "leaky_relu", "slope": 0.0}}),
        ("losses", {"training.loss": "mean_squared_error"}),
    ],
)
def test_extreme_settings_are_drawn(kind, changes, tmp_path):
    config = {"data": {"source": "gate", "gate": "and"}, "training": {"epochs": 10**7}}
    loaded = nncli.load_config(config, changes)
    assert nncli.save_plots(nncli.plot(loaded, kind), tmp_path) == [tmp_path / f"{kind}.png"]


def test_a_rate_that_cannot_be_placed_is_refused():
    config = {"data": {"source": "gate", "gate": "and"}, "training": {"learning_rate": 1e308}}
    with pytest.raises(nncli.UsageError, match=r"needs a learning rate up to 1e\+100"):
        nncli.plot(config, "schedules")


def test_learned_slopes_of_any_size_are_drawn(tmp_path):
    config = {"data": {"source": "gate", "gate": "and"}, "training": {"epochs": 0}}
    prelu = {"model.activation": "prelu", "model.hidden_layers": [3]}
    model = nncli.train(config, {**prelu, "training.precision": "float64"}).model
    model.network.arrays["slope1"][...] = [1e305, -1e305, 0]
    nncli.save_plots(nncli.plot(model, "activations"), tmp_path)


def test_wide_layers_are_drawn_by_a_few_units(tmp_path):
    """All units of 100,000 would need gigabytes."""
    config = {"data": {"source": "gate", "gate": "and"}, "training": {"epochs": 0}}
    wide = {"model.hidden_layers": [100_000, 11], "model.activation": ["relu", "prelu"]}
    relu, prelu, *_ = nncli.plot(nncli.train(config, wide), "activations")["activations"].axes
    assert len(relu.get_lines()) == 2
    assert len(prelu.get_lines()) == 20
    assert notes_of(prelu).endswith("a line for each unit, the first 10 of 11")


def test_without_a_subject_only_functions_are_drawn():
    assert {*nncli.plot()} == {"activations", "losses", "schedules"}
    with pytest.raises(nncli.UsageError, match=r"^curves: needs the history of a run"):
        nncli.plot(kinds="curves")


def test_loss_and_slope_of_each_target_differ_without_color():
    for axes in nncli.plot(kinds="losses")["losses"].axes:
        lines = axes.get_lines()
        assert len({line.get_linestyle() for line in lines}) == len(lines)
        assert axes.get_ylabel() == "loss, slope"
