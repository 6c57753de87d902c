"""Missing connections stay exactly 0, whatever trains the others."""

import numpy as np
import pytest

from nncli.base.errors import ConfigError
from nncli.cli.main import main
from nncli.config.load import load_config
from nncli.model.model_file import read_model
from nncli.nn.network import random_connections
from nncli.nn.optimizers import OPTIMIZERS
from nncli.runs.preparation import prepare

CONFIG = """
data: {source: xor, rows: 60, test: 20}
model: {hidden_layers: [6, 5], activation: tanh}
training: {epochs: 3, batch_size: 10, l1: 0.001, l2: 0.001}
"""
MASKS = "model.masks=[[[1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]], null, [[1], [0], [1], [0], [1]]]"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def trained(config, directory, *overrides):
    with pytest.raises(SystemExit) as ended:
        main(["train", "-q", str(config), *overrides, "-o", str(directory)])
    assert ended.value.code == 0
    return read_model(directory).network.arrays


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_masked_weights_stay_zero_through_training_saving_and_loading(config, tmp_path, optimizer):
    arrays = trained(config, tmp_path / "run", MASKS, f"training.optimizer={optimizer}")
    mask = np.array([[1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]], bool)
    assert (arrays["W1"][~mask] == 0).all()
    assert (arrays["W1"][mask] != 0).all()
    assert (arrays["W2"] != 0).all()
    assert (arrays["W3"][[1, 3]] == 0).all()


def test_a_density_keeps_its_fraction_of_every_layer(config, tmp_path):
    arrays = trained(config, tmp_path / "run", "model.density=[0.5, 0.3, 1.0]")
    assert [np.count_nonzero(arrays[name]) for name in ("W1", "W2", "W3")] == [6, 9, 5]
    again = trained(config, tmp_path / "again", "model.density=[0.5, 0.3, 1.0]")
    np.testing.assert_array_equal(arrays["W2"], again["W2"])
    other = trained(config, tmp_path / "other", "model.density=[0.5, 0.3, 1.0]", "seed=1")
    assert ((arrays["W2"] != 0) != (other["W2"] != 0)).any()


def test_the_choice_is_exact_and_differs_by_layer():
    masks = [random_connections(20, 10, 0.25, 0, layer) for layer in (0, 1)]
    assert [mask.sum() for mask in masks] == [50, 50]
    assert (masks[0] != masks[1]).any()


def test_the_gradient_check_covers_only_existing_connections(config, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["gradcheck", str(config), "model.density=0.5"])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [int(line.split()[2]) for line in lines] == [6 + 6, 15 + 5, 2 + 1]


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("model.masks=[[[1, 0], [0, 1]], null, null]", "layer 1 has 2 x 6 connections"),
        ("model.masks=[null]", "a list of 1; expected 3"),
        ("model.masks=[[[2, 0, 0, 0, 0, 0]], null, null]", "expected 0 or 1"),
        ("model.density=0.0", "expected more than 0"),
        ("model.density=[0.5]", "a list of 1; expected 3"),
        ("model.density=[1.0, 7.0, 1.0]", "density[1]: found 7.0; expected 1.0 or less"),
        ("model.density=x", 'density: found "x"; expected a number'),
    ],
)
def test_invalid_masks_are_refused_with_their_place(config, override, problem):
    with pytest.raises(ConfigError) as caught:
        prepare(load_config(config, [override]))
    assert str(caught.value).startswith("command line: model.")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
