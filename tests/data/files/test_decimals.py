import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nncli.data.files.decimals import PADDING, find_marks, parse_decimals


def parse(cells):
    """Return the values of cells, and which cells are odd."""
    joined = "".join(f"{cell}," for cell in cells).encode()
    text = bytes(PADDING) + joined + bytes(PADDING)
    marks = find_marks(text)
    lengths = np.array([len(cell.encode()) + 1 for cell in cells])
    edges = np.searchsorted(marks, np.concatenate([[0], np.cumsum(lengths)]) + PADDING - 1)
    return parse_decimals(text, marks, edges[:-1], edges[1:])


def bits(values):
    return np.asarray(values, np.float64).view(np.int64).tolist()


def check_equals_float(cells):
    values, odd = parse(cells)
    plain = [cell for cell, is_odd in zip(cells, odd, strict=True) if not is_odd]
    assert bits(values[~odd]) == bits([float(cell) for cell in plain])
    assert np.isnan(values[odd]).all()
    return odd


decimals = st.from_regex(r"-?([0-9]{1,19}\.?[0-9]{0,18}|\.[0-9]{1,19})", fullmatch=True)


@given(st.lists(decimals, min_size=1, max_size=40))
def test_any_decimal_number_equals_float_to_the_last_bit(cells):
    odd = check_equals_float(cells)
    for cell, is_odd in zip(cells, odd, strict=True):
        digits = sum(character.isdigit() for character in cell)
        assert is_odd or digits <= 19
        assert not is_odd or digits > 15  # short numbers are never left to Python


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
def test_any_number_as_python_writes_it_equals_float_or_is_odd(numbers):
    check_equals_float([repr(number) for number in numbers])


@pytest.mark.parametrize("places", [0, 1, 7, 16, 18])
def test_numbers_of_many_digits_equal_float(places):
    mantissas = np.random.default_rng(places).integers(0, 10**19, 20_000, np.uint64).tolist()
    texts = [str(mantissa).rjust(places + 1, "0") for mantissa in mantissas]
    cells = [f"{text[: len(text) - places]}.{text[len(text) - places :]}" for text in texts]
    assert np.mean(check_equals_float(cells)) < 0.02  # the odd cells are ties of whole numbers


def test_numbers_near_the_middle_of_two_are_not_guessed():
    near = [2**53 + 1, 2**53 + 3, 2**54 + 2, 2**63 + 1024, 2**63 + 1025, 2**63 + 3072]
    check_equals_float([str(number) for number in near])
    middles = [0.5 + 2.0**-54, 1 + 2.0**-53, 3.5, 1e15 + 0.0625]
    check_equals_float([f"{middle:.18f}"[:20] for middle in middles])


@pytest.mark.parametrize(
    "cell", ["-", ".", "-.", "+1", "1e5", " 1", "1 ", "1-2", "1.2.3", "--1", "nan", "1_0", "1,5",
             "\uff11", "\u0661", "\xa01", "0x1", "1" * 20, "12\n3", "/", ":"],
)  # fmt: skip
def test_every_other_form_is_odd(cell):
    values, odd = parse(["7", cell, "8"])
    assert odd.tolist() == [False, True, False]
    assert values[[0, 2]].tolist() == [7, 8]


def test_an_empty_cell_is_not_a_number_and_not_odd():
    values, odd = parse(["", "1", "", "-2", ""])
    assert not odd.any()
    assert [None if math.isnan(value) else value for value in values] == [None, 1, None, -2, None]


@given(st.lists(st.text("0123456789.-+eE_ ,\n", max_size=12), min_size=1, max_size=8))
@example(["-0", "0.0", "-0.0"])
def test_any_cells_are_odd_or_equal_float(cells):
    values, odd = parse(cells)
    for cell, value, is_odd in zip(cells, values, odd, strict=True):
        if not cell:
            assert math.isnan(value)
        elif not is_odd:
            assert bits([value]) == bits([float(cell)])
