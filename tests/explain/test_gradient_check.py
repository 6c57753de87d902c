"""The gradient check of the command line accepts correct gradients and detects wrong ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nncli.cli.main import main
from nncli.explain.gradient_check import check_gradients
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.penalties import Regularization
from tests.nn.networks import HIDDEN, LOSS_AND_OUTPUT, corrupt, draw_case, objective

CONFIGS = Path(__file__).parents[2] / "configs"
SHIPPED = sorted(path.relative_to(CONFIGS) for path in CONFIGS.glob("**/*.yaml"))
MNIST = CONFIGS.parents[1] / "shared" / "mnist"

CONFIG = """
data: {source: xor, rows: 40, test: 0}
model: {hidden_layers: [3, 4], activation: tanh}
training: {l1: 0.01, l2: 0.02}
"""


@pytest.fixture
def gradcheck(tmp_path, capsys):
    of_the_test = tmp_path / "c.yaml"
    of_the_test.write_text(CONFIG, encoding="utf-8")

    def run(*arguments, config=of_the_test):
        with pytest.raises(SystemExit) as ended:
            main(["gradcheck", str(config), *arguments])
        done = capsys.readouterr()
        return ended.value.code, done.out.splitlines(), done.err

    return run


@pytest.mark.parametrize("name", [n for n, each in ACTIVATIONS.items() if each.trainable])
def test_every_activation_passes(gradcheck, name):
    entry = ACTIVATIONS[name]
    settings = [f"model.{'output' if entry.output_only else 'activation'}={name}"]
    if entry.output_only and "binary" not in entry.output_for:
        settings += ["data={source: rows, inputs: [[0, 2], [1, 1], [3, 0]], labels: [a, b, c]}"]
    code, lines, messages = gradcheck(*settings)
    assert (code, messages) == (0, "")
    assert len(lines) == 4
    assert all(line.endswith("ok") for line in lines[1:])


def test_a_wrong_derivative_is_found_in_the_layers_that_it_spoils(gradcheck, monkeypatch):
    def wrong(dA, Z, A, out):
        np.multiply(dA, 1 - A * A + 0.01, out=out)

    monkeypatch.setitem(ACTIVATIONS, "tanh", replace(ACTIVATIONS["tanh"], backward=wrong))
    code, lines, messages = gradcheck()
    assert code == 1
    assert [line.split()[-1] for line in lines[1:]] == ["WRONG", "WRONG", "ok"]
    assert messages.startswith("Error: the gradient of layer 1, 2 is off by more than 1e-06")


def test_the_tolerance_can_be_set(gradcheck):
    assert gradcheck("--tolerance", "1e-15")[0] == 1


def test_parameters_at_a_kink_are_left_out(gradcheck):
    code, lines, _ = gradcheck("model.activation=relu", "data.noise=0.0", "--rows", "40")
    assert code == 0
    assert sum(int(line.split()[3]) for line in lines[1:]) > 0


@pytest.mark.parametrize(
    "name", [each for each in SHIPPED if each.stem != "xor_from_gates"], ids=str
)
def test_every_shipped_config_passes(gradcheck, name, tmp_path, monkeypatch):
    if "mnist" in name.stem:
        if not MNIST.is_dir():
            pytest.skip(f"the files of MNIST are not in {MNIST}")
        (tmp_path / "mnist").mkdir()  # not a link to the originals, as files are unpacked into it
        for file in MNIST.glob("*.gz"):
            (tmp_path / "mnist" / file.name).symlink_to(file)
        monkeypatch.setenv("NNCLI_CACHE", str(tmp_path))
    code, lines, messages = gradcheck("--rows", "4", config=CONFIGS / name)
    assert (code, messages) == (0, "")
    # The perceptrons start at 0, at the kink of their criterion, and every given weight of these
    # gates is that of a row with a sum of 0.
    at_kink = "perceptron" in name.stem or name.stem in (
        "and_given_weights",
        "or_given_weights",
        "nand_given_weights",
    )
    verdict = "none" if at_kink else "ok"
    assert all(line.endswith(verdict) for line in lines[1:])


def test_step_units_have_no_gradient_to_check(gradcheck):
    config = CONFIGS / "lectures" / "xor_from_gates.yaml"
    assert gradcheck(config=config) == (
        2,
        [],
        f"Error: {config}: no gradient passes through layer 1: the derivative of step is 0 "
        "everywhere; choose another activation\n",
    )


@pytest.mark.parametrize("seed", range(2))
def test_a_gradient_that_vanishes_passes(gradcheck, seed):
    hidden = f"model.hidden_layers={[10] * 12}"
    code, lines, _ = gradcheck(hidden, "model.activation=sigmoid", "training.l1=0", f"seed={seed}")
    assert code == 0
    assert [line.split()[3] for line in lines[1:]] == ["0"] * 13  # no kinks


def test_rounding_that_is_large_relative_to_the_loss_passes(gradcheck, tmp_path):
    """The outputs are about 1e6 and the loss 1e-6, so rounding comes from the outputs."""
    config = tmp_path / "exact.yaml"
    config.write_text(
        """
