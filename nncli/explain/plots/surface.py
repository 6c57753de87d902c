"""The predictions of a model over two columns, or over its only one."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.plots.column_axis import draw_column_axis
from nncli.explain.plots.columns import Numbers, PlotColumn
from nncli.explain.plots.line import line
from nncli.explain.plots.names import head_figure, listed_short
from nncli.explain.plots.passes import Drawn, drawn_network, important_units, layer_values
from nncli.explain.plots.points import color_of, draw_legend, draw_points
from nncli.explain.plots.sample import Sample, Truth, not_drawn, truth_of
from nncli.explain.plots.slices import Plane, columns_of_model, output_numbers, plane_of
from nncli.explain.plots.style import BLUE, GRAY, ORANGE, SEQUENTIAL, new_figure
from nncli.explain.plots.subject import Subject
from nncli.model.model import Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_MOST_PANELS = 3  # targets or labels
_MOST_NUMBERED = 6
_LINE_GRID = 60  # a straight line needs few points, but normalization bends it
_MOST_NAMES = 12  # regions with the name of their class
_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
_PALE = 0.35  # opacity of the regions of classes
_MILD = 0.5  # of probabilities, on which the rows have the same colors


def surface(subject: Subject) -> "Figure":
    """Draw the prediction over two columns, with rows and the lines of the first layer's units."""
    model = subject.model
    columns = columns_of_model(model)
    if len(columns) == 1:
        return line(subject, columns[0])
    plane, sample = plane_of(subject, columns)
    numbers, are_probabilities = output_numbers(model, plane.inputs(plane.x, plane.y))
    grid = numbers.reshape(len(plane.y), len(plane.x), -1)
    by_class = model.task == "multiclass" or (model.task == "binary" and not are_probabilities)
    panels = 1 if by_class else min(grid.shape[2], _MOST_PANELS)
    figure = new_figure(7.6 if panels == 1 else 5.4 * panels, 5.4)
    for number, axes in enumerate(figure.subplots(1, panels, squeeze=False)[0]):
        truth = truth_of(sample.dataset, sample.targets, number)
        near = Truth(truth.name, truth.values[plane.near], truth.classes)
        if by_class:
            _draw_classes(axes, plane, grid, near)
        else:
            name = "value" if panels > 1 else ""  # one legend for all panels
            _draw_numbers(axes, plane, grid[:, :, number], near, model.threshold, name)
        _draw_axes(axes, plane.pair)
        if panels > 1:
            axes.set_title(truth.name)
        _draw_lines(axes, plane, drawn_network(subject))
    has_title = panels == 1 and near.classes
    draw_legend(figure, near.name if has_title else "")
    title = f"prediction{_first(panels, grid, by_class)}"
    lines = "" if _has_labels(plane) else _lines_words(model, by_class)
    head_figure(figure, subject, title, f"{_caption(plane, sample)}{lines}")
    return figure


def _first(panels: int, grid: Numbers, by_class: bool) -> str:
    """Return what the title says about targets that are left out."""
    left_out = 0 if by_class else grid.shape[2] - panels
    return f" (the first {panels} of {grid.shape[2]} targets)" if left_out else ""


def _lines_words(model: Model, by_class: bool) -> str:
    """Return for the caption what the black lines are."""
    if by_class:
        return " Black lines: where the predicted class changes."
    if model.task == "regression":
        return " Black lines: equal predictions."
    threshold = model.threshold or 0.5
    return f" Black lines: equal probability; the thick one: the threshold {threshold:g}."


def _caption(plane: Plane, sample: Sample) -> str:
    """Return what the points are, and for a slice where it is and how far they lie from it."""
    blank = not_drawn(*plane.points)
    if plane.number is None:
        return f"Points: {sample.said}.{blank}"
    x, y = plane.pair
    low, high = plane.distances.min(), plane.distances.max()
    return (
        f"A slice through training row {plane.number} (from 0 in its file): {x.name} and "
        f"{y.name} vary, the other columns are fixed: {listed_short(plane.fixed, 4, width=28)}. "
        f"Points: the {len(plane.near)} rows nearest to the slice, of {sample.said}. "
        f"Their other columns differ from row {plane.number} by {low:.2g} to {high:.2g} standard "
        "deviations on average (another category counts 1); points that differ more are smaller."
        f"{blank}"
    )


