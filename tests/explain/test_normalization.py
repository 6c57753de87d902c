"""Normalized layers in worked examples and in the gradient check."""

import re

import numpy as np
import pytest

from nncli.config.load import load_config
from nncli.engines.engine import Steps, Sums
from nncli.explain.document.elements import Equation, Equations, Paragraph
from nncli.explain.document.formats import FORMATS
from nncli.explain.document.notation import Text
from nncli.explain.gradient_check import check_gradients
from nncli.explain.trace.step import take_step
from nncli.explain.trace.worked_example import worked_example
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.batch_norm import BatchNorm
from nncli.nn.layers.kinds import block
from nncli.nn.layers.layer_norm import LayerNorm
from nncli.nn.network import trained_views
from nncli.nn.penalties import Regularization
from nncli.runs.preparation import prepare
from tests.explain.document.reader import read_page
from tests.explain.equations import check_equations, equations_of
from tests.nn.networks import LOSS_AND_OUTPUT, objective
from tests.normalized import BOTH, KINDS, draw_smooth, every_kind, layers_of

CONFIG = """\
data: {source: xor, rows: 40, test: 0}
model: {hidden_layers: [3, 3], activation: tanh, normalization: NONE}
training: {optimizer: sgd, learning_rate: 0.5, precision: float64}
"""
TRAINABLE = [n for n, each in ACTIVATIONS.items() if each.trainable and not each.output_only]
# normalizations, and the rows that a page shows
SHOWN = [("layer_norm", [0]), *((kind, [3, 5, 8]) for kind in KINDS)]
MIXED = "[batch_norm, layer_norm]"
SETTINGS = [
    ["model.normalization={name: batch_norm, momentum: 0.3, epsilon: 0.01}"],
    ["model.normalization={name: layer_norm, epsilon: 0.01}"],
    ["model.normalization=[none, layer_norm]"],
    ["model.normalization=[batch_norm, none]"],
    ["model.hidden_layers=[1, 1]"],
    ["model.density=0.5", "training.l2=0.1", "training.l1=0.1"],
    ["training.clip_norm=0.01"],
    ["training.max_norm=0.5"],
    ["training.optimizer=adam"],
    ["training.optimizer={name: sgd, momentum: 0.9, nesterov: true}"],
    ["training.precision=float32"],
]


@pytest.fixture
def prepared(tmp_path):
    """Return a function that prepares a job with other gains and shifts than 1 and 0."""

    def prepare_with(kind, *overrides):
        path = tmp_path / "c.yaml"
        path.write_text(CONFIG.replace("NONE", kind), encoding="utf-8")
        job = prepare(load_config(path, overrides))
        random = np.random.default_rng(7)
        for name, array in job.setup.network.named.items():
            if not name.startswith("W"):
                array += random.normal(0, 0.3, array.shape)
        return job

    return prepare_with


def layer_of(kind):
    return block(1, 1, "tanh", normalization=kind)[1]


def page_of(job, rows, *, digits=17, limit=100):
    step = take_step(job, rows)
    return step, [*worked_example(step, Text(digits), source="c.yaml", limit=limit)]


def values_of(page, left):
    """Return the last numbers of the equations with this left side, in order."""
    return [float(each.rights[-1][0]) for each in equations_of(page) if each.left == left]


# Worked examples


@pytest.mark.parametrize(("kind", "rows"), [("layer_norm", [0]), (MIXED, [3, 5, 8])], ids=str)
@pytest.mark.parametrize("hidden", TRAINABLE)
def test_every_equation_holds_for_every_activation(prepared, kind, rows, hidden):
    _, page = page_of(prepared(kind, f"model.activation={hidden}"), rows)
    # The page shows SELU's constants with five digits.
    check_equations(page, at_least=90, rel=1e-4 if hidden == "selu" else 1e-9)


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize(("kind", "rows"), SHOWN, ids=str)
def test_every_equation_holds_where_only_the_largest_terms_are_shown(prepared, kind, rows, limit):
    _, page = page_of(prepared(kind, "model.hidden_layers=[9, 7]"), rows, limit=limit)
    check_equations(page, at_least=25)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_every_equation_holds_for_every_way_to_train(prepared, settings):
    is_single = "float32" in settings[0]
    _, page = page_of(prepared(MIXED, *settings), [1, 2, 6, 30])
    smallest = 3e-6 if is_single else None
    check_equations(page, at_least=40, rel=1e-4 if is_single else 1e-9, smallest=smallest)


