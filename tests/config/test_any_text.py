"""Any text as a config is valid, or every line of its error names a place."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.base.errors import ConfigError, NncliError
from nncli.config.load import LoadedConfig, load_config
from nncli.config.schema import ModelSection
from nncli.config.sources import SOURCES
from nncli.config.table_sources import ColumnSection
from nncli.config.training_section import EarlyStopping, TrainingSection
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.optimizers import OPTIMIZERS
from tests.config.strategies import valid_configs

CONFIGS = Path(__file__).parents[2] / "configs"
SHIPPED = [path.read_text(encoding="utf-8") for path in sorted(CONFIGS.rglob("*.yaml"))]

WORDS = """
    name seed data source xor mnist rows inputs targets labels classes columns target
    noise test validation scale model hidden_layers activation
    output initializer training loss optimizer learning_rate batch_size epochs shuffle l2 precision
    early_stopping monitor patience min_change full float32 validation_loss slope momentum nesterov
    beta1 epsilon true false null ~ no 0 1 -1 8 0.5 1e-3 .5 1e999 .inf .nan 010 1:30 0x10 2001-01-01
""".split()  # noqa: SIM905 - a table of words
MARKS = ["\n", "\n  ", "\n    ", "\n- ", " ", ": ", ":", ", ", "[", "]", "{", "}", "'", '"', "\\"]
MARKS += ["#", " #", "&a ", "*a", "!!str ", "!x ", "<<", "---\n", "...\n", "? ", "| ", ">-\n", "%"]
MARKS += ["\t", "\r", "\r\n", "\x85", "\u2028", "\ufeff", "\x00", "\x1b", "é", "😀", "@", "`"]

yaml_like = st.lists(st.sampled_from(WORDS) | st.sampled_from(MARKS), max_size=40).map("".join)
plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.sampled_from([*WORDS, *ACTIVATIONS, *OPTIMIZERS])
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("any") / "c.yaml"


def refusal(path, overrides):
    """Return the error of a config, None for a valid one."""
    try:
        assert isinstance(load_config(path, overrides), LoadedConfig)
    except ConfigError as error:
        return error
    except NncliError as error:
        if "GB of memory" not in str(error):  # depends on the machine and has no place
            raise
    return None


def check(path, content, *overrides):
    """Load `content`, and check the error if there is one."""
    path.write_bytes(content)
    places = [re.escape(f"{path}:") + r"[1-9]\d*:[1-9]\d*"] + ["command line"] * bool(overrides)
    if error := refusal(path, overrides):
        for line in str(error).split("\n"):
            assert re.fullmatch(f"({'|'.join(places)}): .+", line)
            assert line.isprintable()
            assert " should " not in line  # wording of pydantic


@given(content=st.binary())
def test_any_bytes(path, content):
    check(path, content)


@given(content=st.text(st.characters(codec="utf-8")))
def test_any_text(path, content):
    check(path, content.encode())


@settings(max_examples=300)
@given(content=yaml_like)
def test_anything_made_of_pieces_of_configs(path, content):
    check(path, content.encode())
    check(path, b"data: xor\n" + content.encode())


@st.composite
def damaged_texts(draw):
    """Draw a shipped config with a replaced part."""
    text = draw(st.sampled_from(SHIPPED))
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 12)))
    return text[:start] + draw(yaml_like | st.text(st.characters(codec="utf-8"))) + text[end:]


@settings(max_examples=200)
@given(content=damaged_texts())
def test_a_shipped_config_with_a_part_replaced(path, content):
    check(path, content.encode())


@st.composite
def damaged_values(draw):
    """Draw the values of a valid config with one value replaced, added or removed."""
    values = draw(valid_configs())
    inner = values
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if isinstance(inner, dict) and (not keys or draw(st.booleans())):
            keys.append(draw(st.sampled_from(WORDS) | st.text(max_size=4)))
        if not keys:
            return values
        key = draw(st.sampled_from(keys))
        within = inner.get(key) if isinstance(inner, dict) else inner[key]
        if isinstance(within, dict | list) and draw(st.booleans()):
            inner = within
            continue
        if draw(st.booleans()):
            inner[key] = draw(plain_values)
        elif isinstance(inner, list) or key in inner:
            del inner[key]
        return values


@settings(max_examples=300)
@given(values=damaged_values())
def test_a_valid_config_with_a_value_replaced(path, values):
    check(path, json.dumps(values).encode())


KEYS = [
    *(("xor", f"model.{key}") for key in ModelSection.model_fields),
    *(("xor", f"training.{key}") for key in TrainingSection.model_fields),
    *(("xor", f"training.early_stopping.{key}") for key in EarlyStopping.model_fields),
    *((name, f"data.{key}") for name, source in SOURCES.items() for key in source.model_fields),
    *(("csv", f"data.columns.a.{key}") for key in ColumnSection.model_fields),
]


@settings(max_examples=400)
@given(st.sampled_from(KEYS), plain_values | st.lists(plain_values, max_size=2))
def test_any_value_of_any_key(path, place, value):
    source, key = place
    check(path, f"data: {{source: {source}}}\n".encode(), f"{key}={json.dumps(value)}")


@settings(max_examples=200)
@given(
    overrides=st.lists(
        st.text(max_size=10)
        | yaml_like
        | st.builds(
            "{}={}".format,
            st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(".".join),
            yaml_like | st.text(max_size=5),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_overrides(path, overrides):
    check(path, b"data: xor\n", *overrides)
