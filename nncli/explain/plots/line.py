"""The predictions of a model over its only column."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.explain.plots.column_axis import draw_column_axis
from nncli.explain.plots.columns import Numbers, PlotColumn
from nncli.explain.plots.names import head_figure, in_legend
from nncli.explain.plots.passes import drawn_network, important_units, layer_values
from nncli.explain.plots.points import MARKERS, color_of, draw_legend, drawn_classes, size_of
from nncli.explain.plots.sample import Sample, Truth, not_drawn, sample_of, truth_of
from nncli.explain.plots.slices import output_numbers
from nncli.explain.plots.style import BLUE, GRAY, GREEN, LINE_STYLES, ORANGE, new_figure
from nncli.explain.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PANELS = 3  # targets or labels
_POINTS = 801  # of a curve
_STEP = 0.07  # between the lines of rows, one for each of several classes


def line(subject: Subject, column: PlotColumn) -> "Figure":
    """Draw the prediction over the only column, with rows and the units' points."""
    model, sample = subject.model, sample_of(subject)
    values = column.values(sample.inputs)
    x = column.axis(values)
    if not column.labels:
        x = np.linspace(x[0], x[-1], _POINTS)
    numbers, are_probabilities = output_numbers(model, column.inputs(x))
    by_class = model.task == "multiclass"
    panels = 1 if by_class else min(numbers.shape[1], _MOST_PANELS)
    figure = new_figure(7.6 if panels == 1 else 5.2 * panels, 4.8)
    for number, axes in enumerate(figure.subplots(1, panels, squeeze=False)[0]):
        truth = truth_of(sample.dataset, sample.targets, number)
        what = "probability" if are_probabilities else "prediction"
        if by_class:
            _draw_classes(axes, column, x, numbers, values, truth)
            axes.set_ylabel(f"{what} of each {truth.name}")
        else:
            _draw_numbers(axes, column, x, numbers[:, number], values, truth)
            of = f"{truth.name} = {truth.classes[1]}" if truth.classes else truth.name
            axes.set_ylabel(f"{what} of {of}" if truth.classes else of)
            if truth.classes and are_probabilities:
                _draw_threshold(axes, model.threshold)
        _draw_axis(axes, column, x)
        _draw_zeros(axes, subject, column, x)
    draw_legend(figure, "", columns=3)
    left_out = 0 if by_class else numbers.shape[1] - panels
    first = f" (the first {panels} of {numbers.shape[1]} targets)" if left_out else ""
    head_figure(
        figure,
        subject,
        f"prediction{first}",
        f"{_caption(sample, truth, by_class)}{not_drawn(values)}",
    )
    return figure


def _caption(sample: Sample, truth: Truth, by_class: bool) -> str:
    where = ""
    if truth.classes:
        where = ", below at a height per class" if by_class else ", at 0 or 1, which is the truth"
    return f"Points: {sample.said}{where}."


def _draw_numbers(
    axes: "Axes", column: PlotColumn, x: Numbers, y: Numbers, values: Numbers, truth: Truth
) -> None:
    """Draw a number or a probability as a curve, and the rows at their true values."""
    if truth.classes:
        for number in (0, 1):
            own = values[truth.values == number]
            _draw_rows(axes, own, np.full(len(own), number), number, truth.classes[number])
    else:
        axes.scatter(
            values, truth.values, size_of(len(values)), BLUE, alpha=0.5, linewidths=0, label="rows"
        )
    style = "D" if column.labels else "-"
    axes.plot(x, y, style, color="black" if truth.classes else ORANGE, label="model", linewidth=2)


def _draw_classes(
    axes: "Axes", column: PlotColumn, x: Numbers, y: Numbers, values: Numbers, truth: Truth
) -> None:
    """Draw the probability of each of the most frequent classes, and their rows below."""
    axes.set_yticks(np.linspace(0, 1, 6))  # the rows are below, where no probability is
    for place, number in enumerate(drawn_classes(truth)):
        style = MARKERS[number % len(MARKERS)] if column.labels else LINE_STYLES[place % 4]
        axes.plot(x, y[:, number], style, color=color_of(number), linewidth=2)
        own = values[truth.values == number]
        height = np.full(len(own), -_STEP * (place + 1))
        _draw_rows(axes, own, height, number, truth.classes[number], linestyle=style)


def _draw_rows(
    axes: "Axes", x: Numbers, y: Any, number: int, name: str, linestyle: str = ""
) -> None:
    """Draw rows of a class; the legend also has the line style of its probability."""
    marker = MARKERS[number % len(MARKERS)]
    axes.scatter(
        x, y, size_of(len(x)), color_of(number), marker=marker, linewidths=0, alpha=0.6, zorder=3
    )
    line = linestyle if linestyle in LINE_STYLES else ""
    axes.plot([], [], f"{line}{marker}", color=color_of(number), label=in_legend(name))


def _draw_threshold(axes: "Axes", threshold: float | None) -> None:
    level = threshold or 0.5
    axes.axhline(level, color=GREEN, linestyle=":", label=f"threshold {level:g}")


def _draw_axis(axes: "Axes", column: PlotColumn, x: Numbers) -> None:
    draw_column_axis(axes, "x", column)
    if not column.labels:
        axes.set_xlim(x[0], x[-1])


def _draw_zeros(axes: "Axes", subject: Subject, column: PlotColumn, x: Numbers) -> None:
    """Mark where the weighted sums of the first layer are 0, for the most important units."""
    if column.labels:
        return
    drawn = drawn_network(subject)
    sums = layer_values(drawn.network, drawn.scaling, column.inputs(x))[0][0]
    units = important_units(drawn.network)
    label = "a unit's sum is 0" if drawn.network.blocks[0].between else "a unit's w·x + b = 0"
    if len(units) < sums.shape[1]:
        label += f", {len(units)} of {sums.shape[1]} units"
    for unit in units:
        for zero in _zeros(x, sums[:, unit].astype(np.float64)):
            axes.axvline(zero, color=GRAY, linestyle="--", linewidth=0.8, label=label)
            label = ""


def _zeros(x: Numbers, y: Numbers) -> list[float]:
    """Return where a curve through points crosses 0."""
    at = np.flatnonzero((y[:-1] < 0) != (y[1:] < 0))
    crossed: list[float] = (x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])).tolist()
    return crossed
