"""The plot of permutation importance."""

from typing import TYPE_CHECKING

import numpy as np

from nncli.base.words import count
from nncli.explain.plots.names import short
from nncli.explain.plots.style import BLUE, DIVERGING, GRAY, new_figure, one_axes
from nncli.explain.plots.subject import Subject
from nncli.metrics.names import rises
from nncli.model.importance import Importance, takes_long

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_BARS = 20
_MOST_TICKS = 5


def importance(subject: Subject) -> "Figure":
    """Draw how much worse the model gets when a column is permuted, or each pixel of images."""
    found = subject.importance
    words = f", {found.used} used" if found.used < found.rows else ""
    repeats = count(found.repeats, "permutation")
    if found.patches:
        return _picture(subject, found, f"{words}; mean of {repeats}")
    words += f"; mean and standard deviation of {repeats}"
    shown = found.order[:_MOST_BARS]
    if len(shown) < len(found.columns):
        words += f"\nthe {len(shown)} most important of {len(found.columns)} columns"
    figure = new_figure(8.0, 0.3 * len(shown) + 1.7)
    title = subject.titled("importance of the columns", words)
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=11)
    metrics = [metric for metric in found.drawbacks if metric != "loss"]
    panels = figure.subplots(1, 2, sharey=True)
    for axes, metric in zip(panels, [*metrics, "loss"], strict=True):
        _draw_bars(axes, found, metric, shown)
    panels[0].set_xlabel(_axis_words(subject, found, metrics[0]))
    panels[0].set_yticks(range(len(shown)), [short(found.columns[each], 28) for each in shown])
    panels[0].invert_yaxis()
    return figure


def is_slow(subject: Subject) -> bool:
    """Return whether the importance is drawn only if it is named."""
    return takes_long(subject.model)


def _draw_bars(axes: "Axes", found: Importance, metric: str, shown: list[int]) -> None:
    means, deviations = (each[shown] for each in found.summary(metric))
    places = np.arange(len(shown))
    axes.barh(places, means, xerr=deviations, color=BLUE, ecolor="black", capsize=2)
    axes.axvline(0, color=GRAY, linewidth=1)
    axes.grid(visible=False, axis="y")
    axes.locator_params("x", nbins=_MOST_TICKS)  # more would overlap, as they have many digits
    axes.set_xlabel(f"rise of the loss (from {found.metrics[metric]:.4g})")


def _axis_words(subject: Subject, found: Importance, metric: str) -> str:
    """Return the label of the axis of a score, with the target, whose units an MAE has."""
    value = f"{found.metrics[metric]:.4g}"
    if rises(metric):
        return f"fall of the {metric} (from {value})"
    targets = subject.model.targets
    of = short(targets[0]) if len(targets) == 1 else count(len(targets), "target")
    return f"rise of the MAE of {of} (from {value})"


def _picture(subject: Subject, found: Importance, words: str) -> "Figure":
    """Draw the rise of the loss for each patch of pixels."""
    figure, axes = one_axes(6.6, 5.2)
    means = found.summary("loss")[0].reshape(found.patches)
    ends = {"vmin": -np.abs(means).max(), "vmax": np.abs(means).max()}
    image = subject.model.preprocessing.images
    assert image is not None
    extent = (0, image.width, image.height, 0)
    shown = axes.imshow(means, cmap=DIVERGING, extent=extent, **ends)
    axes.grid(visible=False)
    axes.set_title(subject.titled("importance of the pixels", words))
    axes.set(xlabel="column of pixels", ylabel="row of pixels")
    figure.colorbar(shown, ax=axes, label=f"rise of the loss (from {found.metrics['loss']:.4g})")
    return figure
