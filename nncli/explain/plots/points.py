"""Rows as points in a plane, by class or by target."""

from math import hypot
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.plots.names import in_legend
from nncli.explain.plots.sample import Truth
from nncli.explain.plots.style import COLORS, GRAY, SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

MARKERS = ("o", "^", "s", "D", "v", "P", "X")
_LOOKS = len(MARKERS) * len(COLORS)  # classes that look different
MOST_CLASSES = 12
_LEGEND_SIZE = 40  # of a marker


def drawn_classes(truth: Truth, most: int = MOST_CLASSES) -> list[int]:
    """Return the classes to distinguish, the most frequent ones, in order."""
    counts = np.bincount(truth.values, minlength=len(truth.classes))
    order = np.argsort(-counts, kind="stable")[:most]
    return sorted(each for each in order.tolist() if counts[each])


def color_of(number: int) -> str:
    """Return the color of a class."""
    return COLORS[number % len(COLORS)]


def draw_points(
    axes: "Axes",
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    truth: Truth,
    *,
    sizes: NDArray[np.floating] | float | None = None,
    norm: "Normalize | None" = None,
    label: str = "",
    edges: str = "white",
) -> None:
    """Draw rows with a labeled color and marker per class, or a color per number.

    Parameters
    ----------
    norm : Normalize, optional
        Range of the colors of numbers; default: their own, with a color bar.
    label : str
        With `norm`, what the colors are in the legend; default: the target.
    edges : str
        Color of the edges.
    """
    sizes = np.broadcast_to(size_of(len(x)) if sizes is None else sizes, x.shape)
    settings: dict[str, Any] = {"edgecolors": edges, "linewidths": 0.4}
    if not truth.classes:
        drawn = axes.scatter(
            x,
            y,
            sizes,
            truth.values,
            cmap=SEQUENTIAL,
            norm=norm,
            label=f"rows (color: true {label or truth.name})" if norm else None,
            **settings,
        )
        if norm is None:
            axes.figure.colorbar(drawn, ax=axes, label=truth.name)
        return
    shown = drawn_classes(truth)
    others = ~np.isin(truth.values, shown)
    if others.any():
        count = len({*truth.values[others].tolist()})
        axes.scatter(x[others], y[others], 6, GRAY, marker=".", label=f"{count} other classes")
    for place, number in enumerate(shown):
        own = truth.values == number
        look = number if len(truth.classes) <= _LOOKS else place  # else two could look the same
        axes.scatter(
            x[own], y[own], sizes[own], color_of(look), marker=MARKERS[look % len(MARKERS)],
            label=in_legend(truth.classes[number]), **settings,
        )  # fmt: skip


def draw_legend(figure: "Figure", title: str, columns: int = 5) -> None:
    """Draw the legend of the first axes below a figure, if anything is labeled."""
    from matplotlib.collections import PathCollection

    handles, labels = figure.axes[0].get_legend_handles_labels()
    if handles:
        legend = figure.legend(
            handles, labels, title=title, ncols=columns, loc="outside lower left", alignment="left"
        )
        for handle in legend.legend_handles:
            if isinstance(handle, PathCollection):
                handle.set_sizes([_LEGEND_SIZE])  # those of many rows would be too small


def draw_zero_line(
    axes: "Axes", weights: tuple[float, float], bias: float, **settings: Any
) -> None:
    """Draw the line where ``u x + v y + bias`` is 0, for weights (u, v) that are not both 0."""
    length = hypot(*weights)
    u, v, distance = weights[0] / length, weights[1] / length, -bias / length
    nearest = np.array([u, v]) * distance  # to the origin
    along = np.array([v, -u]) * max(1.0, abs(distance))
    axes.axline(tuple(nearest), tuple(nearest + along), **settings)


def size_of(rows: int) -> float:
    """Return the size of points: large for few rows."""
    return float(np.clip(4000 / max(rows, 1), 18, 80))
