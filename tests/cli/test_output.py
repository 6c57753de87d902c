"""Output tables with names in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.cli.output import names_within, print_pairs, print_table, seen_width, shortened


def test_columns_stay_aligned(capsys):
    names = ["abc", "日本語", "e\u0301te\u0301", "ﬀ", "\u202e"]
    print_table(("name", "rows"), [(name, "1") for name in names])
    lines = capsys.readouterr().out.splitlines()
    assert {seen_width(line) for line in lines} == {12}
    print_pairs([(name, 1) for name in names])
    assert {seen_width(line) for line in capsys.readouterr().out.splitlines()} == {9}


def test_a_text_is_cut_by_its_display_width():
    assert shortened("日本語日本語", 12) == "日本語日本語"
    assert shortened("日本語日本語", 11) == "日本語日.."
    assert shortened("a\nb", 10) == r"a\nb"
    assert shortened("a bc d", 4) == "a.."


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([f"pixel{n}" for n in range(784)], "pixel0, pixel1, pixel2, ... (784)"),
        (["bike ride one", "a", "bike ride two"], "bike ride one, a, bike ride two"),
        (["bike ride one", "bike ride two", "bike"], "bike ride one, ... (3)"),
        (["a long name of more than the width"], "a long name of more than the wi.."),
        (["a long name of more than the width", "b"], "a long name of more th.., ... (2)"),
        ([], ""),
    ],
)
def test_a_list_is_cut_after_a_name(names, shown):
    assert names_within(names, 33) == shown


@given(
    names=st.lists(st.text(max_size=20), max_size=30),
    width=st.integers(2, 70),
    first=st.sampled_from(["", "30: "]),
)
def test_a_list_fits_its_width_and_ends_with_a_name_or_the_number(names, width, first):
    shown = names_within(names, width, first=first)
    assert seen_width(shown) <= width
    if width >= 20:
        assert shown.startswith(first)
    if ", ..." not in shown and len(names) > 1 and width >= 20:
        assert len(shown) >= len(first) + 2 * (len(names) - 1)
