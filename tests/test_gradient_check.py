"""The gradient check of the command line finds right gradients right and wrong ones wrong."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.cli.main import main
from nncli.model.activations import ACTIVATIONS

CONFIG = """
data: {source: xor, rows: 40, test: 0}
model: {hidden_layers: [3, 4], activation: tanh}
training: {l1: 0.01, l2: 0.02}
"""


@pytest.fixture
def gradcheck(tmp_path, capsys):
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG, encoding="utf-8")

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["gradcheck", str(path), *arguments])
        done = capsys.readouterr()
        return ended.value.code, done.out.splitlines(), done.err

    return run


@pytest.mark.parametrize("name", [n for n, each in ACTIVATIONS.items() if each.trainable])
def test_every_activation_passes(gradcheck, name):
    where = "output" if ACTIVATIONS[name].output_only else "activation"
    code, lines, messages = gradcheck(f"model.{where}={name}")
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
