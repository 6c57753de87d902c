"""Histograms of columns by class, and the correlations of columns."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nncli.explain.plots.column_axis import draw_column_axis
from nncli.explain.plots.columns import Numbers, PlotColumn, spread
from nncli.explain.plots.names import head_figure, in_legend, short
from nncli.explain.plots.points import color_of, draw_legend, drawn_classes
from nncli.explain.plots.sample import Sample, Truth
from nncli.explain.plots.style import BLUE, DIVERGING, LINE_STYLES, new_figure
from nncli.explain.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_MOST_HISTOGRAMS, _HISTOGRAMS_A_ROW = 9, 3
_HISTOGRAM_CLASSES = 4
_MOST_LABELS = 8  # texts of a category
_BINS = 20
_MOST_TICKS = 5
_HATCHES = ("", "///", "...", "xxx")  # for readers without color
_MOST_CORRELATED = 20
_MOST_CORRELATIONS_WRITTEN = 10  # columns


def histograms(
    subject: Subject, sample: Sample, columns: list[PlotColumn], values: Numbers
) -> "Figure":
    """Draw a histogram of each of the first columns, and the correlations of numbers.

    Parameters
    ----------
    values : array (N, columns)
        As from `PlotColumn.values`.
    """
    shown = columns[:_MOST_HISTOGRAMS]
    truth = sample.truth
    numeric = [number for number, each in enumerate(columns) if not each.labels]
    numeric = numeric[: _MOST_CORRELATED - 1]
    rows = -(-len(shown) // _HISTOGRAMS_A_ROW)
    names, numbers = _correlated([columns[each] for each in numeric], values[:, numeric], truth)
    has_matrix = len(names) > 1 and len(sample) > 1
    heights = [2.1 * rows, 0.34 * len(names) + 1.7][: 1 + has_matrix]
    figure = new_figure(8.4, sum(heights) + 0.3)
    places = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    panels = places[0].subplots(rows, min(len(shown), _HISTOGRAMS_A_ROW), squeeze=False).ravel()
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    for number, (axes, column) in enumerate(zip(panels, shown, strict=False)):
        _draw_histogram(axes, column, values[:, number], truth)
        if number % _HISTOGRAMS_A_ROW == 0:
            axes.set_ylabel("share" if truth.classes else "rows", fontsize=9)
    if truth.classes:
        draw_legend(figure, truth.name)
    caption = _caption(sample, len(shown), len(columns))
    if has_matrix:
        _draw_correlations(places[1], names, numbers)
        first = f"the first {len(numeric)} " if len(numeric) == _MOST_CORRELATED - 1 else ""
        caption += f" Below: correlations of {first}columns that are numbers."
    head_figure(figure, subject, "data", caption)
    return figure


def _caption(sample: Sample, shown: int, total: int) -> str:
    """Return what the histograms show."""
    of = "Columns" if shown == total else f"The first {shown} of {total} columns"
    classes = len(sample.truth.classes)
    by = ""
    if classes > _HISTOGRAM_CLASSES:
        by = f", the {_HISTOGRAM_CLASSES} most frequent of {classes} classes each on its own"
    elif classes:
        by = ", each class on its own"
    return f"{of} of {sample.said}{by}."


def _draw_histogram(axes: "Axes", column: PlotColumn, values: Numbers, truth: Truth) -> None:
    """Draw how often each value occurs, for each of the most frequent classes."""
    known = ~np.isnan(values)
    axes.xaxis.label.set_fontsize(9)
    axes.tick_params(labelsize=8)
    groups = _groups(truth)
    if column.labels:
        axes.set_xlabel(column.name)
        _draw_bars(axes, column, values, known, groups)
        return
    axes.locator_params("x", nbins=_MOST_TICKS)
    draw_column_axis(axes, "x", column)
    edges = _edges(values[known])
    for place, (name, color, own) in enumerate(groups):
        chosen = values[own & known]
        if not truth.classes:
            axes.hist(chosen, edges, color=color)
        elif len(chosen):
            axes.hist(
                chosen, edges, weights=np.full(len(chosen), 1 / len(chosen)), histtype="step",
                color=color, linestyle=LINE_STYLES[place % len(LINE_STYLES)], linewidth=1.5,
                label=in_legend(name),
            )  # fmt: skip


def _edges(values: Numbers) -> list[float]:
    """Return the edges of bins, around each whole number if there are only a few of them."""
    low, high = spread(values, 0.0)
    edges: list[float] = np.linspace(low, high, _BINS + 1).tolist()
    whole = values.round()
    if len(values) and high - low <= _BINS and np.allclose(values, whole, rtol=0, atol=1e-4):
        edges = (np.arange(whole.min(), whole.max() + 2) - 0.5).tolist()
    return edges


def _draw_bars(
    axes: "Axes",
    column: PlotColumn,
    values: Numbers,
    known: NDArray[np.bool_],
    groups: list[tuple[str, str, NDArray[np.bool_]]],
) -> None:
    """Draw bars for the most frequent texts of a category."""
    codes = values[known].astype(np.intp)
    counts = np.bincount(codes, minlength=len(column.labels))
    shown = sorted(np.argsort(-counts, kind="stable")[:_MOST_LABELS].tolist())
    width = 0.8 / len(groups)
    for place, (name, color, own) in enumerate(groups):
        chosen = values[own & known]
        heights = np.array([float((chosen == each).sum()) for each in shown])
        if name and len(chosen):
            heights /= len(chosen)
        at = np.arange(len(shown)) + (place - (len(groups) - 1) / 2) * width
        axes.bar(at, heights, width, color=color, label=in_legend(name), hatch=_HATCHES[place])
    axes.set_xticks(range(len(shown)), [short(column.labels[each], 10) for each in shown])
    axes.tick_params("x", rotation=30 if len(shown) > 3 else 0)
    if len(shown) < len(column.labels):
        axes.set_xlabel(f"{column.name}: {len(shown)} of {len(column.labels)} texts", fontsize=9)


def _groups(truth: Truth) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return name, color and rows of the most frequent classes; one group if there are none."""
    if not truth.classes:
        return [("", BLUE, np.ones(len(truth.values), np.bool_))]
    shown = drawn_classes(truth, _HISTOGRAM_CLASSES)
    return [(truth.classes[each], color_of(each), truth.values == each) for each in shown]


