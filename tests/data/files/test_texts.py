"""Texts of cells: which ones are the same category or class, and their order."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.data.files.texts import canonical, in_order, places_of, text_cells, text_of, texts_of

NUMBERS = {
    "1": "1 1.0 1.00 1e0 +1 10e-1 1. 0.1e1 1.000000000000000000e+00",
    "0": "0 -0 +0 -0.0 0.0 .0 0e5",
    "1.5": "1.5 1.50 15e-1 +1.5 1.500000000000000000e+00",
    "0.1": "0.1 .1 1e-1 1.000000000000000056e-01",
    "-2": "-2 -2.0 -2e0",
    "100": "100 1e2 100.0",
    "1e-05": "1e-05 0.00001 1e-5 1.000000000000000082e-05",
    "9223372036854775808": "9223372036854775808 9.223372036854775808e+18 9.223372036854776e18",
    "12345678901234567890123": "12345678901234567890123 +12345678901234567890123",
    "true": "true True TRUE tRUE",
    "false": "false False FALSE",
    # codes and other texts stay unchanged
    "01": "01",
    "00": "00",
    "-01": "-01",
    "007.50": "007.50",
    "1e400": "1e400",
    "1_000": "1_000",
    "a": "a",
    "A": "A",
    "\u0661": "\u0661",
    "inf": "inf",
}


@pytest.mark.parametrize(("name", "texts"), NUMBERS.items())
def test_texts_that_mean_one_thing_have_one_name(name, texts):
    assert {canonical(text) for text in texts.split(" ")} == {name}


@pytest.mark.parametrize("value", [None, float("nan"), np.float32("nan"), "", " \t", "\xa0\u2003",
                                   "nan", "NaN", " nan", b"", b"nan"])  # fmt: skip
def test_what_is_blank_has_no_text(value):
    assert text_of(value) is None


@pytest.mark.parametrize("white", [" ", "\t", "\xa0", "\u2003", "\u3000", "\x85", "\x1c", "\r\n"])
def test_white_space_of_every_kind_around_a_text_is_no_part_of_it(white):
    assert text_of(f"{white}a{white}b{white}") == f"a{white}b".replace("\r", "")
    assert text_of(f"{white}a{white}".encode()) == "a"


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (np.array([1.0, 2.5, np.nan, -0.0]), ["1", "2.5", None, "0"]),
        (np.array([0.1, 1e11, 2**24], np.float32), ["0.1", "100000000000", "16777216"]),
        (np.array([2**63, 2**64 - 1], np.uint64), ["9223372036854775808", "18446744073709551615"]),
        (np.array([1, -1], ">i2"), ["1", "-1"]),
        (np.array([1.0, 0, np.nan], np.float16), ["true", "false", None]),  # a Boolean column
        (np.array([True, False]), ["true", "false"]),
        (np.array(["a ", "1.0", "nan"]), ["a", "1.0", None]),
        ([b"a ", b"\xc2\xa01.0", b"\xff"], ["a", "1.0", "\\xff"]),
        ([True, None, False], ["true", None, "false"]),
        ([2**70, 1, None], [str(2**70), "1", None]),
    ],
)
def test_values_of_every_type_have_texts(values, texts):
    assert texts_of(values) == texts


def test_texts_that_count_as_blank_do_so_however_they_are_written():
    cells = ["-1", "-1.0", "NA", "na", "1", " NA"]
    expected = [None, None, None, "na", "1", None]
    assert text_cells(cells, ["-1", "NA"]).tolist() == expected
    assert text_cells(np.array([-1.0, 1]), ["-1.00"]).tolist() == [None, "1"]


def test_numbers_are_ordered_by_value():
    assert in_order(["10", "9", "1.5", "-2"]) == ["-2", "1.5", "9", "10"]
    assert in_order(["1", "01", "2"]) == ["01", "1", "2"]
    assert in_order([str(2**63 + 1), str(2**63), "1e400"]) == [str(2**63), str(2**63 + 1), "1e400"]
    assert in_order(["10", "9", "a"]) == ["10", "9", "a"]
    assert in_order(["9" * 5000, "1"]) == ["1", "9" * 5000]


def test_names_of_earlier_versions_are_found():
    places = places_of(["1", "1.0", " x", "True", "y"])
    assert [places[text] for text in ("1", "1.0", " x", "x", "True", "true", "y")] == [
        0, 1, 2, 2, 3, 3, 4,
    ]  # fmt: skip


@given(st.text(string.digits + ".eE+- \xa0naNtrueTRUE", max_size=8))
def test_a_name_is_its_own_name(text):
    found = text_of(text)
    if found is None:
        assert text.strip() in ("", "nan", "NaN")
        return
    name = canonical(found)
    assert canonical(name) == name == name.strip()


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers()))
def test_a_number_has_the_same_name_however_it_is_written(number):
    name = text_of(number)
    assert type(number)(name) == number
    assert {canonical(form(number)) for form in (str, repr)} == {name}
    if isinstance(number, float):
        assert canonical(f"{number:.18e}") == name
        assert text_of(np.float64(number)) == name


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_number_of_float32_has_its_own_digits(number):
    name = text_of(np.float32(number))
    assert np.float32(name) == np.float32(number)
    assert name == canonical(str(np.float32(number)))
