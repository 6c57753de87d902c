"""Names in plots are short, printable and in the font."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.words import is_printable
from nncli.explain.plots.names import short
from nncli.explain.plots.style import one_axes, save_figure, styled


@given(st.text(), st.integers(6, 40))
def test_a_short_name_is_printable_and_short(name, width):
    found = short(name, width)
    assert len(found) <= width
    assert is_printable(found)


def test_numbered_names_stay_different():
    names = [f"a long name of a class with number {n}" for n in range(30)]
    assert len({*map(short, names)}) == 30


@pytest.mark.parametrize(
    "name", ["中文", "שלום", "مرحبا", "$x_1$", "\x1b[31m", "a\nb", "🙂", "\u202e"]
)
def test_any_name_is_drawn_without_a_warning(name, tmp_path):
    with styled():  # in the tests, a warning of a missing glyph is an error
        figure, axes = one_axes()
        axes.set_title(short(name))
        with (tmp_path / "a.svg").open("wb") as stream:
            save_figure(figure, stream, "svg")
