"""N053: a few rows cannot be learned, although another network learns them."""

import random

import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.prove import helps
from nncli.explain.diagnosis.rules.few_rows import few_rows
from tests.shipped_configs import CONFIGS

pytestmark = pytest.mark.filterwarnings("ignore::nncli.NncliWarning")

NEARLY_LINEAR = {"name": "leaky_relu", "slope": 0.999}


@pytest.fixture
def product(tmp_path):
    """Return a function that makes the config of a product of two numbers."""

    def config(model, rows=60, target=lambda u, v: u * v, **training):
        draw = random.Random(2)
        lines = ["u,v,y"]
        for _ in range(rows):
            u, v = draw.uniform(-1, 1), draw.uniform(-1, 1)
            lines.append(f"{u:.3f},{v:.3f},{target(u, v)}")
        path = tmp_path / f"{rows}.csv"
        path.write_text("\n".join(lines))
        data = {"path": str(path), "target": "y", "test": 0}
        return {"data": data, "model": model, "training": {"epochs": 100, **training}}

    return config


def found(config):
    return list(few_rows(case_of(config)))


def test_an_activation_that_is_nearly_linear_is_found_and_repaired(product):
    config = product({"hidden_layers": [16], "activation": NEARLY_LINEAR})
    diagnosis = nncli.diagnose(config, prove=True)
    assert diagnosis.codes == ["N053"]
    assert str(diagnosis.change) == "model.activation=relu"
    assert "activation: relu" in diagnosis.changed_config()
    proof = helps(case_of(config), diagnosis.findings[0], seeds=10)
    assert proof.better >= 9, proof
    assert proof.without[0] > 0.8


def test_without_prove_it_is_not_tried(product):
    config = product({"hidden_layers": [16], "activation": NEARLY_LINEAR})
    assert "N053" not in nncli.diagnose(config).codes


def test_a_network_too_large_for_200_steps_is_not_tried(product):
    assert found(product({"hidden_layers": [1500, 1500], "activation": NEARLY_LINEAR})) == []


def test_it_is_not_tried_where_something_else_is_a_problem(product):
    config = product({"hidden_layers": [16], "initializer": "zeros"})
    diagnosis = nncli.diagnose(config, prove=True)
    assert diagnosis.codes == ["N023"]
    assert "N053" not in diagnosis.checked
    assert "Not checked: N053; another problem is already found." in diagnosis.page()


@pytest.mark.parametrize(
    "training",
    [{"l2": 10}, {"dropout": 0.9}, {"learning_rate": 1e-9}, {"max_norm": 1e-6}],
    ids=str,
)
def test_it_is_not_about_regularization_or_the_rate(product, training):
    assert found(product({"hidden_layers": [16]}, **training)) == []


@pytest.mark.parametrize(
    "model",
    [{"hidden_layers": []}, {"hidden_layers": [8], "activation": "identity"}],
    ids=["no hidden layer", "identity"],
)
def test_a_linear_network_is_not_broken(product, model):
    assert found(product(model)) == []


def test_the_same_network_is_fine_where_a_line_fits(product):
    model = {"hidden_layers": [16], "activation": NEARLY_LINEAR}
    assert found(product(model, target=lambda u, v: u + 2 * v)) == []


def test_too_few_rows_or_no_training_show_nothing(product):
    model = {"hidden_layers": [16], "activation": NEARLY_LINEAR}
    assert found(product(model, rows=31)) == []
    assert found(product(model, epochs=0)) == []


def test_rows_that_no_network_learns_are_no_fault_of_this_one(tmp_path):
    rows = [f"{1 + 1e-7 * n},{random.Random(n).choice('ab')}" for n in range(64)]
    (tmp_path / "rows.csv").write_text("\n".join(["u,y", *rows]))
    data = {"path": str(tmp_path / "rows.csv"), "target": "y", "scale": "none", "test": 0}
    assert found({"data": data, "training": {"epochs": 5}}) == []


@pytest.mark.parametrize(
    "name", ["xor", "lectures/vanishing_gradient_sigmoid", "lectures/overfitting", "lectures/l2"]
)
def test_shipped_configs_can_learn_a_few_rows(name):
    assert found(CONFIGS / f"{name}.yaml") == []
