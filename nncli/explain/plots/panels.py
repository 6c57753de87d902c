"""Grids of panels, and curves and scatters that stay small with many rows."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.plots.style import COLORS, LINE_STYLES, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

Numbers = NDArray[np.floating[Any]]

MOST_DRAWN = 2000  # points of a scatter
_LARGEST_DRAWN = 100
_CURVE_POINTS = 500


def grid(number: int, width: float, height: float, title: str) -> "tuple[Figure, list[SubFigure]]":
    """Return a figure with a title and `number` parts of the given size, up to three in a row."""
    columns = min(number, 3)
    rows = -(-number // columns)
    figure = new_figure(max(width * columns, 5.0), height * rows + 0.5)
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=11)
    parts = figure.subfigures(rows, columns, squeeze=False).ravel().tolist()
    return figure, parts[:number]


def line_looks() -> Iterator[dict[str, Any]]:
    """Yield a color and a line style for each line of a panel; 24 differ, neighbors in both."""
    for number in count():
        color = COLORS[number % len(COLORS)]
        turns = number // 12  # after as many lines, colors and styles would be the same pairs
        yield {"color": color, "linestyle": LINE_STYLES[(number + turns) % len(LINE_STYLES)]}


def thinned(x: Numbers, y: Numbers, most: int = _CURVE_POINTS) -> tuple[Numbers, Numbers]:
    """Return points of a curve, about equally far apart along it, with both ends.

    A curve of few points is returned unchanged.
    """
    if len(x) <= most:
        return x, y
    length = np.cumsum(np.abs(np.diff(x, prepend=x[:1])) + np.abs(np.diff(y, prepend=y[:1])))
    found = np.searchsorted(length, np.linspace(0, length[-1], most - 1))
    kept = np.unique(np.append(np.minimum(found, len(x) - 1), len(x) - 1))
    return x[kept], y[kept]


def evenly_spaced(number: int, most: int) -> NDArray[np.intp]:
    """Return at most `most` of the indices below `number`, with the first and the last."""
    return np.unique(np.linspace(0, number - 1, min(number, most)).round().astype(np.intp))


def drawn_rows(sizes: Numbers) -> NDArray[np.intp]:
    """Return the rows to draw of a scatter: all, or those with the largest `sizes` and others.

    The others are evenly spaced, so that the same rows are drawn every time.
    """
    if len(sizes) <= MOST_DRAWN:
        return np.arange(len(sizes))
    largest = np.argpartition(sizes, -_LARGEST_DRAWN)[-_LARGEST_DRAWN:]
    others = np.delete(np.arange(len(sizes)), largest)
    even = evenly_spaced(len(others), MOST_DRAWN - _LARGEST_DRAWN)
    return np.sort(np.concatenate([largest, others[even]]))


def drawn_words(rows: int) -> str:
    """Return for a title which rows a scatter has, if not all."""
    if rows <= MOST_DRAWN:
        return ""
    return f"; {MOST_DRAWN:,} drawn, with the {_LARGEST_DRAWN} largest errors"


def legend_beside(axes: "Axes") -> None:
    """Draw the legend to the right of the axes, where it hides nothing."""
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
