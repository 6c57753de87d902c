"""Keys of earlier versions are read as if they had their current names."""

import pytest

from nncli.base.errors import ConfigError
from nncli.config.load import saved_config
from nncli.config.render import config_text

FILE = "data: xor\ntraining: {{epochs: 3, {key}: {value}}}\n"
VALUES = {"auto": "auto", "numpy": "numpy", "numba": "compiled", "compiled": "compiled"}


def engine_of(loaded):
    return loaded.config.training.engine


@pytest.mark.parametrize(("old", "new"), VALUES.items())
def test_training_kernels_is_read_as_training_engine(load, old, new):
    loaded = load(FILE.format(key="kernels", value=old))
    assert loaded.config == load(FILE.format(key="engine", value=new)).config
    assert engine_of(loaded) == new


@pytest.mark.parametrize(("old", "new"), VALUES.items())
def test_the_old_name_works_on_the_command_line(load, old, new):
    assert engine_of(load("data: xor", f"training.kernels={old}")) == new
    assert engine_of(load("data: xor", f"training={{kernels: {old}, epochs: 3}}")) == new


@pytest.mark.parametrize(("old", "new"), VALUES.items())
def test_the_old_name_works_in_a_saved_config(load, old, new):
    saved = load(FILE.format(key="engine", value=new)).config.model_dump()
    expected = saved_config(saved, "weights.npz: its config").config
    del saved["training"]["engine"]
    saved["training"]["kernels"] = old
    found = saved_config(saved, "weights.npz: its config")
    assert engine_of(found) == new
    assert found.config == expected


def test_a_config_is_written_with_the_new_name(load):
    text = config_text(load(FILE.format(key="kernels", value="numba")).config)
    assert "  engine: compiled\n" in text
    assert "kernels" not in text


@pytest.mark.parametrize(
    "section", ["{kernels: numba, engine: numpy}", "{engine: numpy, kernels: 5}"]
)
def test_both_names_in_a_file_are_refused_with_the_place_of_the_old_one(problems, section):
    column = 12 + section.index("kernels")
    assert problems(f"data: xor\ntraining: {section}\n") == [
        f"c.yaml:2:{column - 1}: training.kernels: is now called training.engine, and both are "
        "set; remove this one"
    ]


def test_both_names_in_one_override_are_refused(problems):
    assert problems("data: xor", "training={kernels: numba, engine: numpy}") == [
        "command line: training.kernels: is now called training.engine, and both are set; remove "
        "this one"
    ]


def test_both_names_in_a_saved_config_are_refused(load):
    saved = load("data: xor").config.model_dump()
    saved["training"]["kernels"] = "numpy"
    with pytest.raises(ConfigError) as caught:
        saved_config(saved, "weights.npz: its config")
    assert str(caught.value) == (
        "weights.npz: its config: training.kernels: is now called training.engine, and both are "
        "set; remove this one"
    )


@pytest.mark.parametrize("in_file", ["kernels: numba", "engine: compiled"])
@pytest.mark.parametrize("override", ["training.kernels=numpy", "training.engine=numpy"])
def test_an_override_by_either_name_beats_the_file(load, in_file, override):
    assert engine_of(load(f"data: xor\ntraining: {{{in_file}}}\n", override)) == "numpy"


def test_the_last_override_counts_whatever_its_name(load):
    overrides = ["training.engine=numpy", "training.kernels=numba"]
    assert engine_of(load("data: xor", *overrides)) == "compiled"
    assert engine_of(load("data: xor", *reversed(overrides))) == "numpy"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("numbas", '"numbas"'),
        ("5", "5"),
        ("null", "nothing"),
        ("[numba]", "a list"),
        ("{a: 1}", "a mapping"),
    ],
)
def test_an_unknown_value_is_reported_under_the_new_name(problems, value, shown):
    problem = f"training.engine: found {shown}; expected 'auto', 'numpy', 'compiled' or 'plain'"
    file = f"data: xor\ntraining:\n  kernels: {value}\n"
    assert problems(file) == [f"c.yaml:3:12: {problem}"]
    assert problems("data: xor", f"training.kernels={value}") == [f"command line: {problem}"]


def test_the_new_name_does_not_accept_the_old_values(problems):
    assert problems(FILE.format(key="engine", value="numba")) == [
        "c.yaml:2:31: training.engine: found \"numba\"; expected 'auto', 'numpy', 'compiled' or "
        "'plain'"
    ]


def test_a_key_within_the_old_one_is_reported(problems):
    assert problems("data: xor", "training.kernels.name=numba")[0].startswith(
        "command line: training.engine: found a mapping"
    )


@pytest.mark.parametrize(("section", "shown"), [("[kernels]", "a list"), ("kernels", '"kernels"')])
def test_a_section_of_the_wrong_type_is_reported_as_before(problems, section, shown):
    assert problems(f"data: xor\ntraining: {section}\n") == [
        f"c.yaml:2:11: training: found {shown}; expected a mapping of keys"
    ]
