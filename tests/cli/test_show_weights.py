"""``nncli show --weights`` prints the weights of a model, and of a recorded epoch."""

import json

import numpy as np
import pytest

import nncli as package
from tests.cli.conftest import XOR


@pytest.fixture
def run(nncli, tmp_path):
    """Return a run of three epochs of 4 steps, with a copy every 2 steps."""
    (tmp_path / "xor.yaml").write_text(XOR, encoding="utf-8")
    setting = "training.record_weights=2"
    assert nncli("train", "xor.yaml", "-q", "-o", "run", setting).code == 0
    return tmp_path / "run"


def test_every_weight_is_printed(nncli, run):
    found = nncli("show", "run", "--weights")
    assert found.err == ""
    lines = found.out.splitlines()
    assert [line for line in lines if "(" in line] == [
        "W1 (2 × 4)", "b1 (1 × 4)", "W2 (4 × 1)", "b2 (1 × 1)"
    ]  # fmt: skip
    printed = [float(word) for line in lines if "(" not in line for word in line.split()]
    np.testing.assert_allclose(printed, package.load(run).network.parameters, rtol=1e-5)


def test_json_has_every_digit(nncli, run):
    found = json.loads(nncli("show", "run", "--weights", "--json").out)
    model = package.load(run)
    assert [*found] == ["W1", "b1", "W2", "b2"]
    for name, array in model.network.named.items():
        np.testing.assert_array_equal(np.array(found[name], array.dtype), array)
    assert nncli("show", "run/weights.npz", "--weights", "--json").out == (
        nncli("show", "run", "--weights", "--json").out
    )


@pytest.mark.parametrize(("epoch", "place"), [(0, 0), (1, 2), (3, 6)])
def test_a_recorded_epoch_is_printed(nncli, run, epoch, place):
    found = json.loads(nncli("show", "run", "--weights", "--epoch", str(epoch), "--json").out)
    copies = package.recorded_weights(run)
    assert (found["step"], found["epoch"]) == (2 * place, epoch)
    np.testing.assert_array_equal(np.float32(found["W1"]), copies["W1"][place])
    text = nncli("show", "run", "--epoch", str(epoch)).out
    assert text.startswith(f"after step {2 * place}, epoch {epoch}\nW1 (2 × 4)\n")


def test_a_missing_epoch_is_refused(nncli, run, tmp_path):
    assert nncli("show", "run", "--weights", "--epoch", "9").error == (
        "Error: --epoch: found 9; the last copy is after epoch 3"
    )
    (run / "recorded_weights.npz").unlink()
    assert nncli("show", "run", "--epoch", "1").error == (
        "Error: run: has no recorded_weights.npz; train with training.record_weights=N to keep "
        "the weights every N steps"
    )
    assert nncli("show", "xor.yaml", "--weights").error == (
        "Error: xor.yaml: has no weights; expected a run or a model file"
    )
