"""Numbers and names as a reader of a report expects them."""

import pytest

from nncli.explain.document.notation import Html
from nncli.explain.report.figures import (
    brief,
    duration,
    figure,
    listed,
    percent,
    quantity,
    rows_words,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0.0 %"), (1, "100.0 %"), (0.95034, "95.0 %"), (0.9996, "99.96 %"), (0.99996, "99.996 %"),
     (0.0004, "0.04 %"), (0.9994, "99.9 %"), (1 / 3, "33.3 %")],
)  # fmt: skip
def test_only_all_rows_are_100_percent(value, shown):
    assert percent(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(762, "762"), (24502.87, "24,503"), (-254464.9, "-254,465"), (1234567.8, "1,234,568"),
     (0.00003336, "3.336e-05"), (3.14159, "3.142"), (2e12, "2e+12"), (0, "0")],
)  # fmt: skip
def test_large_values_have_no_powers_of_ten(value, shown):
    assert quantity(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.95034, "0.9503"), (0, "0.0000"), (24502.87, "24,503"), (0.0001934, "0.000193"),
     (-1500, "-1,500"), (1e12, "1e+12"), (999.5, "999.5000")],
)  # fmt: skip
def test_metrics_have_about_four_digits(value, shown):
    assert figure(value) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than 0.1 seconds"), (7.44, "7.4 seconds"), (90, "1.5 minutes"),
     (7200, "2.0 hours"), (10**7, "2,777.8 hours")],
)  # fmt: skip
def test_durations_have_a_unit_of_their_size(seconds, words):
    assert duration(seconds) == words


def test_rows_and_names_are_counted():
    assert rows_words(1, "test") == "1 test row"
    assert rows_words(1200, "train") == "1,200 training rows"
    assert rows_words(3, "held_out") == "3 held-out rows"
    assert listed("ab", 2, Html(6)) == "<code>a</code>, <code>b</code>"
    assert listed("abcde", 2, Html(6)) == "<code>a</code>, <code>b</code> and 3 more"


def test_long_texts_keep_start_and_end():
    assert brief("a" * 100) == "a" * 100
    found = brief("start" + "x" * 500 + "17")
    assert len(found) == 100
    assert found.startswith("startx")
    assert found.endswith("xx17")
    assert brief("0123456789", 9) == "0123...89"
