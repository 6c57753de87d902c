"""Plot of the weights of each layer during training."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.plots.names import short
from nncli.explain.plots.panels import evenly_spaced
from nncli.explain.plots.style import COLORS, LINE_STYLES, ORANGE, new_figure
from nncli.explain.plots.subject import NotApplicableError, Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 100  # weights that get a line each
_BINS = 61
_MOST_TIMES = 200  # columns of a histogram
_MOST_LAYERS = 8
_PERCENTILES = (
    ("median", "-", [50]),
    ("percentiles 25 and 75", "--", [25, 75]),
    ("percentiles 5 and 95", ":", [5, 95]),
)


def weights_history(subject: Subject) -> "Figure":
    """Draw the weights of each layer over the epochs: as lines if they are few, else histograms."""
    recorded, blocks = subject.recorded_weights, subject.model.network.blocks
    if len(recorded) < 2:
        raise NotApplicableError("needs two recorded copies; use a smaller training.record_weights")
    named = recorded.named(subject.model.network)
    shown = blocks if len(blocks) <= _MOST_LAYERS else (*blocks[: _MOST_LAYERS - 1], blocks[-1])
    figure = new_figure(7.4, 2.5 * len(shown) + 0.8)
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for axes, block in zip(panels, shown, strict=True):
        inputs, units = block.inputs, block.outputs
        weights = named[block.weights].reshape(len(recorded), -1)
        is_few = weights.shape[1] <= _FEW
        (_draw_lines if is_few else _draw_histograms)(figure, axes, recorded.epochs, weights)
        how = "a line each" if is_few else "their histogram"
        axes.set_title(f"layer {block.number}: {inputs:,} × {units:,} weights, {how}", fontsize=10)
        axes.set_ylabel("weight")
    panels[-1].set_xlabel("epoch")
    labeled = [axes.get_legend_handles_labels() for axes in panels]
    if shared := next((each for each in labeled if each[0]), None):
        figure.legend(*shared, loc="outside lower left", ncols=len(_PERCENTILES))
    left_out = len(blocks) - len(shown)
    some = f" (without {left_out} of {len(blocks)} layers)" if left_out else ""
    figure.suptitle(
        f"{short(subject.name, 40)}: weights during training{some}",
        x=0.01,
        horizontalalignment="left",
    )
    return figure


def _draw_lines(
    figure: "Figure", axes: "Axes", epochs: NDArray[np.float64], weights: NDArray[Any]
) -> None:
    for number, values in enumerate(weights.T):
        color, style = COLORS[number % len(COLORS)], LINE_STYLES[number // len(COLORS) % 4]
        axes.plot(epochs, values, style, color=color, linewidth=1.2)


def _draw_histograms(
    figure: "Figure", axes: "Axes", epochs: NDArray[np.float64], weights: NDArray[Any]
) -> None:
    """Draw the histogram of each copy as a column of colors, with percentiles as lines."""
    from matplotlib.colors import LogNorm

    kept = evenly_spaced(len(epochs), _MOST_TIMES)
    times, copies = epochs[kept], weights[kept]
    largest = float(np.abs(copies).max()) or 1.0
    edges = np.linspace(-largest, largest, _BINS + 1)
    shares = np.array([np.histogram(copy, edges)[0] for copy in copies]) / weights.shape[1]
    sides = np.concatenate([times[:1], (times[1:] + times[:-1]) / 2, times[-1:]])
    smallest = 1 / weights.shape[1]
    filled = axes.pcolormesh(
        sides, edges, np.ma.masked_equal(shares.T, 0), cmap="Blues", rasterized=True,
        norm=LogNorm(smallest, max(float(shares.max()), 2 * smallest)),
    )  # fmt: skip
    bar = figure.colorbar(filled, ax=axes, label="share of the weights")
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.2g} %")
    bar.minorticks_off()
    for label, style, percents in _PERCENTILES:
        lines = np.array([np.percentile(copy, percents) for copy in copies])
        axes.plot(times, lines[:, 0], style, color=ORANGE, label=label)
        axes.plot(times, lines[:, 1:], style, color=ORANGE)
