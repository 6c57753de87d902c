"""Commands that use the config saved in a model file."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.model.model_file import read_model, write_model

COMMANDS = ("trace", "eval")


@pytest.fixture
def with_config(weights, tmp_path):
    """Return a function that replaces the config in a model file."""

    def write(config):
        write_model(tmp_path / "weights.npz", replace(read_model(weights), config=config))
        return "weights.npz"

    return write


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({}, "data: missing required key"),
        ({"data": "xor", "model": 3}, "model: found 3; expected a mapping of keys"),
        ({"data": "xor", "model": None}, "model: found nothing; expected a mapping of keys"),
        ({"data": "xor", "model": []}, "model: found a list; expected a mapping of keys"),
        ({"data": None}, "data: found nothing; expected"),
        ({"model": {"initial_weights": 3}, "data": "xor"}, "model.initial_weights: found 3;"),
    ],
)
def test_a_broken_config_is_one_line(nncli, with_config, command, config, problem):
    result = nncli(command, with_config(config))
    assert result.code == 2
    assert result.error.startswith(f"weights.npz: its config: {problem}")


@pytest.mark.parametrize("command", COMMANDS)
def test_given_weights_may_be_missing(nncli, xor_config, tmp_path, command):
    given = {"W1": np.ones((2, 4)), "W2": np.ones((4, 1))}
    np.savez(tmp_path / "w.npz", **given)
    assert nncli("train", xor_config, "model.initial_weights=w.npz", "-o", "run").code == 0
    before = nncli(command, "run/weights.npz")
    (tmp_path / "w.npz").unlink()
    after = nncli(command, "run/weights.npz")
    assert (after.code, after.raw, after.err) == (0, before.raw, "")


def test_a_config_of_other_layers_cannot_be_traced(nncli, with_config):
    result = nncli("trace", with_config({"data": "xor"}))
    assert result.code == 1
    assert result.error == "Error: weights.npz: its config does not match its layers"
