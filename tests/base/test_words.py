import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nncli.base.words import (
    briefly,
    count,
    did_you_mean,
    is_printable,
    listed,
    mean_count,
    on_one_line,
    printable,
    printable_json,
    yaml_key,
    yaml_word,
)
from nncli.config.strict_yaml import parse

NAMES = [*"abcdefg"]


@given(st.text())
def test_whatever_a_name_is_it_prints_on_a_line_of_limited_length(text):
    assert is_printable(printable(text))
    assert is_printable(on_one_line(text, 20))
    assert len(on_one_line(text, 20)) <= 20
    if is_printable(text) and len(text) <= 20:
        assert on_one_line(text, 20) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("größe '1'", "größe '1'"),
        ("a\nb", r"a\nb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202e", r"\u202e"),
        ("\u3164\ufe0f", r"\u3164\ufe0f"),
        ("\U000e0100", r"\U000e0100"),
        ("日本e\u0301", "日本e\u0301"),
    ],
)
def test_only_what_does_not_print_is_escaped(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_json_that_prints_has_the_same_values_and_lines(text):
    written = json.dumps([text, {text: 1}], indent=1, ensure_ascii=False)
    shown = printable_json(written)
    assert json.loads(shown) == [text, {text: 1}]
    assert all(is_printable(line) for line in shown.split("\n"))
    assert shown.count("\n") == written.count("\n")


def test_a_cut_text_is_marked():
    assert on_one_line("x" * 30, 10) == "xxxxxxx..."


@pytest.mark.parametrize(
    ("names", "most", "expected"),
    [
        ([], 2, ""),
        (["a"], 2, "'a'"),
        (["a", "b"], 2, "'a', 'b'"),
        (NAMES, 2, "'a', 'b' and 5 more"),
        (NAMES, 7, "'a', 'b', 'c', 'd', 'e', 'f', 'g'"),
    ],
)
def test_few_names_are_listed_and_only_the_first_of_many(names, most, expected):
    assert listed(names, most) == expected
    assert listed(names, most, quote="") == expected.replace("'", "")


def test_of_more_than_six_names_the_ends_are_shown():
    assert briefly(NAMES[:6]) == "a, b, c, d, e, f"
    assert briefly(NAMES) == "a, b, ... g"


@pytest.mark.parametrize(
    ("number", "word", "expected"),
    [(0, "row", "0 rows"), (1, "row", "1 row"), (1, "class", "1 class"), (2, "class", "2 classes")],
)
def test_a_word_has_its_plural_unless_there_is_one(number, word, expected):
    assert count(number, word) == expected


def test_the_nearest_word_is_guessed_if_one_is_near():
    assert did_you_mean("prize", ["size", "price"]) == "; did you mean 'price'?"
    assert did_you_mean("prize", ["weight"]) == ""


@given(st.text())
@example("a: b")
@example("e" * 1025)
@example("\u0301" * 180)
@example("it's, {x}")
@example("5")
@example("1e3")
@example("Null")
@example("")
def test_a_name_for_a_config_is_read_as_that_name(name):
    assert parse(f"{{{yaml_key(name)}: {{id: {yaml_word(name)}}}}}", "").value == {
        name: {"id": name}
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (40, "40"), (40.0, "40"), (12.34, "12.3"), (10**9, "1000000000")],
)
def test_a_mean_count_has_a_decimal_only_if_it_is_not_whole(value, text):
    assert mean_count(value) == text
