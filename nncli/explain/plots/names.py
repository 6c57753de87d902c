"""Names from files, numbers and rows in words, as labels of plots.

Names are short, printable, and in glyphs of the font.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from nncli.base.words import printable, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font

    from nncli.explain.plots.subject import Subject

COUNTED = "Rows count from 0 in their file."
"""What numbers of rows in a plot mean."""

_WIDTH = 18
_CHARACTERS_PER_INCH = 14  # of captions
_LARGEST_WHOLE = 1e9


def short(name: str, width: int = _WIDTH) -> str:
    """Return a name with at most `width` characters; glyphs missing in the font are escaped."""
    shown = name if name.isascii() else "".join(map(_with_glyph, name))
    return shortened(printable(shown), width)


def in_legend(name: str) -> str:
    """Return a name as a label; matplotlib leaves labels that start with ``_`` out of legends."""
    return f" {name}" if name.startswith("_") else name


def listed_short(names: Iterable[str], most: int = 4, width: int = _WIDTH) -> str:
    """Return short names with commas; more than `most` are counted."""
    shown = [short(name, width) for name in names]
    more = len(shown) - most
    return ", ".join(shown) if more <= 0 else f"{', '.join(shown[:most])} and {more} more"


def number_text(value: float, digits: int = 4, sign: str = "") -> str:
    """Return a number with some significant digits; large ones as whole numbers, without an e."""
    is_large = 10**digits <= abs(value) < _LARGEST_WHOLE
    return f"{value:{sign}.0f}" if is_large else f"{value:{sign}.{digits}g}"


def rows_of(number: int, split: str) -> str:
    """Return a number of rows of a split in words, such as ``55,000 training rows``."""
    name = {"train": "training", "held_out": "held-out"}.get(split, split)
    return f"{number:,} {name} {'row' if number == 1 else 'rows'}"


@cache
def _font() -> "FT2Font":
    from matplotlib.font_manager import findfont, get_font

    return get_font(findfont("DejaVu Sans"))


def _with_glyph(each: str) -> str:
    return each if each.isascii() or _font().get_char_index(ord(each)) else ascii(each)[1:-1]


def head_figure(figure: "Figure", subject: "Subject", title: str, caption: str = "") -> None:
    """Write the name of a subject, a title and a caption above a figure."""
    from textwrap import wrap

    width = int(figure.get_figwidth() * _CHARACTERS_PER_INCH)
    lines = [f"{short(subject.name, 40)}: {title}", *wrap(caption, width)]
    figure.suptitle("\n".join(lines), x=0.01, horizontalalignment="left", fontsize=9)
