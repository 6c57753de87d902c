"""Rules about the start, the learning rate and the length: boundaries, and runs without fault."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.rules import progress, rates
from nncli.explain.diagnosis.rules.killed import kills_units
from tests.explain.diagnosis.runs import BROKEN, diagnosed

XOR = {
    "data": {"source": "xor", "rows": 400},
    "model": {"hidden_layers": [16]},
    "training": {"epochs": 30},
}
ONE_LAYER = "ignore:one layer cannot separate XOR:nncli.NncliWarning"
LONG = ("training.learning_rate=1", "training.epochs=300")
OWN = {"N010", "N011", "N012", "N013", "N014", "N015", "N016"}
DIVERGING = (
    "model.hidden_layers=[]",
    "model.output=identity",
    "training.optimizer=sgd",
    "training.batch_size=full",
    "data.validation=100",
)


@pytest.mark.filterwarnings(ONE_LAYER)
@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("training.learning_rate=0.1",),
        ("training.learning_rate=0.01",),
        ("training.optimizer=sgd", "training.learning_rate=1"),
        ("training.optimizer=sgd", "training.learning_rate=0.3"),
        ("model.initializer={name: normal, scale: 0.5}",),
        ("training.epochs=0", "model.initializer={name: normal, scale: 100}"),
        (
            "model.output=step",
            "training.loss=perceptron",
            "training.learning_rate=100",
            "model.hidden_layers=[]",
        ),
        ("training.optimizer=sgd", "training.batch_size=full", *LONG),
        ("training.optimizer=sgd", "training.batch_size=full", "model.hidden_layers=[]", *LONG),
        ("training.dropout=0.5", "training.learning_rate=0.03"),
    ],
)
def test_a_good_or_untrained_network_has_no_finding(overrides):
    found = diagnosed(XOR, overrides)
    assert not OWN & {*found.codes}, found.page()


def test_a_config_alone_shows_large_first_outputs():
    scale = "model.initializer={name: normal, scale: %d}"
    config = nncli.load_config(XOR, [scale % 8])
    assert "N010" in nncli.diagnose(config).codes
    assert "N010" not in nncli.diagnose(nncli.load_config(XOR, [scale % 1])).codes


def test_the_curvature_is_the_largest_eigenvalue():
    """Of a linear network with the squared error, the Hessian is 2 XᵀX / N."""
    X = np.random.default_rng(0).normal(size=(50, 3)) * [3.0, 1.0, 0.3]
    config = {
        "data": {"source": "rows", "inputs": X.tolist(), "targets": X.sum(axis=1).tolist()},
        "model": {"hidden_layers": []},
        "training": {"epochs": 1, "precision": "float64", "loss": "mean_squared_error"},
    }
    case = case_of(nncli.train(config))
    with_bias = np.column_stack([X, np.ones(len(X))])
    largest = np.linalg.eigvalsh(2 * with_bias.T @ with_bias / len(X)).max()
    assert progress.curvature(case) == pytest.approx(largest, rel=0.2)


@pytest.mark.parametrize(("rate", "code"), [(0.1, "N010"), (30, "N011")])
def test_large_first_weights_are_the_cause_while_the_loss_falls(rate, code):
    """Its loss is worse than a guess with both rates, and falls steadily with the first."""
    path = next(path for path in BROKEN if path.stem == "large_weights_of_sigmoids")
    assert diagnosed(path, [f"training.learning_rate={rate}"]).codes == [code]


@pytest.mark.parametrize(
    ("rate", "lower"), [(0.02, 0.01), (0.03, 0.03), (9.9, 3.0), (1e-4, 1e-4), (0.0299, 0.01)]
)
def test_rates_are_round_numbers_below(rate, lower):
    assert rates.round_down(rate) == lower


@pytest.mark.filterwarnings(ONE_LAYER)
def test_a_run_that_diverged_without_weights_is_diagnosed_in_its_directory(tmp_path, nncli_run):
    error = nncli_run(tmp_path / "run", "training.learning_rate=1e30", "training.epochs=3")
    found = nncli.diagnose(tmp_path / "run")
    assert found.codes == ["N016"]
    assert str(error).startswith(found.findings[0].found.evidence)
    assert str(found.findings[0].found.change) == "training.learning_rate=0.01"


@pytest.mark.filterwarnings(ONE_LAYER)
@pytest.mark.parametrize("scale", ["unit", "standard"])
def test_large_inputs_get_the_scale_that_the_message_names(tmp_path, nncli_run, scale):
    nncli_run(tmp_path / "run", "training.learning_rate=1e30", "training.epochs=3")
    message = f"epoch 1, batch 1: the loss is inf; try data.scale: {scale}, or a smaller rate\n"
    (tmp_path / "run" / "diverged.txt").write_text(message, encoding="utf-8")
    found = nncli.diagnose(tmp_path / "run").findings[0].found
    assert (found.evidence, found.remedy) == ("epoch 1, batch 1: the loss is inf", "")
    assert str(found.change) == f"data.scale={scale}"


@pytest.mark.filterwarnings(ONE_LAYER)
def test_a_run_that_diverged_after_a_best_epoch_is_diagnosed(tmp_path, nncli_run):
    settings = ("training.learning_rate=10", "training.schedule={name: constant, warmup: 40}")
    error = nncli_run(None, "training.epochs=40", *settings)
    assert error.result.diagnose().codes == ["N016"]
    nncli_run(tmp_path / "run", "training.epochs=40", *settings)
    assert nncli.diagnose(tmp_path / "run").codes == ["N016"]


@pytest.mark.filterwarnings(ONE_LAYER)
@pytest.mark.parametrize(
    ("settings", "change"),
    [
        (["model.initializer={name: normal, scale: 30}"], "model.initializer=xavier_normal"),
        # Not far larger than usual; and so high a rate diverges with any weights.
        (["model.initializer={name: normal, scale: 3}"], "training.learning_rate=0.003"),
        (["training.learning_rate=1e30"], "training.learning_rate=0.01"),
    ],
)
def test_large_first_weights_make_a_usual_rate_diverge(settings, change):
    case = diverged_case("training.learning_rate=0.1", *settings)
    found = next(rates.diverged(case))
    assert str(found.change) == change
    is_named = "times as large as weights that suit" in found.evidence
    assert is_named == change.startswith("model")


def diverged_case(*settings):
    """Return the case of a training that diverged with some settings."""
    initial = case_of(nncli.load_config(XOR, [*DIVERGING, *settings]))
    return replace(initial, ended="diverged", divergence="epoch 1, batch 1: the loss is inf")


@pytest.fixture
def nncli_run():
    """Return a function that trains until it diverges, and returns the error."""

    def train(out, *settings):
        with pytest.raises(nncli.DivergenceError) as caught:
            nncli.train(XOR, [*DIVERGING, *settings], out=out)
        return caught.value

    return train


KILLED = "tests/explain/diagnosis/broken/rate_kills_all_units.yaml"


def test_a_rate_that_kills_all_units_is_named_and_its_change_leaves_them_alive():
    [finding] = diagnosed(KILLED).findings
    assert finding.code == "N011"
    assert "N020" in finding.symptoms
    assert finding.found.change.key == "training.learning_rate"
    changed = {finding.found.change.key: finding.found.change.value}
    assert diagnosed(KILLED, changed).codes == []


@pytest.mark.parametrize(
    "overrides",
    [
        {"training.l2": 1},
        {"training.l1": 0.5},
        {"model.bias_initializer": {"name": "constant", "value": -40}},
        {"training.learning_rate": 0.03},
    ],
    ids=["a strong l2", "l1", "low biases", "a good rate"],
)
def test_units_that_died_of_something_else_are_not_killed_by_the_rate(overrides):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nncli.NncliWarning)
        case = case_of(nncli.train(KILLED, overrides))
    assert not kills_units(case)


def test_a_network_in_a_flat_minimum_has_units_that_live():
    full = {"training.optimizer": "sgd", "training.batch_size": "full", "training.epochs": 500}
    assert "N011" not in diagnosed(XOR, {**full, "training.learning_rate": 0.5}).codes


@pytest.mark.parametrize(
    ("model", "is_found"),
    [
        ({"bias_initializer": {"name": "constant", "value": 30}}, True),
        ({"bias_initializer": {"name": "constant", "value": 1}}, False),
        ({"activation": "tanh", "initializer": {"name": "normal", "scale": 10}}, False),
        ({"activation": "relu", "initializer": {"name": "normal", "scale": 10}}, True),
    ],
    ids=["large biases", "small biases", "bounded, and learned well", "not bounded"],
)
def test_a_large_first_loss_is_a_finding_if_training_does_not_make_up_for_it(model, is_found):
    training = {"epochs": 200, "learning_rate": 0.03}
    found = diagnosed({**XOR, "model": {"hidden_layers": [32], **model}, "training": training})
    assert ("N010" in found.codes) == is_found


@pytest.mark.parametrize(("rate", "codes"), [(100, ["N011"]), (1, []), (0.1, [])])
def test_steps_of_adagrad_shrink_so_that_only_an_absurd_rate_is_too_high(rate, codes):
    settings = ("training.optimizer=adagrad", f"training.learning_rate={rate}")
    found = diagnosed(XOR, settings)
    assert [code for code in found.codes if code == "N011"] == codes


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        (["training.learning_rate=10"], ["N011"]),
        (["training.learning_rate=10", "training.epochs=0"], []),
        (["training.learning_rate=10", "model.normalization=batch_norm"], []),
        (["training.learning_rate=10", "training.optimizer=adagrad"], []),
        (["training.learning_rate=10", "training.optimizer=sgd"], []),
        (["training.learning_rate=1"], []),
        (["training.schedule={name: constant, warmup: 300}"], ["N012"]),
        (["training.schedule={name: constant, warmup: 299}"], []),
    ],
)
def test_a_config_alone_shows_absurd_rates_and_warmups(settings, codes):
    found = nncli.diagnose(nncli.load_config(XOR, ["training.optimizer=adam", *settings]))
    assert found.codes == codes
