"""A training step in matrices: its numbers are those of the step, and its shapes agree."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nncli
from nncli.config.load import load_config
from nncli.explain.document.formats import FORMATS
from nncli.explain.trace.forms import FORMS
from nncli.explain.trace.step import take_step
from nncli.explain.trace.worked_example import worked_example
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.runs.preparation import prepare
from tests.explain.document.reader import read_page
from tests.explain.matrices import check_shapes, compute, read_equations

ROOT = Path(__file__).parents[2]
LECTURES = sorted((ROOT / "configs" / "lectures").glob("*.yaml"))
MNIST = ROOT.parent / "shared" / "mnist"
IN_MATRICES = [each for each in FORMS if each != "scalar"]
HIDDEN = [name for name, entry in ACTIVATIONS.items() if not entry.output_only]
LOSS_AND_OUTPUT = [
    (loss, output)
    for loss, entry in LOSSES.items()
    for output in entry.outputs
    if "multiclass" in ACTIVATIONS[output].output_for
]
TRAINING = [
    {},
    {"l2": 0.1},
    {"l1": 0.1, "l2": 0.2},
    {"clip_value": 0.01},
    {"clip_norm": 0.01},
    {"l2": 0.1, "clip_norm": 1e6},
    {"max_norm": 0.5},
    {"optimizer": {"name": "sgd", "momentum": 0.9}},
    {"optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True}},
    *({"optimizer": name} for name in OPTIMIZERS),
]
NAMES = {"matrix": "Wb", "theta": "Θ"}
NORMALIZATIONS = ["none", "layer_norm", "batch_norm"]
in_both = pytest.mark.parametrize("form", IN_MATRICES)


def config_of(*, model=None, training=None, rows=6):
    """Return a config of classes with drawn rows of two inputs."""
    random = np.random.default_rng(3)
    return {
        "data": {
            "source": "rows",
            "inputs": random.normal(size=(rows, 2)).round(2).tolist(),
            "labels": ["abc"[each % 3] for each in range(rows)],
            "classes": ["a", "b", "c"],
        },
        "model": {"hidden_layers": [3, 2], "activation": "tanh", **(model or {})},
        "training": {
            "optimizer": "sgd",
            "learning_rate": 0.5,
            "precision": "float64",
            "batch_size": "full",
            **(training or {}),
        },
    }


def step_of(config, rows):
    if config["model"]["activation"] == "step":
        config["training"]["epochs"] = 0
    return take_step(prepare(load_config(config)), rows)


def written(step, form, *, name="text", digits=9, limit=100):
    notation = FORMATS[name].notation(digits)
    page = worked_example(step, notation, source="c.yaml", limit=limit, form=form)
    return FORMATS[name].write(page)


def values_of(step, form):
    """Return the values of a step by symbol; of parameters, those before the step."""
    found = {"T": step.T, "dX": step.dX}
    for number, layer in enumerate(step.layers, 1):
        taken = layer.taken.upper()
        found |= {f"Z{number}": layer.Z, f"{taken}{number}": layer.S, f"A{number}": layer.A}
        found |= {f"dZ{number}": layer.dZ, f"d{taken}{number}": layer.dS}
        if layer.dA is not None:
            found[f"dA{number}"] = layer.dA
        for name, after in _parameters(form, layer.gradient):
            found[f"d{name}{number}"] = after
        if step.is_taken and not step.changes_nothing:
            for name, after in _parameters(form, layer.after):
                found[f"{name}{number}"] = after
    return found


def _parameters(form, arrays):
    letters = {"gain": "γ", "shift": "β", "slope": "p"}
    others = [(letters[name], each) for name, each in arrays.items() if name in letters]
    if form == "matrix":
        return [("W", arrays["W"]), ("b", arrays["b"]), *others]
    return [("Θ", np.vstack([arrays["b"], arrays["W"]])), *others]


def check_page(step, form):
    """Check every equation of a page, and that it has every value of the step."""
    equations = read_equations(written(step, form))
    final = {each.left: each.value for each in equations}
    for name, values in values_of(step, form).items():
        expected = np.atleast_2d(values)
        assert final[name].shape == expected.shape, name
        np.testing.assert_allclose(final[name].astype(float), expected, rtol=1e-8, err_msg=name)
    for each in equations:
        if each.shapes:
            check_shapes(each)
        value = each.value.astype(float)
        for text, matrices in each.sides[:-1]:
            np.testing.assert_allclose(compute(text, matrices), value, rtol=1e-5, atol=1e-7)
    return equations


@in_both
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_matrices_have_the_values_of_the_step(form, data):
    hidden = data.draw(st.lists(st.integers(1, 3), max_size=3), "hidden")
    rows = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True), "rows")
    loss, output = data.draw(st.sampled_from(LOSS_AND_OUTPUT), "loss")
    kinds = [each for each in NORMALIZATIONS if len(rows) > 1 or each != "batch_norm"]
    model = {
        "hidden_layers": hidden,
        "output": output,
        "activation": data.draw(st.sampled_from(HIDDEN), "activation"),
        "normalization": data.draw(st.sampled_from(kinds), "normalization"),
    }
    training = {**data.draw(st.sampled_from(TRAINING), "training"), "loss": loss}
    check_page(step_of(config_of(model=model, training=training), rows), form)


@in_both
@pytest.mark.parametrize("rows", [[0], [3, 5, 1]])
def test_every_product_has_its_numbers_and_shapes(form, rows):
    equations = check_page(step_of(config_of(training={"loss": "squared_error"}), rows), form)
    computed = [each.left for each in equations if len(each.sides) > 1]
    sums = [f"Z{number}" for number in (1, 2, 3)]
    gradients = ["dA1", "dA2", "dA3", *(f"d{each}" for each in sums), "dX"]
    names = ["Θ"] if form == "theta" else ["W", "b"] if len(rows) > 1 else ["W"]
    parameters = [f"{name}{number}" for name in "WbΘ" for number in (1, 2, 3)]
    changed = [each for each in parameters if each in computed]
    expected = [f"d{name}{number}" for name in names for number in (1, 2, 3)]
    assert {*sums, *gradients, *expected} <= {*computed}
    assert len(changed) == (3 if form == "theta" else 6)


def test_the_check_of_equations_can_fail():
    page = written(step_of(config_of(), [0, 1]), "matrix")
    (wrong,) = (each for each in read_equations(page) if each.left == "Z1")
    wrong.shapes = "(2×3)(2×3) + (1×3) = (2×3)"
    with pytest.raises(AssertionError):
        check_shapes(wrong)
    text, (X, W, b) = wrong.sides[0]
    assert np.abs(compute(text, [X, -W.astype(float), b]) - wrong.value.astype(float)).max() > 0.01


@pytest.mark.parametrize("rows", [[2], [0, 1, 4]])
def test_both_forms_have_the_same_gradients(rows):
    step = step_of(config_of(), rows)
    matrix, theta = (
        {each.left: each.value.tolist() for each in read_equations(written(step, form))}
        for form in IN_MATRICES
    )
    for number in (1, 2, 3):
        for before in ("d", ""):
            stacked = matrix[f"{before}b{number}"] + matrix[f"{before}W{number}"]
            assert theta[f"{before}Θ{number}"] == stacked
        assert matrix[f"dZ{number}"] == theta[f"dZ{number}"]
    assert matrix["dX"] == theta["dX"]


def test_formulas_are_those_of_the_slides():
    step = step_of(config_of(training={"loss": "half_squared_error"}), [0, 1])
    shown = {
        form: {each.left: (each.formula, each.shapes) for each in read_equations(page)}
        for form, page in ((form, written(step, form)) for form in IN_MATRICES)
    }
    matrix, theta = shown["matrix"], shown["theta"]
    assert matrix["Z1"] == ("X·W1 + b1", "(2×2)(2×3) + (1×3) = (2×3)")
    assert matrix["Z2"] == ("A1·W2 + b2", "(2×3)(3×2) + (1×2) = (2×2)")
    assert matrix["dA3"] == ("(A3 - T) / 2", "")
    assert matrix["dZ2"] == ("dA2 ⊙ tanh'(Z2)", "(2×2) ⊙ (2×2) = (2×2)")
    assert matrix["dW2"] == ("A1ᵀ·dZ2", "(3×2)(2×2) = (3×2)")
    assert matrix["db2"] == ("sum of the rows of dZ2", "(2×2) → (1×2)")
    assert matrix["dA1"] == theta["dA1"] == ("dZ2·W2ᵀ", "(2×2)(2×3) = (2×3)")
    assert matrix["W2"] == ("W2 - η·dW2", "")
    assert theta["Z2"] == ("[1 A1]·Θ2", "(2×4)(4×2) = (2×2)")
    assert theta["dΘ2"] == ("[1 A1]ᵀ·dZ2", "(4×2)(2×2) = (4×2)")
    assert theta["Θ1"] == ("Θ1 - η·dΘ1", "")


def test_a_single_row_gives_outer_products():
    said = "is an outer product: the column Xᵀ times the row dZ1"
    one, two = (written(step_of(config_of(), rows), "matrix") for rows in ([0], [0, 1]))
    assert said in " ".join(one.split())
    assert "outer product" not in two


@in_both
def test_a_forward_pass_has_no_derivatives(form):
    step = take_step(prepare(load_config(config_of())), [0, 1], forward=True)
    page = written(step, form)
    assert [each.left for each in read_equations(page)] == ["Z1", "A1", "Z2", "A2", "Z3", "A3", "T"]
    assert "dZ" not in page
    assert "shown" not in page


@in_both
def test_without_a_step_there_are_no_new_parameters_but_derivatives(form):
    found, pages = [], []
    for epochs in (0, 1):
        pages.append(written(step_of(config_of(training={"epochs": epochs}), [0]), form))
        found.append({each.left for each in read_equations(pages[-1])})
    assert found[1] - found[0] == {
        f"{name}{number}" for name in NAMES[form] for number in (1, 2, 3)
    }
    assert found[0] < found[1]
    assert "training.epochs is 0: training takes no step" in pages[0]
    assert "The loss of the same row: L = " in pages[1]


@in_both
@pytest.mark.parametrize("settings_", TRAINING, ids=str)
def test_what_has_no_matrix_formula_refers_to_the_scalar_form(form, settings_):
    page = written(step_of(config_of(training=settings_), [0, 1]), form)
    optimizer = settings_.get("optimizer", "sgd")
    has_formulas = "The formulas hold for each element; the scalar form has their numbers." in page
    assert has_formulas == (isinstance(optimizer, str) and optimizer != "sgd")
    is_followed = re.search(r"^ +g\(\S+\) = ", page, re.MULTILINE) is not None
    is_decayed = re.search(r"^  g\(W1\) = dW1 \+ 0\.1·W1$", page, re.MULTILINE) is not None
    said = "The scalar form shows how g is computed for every weight."
    assert (said in page) == (is_followed and not is_decayed)
    assert is_decayed == (form == "matrix" and settings_.get("l2") == 0.1)


@pytest.mark.parametrize("kind", ["layer_norm", "batch_norm"])
def test_a_normalization_has_its_results_and_refers_to_the_scalar_form(kind):
    step = step_of(config_of(model={"normalization": kind}), [0, 1, 2])
    page = written(step, "matrix")
    for number in (1, 2):
        assert f"{kind} turns Z{number} into Y{number}; the scalar form shows its steps." in page
        assert f"{kind} turns dY{number} into dZ{number}; the scalar form shows its steps." in page
        assert f"The scalar form shows the terms of dγ{number} and dβ{number}." in page
    assert "β is a unit's shift." in " ".join(page.split())
    assert ("r1 ← [ " in page) == (kind == "batch_norm")


@in_both
@pytest.mark.parametrize("activation", ["tanh", "prelu"])
def test_a_step_that_changes_nothing_has_the_matrices_of_the_parameters(form, activation):
    config = config_of(model={"activation": activation, "hidden_layers": [2]})
    config["data"] |= {"targets": [0.0] * 6}
    del config["data"]["labels"], config["data"]["classes"]
    config["model"]["initializer"] = "zeros"
    step = step_of(config, [0, 1])
    page = written(step, form)
    update = page.partition("4 Update")[2]
    assert "The gradient is 0 for every parameter." in update
    names = [f"{name}{number}" for number in (1, 2) for name in NAMES[form]]
    if activation == "prelu":
        names.insert(len(names) // 2, "p1")
    assert [each.left for each in read_equations(update)] == names
    assert "w1[" not in update


def test_missing_connections_have_no_new_weight():
    mask = [[[1, 0, 1], [1, 1, 1]], None, None]
    step = step_of(config_of(model={"masks": mask}), [0, 1])
    found = {each.left: each.value for each in check_page(step, "matrix")}
    assert found["dW1"][0][1] != "0"
    assert found["g(W1)"][0][1] == found["W1"][0][1] == "0"


def test_coupled_units_have_a_matrix_of_derivatives_per_row():
    training = {"loss": "squared_error"}
    step = step_of(config_of(model={"output": "softmax"}, training=training), [4, 0])
    products = [
        each.sides[0][1] for each in read_equations(written(step, "matrix")) if "J3" in each.formula
    ]
    for row, (dA, jacobian) in enumerate(products):
        a = step.layers[-1].A[row]
        np.testing.assert_allclose(jacobian.astype(float), np.diag(a) - np.outer(a, a), rtol=1e-6)
        np.testing.assert_allclose(dA.astype(float)[0], step.layers[-1].dA[row], rtol=1e-8)
    assert len(products) == 2


@in_both
def test_an_ellipsis_stands_for_what_the_limit_leaves_out(form):
    step = step_of(config_of(model={"hidden_layers": [9]}), [*range(5)])
    page = written(step, form, limit=2)
    units = np.argsort(-np.abs(step.layers[0].dZ).sum(axis=0), kind="stable")[:2]
    first, second = sorted(units + 1)
    said = " ".join(page.split())
    assert f"units {first}, {second} of layer 1" in said
    assert "the first 2 of 5 training rows" in said
    equations = {each.left: each for each in read_equations(page)}
    shown = np.array(equations["A1"].value[:2, :2], float)
    np.testing.assert_allclose(shown, step.layers[0].A[:2, sorted(units)], rtol=1e-8)
    assert equations["A1"].value[2].tolist() == ["⋮", "⋮", "⋱"]
    assert equations["A1"].value[:, 2].tolist() == ["…", "…", "⋱"]
    rows = 3 if form == "matrix" else 4
    assert equations["Z2"].sides[0][1][1].shape == (rows, 3)


def test_a_limit_of_one_is_in_the_singular():
    pages = {
        form: " ".join(written(step_of(config_of(), [0, 1]), form, limit=1).split())
        for form in ("scalar", "matrix")
    }
    for page in pages.values():
        assert "At most 1 input (the largest) and 1 unit per layer" in page
    assert "sums over the rows: 1 term is shown, and the sum" in pages["scalar"]
    assert re.search(
        r"Shown: input [12]; unit \d of layer 1; unit \d of layer 2; unit 1 of layer 3; "
        r"the first of 2 training rows\.",
        pages["matrix"],
    )


@in_both
@pytest.mark.parametrize("digits", [1, 6, 17])
@pytest.mark.parametrize("hidden", [[30], [4, 4], [11, 5, 11]])
def test_only_what_fits_80_columns_is_shown(form, hidden, digits):
    step = step_of(config_of(model={"hidden_layers": hidden}), [*range(6)])
    page = written(step, form, digits=digits)
    assert max(map(len, page.splitlines())) <= 80
    shown = {each.left: each.value for each in read_equations(page)}
    assert shown["A1"].shape[1] >= min(hidden[0], {1: 5, 6: 4, 17: 2}[digits])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_activation_is_written_in_every_format(name, hidden):
    step = step_of(config_of(model={"activation": hidden, "normalization": "layer_norm"}), [0, 1])
    check_format(written(step, "matrix", name=name, digits=6), name)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_every_loss_is_written_in_every_format(name, loss, output):
    step = step_of(config_of(model={"output": output}, training={"loss": loss}), [0])
    check_format(written(step, "matrix", name=name, digits=6), name)


def check_format(text, name):
    """Check that a page has no formula of another format, and that it fits."""
    if name == "html":
        pytest.importorskip("latex2mathml", reason="needs latex2mathml, of the extra html")
        text = read_page(text).find("main")[0].text
        assert "\\" not in text
    assert re.search(r"<\w+>", text) is None
    if name == "text":
        assert max(map(len, text.splitlines())) <= 80
    elif name != "html":
        assert text.isascii()
        assert text.count("{") == text.count("}")
        opened = re.findall(r"\\(begin|end)\{([^}]*)\}", text)
        stack = []
        for what, environment in opened:
            if what == "begin":
                stack.append(environment)
            else:
                assert stack.pop() == environment
        assert stack == []
        assert ("begin", "bmatrix") in opened


@in_both
@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_every_lecture_is_written_in_every_format(form, path, tmp_path, monkeypatch):
    if path.stem.startswith("mnist"):
        if not MNIST.is_dir():
            pytest.skip("the MNIST files are not next to the project")
        monkeypatch.setenv("NNCLI_CACHE", str(tmp_path))
        shutil.copytree(MNIST, tmp_path / "mnist")
    job = prepare(load_config(path))
    step = take_step(job, [*range(min(4, len(job.dataset.splits["train"])))])
    for name in FORMATS:
        check_format(written(step, form, name=name, digits=6, limit=6), name)


def test_python_takes_the_form_and_refuses_others():
    config = config_of()
    assert "  Z1 = X·W1 + b1 " in nncli.trace(config, form="matrix")
    assert "  Z1 = [1 X]·Θ1 " in nncli.trace(config, form="theta")
    assert nncli.trace(config) == nncli.trace(config, form="scalar")
    for wrong in ("vector", 3, None):
        with pytest.raises(nncli.UsageError, match=r"form: found .*; expected scalar, matrix or "):
            nncli.trace(config, form=wrong)
