import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nncli.base.words import (
    briefly,
    count,
    did_you_mean,
    listed,
    on_one_line,
    printable,
    yaml_word,
)
from nncli.config.strict_yaml import parse

NAMES = [*"abcdefg"]


@given(st.text())
def test_whatever_a_name_is_it_prints_on_a_line_of_limited_length(text):
    assert printable(text).isprintable()
    assert on_one_line(text, 20).isprintable()
    assert len(on_one_line(text, 20)) <= 20
    if text.isprintable() and len(text) <= 20:
        assert on_one_line(text, 20) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("größe '1'", "größe '1'"), ("a\nb", r"a\nb"), ("\x1b[2J", r"\x1b[2J"), ("\u202e", r"\u202e")],
)
def test_only_what_does_not_print_is_escaped(text, shown):
    assert printable(text) == shown


def test_a_cut_text_says_so():
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
def test_names_are_listed_and_of_many_the_first(names, most, expected):
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


@given(st.text().filter(str.isprintable))
@example("a: b")
@example("it's, {x}")
@example("5")
@example("1e3")
@example("Null")
@example("")
def test_a_name_for_a_config_is_read_as_that_name(name):
    assert parse(f"{{{yaml_word(name)}: {{id: {yaml_word(name)}}}}}", "").value == {
        name: {"id": name}
    }
