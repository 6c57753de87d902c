"""The rows before training: points, histograms and correlations, or images."""

from typing import TYPE_CHECKING

import numpy as np

from nncli.base.storage.mapping import take_rows
from nncli.base.words import count
from nncli.explain.plots.column_axis import draw_column_axis
from nncli.explain.plots.columns import Numbers, PlotColumn, columns_of, spread
from nncli.explain.plots.histograms import histograms
from nncli.explain.plots.names import head_figure, rows_of
from nncli.explain.plots.passes import Drawn, drawn_network
from nncli.explain.plots.pictures import draw_pictures, pictures_of, size_of_pictures
from nncli.explain.plots.points import draw_legend, draw_points, draw_zero_line, drawn_classes
from nncli.explain.plots.sample import not_drawn, sample_of, truth_of
from nncli.explain.plots.style import COLORS, LINE_STYLES, one_axes
from nncli.explain.plots.subject import Subject
from nncli.model.gates import equation_of, first_sums

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_LINES = 6  # of units, on a gate
_IMAGES_A_CLASS, _IMAGE_CLASSES = 10, 12
_NO_IMAGE = 255.0  # white where a class has fewer images


def data(subject: Subject) -> "Figure":
    """Draw the training rows."""
    dataset = subject.dataset
    if dataset.images:
        return _images(subject)
    columns = columns_of(dataset.columns, dataset.encoding)
    sample = sample_of(subject)
    values = np.stack([each.values(sample.inputs) for each in columns], axis=1)
    if len(columns) != 2 or any(each.labels for each in columns):
        return histograms(subject, sample, columns, values)
    figure, axes = one_axes(7.0, 5.6)
    draw_points(axes, values[:, 0], values[:, 1], sample.truth)
    caption = f"Points: {sample.said}.{not_drawn(*values.T)}"
    if subject.job.config.data.source in ("gate", "rows"):
        drawn = drawn_network(subject)
        # Normalized sums are 0 elsewhere, and sums of features on no straight line.
        if not (drawn.network.blocks[0].between or dataset.features):
            _draw_unit_lines(axes, columns, values, drawn)
            caption += f" Lines: where a unit's weighted sum is 0, {drawn.weights}."
    for name, column in zip("xy", columns, strict=True):
        draw_column_axis(axes, name, column)
    truth = sample.truth
    draw_legend(figure, truth.name if truth.classes else "", columns=2)
    head_figure(figure, subject, "data", caption)
    return figure


def _draw_unit_lines(
    axes: "Axes", columns: list[PlotColumn], values: Numbers, drawn: Drawn
) -> None:
    """Draw the separating line of each first-layer unit, with its equation in the legend."""
    W, b = first_sums(drawn.network, drawn.scaling)
    for limit, own in ((axes.set_xlim, values[:, 0]), (axes.set_ylim, values[:, 1])):
        limit(*spread(own, 0.3))
    units = min(W.shape[1], _MOST_LINES)
    for unit in range(units):
        (u, v), bias = W[:, unit], float(b[unit])
        color = COLORS[(unit + 2) % len(COLORS)]  # other colors than the first two classes
        label = f"unit {unit + 1}: {equation_of((u, v), bias, [each.name for each in columns])}"
        style = LINE_STYLES[unit % len(LINE_STYLES)]
        if u == v == 0:
            axes.plot([], [], style, color=color, label=f"{label} (no line)")
            continue
        draw_zero_line(axes, (u, v), bias, linestyle=style, color=color, label=label)
    if W.shape[1] > units:
        axes.plot([], [], " ", label=f"and {count(W.shape[1] - units, 'unit')} more")


def _images(subject: Subject) -> "Figure":
    """Draw the first images of each class."""
    dataset = subject.dataset
    images, split = dataset.images, dataset.splits["train"]
    assert images is not None
    truth = truth_of(dataset, split.targets[split.rows])
    if truth.classes:
        classes = drawn_classes(truth, _IMAGE_CLASSES)
        places = [np.flatnonzero(truth.values == each)[:_IMAGES_A_CLASS] for each in classes]
        names = [truth.classes[each] for each in classes]
    else:
        places = np.split(np.arange(min(len(split), 50)), range(10, 50, 10))
        names = [""] * len(places)
    pictures = np.full((len(places), _IMAGES_A_CLASS, images.inputs), _NO_IMAGE)
    for row, own in zip(pictures, places, strict=True):
        row[: len(own)] = take_rows(split.inputs, split.rows[own])
    height = size_of_pictures(images, pictures.shape[0] * 10, _IMAGES_A_CLASS, 0, 6.0)
    figure, axes = one_axes(7.0, height + 0.7)
    flat = pictures.reshape(-1, images.inputs)
    draw_pictures(axes, pictures_of(flat, images), _IMAGES_A_CLASS, cmap="gray", vmin=0, vmax=1)
    step = axes.get_ylim()[0] / len(places)
    for number, name in enumerate(names):
        axes.text(-3, (number + 0.5) * step, name, ha="right", va="center")
    of = f", {len(names)} of {len(truth.classes)}" if len(names) < len(truth.classes) else ""
    head_figure(
        figure, subject, "data",
        f"The first images of each class{of}, of {rows_of(len(split), 'train')}. {images}."
        if truth.classes else f"The first images of {rows_of(len(split), 'train')}. {images}.",
    )  # fmt: skip
    return figure
