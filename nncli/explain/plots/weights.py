"""The weights of a network: the first layer as pictures or a map, all as histograms."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nncli.data.files.image_format import ImageFormat
from nncli.explain.plots.names import head_figure, short
from nncli.explain.plots.passes import Drawn, drawn_network
from nncli.explain.plots.pictures import draw_pictures, size_of_pictures
from nncli.explain.plots.style import BLUE, DIVERGING, new_figure, whole_numbers
from nncli.explain.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_PICTURES, _PICTURES_A_ROW = 24, 8
_MOST_INPUTS, _MOST_UNITS = 30, 30
_MOST_VALUES = 120  # weights to write into their cells, if the units are few
_UPRIGHT = 20  # more numbers of units would overlap unless they are turned
_MOST_LAYERS = 6
_MOST_TITLED = 3  # layers whose titles have room in one line
_BINS = 41


def weights(subject: Subject) -> "Figure":
    """Draw the first layer's weights, as pictures for images, and a histogram per layer."""
    drawn = drawn_network(subject)
    first = drawn.network.weights(drawn.network.parameters)[0]
    images = _images(subject)
    units = min(first.shape[1], _PICTURES)
    height = 0.24 * min(len(first), _MOST_INPUTS) + 1.2
    if images is not None:
        columns = min(units, _PICTURES_A_ROW)
        height = size_of_pictures(images, units, columns, lines=1, inches=7.0)
    figure = new_figure(8.4, height + 3.2)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[height, 2.4])[:, 0]
    if images is not None:
        _draw_pictures(above, first[:, :units], images)
        caption = (
            f"Above: the weights of the first {units} of {first.shape[1]} units, a pixel per input."
        )
    else:
        caption = _draw_map(above, first, drawn)
    _draw_histograms(below, drawn)
    scaled = " They apply to scaled inputs." if drawn.is_scaled else ""
    caption += f"{scaled} Below: how many weights of a layer have each value."
    head_figure(figure, subject, drawn.weights, caption)
    return figure


def _images(subject: Subject) -> ImageFormat | None:
    known = subject.known
    return known.preprocessing.images if known else subject.dataset.images


def _draw_pictures(place: "SubFigure", weights: NDArray[np.floating], images: ImageFormat) -> None:
    """Draw the weights of each unit as a picture, all with the same colors."""
    units, limit = weights.shape[1], float(np.abs(weights).max()) or 1.0
    # The mean of a color's channels says how the unit reacts to brightness.
    pictures = weights.T.reshape(units, images.height, images.width, images.channels).mean(axis=3)
    axes = place.subplots()
    titles = [f"unit {number}" for number in range(1, units + 1)]
    columns = min(units, _PICTURES_A_ROW)
    image = draw_pictures(axes, pictures, columns, titles, cmap=DIVERGING, vmin=-limit, vmax=limit)
    place.colorbar(image, ax=axes, label="weight", fraction=0.04)


def _draw_map(place: "SubFigure", weights: NDArray[np.floating], drawn: Drawn) -> str:
    """Draw weights (I, units) as a map with the names of inputs, and return a caption."""
    inputs = _largest(np.linalg.norm(weights, axis=1), _MOST_INPUTS)
    units = _largest(np.linalg.norm(weights, axis=0), _MOST_UNITS)
    shown = weights[np.ix_(inputs, units)]
    limit = float(np.abs(shown).max()) or 1.0
    axes = place.subplots()
    image = axes.imshow(shown, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto")
    axes.set_yticks(range(len(inputs)), [short(drawn.inputs[each]) for each in inputs], fontsize=8)
    axes.set_xticks(range(len(units)), [str(each + 1) for each in units], fontsize=7)
    axes.tick_params("x", rotation=90 if len(units) > _UPRIGHT else 0)
    axes.set_xlabel("unit of layer 1")
    axes.grid(visible=False)
    place.colorbar(image, ax=axes, label="weight", fraction=0.05)
    if shown.size <= _MOST_VALUES and len(units) <= _UPRIGHT:
        for (row, column), weight in np.ndenumerate(shown):
            color = "white" if abs(weight) > 0.6 * limit else "black"
            axes.text(
                column, row, f"{weight:.2g}", ha="center", va="center", fontsize=7, color=color
            )
    parts = [
        f"the {len(chosen)} of {total} {what} with the largest weights"
        for chosen, total, what in (
            (inputs, len(weights), "inputs"),
            (units, weights.shape[1], "units"),
        )
        if len(chosen) < total
    ]
    return f"Above: layer 1{': ' if parts else ''}{' and '.join(parts)}."


def _largest(sizes: NDArray[np.floating], most: int) -> list[int]:
    """Return the places of the largest numbers, in order."""
    return sorted(np.argsort(-sizes, kind="stable")[:most].tolist())


def _draw_histograms(place: "SubFigure", drawn: Drawn) -> None:
    """Draw a histogram of the weights of each layer, of many layers the first ones and the last."""
    own = drawn.network.weights(drawn.network.parameters)
    numbers = [*range(len(own))]
    if len(own) > _MOST_LAYERS:
        numbers = [*range(_MOST_LAYERS - 1), len(own) - 1]
    panels = place.subplots(1, len(numbers), squeeze=False)[0]
    for axes, number in zip(panels, numbers, strict=True):
        _draw_histogram(axes, own[number].ravel())
        end = "\n" if len(numbers) > _MOST_TITLED else " "
        axes.set_title(f"layer {number + 1}:{end}{own[number].size:,} weights", fontsize=9)
    panels[0].set_ylabel("number of weights")


def _draw_histogram(axes: "Axes", values: NDArray[np.floating]) -> None:
    limit = float(np.abs(values).max()) or 1.0
    bins = min(_BINS, max(7, round(len(values) ** 0.5) | 1))  # odd: one is around 0
    edges = np.linspace(-limit, limit, bins + 1).tolist()
    axes.hist(values.astype(np.float64), edges, color=BLUE)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("weight")
    axes.tick_params(labelsize=8)
    axes.locator_params("x", nbins=4)
    whole_numbers(axes, "y")