def _correlated(
    columns: list[PlotColumn], values: Numbers, truth: Truth
) -> tuple[list[str], Numbers]:
    """Return names and values of columns, and of the target if it is a number or yes or no."""
    names = [column.name for column in columns]
    if len(truth.classes) in (0, 2):
        names.append(f"{truth.name} = {truth.classes[1]}" if truth.classes else truth.name)
        values = np.column_stack([values, truth.values])
    return names, values


def _draw_correlations(place: "SubFigure", names: list[str], values: Numbers) -> None:
    """Draw the correlation matrix of columns."""
    found = _correlations(values)
    axes = place.subplots()
    image = axes.imshow(found, cmap=DIVERGING, vmin=-1, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.grid(visible=False)
    # Beside the matrix, not at the end of the line, which is much longer.
    beside = axes.inset_axes((1.06, 0, 0.06, 1))
    place.colorbar(image, cax=beside, label="correlation")
    if len(names) > _MOST_CORRELATIONS_WRITTEN:
        return
    for (row, column), number in np.ndenumerate(found):
        if not np.isnan(number):
            color = "white" if abs(number) > 0.6 else "black"
            text = f"{number:.2f}"
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=color)


def _correlations(values: Numbers) -> Numbers:
    """Return Pearson's correlations (C, C) over the rows that have both values."""
    count_ = values.shape[1]
    found = np.full((count_, count_), np.nan)
    for i in range(count_):
        for j in range(i + 1):
            both = ~np.isnan(values[:, i]) & ~np.isnan(values[:, j])
            if not both.any():
                continue
            x, y = (values[both, each] - values[both, each].mean() for each in (i, j))
            size = np.sqrt((x @ x) * (y @ y))
            if size > 0:
                found[i, j] = found[j, i] = x @ y / size
    return found
