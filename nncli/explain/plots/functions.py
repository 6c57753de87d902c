"""Plots of the functions of a network: activations and losses, each with its derivative."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nncli.explain.plots.names import short
from nncli.explain.plots.style import BLUE, GRAY, GREEN, LINE_STYLES, ORANGE, new_figure
from nncli.explain.plots.subject import Subject
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.losses import LOSSES, Loss
from nncli.nn.objective import Objective

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]

_SPAN = 4.0  # drawn from -_SPAN to _SPAN
_ENDS = 1e6  # an activation that still changes here has no limit
_MOST_UNITS = 10  # with a learned slope, which get a line each, or that are coupled


def activations(subject: Subject) -> "Figure":
    """Draw each activation with its derivative: those of a network, or all."""
    layers = _layers_of(subject)
    with_tanh = any("tanh" in title for title, _ in layers)
    figure, panels = _grid(len(layers) + with_tanh, height=2.5)
    for axes, (title, layer) in zip(panels, layers, strict=False):
        _draw_activation(axes, title, layer)
    if with_tanh:
        _draw_tanh_by_sigmoid(panels[-1])
    for axes in panels:
        axes.set_xlabel("z")
    _name_figure(figure, panels[0], "activations g and their slopes", subject)
    return figure


def losses(subject: Subject) -> "Figure":
    """Draw each loss of one output with its derivative: that of a network, or all."""
    if subject.is_of_all:
        found = [Objective(name, loss.complete({})) for name, loss in LOSSES.items()]
    else:
        found = [subject.known.objective if subject.known else subject.job.setup.objective]
    figure, panels = _grid(len(found), height=2.9)
    for axes, objective in zip(panels, found, strict=True):
        _draw_loss(axes, objective)
    what = "losses of one output" if subject.is_of_all else "loss of one output"
    _name_figure(figure, None, what, subject)
    return figure


def _layers_of(subject: Subject) -> list[tuple[str, ActivationLayer]]:
    """Return the activations to draw, with a title each."""
    if subject.is_of_all:
        return [(name, _layer(name)) for name in ACTIVATIONS]
    model, grouped = subject.known, dict[str, tuple[str, ActivationLayer]]()
    blocks = model.network.blocks if model else subject.job.blocks
    numbers: dict[str, list[int]] = {}
    for block in blocks:
        layer = block.activation
        settings = ", ".join(f"{name} {value:g}" for name, value in layer.parameters.items())
        key = f"{layer.kind}{f' ({settings})' if settings else ''}"
        if layer.trained:  # each layer has learned other slopes
            key = f"{layer.kind} {block.number}"
        grouped[key] = layer.kind if layer.trained else key, layer
        numbers.setdefault(key, []).append(block.number)
    return [
        (f"{title}: layer {_ranges(numbers[key])}", layer)
        for key, (title, layer) in grouped.items()
    ]


def _ranges(numbers: list[int]) -> str:
    """Return increasing numbers as text, such as ``1-3, 5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _layer(name: str) -> ActivationLayer:
    """Return a layer of one unit, or of three if units are coupled."""
    entry = ACTIVATIONS[name]
    layer = ActivationLayer(name, 3 if entry.output_only else 1, entry.complete({}))
    arrays = {name: np.full(shape, layer.starts[name]) for name, shape in layer.trained.items()}
    return layer.bound(arrays)


def _narrow(layer: ActivationLayer) -> ActivationLayer:
    """Return a layer of the units that are drawn, in float64."""
    units = min(layer.outputs, _MOST_UNITS if layer.trained or layer.entry.output_only else 1)
    arrays = {name: array[:units].astype(np.float64) for name, array in layer.arrays.items()}
    return ActivationLayer(layer.kind, units, layer.parameters, layer.entry).bound(arrays)