data: {source: rows, inputs: [[1.1, 2.3], [3.7, 4.9]], targets: [7000000.001, 17000000.001]}
model: {hidden_layers: [], initial_weights: [[[1000000], [2000000]]], initial_biases: [[1300000]]}
""",
        encoding="utf-8",
    )
    code, lines, _ = gradcheck(config=config)
    assert code == 0
    assert lines[1].split()[2] == "3"


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "gelu"])
def test_a_derivative_that_is_wrong_by_a_ten_thousandth_is_found(gradcheck, monkeypatch, name):
    entry = ACTIVATIONS[name]

    def wrong(dA, Z, A, out, **settings):
        entry.backward(dA, Z, A, out, **settings)
        out *= 1.0001

    monkeypatch.setitem(ACTIVATIONS, name, replace(entry, backward=wrong))
    code, lines, _ = gradcheck(f"model.activation={name}", "model.output=identity")
    assert code == 1
    assert [line.split()[-1] for line in lines[1:]] == ["WRONG", "WRONG", "ok"]


def test_a_gradient_that_is_not_a_number_is_wrong(gradcheck, monkeypatch):
    def wrong(dA, Z, A, out):
        out.fill(np.nan)

    monkeypatch.setitem(ACTIVATIONS, "tanh", replace(ACTIVATIONS["tanh"], backward=wrong))
    code, lines, messages = gradcheck()
    assert code == 1
    assert [line.split()[-1] for line in lines[1:]] == ["WRONG", "WRONG", "ok"]
    assert messages == "Error: the gradient of layer 1, 2 is off by more than 1e-06\n"


def test_a_loss_that_is_not_a_number_is_wrong(gradcheck):
    huge = "model.initializer={name: constant, value: 1e300}"
    identity = ("model.activation=identity", "model.output=identity")
    code, lines, messages = gradcheck(huge, *identity)
    assert code == 1
    assert [line.split()[-1] for line in lines[1:]] == ["WRONG", "WRONG", "WRONG"]
    assert messages.count("\n") == 1


def rows_config(directory, inputs, targets, weight, settings):
    path = directory / "rows.yaml"
    path.write_text(
        f"""
data: {{source: rows, inputs: {inputs}, targets: {targets}}}
model: {{hidden_layers: [], output: identity, initial_weights: [[[{weight}]]]}}
training: {{{settings}}}
""",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("target", "settings", "skipped"),
    [
        (3.0, "loss: mean_absolute_error", "2"),  # the output equals the target
        (3.001, "loss: mean_absolute_error", "0"),  # the kink is within the largest step
        (4.0, "loss: {name: huber, delta: 1.0}", "1"),  # the error is at the kink
        (4.0001, "loss: {name: huber, delta: 1.0}", "0"),
    ],
)
def test_kinks_of_losses_are_detected(gradcheck, tmp_path, target, settings, skipped):
    config = rows_config(tmp_path, [[1.5]], [target], 2.0, settings)
    code, lines, _ = gradcheck(config=config)
    assert (code, lines[1].split()[3]) == (0, skipped)


@pytest.mark.parametrize(("weight", "skipped"), [(0.0, "1"), (1e-4, "0"), (1e-6, "1")])
def test_the_kink_of_the_l1_penalty_is_detected(gradcheck, tmp_path, weight, skipped):
    config = rows_config(tmp_path, [[1.5]], [3.0], weight, "l1: 0.1")
    code, lines, _ = gradcheck(config=config)
    assert (code, lines[1].split()[3]) == (0, skipped)


def test_a_layer_with_only_kinks_is_not_ok(gradcheck, tmp_path):
    config = rows_config(tmp_path, [[1.5]], [3.0], 2.0, "loss: mean_absolute_error")
    code, lines, _ = gradcheck(config=config)
    assert (code, lines[1].split()[-1]) == (0, "none")


@pytest.mark.parametrize("weight", [-2.0, -2.0000003, -2.001, -1.9999, 0.0, 1e-5])
def test_the_bends_of_sqlu_do_not_disturb(gradcheck, tmp_path, weight):
    path = tmp_path / "sqlu.yaml"
    path.write_text(
        f"""
