"""What the controls of a page offer."""

import json

from nncli.config.sources import SOURCES
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.optimizers import OPTIMIZERS
from nncli.web.playground.choices import choices

CHOICES = choices()


def test_choices_are_those_of_the_config():
    assert {*CHOICES["keys"]["training.optimizer"]["entries"]} == {*OPTIMIZERS}
    hidden = {name for name, each in ACTIVATIONS.items() if not each.output_only}
    assert {*CHOICES["keys"]["model.activation"]["entries"]} == hidden
    assert "softmax" in CHOICES["keys"]["model.output"]["entries"]


def test_parameters_have_default_and_range():
    adam = CHOICES["keys"]["training.optimizer"]["entries"]["adam"]["parameters"]
    assert adam["beta1"]["default"] == 0.9
    assert (adam["beta1"]["minimum"], adam["beta1"]["exclusiveMaximum"]) == (0, 1)


def test_keys_say_their_range_and_meaning():
    assert CHOICES["keys"]["training.learning_rate"]["exclusiveMinimum"] == 0
    assert CHOICES["keys"]["training.batch_size"]["minimum"] == 1
    assert CHOICES["keys"]["training.precision"]["enum"] == ["float32", "float64"]
    assert all(each["description"] for each in CHOICES["keys"].values())


def test_sources_list_their_keys_and_read_no_file():
    xor = CHOICES["sources"]["xor"]["keys"]
    assert (xor["data.noise"]["default"], xor["data.noise"]["minimum"]) == (0.25, 0)
    assert xor["data.rows"]["type"] == "integer"
    assert "data.validation" not in xor  # a page refuses it
    assert CHOICES["sources"]["gate"]["keys"]["data.gate"]["enum"][0] == "and"
    assert not any(SOURCES[name].is_own for name in CHOICES["sources"])


def test_of_a_file_the_test_rows_and_the_scaling_are_offered():
    for name, file in CHOICES["files"].items():
        assert SOURCES[name].is_own
        assert {*file["keys"]} == {"data.test", "data.scale"}
    assert CHOICES["files"]["table"]["keys"]["data.test"]["minimum"] == 0


def test_choices_are_json():
    assert json.loads(json.dumps(CHOICES, allow_nan=False)) == CHOICES