@np.errstate(over="ignore", invalid="ignore")  # of learned slopes of any size
def _values(layer: ActivationLayer, z: Numbers) -> tuple[Numbers, Numbers]:
    """Return g and g' (N, units) at sums z (N,); coupled units have the sums (z, 0, 0, ...)."""
    Z = np.repeat(z[:, np.newaxis], layer.outputs, axis=1)
    dA = np.ones_like(Z)
    if layer.entry.output_only:
        Z[:, 1:] = dA[:, 1:] = 0
    A = np.empty_like(Z)
    layer.apply(Z, A)
    values, slopes = A.copy(), np.empty_like(Z)
    layer.multiply(dA, Z.copy(), A, slopes)
    shown = 1 if layer.entry.output_only else layer.outputs
    return values[:, :shown], slopes[:, :shown]


def _draw_activation(axes: "Axes", title: str, whole: ActivationLayer) -> None:
    layer = _narrow(whole)
    z = np.linspace(-_SPAN, _SPAN, 1601)  # 0 is one of them
    values, slopes = (np.clip(each, -_ENDS, _ENDS) for each in _values(layer, z))
    for column in range(values.shape[1]):
        label = None if column else "g(z)"
        axes.plot(z, _with_gaps(values[:, column]), color=BLUE, label=label)
        label = None if column else "g'(z), its slope"
        axes.plot(z, _with_gaps(slopes[:, column]), "--", color=ORANGE, label=label)
    notes = [f"range {_range_of(layer)}", f"largest slope {_largest_slope(layer)}"]
    if layer.entry.output_only:
        notes[0] += f", {layer.outputs} units:"
        notes.insert(1, "z, and 0 for the others")
    if layer.trained and layer.outputs > 1:
        notes.append(f"a line for each unit{_of_units(layer.outputs, whole.outputs)}")
    axes.set_title(title)
    axes.set_ylim(-2.2, _SPAN + 0.3)
    _note(axes, notes)


def _of_units(shown: int, units: int) -> str:
    return "" if shown == units else f", the first {shown} of {units}"


def _with_gaps(values: Numbers) -> Numbers:
    """Return values with a gap at each jump, so that no line is drawn there."""
    gaps = np.where(np.isfinite(values), values, np.nan)
    gaps[1:][np.abs(np.diff(values)) > 0.1] = np.nan
    return gaps


@np.errstate(over="ignore", invalid="ignore")
def _range_of(layer: ActivationLayer) -> str:
    """Return the range of an activation: an interval, open at a limit, or a few values."""
    ends, _ = _values(layer, np.array([-_ENDS, -_ENDS / 10, _ENDS / 10, _ENDS]))
    near, _ = _values(layer, np.linspace(-10, 10, 20001))  # no limit is reached up to rounding
    if len(single := np.unique(near)) == 2:
        return " or ".join(map(_short, single.tolist()))
    low, high = float(min(ends.min(), near.min())), float(max(ends.max(), near.max()))
    falls, rises = (not bool((np.abs(a - b) <= 1e-3).all()) for a, b in (ends[:2], ends[2:]))
    start = "(-∞" if falls else f"{'[' if low in near else '('}{_short(low)}"
    end = "∞)" if rises else f"{_short(high)}{']' if high in near else ')'}"
    return f"{start}, {end}"


def _short(value: float) -> str:
    rounded = round(value, 3)
    return f"{rounded + 0.0:g}"


def _largest_slope(layer: ActivationLayer) -> str:
    """Return the largest slope as text, with its place if there is only one."""
    z = np.linspace(-40, 40, 80001)  # 0 is one of them; slopes have reached their limits
    _, slopes = _values(layer, z)
    top = slopes.max()
    where = z[np.isclose(slopes, top, rtol=1e-12, atol=0).any(axis=1)]
    place = f" at z = {where[0]:.3g}" if len(where) == 1 and abs(where[0]) < _SPAN else ""
    return f"{_short(float(top))}{place}"


def _draw_tanh_by_sigmoid(axes: "Axes") -> None:
    """Show that tanh is a scaled and shifted sigmoid."""
    z = np.linspace(-_SPAN, _SPAN, 161)
    (tanh, _), (sigmoid, _) = _values(_layer("tanh"), z), _values(_layer("sigmoid"), 2 * z)
    (plain, _) = _values(_layer("sigmoid"), z)
    axes.plot(z, tanh, color=BLUE, linewidth=4, alpha=0.5, label="tanh(z)")
    axes.plot(z, 2 * sigmoid - 1, ":", color="black", label="2σ(2z) - 1")
    axes.plot(z, plain, "-.", color=GREEN, label="σ(z), sigmoid")
    axes.set_title("tanh(z) = 2σ(2z) - 1")
    axes.legend(loc="upper left", fontsize=8)