data: {{source: rows, inputs: [[1.0]], targets: [0.5]}}
model: {{hidden_layers: [1], activation: sqlu, initial_weights: [[[{weight}]], [[1.7]]]}}
""",
        encoding="utf-8",
    )
    assert gradcheck(config=path)[0] == 0


def test_the_given_number_of_rows_is_checked_for_any_batch_size(gradcheck, monkeypatch):
    seen = []
    entry = LOSSES["sigmoid_cross_entropy"]

    def noting(outputs, *arguments, **settings):
        seen.append(len(outputs))
        return entry.function(outputs, *arguments, **settings)

    monkeypatch.setitem(LOSSES, "sigmoid_cross_entropy", replace(entry, function=noting))
    assert gradcheck("training.batch_size=1", "--rows", "7")[0] == 0
    assert set(seen) == {7}


# Every activation, output, loss and regularizer

PENALTIES = {"none": {}, "l1": {"l1": 0.03}, "l2": {"l2": 0.1}, "both": {"l1": 0.03, "l2": 0.1}}

every_hidden = pytest.mark.parametrize("hidden", HIDDEN)
every_penalty = pytest.mark.parametrize("penalty", PENALTIES)
every_loss_and_output = pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)


def check(hidden, output, loss, penalty):
    network, X, T = draw_case((2, 3, 2), hidden, output, loss)
    regularization = Regularization(**PENALTIES[penalty])
    return check_gradients(network, objective(loss), regularization, X[:3], T[:3])


@every_hidden
@every_loss_and_output
@every_penalty
def test_every_activation_output_loss_and_penalty_passes(hidden, output, loss, penalty):
    for layer in check(hidden, output, loss, penalty):
        assert layer.largest_error < 1e-6
        assert layer.checked >= 8
        assert layer.skipped == 0


@every_hidden
@every_penalty
def test_a_wrong_derivative_of_any_activation_is_found(hidden, penalty, monkeypatch):
    entry = ACTIVATIONS[hidden]

    def wrong(dA, Z, A, out, **settings):
        entry.backward(dA, Z, A, out, **settings)
        corrupt(entry, out, 1e-4)

    monkeypatch.setitem(ACTIVATIONS, hidden, replace(entry, backward=wrong))
    first, _ = check(hidden, "identity", "mean_squared_error", penalty)
    assert first.largest_error > 1e-6


@every_loss_and_output
@every_penalty
def test_a_wrong_gradient_of_any_loss_is_found(output, loss, penalty, monkeypatch):
    entry = LOSSES[loss]

    def wrong(outputs, T, gradient, scratch, **settings):
        value = entry.function(outputs, T, gradient, scratch, **settings)
        gradient *= 1.0001
        return value

    monkeypatch.setitem(LOSSES, loss, replace(entry, function=wrong))
    assert all(layer.largest_error > 1e-6 for layer in check("tanh", output, loss, penalty))


@pytest.mark.parametrize("penalty", ["l1", "l2", "both"])
def test_a_wrong_gradient_of_a_penalty_is_found(penalty, monkeypatch):
    right = Regularization.add_penalties

    def wrong(self, *arguments):
        right(replace(self, l1=1.0001 * self.l1, l2=1.0001 * self.l2), *arguments)

    monkeypatch.setattr(Regularization, "add_penalties", wrong)
    checks = check("tanh", "identity", "mean_squared_error", penalty)
    assert all(layer.largest_error > 1e-6 for layer in checks)
