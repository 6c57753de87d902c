"""A network as a diagram of units and weighted connections."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nncli.base.words import count
from nncli.explain.plots.names import head_figure, short
from nncli.explain.plots.passes import Drawn, drawn_network
from nncli.explain.plots.style import BLUE, RED, new_figure
from nncli.explain.plots.subject import Subject
from nncli.nn.layers.dense import Dense

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_UNITS = 10  # of a layer; more are shortened to the first and the last ones
_FIRST, _LAST = 6, 2
_MOST_LAYERS = 9  # with the inputs; more are shortened to the first and the last ones
_FIRST_LAYERS, _LAST_LAYERS = 4, 3
_MOST_VALUES = 14  # connections of a layer with their weights written
_MARGIN = 0.6  # below the lowest unit, for its bias
_GAP = 3.0  # between layers; units are 1 apart
_WIDEST = 4.0
_LABEL = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
_PLACES = (0.28, 0.5, 0.72)  # of the values along connections, which would overlap at one place


@dataclass(frozen=True)
class _Layer:
    """Where the units of a layer are drawn.

    Attributes
    ----------
    number : int
        0 for the inputs.
    units : list of int
        The units that are drawn.
    x : float
    y : array
    total : int
    """

    number: int
    units: list[int]
    x: float
    y: NDArray[np.float64]
    total: int

    @property
    def dots(self) -> float | None:
        """The height of the dots for units that are not drawn."""
        return (
            None if len(self.units) == self.total else float(self.y[_FIRST - 1 : _FIRST + 1].mean())
        )


def network(subject: Subject) -> "Figure":
    """Draw the units and connections, with weights and biases where there is room."""
    drawn = drawn_network(subject)
    blocks = drawn.network.blocks
    sizes = [len(drawn.inputs), *(block.outputs for block in blocks)]
    layers = [
        _placed(number, sizes[number], place * _GAP)
        for place, number in enumerate(_drawn_layers(len(sizes)))
    ]
    height = max(len(layer.units) + (layer.dots is not None) for layer in layers)
    per_unit = max(0.62, 3.0 / height)  # inches
    figure = new_figure(2.3 * len(layers) + 2.4, per_unit * (height + _MARGIN) + 1.2)
    axes = figure.subplots()
    top = max(layer.y[0] for layer in layers)
    _draw_connections(axes, drawn, layers)
    for layer in layers:
        axes.scatter(
            np.full(len(layer.y), layer.x), layer.y, 260, "white", edgecolors="black", zorder=3
        )
        if layer.dots is not None:
            axes.text(layer.x, layer.dots, "...", ha="center", va="center", fontsize=16)
            if layer.number:
                _draw_numbers(axes, layer)
        _draw_header(axes, drawn, layer, top)
    _draw_names(axes, drawn, layers)
    _draw_biases(axes, drawn, layers)
    axes.set_axis_off()
    axes.set_xlim(-1.9, layers[-1].x + 1.9)
    axes.set_ylim(-top - 0.6, top + 0.4)
    head_figure(figure, subject, "network", _caption(drawn, layers))
    return figure


def _drawn_layers(count_: int) -> list[int]:
    """Return the layers to draw; 0 is the inputs."""
    numbers = [*range(count_)]
    if count_ <= _MOST_LAYERS:
        return numbers
    return numbers[:_FIRST_LAYERS] + numbers[-_LAST_LAYERS:]


def _placed(number: int, total: int, x: float) -> _Layer:
    """Return the units of a layer to draw, from top to bottom around height 0."""
    units = [*range(total)]
    if total > _MOST_UNITS:
        units = [*range(_FIRST), *range(total - _LAST, total)]
    y = -np.arange(len(units), dtype=np.float64)
    if total > _MOST_UNITS:
        y[_FIRST:] -= 1  # room for the dots
    return _Layer(number, units, x, y - (y[0] + y[-1]) / 2, total)


def _draw_connections(axes: "Axes", drawn: Drawn, layers: list[_Layer]) -> None:
    """Draw every existing connection between units that are drawn: color by sign, width by size."""
    from matplotlib.collections import LineCollection

    of_layers = _weights(drawn)
    for left, right in pairwise(layers):
        if right.number > left.number + 1:
            middle = (left.x + right.x) / 2
            axes.text(middle, 0, "...", ha="center", va="center", fontsize=16)
            continue
        weights, exists = of_layers[left.number]
        shown, there = (each[np.ix_(left.units, right.units)] for each in (weights, exists))
        pairs = [*zip(*there.nonzero(), strict=True)]
        size = np.abs(shown) / (np.abs(shown).max() or 1.0)
        lines = LineCollection(
            [[(left.x, left.y[i]), (right.x, right.y[j])] for i, j in pairs],
            colors=[BLUE if shown[pair] < 0 else RED for pair in pairs],
            linestyles=["--" if shown[pair] < 0 else "-" for pair in pairs],
            linewidths=[0.3 + (_WIDEST - 0.3) * size[pair] for pair in pairs],
        )
        axes.add_collection(lines)
        if len(pairs) <= _MOST_VALUES and len(left.units) == left.total:
            for i, j in pairs:
                _draw_value(axes, left, right, i, j, float(shown[i, j]))


def _draw_value(axes: "Axes", left: _Layer, right: _Layer, i: int, j: int, weight: float) -> None:
    at = _PLACES[(2 * i + j) % len(_PLACES)]
    axes.text(
        left.x + at * (right.x - left.x), left.y[i] + at * (right.y[j] - left.y[i]),
        f"{weight:.3g}", fontsize=8, ha="center", va="center", zorder=4,
        bbox=_LABEL,
    )  # fmt: skip


def _weights(drawn: Drawn) -> list[tuple[NDArray[np.floating], NDArray[np.bool_]]]:
    """Return the weights (I, O) of every layer, and which connections exist.

    Trained weights of 0 are missing connections, for which models have no other mark.
    """
    own = drawn.network
    weights = own.weights(own.parameters)
    if own.mask is not None:
        return [*zip(weights, (each != 0 for each in own.weights(own.mask)), strict=True)]
    return [(each, each != 0 if each.any() else np.ones(each.shape, np.bool_)) for each in weights]


def _draw_header(axes: "Axes", drawn: Drawn, layer: _Layer, top: float) -> None:
    """Write what a layer is above its units."""
    text, number = count(layer.total, "input"), layer.number
    if number:
        block = drawn.network.blocks[number - 1]
        between = "".join(f"{each.kind}, ".replace("_", " ") for each in block.between)
        kind = "output" if number == len(drawn.network.blocks) else "unit"
        text = f"layer {number}\n{count(layer.total, kind)}\n{between}{block.activation.kind}"
    axes.text(layer.x, top + 0.4, text, ha="center", va="bottom", fontsize=9)


def _draw_numbers(axes: "Axes", layer: _Layer) -> None:
    """Write the number of each unit into it, as some are left out."""
    for unit, y in zip(layer.units, layer.y, strict=True):
        text = f"{unit + 1}"
        axes.text(layer.x, y, text, ha="center", va="center", fontsize=7, zorder=5)


def _draw_names(axes: "Axes", drawn: Drawn, layers: list[_Layer]) -> None:
    """Write the names of inputs and outputs beside their units."""
    for names, layer, side, alignment in (
        (drawn.inputs, layers[0], -0.3, "right"),
        (drawn.outputs, layers[-1], 0.3, "left"),
    ):
        for unit, y in zip(layer.units, layer.y, strict=True):
            name = short(names[unit])
            axes.text(layer.x + side, y, name, ha=alignment, va="center", fontsize=9)


def _draw_biases(axes: "Axes", drawn: Drawn, layers: list[_Layer]) -> None:
    """Write the bias of each unit below it."""
    arrays = drawn.network.arrays
    for layer in layers[1:]:
        biases = arrays[f"{Dense.biases}{layer.number}"]
        for unit, y in zip(layer.units, layer.y, strict=True):
            text = f"b = {float(biases[unit]):.3g}"
            axes.annotate(
                text, (layer.x, y), (0, -11), textcoords="offset points", ha="center", va="top",
                fontsize=7.5, bbox=_LABEL, zorder=4,
            )  # fmt: skip


def _caption(drawn: Drawn, layers: list[_Layer]) -> str:
    """Return the legend in words."""
    shortened = any(layer.dots is not None for layer in layers)
    left_out = len(drawn.network.blocks) + 1 > len(layers)
    exists = [there for _, there in _weights(drawn)]
    missing = sum(int((~there).sum()) for there in exists)
    return (
        f"{drawn.weights.capitalize()}: red, solid: positive; blue, dashed: negative; the wider, "
        f"the larger in its layer. b: bias."
        + (" Inputs are scaled first." if drawn.is_scaled else "")
        + (f" {count(missing, 'connection')} of weight 0 left out." if missing else "")
        + (" ...: more units, which are left out." if shortened and not left_out else "")
        + (" ...: more layers and units, which are left out." if left_out else "")
    )
