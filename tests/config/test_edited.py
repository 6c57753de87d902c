"""Changed settings in the text of a config: nothing else of it changes."""

import difflib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.errors import ConfigError
from nncli.config.edited import edited
from nncli.config.overrides import override
from nncli.config.render import plain_text
from nncli.config.strict_yaml import parse
from tests.config.strategies import valid_configs
from tests.shipped_configs import shipped_configs

SHIPPED = shipped_configs()


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        ("seed: 1  # one\nname: a\n", ("seed", 2), "seed: 2  # one\nname: a\n"),
        (
            "training:\n  l2:   0.1 # weak\n",
            ("training.l2", 0.5),
            "training:\n  l2:   0.5 # weak\n",
        ),
        ("training: {l2: 0.1}\n", ("training.l2", 0.5), "training: {l2: 0.5}\n"),
        ("training: {l2: 0.1}\n", ("training.l1", 0.5), "training: {l2: 0.1, l1: 0.5}\n"),
        ("training: {}\n", ("training.l1", 0.5), "training: {l1: 0.5}\n"),
        ("training:\n", ("training.l1", 0.5), "training: {l1: 0.5}\n"),
        ("{data: xor}\n", ("training.l1", 0.5), "{data: xor, training: {l1: 0.5}}\n"),
        ("data: xor", ("seed", 2), "data: xor\nseed: 2\n"),
        ("# nothing\n", ("seed", 2), "# nothing\nseed: 2\n"),
        ("", ("seed", 2), "seed: 2\n"),
        ("data: xor\r\nname: a\r\n", ("seed", 2), "data: xor\r\nname: a\r\nseed: 2\r\n"),
        ("data: xor\n", ("data.scale", "unit"), "data: {source: xor, scale: unit}\n"),
        ("seed: 1\n", ("model.output", "tanh"), "seed: 1\nmodel:\n  output: tanh\n"),
        ("seed: 1\n\nname: a\n", ("training.l1", 1), "seed: 1\n\nname: a\n\ntraining:\n  l1: 1\n"),
        (
            "training:\n  # long\n  epochs: 5\n\n# end\ndata: xor\n",
            ("training.l1", 0.5),
            "training:\n  # long\n  epochs: 5\n  l1: 0.5\n\n# end\ndata: xor\n",
        ),
        (
            "training:\n  steps: 50  # few\n  l1: 0\n",
            ("training.epochs", 9),
            "training:\n  epochs: 9  # few\n  l1: 0\n",
        ),
        (
            "model:\n  hidden_layers:\n    - 8\n    - 4  # last\n  output: tanh\n",
            ("model.hidden_layers", [16]),
            "model:\n  hidden_layers: [16]  # last\n  output: tanh\n",
        ),
        (
            "training:\n  optimizer: adam\n",
            ("training.optimizer.momentum", 0.9),
            "training:\n  optimizer: {name: adam, momentum: 0.9}\n",
        ),
        (
            "training:\n  optimizer:\n    name: sgd\n",
            ("training.optimizer.momentum", 0.9),
            "training:\n  optimizer:\n    name: sgd\n    momentum: 0.9\n",
        ),
        ("seed: 1\t# a\ttab\n#\ttab\n", ("seed", 2), "seed: 2\t# a\ttab\n#\ttab\n"),
        ("name: 'a\tb'\nseed: 1\n", ("seed", 2), "name: 'a\tb'\nseed: 2\n"),
        ("\ufeff# first\nseed: 1\n", ("seed", 2), "\ufeff# first\nseed: 2\n"),
        ("seed: 1  # one\r\n", ("seed", 2), "seed: 2  # one\r\n"),
        ('"seed": 1\n', ("seed", 2), '"seed": 2\n'),
        ('{"data":"xor","seed":1}', ("seed", 2), '{"data":"xor","seed": 2}'),
        ("name: a\n", ("name", "1e3"), "name: '1e3'\n"),
        ("data: {path: a.csv}\n", ("data.path", "x, y.csv"), "data: {path: 'x, y.csv'}\n"),
    ],
)
def test_a_value_changes_in_its_place(text, change, expected):
    assert edited(text, dict([change])) == expected


def test_several_changes_are_made_one_by_one():
    text = "data: {path: a.csv}  # rows\nseed: 1\n"
    found = edited(text, {"data.path": "b.csv", "seed": 2})
    assert found == "data: {path: b.csv}  # rows\nseed: 2\n"


def test_a_text_that_cannot_be_edited_is_written_anew():
    found = edited("data: xor\n...\n# the end\n", {"training.l1": 0.5})
    assert found == "data: xor\ntraining:\n  l1: 0.5\n"


def test_a_key_with_an_old_name_gets_the_new_one():
    found = edited("training: {kernels: numba, l1: 0}\n", {"training.engine": "numpy"})
    assert parse(found, "").value == {"training": {"l1": 0, "engine": "numpy"}}


def test_a_text_with_problems_is_refused():
    with pytest.raises(ConfigError, match=r"config:2:1: seed: is already set at config:1:1"):
        edited("seed: 1\nseed: 2\n", {"seed": 3})


CHANGES = st.one_of(
    st.tuples(st.just("training.learning_rate"), st.floats(1e-9, 1e9)),
    st.tuples(st.just("training.epochs"), st.integers(0, 10**6)),
    st.tuples(st.just("training.batch_size"), st.just("full") | st.integers(1, 10**6)),
    st.tuples(st.just("training.optimizer.momentum"), st.floats(0, 0.9)),
    st.tuples(st.just("model.hidden_layers"), st.lists(st.integers(1, 99), max_size=40)),
    st.tuples(st.just("model.initializer"), st.sampled_from(["he_normal", "glorot_uniform"])),
    st.tuples(st.just("data.scale"), st.sampled_from(["unit", "standard", "none"])),
    st.tuples(st.just("data.noise"), st.floats(0, 9)),
    st.tuples(st.just("diagnose.ignore"), st.just(["N040"])),
    st.tuples(st.just("name"), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)),
)


def changed(text, key, value):
    document = parse(text, "")
    override(document, {key: value})
    return json.dumps(document.value, sort_keys=True)


@given(st.sampled_from(list(SHIPPED)), CHANGES)
def test_a_shipped_config_keeps_all_other_lines(path, change):
    text = SHIPPED[path]
    found = edited(text, dict([change]))
    assert json.dumps(parse(found, "").value, sort_keys=True) == changed(text, *change)
    lines = [*difflib.ndiff(text.splitlines(), found.splitlines())]
    assert sum(line.startswith("- ") for line in lines) <= 1, found
    before, after = text.count("#"), found.count("#")
    assert after - before == str(change[1]).count("#")


@given(valid_configs(), CHANGES, st.booleans())
def test_any_config_parses_to_the_old_one_with_the_change(values, change, in_json):
    text = json.dumps(values) if in_json else plain_text(values)
    found = edited(text, dict([change]))
    assert json.dumps(parse(found, "").value, sort_keys=True) == changed(text, *change)