def _draw_loss(axes: "Axes", objective: Objective) -> None:
    loss = LOSSES[objective.name]
    for label, style, x, terms, slopes in _lines_of(loss, objective):
        tail = f", {label}" if label else ""
        axes.plot(x, terms, style, color=BLUE, linewidth=2.4, label=f"loss{tail}")
        slope = "∂loss/∂z" if loss.on_logits else "∂loss/∂a"
        slope_style = LINE_STYLES[LINE_STYLES.index(style) + 2]  # also without color another one
        axes.plot(x, _with_gaps(slopes), slope_style, color=ORANGE, label=f"{slope}{tail}")
    axes.set_xlabel(_argument(loss))
    axes.set_ylabel("loss, slope", fontsize=9)
    axes.set_ylim(-3.2, 8.2)  # room for the legend
    settings = ", ".join(f"{name} {value:g}" for name, value in objective.parameters.items())
    axes.set_title(f"{objective.name}{f' ({settings})' if settings else ''}")
    axes.legend(fontsize=7, loc="upper center", ncols=2)


def _argument(loss: Loss) -> str:
    """Return the label of the argument that a loss is drawn over."""
    output = ACTIVATIONS[loss.outputs[0]]
    if loss.on_logits and output.probabilities:
        return "probability p of the true class" if output.output_only else "probability p"
    if loss.on_logits:
        return "weighted sum z"
    return "margin t·a" if loss.target_range is None else "error a - t"


def _lines_of(
    loss: Loss, objective: Objective
) -> Iterator[tuple[str, str, Numbers, Numbers, Numbers]]:
    """Yield label, style, argument, loss and slope (N,) of each target of one output.

    The slope of a loss on logits is with respect to the weighted sum z.
    """
    layer = _layer(loss.outputs[0])
    output, z = layer.entry, np.linspace(-_SPAN, _SPAN, 1601)
    targets = [("t = 1", 1.0), ("t = 0", 0.0)] if loss.on_logits else [("", 0.0)]
    if output.output_only or (loss.target_range is None and not loss.on_logits):
        targets = [("", 1.0)]
    for (label, target), style in zip(targets, LINE_STYLES, strict=False):
        Y, T = np.zeros((2, len(z), layer.outputs))
        Y[:, 0], T[:, 0] = z, target
        gradient, scratch = np.empty_like(Y), np.empty_like(Y)
        objective.function(Y.copy(), T, gradient, scratch, **objective.parameters)
        terms = loss.terms(Y, T, **objective.parameters).sum(axis=1)
        x = z
        if output.probabilities and loss.on_logits:
            x = _values(layer, z)[0][:, 0]
        yield label, style, x, terms, gradient[:, 0] * len(Y)


def _grid(count: int, height: float) -> "tuple[Figure, list[Axes]]":
    """Return a figure with `count` panels, row by row, that share the vertical axis."""
    columns = min(count, 3 if count <= 9 else 4)
    rows = math.ceil(count / columns)
    figure = new_figure(max(3.2 * columns, 5.0), height * rows + 0.7)
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel().tolist()
    for axes in panels[count:]:
        axes.remove()
    return figure, panels[:count]


def _note(axes: "Axes", lines: list[str]) -> None:
    axes.text(
        0.04, 0.96, "\n".join(lines), transform=axes.transAxes, verticalalignment="top",
        fontsize=8, color=GRAY,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1},
    )  # fmt: skip


def _name_figure(figure: "Figure", first: "Axes | None", what: str, subject: Subject) -> None:
    """Set the title, and the legend of the lines of the first panel for all panels."""
    title = (
        what[0].upper() + what[1:] if subject.is_of_all else f"{short(subject.name, 40)}: {what}"
    )
    figure.suptitle(title, x=0.01, horizontalalignment="left")
    if first:
        handles, labels = first.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=2)