def test_the_check_of_equations_can_fail(prepared):
    _, page = page_of(prepared("layer_norm"), [0])
    wrong = Equation("μ1", [["(1 + 2) / 2"], ["1.6"]])
    with pytest.raises(AssertionError):
        check_equations([*page, Equations([wrong])], at_least=0)


LINES = {
    "layer_norm": ["μ1", "v1", "n1[2]", "y1[2]", "∂L/∂n1[2]", "c1", "e1", "∂L/∂z1[2]"],
    "batch_norm": ["n1[2]", "y1[2]", "∂L/∂n1[2]", "∂L/∂z1[2]"],
}


@every_kind
def test_every_row_has_each_of_its_lines(prepared, kind):
    _, page = page_of(prepared(kind), [0, 4, 9])
    lefts = [each.left for each in equations_of(page)]
    assert [lefts.count(each) for each in LINES[kind]] == [3] * len(LINES[kind])
    once = ["μ1[2]", "v1[2]", "c1[2]", "e1[2]"]  # shared by all rows of a batch
    assert [lefts.count(each) for each in once] == [int(kind == "batch_norm")] * 4
    for letter in layer_of(kind).worked.symbols.values():
        assert lefts.count(f"{letter}1[2]") == 1
    for name in layer_of(kind).trained:
        assert lefts.count(f"∂L/∂{layer_of(kind).worked.symbols[name]}1[2]") == 1


@every_kind
def test_the_lines_have_the_values_of_the_real_pass(prepared, kind):
    rows = [0, 4, 9]
    step, page = page_of(prepared(kind), rows)
    network = prepared(kind).setup.network
    work = network.workspace(3)
    network.logits(step.X, work, 0)
    for number, layer in enumerate(step.layers[:-1], 1):
        passed, own = layer.between[0], work.buffers[3 * (number - 1) + 1]
        np.testing.assert_array_equal(layer.S, own.Y)
        np.testing.assert_array_equal(passed.values["y"], own.Y)
        np.testing.assert_array_equal(passed.values["dz"], layer.dZ)
        worked = passed.layer.worked
        for line in (worked.forward[-1], worked.backward[-1]):
            found = line.value(passed.values)
            np.testing.assert_allclose(found, passed.values[line.letter], rtol=1e-9, atol=1e-12)
        for unit in range(layer.S.shape[1]):
            assert values_of(page, f"y{number}[{unit + 1}]") == layer.S[:, unit].tolist()
            assert values_of(page, f"∂L/∂y{number}[{unit + 1}]") == layer.dS[:, unit].tolist()
            assert values_of(page, f"∂L/∂z{number}[{unit + 1}]") == layer.dZ[:, unit].tolist()
        np.testing.assert_allclose(layer.gradient["b"], layer.dZ.sum(axis=0), atol=1e-14)


@pytest.mark.parametrize("settings", [[], *SETTINGS], ids=str)
def test_the_step_is_that_of_training(prepared, settings):
    rows = [4, 7, 11]
    step, job = take_step(prepared(MIXED, *settings), rows), prepared(MIXED, *settings)
    layers, before, sums = job.setup.network.layers, job.engine.snapshot(), Sums()
    rate = job.plan.rate(0, 1 / job.order.batches)
    places = job.setup.training.rows[rows]
    assert job.engine.steps(places[np.newaxis], [rate], sums) == Steps(1)
    after = job.engine.snapshot()
    assert step.loss == sums.loss / 3
    assert not np.array_equal(before["parameters"], after["parameters"])
    for stage, flat in (("before", before["parameters"]), ("after", after["parameters"])):
        found = {
            f"{name}{number}": array
            for number, layer in enumerate(step.layers, 1)
            for name, array in getattr(layer, stage).items()
        }
        expected = trained_views(layers, flat)
        assert list(found) == list(expected)
        for name, array in found.items():
            np.testing.assert_array_equal(array, expected[name])
    passed = [each for layer in step.layers for each in layer.between]
    for moment, flat in enumerate((before["state"], after["state"])):
        kept = [pair[moment] for each in passed for pair in each.kept.values()]
        np.testing.assert_array_equal(np.concatenate([[], *kept]), flat)


