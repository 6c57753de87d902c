import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.errors import on_one_line, printable


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