def _draw_numbers(
    axes: "Axes", plane: Plane, grid: Numbers, truth: Truth, threshold: float | None, name: str
) -> None:
    """Draw a probability, or the prediction of a target, with contours and rows."""
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    colors: Any = SEQUENTIAL
    if truth.classes:
        colors = LinearSegmentedColormap.from_list("classes", [BLUE, "white", ORANGE])
        norm, label = Normalize(0, 1), f"probability of {truth.name} = {truth.classes[1]}"
        levels: tuple[float, ...] = tuple(sorted({*_LEVELS, threshold or 0.5}))
    else:
        label, levels = f"prediction of {truth.name}", ()
        norm = Normalize(
            float(min(grid.min(), truth.values.min())), float(max(grid.max(), truth.values.max()))
        )
    image = _draw_image(axes, plane, grid, alpha=_MILD if truth.classes else 1.0)
    image.set(cmap=colors, norm=norm)
    axes.figure.colorbar(image, ax=axes, label=label)
    if not _has_labels(plane) and np.ptp(grid) > 0:
        lines = axes.contour(
            plane.x, plane.y, grid, levels or 7, colors="black",
            linewidths=[2.0 if level == (threshold or 0.5) else 0.8 for level in levels] or 0.8,
        )  # fmt: skip
        axes.clabel(lines, fmt="%g", fontsize=8)
    _draw_rows(axes, plane, truth, norm, name)


def _draw_classes(axes: "Axes", plane: Plane, grid: Numbers, truth: Truth) -> None:
    """Draw the region of each predicted class, its name, and rows."""
    from matplotlib.colors import to_rgba_array

    chosen = grid.argmax(axis=2) if grid.shape[2] > 1 else (grid[:, :, 0] > 0).astype(np.intp)
    colors = to_rgba_array([color_of(number) for number in range(len(truth.classes))])
    _draw_image(axes, plane, colors[chosen][:, :, :3], alpha=_PALE)
    there, sizes = np.unique(chosen, return_counts=True)
    if not _has_labels(plane):
        for number in there[1:]:  # each border separates some class from those before it
            axes.contour(plane.x, plane.y, chosen >= number, [0.5], colors="black", linewidths=0.8)
    _draw_rows(axes, plane, truth, None)
    for number in there[np.argsort(-sizes, kind="stable")[:_MOST_NAMES]]:
        row, column = _middle(chosen == number)
        axes.text(
            plane.x[column], plane.y[row], truth.classes[number], fontsize=9, zorder=5,
            ha="center", va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip


def _middle(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the place in a region that is nearest to its mean."""
    places = np.argwhere(mask)
    row, column = places[((places - places.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    return int(row), int(column)


def _draw_image(axes: "Axes", plane: Plane, grid: Numbers, alpha: float) -> "AxesImage":
    x, y = (_ends(values) for values in (plane.x, plane.y))
    return axes.imshow(
        grid, origin="lower", aspect="auto", extent=(*x, *y), alpha=alpha, interpolation="nearest"
    )


def _ends(values: Numbers) -> tuple[float, float]:
    """Return the outer edges of cells around equidistant values."""
    half = (values[1] - values[0]) / 2 if len(values) > 1 else 0.5
    return float(values[0] - half), float(values[-1] + half)


def _draw_rows(
    axes: "Axes", plane: Plane, truth: Truth, norm: "Normalize | None", name: str = ""
) -> None:
    """Draw rows near the plane; those farther away are smaller."""
    x, y = plane.points
    farthest = plane.distances.max() or 1.0
    sizes = None if plane.number is None else 60 - 40 * plane.distances / farthest
    edges = "black" if truth.classes else "white"  # the regions have the colors of the classes
    draw_points(axes, x, y, truth, sizes=sizes, norm=norm, label=name, edges=edges)


def _draw_axes(axes: "Axes", pair: tuple[PlotColumn, PlotColumn]) -> None:
    """Label the axes with the columns and, for categories, their texts."""
    axes.grid(visible=False)
    for name, column in zip("xy", pair, strict=True):
        draw_column_axis(axes, name, column)


def _has_labels(plane: Plane) -> bool:
    return any(column.labels for column in plane.pair)


def _draw_lines(axes: "Axes", plane: Plane, drawn: Drawn) -> None:
    """Draw where the weighted sums of the first layer are 0, for the most important units."""
    if _has_labels(plane):
        return
    x, y = (np.linspace(values[0], values[-1], _LINE_GRID) for values in (plane.x, plane.y))
    sums = layer_values(drawn.network, drawn.scaling, plane.inputs(x, y))[0][0]
    units = important_units(drawn.network)
    bent = bool(drawn.network.blocks[0].between) or drawn.scaling.features is not None
    label = "a unit's sum is 0" if bent else "a unit's line: w·x + b = 0"
    if len(units) < sums.shape[1]:
        label = f"lines of {len(units)} of {sums.shape[1]} units"
    for unit in units:
        grid = sums[:, unit].reshape(len(y), len(x))
        if not grid.min() < 0 < grid.max():
            continue  # the line is outside
        line = axes.contour(x, y, grid, [0], colors=GRAY, linestyles="--", linewidths=1.2)
        if len(units) <= _MOST_NUMBERED:
            axes.clabel(line, fmt={0: f"unit {unit + 1}"}, fontsize=8)
        if label:
            axes.plot([], [], "--", color=GRAY, linewidth=1.2, label=label)
            label = ""
