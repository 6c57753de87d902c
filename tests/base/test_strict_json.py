import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.storage.strict_json import parse_json, to_json
from tests.timing import in_less_than

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**98), 10**98) | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)  # fmt: skip


@given(values)
def test_what_is_written_is_read_back(value):
    found = parse_json(to_json(value))
    assert found == value
    assert to_json(found) == to_json(value)


@given(values)
def test_what_is_written_in_another_way_is_refused(value):
    for text in (json.dumps(value), json.dumps(value, indent=1), f" {to_json(value)}"):
        if text != to_json(value):
            with pytest.raises(ValueError, match="as nncli writes it"):
                parse_json(text)


def refusal_of(text):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared by the caller
        parse_json(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not valid JSON (Expecting value"),
        ("{", "is not valid JSON (Expecting property name"),
        ('{"a": 1, "a": 1}', "(duplicate key)"),
        ('[{"a": {"b": 1, "b": 2}}]', "(duplicate key)"),
        ("NaN", "(NaN is not JSON)"),
        ("[-Infinity]", "(-Infinity is not JSON)"),
        ("1e999", "is not valid JSON (Out of range"),
        ("1E5", "as nncli writes it"),
        ("1.50", "as nncli writes it"),
        ("-0", "as nncli writes it"),
        ("[1,2]", "as nncli writes it"),
        (r'"\u0041"', "as nncli writes it"),
        (r'"\ud800"', "as nncli writes it"),
        ('"a\tb"', "is not valid JSON (Invalid control character"),
        ("9" * 101, "(an integer of 101 digits)"),
        ("9" * 10_000, "(an integer of 10,000 digits)"),
        ("[" * 41 + "]" * 41, "(nested more than 40 levels deep)"),
        ("[" * 200_000, "(nested more than 40 levels deep)"),
        ("[" * 300_000, "has more values than nncli writes"),
        ("0," * 1_100_000, "has more values than nncli writes"),
        ('"' + "x" * (3 << 22) + '"', "is longer than nncli writes"),
    ],
    ids=lambda text: text[:20],
)
def test_every_other_text_is_refused_soon(text, problem):
    refusal = in_less_than(1, lambda: refusal_of(text))
    assert problem in refusal
    assert len(refusal) < 120


def test_brackets_in_texts_do_not_nest():
    value = ["[" * 100, '"' + "{" * 100, "\\", '\\"' + "[" * 100]
    assert parse_json(to_json(value)) == value


@pytest.mark.parametrize("value", [float("nan"), ["x" * (3 << 22)], [[]] * 300_000])
def test_what_could_not_be_read_is_not_written(value):
    with pytest.raises(ValueError):  # noqa: PT011 - json's message for NaN, ours for size
        to_json(value)
