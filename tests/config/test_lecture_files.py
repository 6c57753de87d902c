"""The lectures of the package are those in ``configs/lectures/``; three comments come first."""

import re
from importlib.resources import files

import pytest

from nncli.config.lectures.lecture import lectures
from nncli.config.load import read_config
from nncli.config.strict_yaml import parse
from nncli.config.templates import lecture_text
from tests.shipped_configs import CONFIGS, shipped_configs

LECTURES = lectures()
FILES = sorted(
    each.name for each in files("nncli.config.lectures").iterdir() if each.name.endswith(".yaml")
)


def test_configs_has_what_init_writes():
    expected = {path: text.encode() for path, text in shipped_configs().items()}
    found = {path: path.read_bytes() for path in CONFIGS.rglob("*.yaml")}
    assert {*found} == {*expected}
    stale = [path.name for path in expected if found[path] != expected[path]]
    assert stale == [], "renew them: python -m tests.shipped_configs"


def test_numbers_order_the_lectures():
    assert FILES
    assert [re.fullmatch(r"\d{3}_(\S+)\.yaml", name)[1] for name in FILES] == [*LECTURES]
    assert len({name[:3] for name in FILES}) == len(FILES)
    course = ["and_perceptron", "xor_from_gates", "xor_2_2_1", "backpropagation", "noisy_xor"]
    found = [*LECTURES]
    assert [name for name in found if name in course] == course
    assert found.index("noisy_xor") < found.index("mnist_15_softmax")


@pytest.mark.parametrize("name", LECTURES)
def test_a_lecture_begins_with_three_comments(name):
    each = LECTURES[name]
    first, *others = lecture_text(each).splitlines()
    assert first == f"# {each.shows}"
    assert others[:2] == [f"# Expected: {each.expected}", f"# Try next: {each.try_next}"]
    for text in (each.shows, each.expected, each.try_next):
        assert re.match(r"\S", text)
        assert "#" not in text
    assert max(map(len, each.head.splitlines())) <= 80


@pytest.mark.parametrize("name", LECTURES)
def test_the_comments_on_keys_change_no_value(name):
    each = LECTURES[name]
    assert parse(lecture_text(each), name).value == parse(each.text, name).value


@pytest.mark.parametrize("name", LECTURES)
def test_a_lecture_needs_no_file(name):
    document = read_config(parse(LECTURES[name].text, name).value).document.value
    assert document["data"]["source"] in ("gate", "xor", "rows", "mnist")
    assert not isinstance(document["model"].get("initial_weights"), str)


@pytest.mark.parametrize("name", LECTURES)
def test_calculations_by_hand_are_traced(name):
    weights = parse(LECTURES[name].text, name).value["model"].get("initial_weights")
    assert LECTURES[name].command == ("train" if weights is None else "trace")