def test_the_page_has_the_new_gain_and_shift_and_the_running_statistics(prepared):
    job = prepared("batch_norm")
    step, page = page_of(job, [0, 1, 2])
    after, named = step.layers[1].after, job.setup.network.named
    for letter, name in (("γ", "gain"), ("β", "shift")):
        assert values_of(page, f"{letter}2[3]") == [after[name][2]] == [named[f"{name}2"][2]]
    for letter, name in (("r", "running_mean"), ("s", "running_variance")):
        assert values_of(page, f"{letter}1[2]") == [named[f"{name}1"][1]]
        assert values_of(page, f"{letter}2[3]") == [named[f"{name}2"][2]]
    signs = {each.sign for each in equations_of(page) if each.left in ("r1[2]", "γ2[3]")}
    assert signs == {"←"}


@every_kind
def test_the_activation_takes_what_the_normalization_gives(prepared, kind):
    _, page = page_of(prepared(kind), [0, 1], digits=6)
    texts = [part.text.replace("\N{NO-BREAK SPACE}", " ") for part in page if hasattr(part, "text")]
    assert "Layer 1, tanh: a = tanh(y)" in texts
    assert "tanh: ∂a/∂y = 1 - a²" in texts
    assert "Layer 3, sigmoid: a = 1 / (1 + e^-z)" in texts


@pytest.mark.parametrize(("kind", "rows"), SHOWN, ids=str)
@pytest.mark.parametrize(("name", "digits"), [(name, 3) for name in FORMATS] + [("text", 17)])
def test_it_is_written_in_every_format(prepared, kind, rows, name, digits):
    step = take_step(prepared(kind), rows)
    page = [*worked_example(step, FORMATS[name].notation(digits), source="c.yaml", limit=2)]
    text = FORMATS[name].write(page)
    if name == "html":
        text = read_page(text).find("main")[0].text
        assert "\\" not in text
    assert re.search(r"<\w+>", text) is None
    assert len([part for part in page if isinstance(part, Paragraph)]) > 5
    if name == "text":
        assert max(map(len, text.splitlines())) <= 80
    elif name == "html":
        assert all(each in text for each in layer_of(kind).worked.symbols.values())
    else:
        assert text.count("{") == text.count("}")
        assert text.isascii()
        for letter in layer_of(kind).worked.symbols.values():
            assert FORMATS[name].notation(3).symbol(letter, 1) + "_{" in text


# The gradient check


def check(layers, loss, most=6):
    network, X, T = draw_smooth(layers, loss, 5)
    checks = check_gradients(
        network, objective(loss), Regularization(l2=0.1), X, T, most_per_layer=most
    )
    assert sum(each.checked for each in checks) > 6
    return max(each.largest_error for each in checks)


@pytest.mark.parametrize("hidden", TRAINABLE)
def test_the_gradient_check_passes_with_every_activation(hidden):
    layers = layers_of((2, 4, 5, 2), hidden, "sigmoid", BOTH)
    assert check(layers, "sigmoid_cross_entropy") < 1e-6


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_gradient_check_passes_with_every_loss_and_output(loss, output):
    assert check(layers_of((2, 4, 5, 2), "tanh", output, BOTH), loss) < 1e-6


def _with_a_constant_variance(layer, dY, own, gradients):
    gradients[0][:], gradients[1][:] = (dY * own.normalized).sum(axis=0), dY.sum(axis=0)
    dX = dY * layer.arrays["gain"] * own.inverse
    return dX - dX.mean(axis=1 if isinstance(layer, LayerNorm) else 0, keepdims=True)


@pytest.mark.parametrize("kind", [LayerNorm, BatchNorm])
def test_the_gradient_check_finds_a_wrong_gradient(kind, monkeypatch):
    layers = layers_of((2, 4, 5, 2), "tanh", "sigmoid", BOTH)
    monkeypatch.setattr(kind, "backward", _with_a_constant_variance)
    assert check(layers, "sigmoid_cross_entropy", most=100) > 1e-3
