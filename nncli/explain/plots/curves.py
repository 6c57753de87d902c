"""Plots of the history of a run: curves, learning rate, gradients."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nncli.explain.plots.names import short
from nncli.explain.plots.panels import legend_beside
from nncli.explain.plots.style import (
    BLUE,
    COLORS,
    GRAY,
    GREEN,
    LINE_STYLES,
    ORANGE,
    log_axis,
    new_figure,
    one_axes,
    whole_numbers,
)
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.metrics.names import PENALTY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SPLITS = {"train": (BLUE, "-"), "validation": (ORANGE, "--")}
_LOG_RATIO = 30  # a logarithmic axis shows a range of more than this better
_FEW = 40  # epochs that get a marker each


def curves(subject: Subject) -> "Figure":
    """Draw the losses, the metrics and any penalty over the epochs, with the best epoch."""
    history = subject.history
    metrics = _metrics_of(history)
    figure = new_figure(7.0, 2.9 * len(metrics) + 0.6)
    panels = figure.subplots(len(metrics), 1, sharex=True, squeeze=False)[:, 0]
    for axes, metric in zip(panels, metrics, strict=True):
        lines = _by_split(history, metric)
        for split, values in lines.items():
            color, style = _SPLITS[split]
            draw_line(axes, history["epoch"], values, label=split, color=color, style=style)
        log_if_wide(axes, [value for values in lines.values() for value in values])
        axes.set_ylabel(metric.replace("_", " "))
    _mark_best([*panels], subject)
    panels[0].set_title(f"{short(subject.name, 40)}: training")
    panels[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    _draw_epochs(panels[-1])
    return figure


def rate(subject: Subject) -> "Figure":
    """Draw the learning rate of every epoch."""
    history = subject.history
    if "learning_rate" not in history:
        raise NotApplicableError("needs learning rates in history.csv, and it has none")
    figure, axes = one_axes(7.0, 3.2)
    draw_line(axes, history["epoch"], history["learning_rate"])
    axes.set_ylim(bottom=0)
    axes.set_title(f"{short(subject.name, 40)}: learning rate")
    _draw_epochs(axes)
    axes.set_ylabel("learning rate")
    return figure


def gradients(subject: Subject) -> "Figure":
    """Draw the gradient norm of each layer, and the fraction of saturated activations."""
    history = subject.history
    norms = _by_layer(history, "gradient_norm")
    if not norms:
        raise NotApplicableError("needs gradient norms in history.csv, which earlier versions lack")
    saturated = _by_layer(history, "saturated")
    figure = new_figure(7.0, 5.8 if saturated else 3.6)
    panels = figure.subplots(2 if saturated else 1, 1, sharex=True, squeeze=False)[:, 0]
    labels = ["gradient norm", "saturated fraction"]
    for axes, layers, label in zip(panels, [norms, saturated], labels, strict=False):
        for number, values in layers.items():
            color = COLORS[(number - 1) % len(COLORS)]
            style = LINE_STYLES[(number - 1) % len(LINE_STYLES)]
            draw_line(
                axes, history["epoch"], values, label=f"layer {number}", color=color, style=style
            )
        axes.set_ylabel(label)
    if any(value > 0 for values in norms.values() for value in values):
        log_axis(panels[0])
    if saturated:
        panels[1].set_ylim(-0.02, 1.02)
        panels[1].set_title("saturated: slope below a tenth of its maximum", fontsize=9)
    panels[0].set_title(f"{short(subject.name, 40)}: gradients by layer")
    legend_beside(panels[0])
    _draw_epochs(panels[-1])
    return figure


def draw_line(
    axes: "Axes",
    x: Sequence[float],
    y: Sequence[float],
    *,
    label: str | None = None,
    color: str = BLUE,
    style: str = "-",
) -> None:
    """Draw a line, with a marker at each point if there are few."""
    marker = "o" if len(x) <= _FEW else ""
    axes.plot(x, y, style, color=color, label=label, marker=marker, markersize=3)


def _draw_epochs(axes: "Axes") -> None:
    axes.set_xlabel("epoch")
    whole_numbers(axes, "x")


def _metrics_of(history: dict[str, list[float]]) -> list[str]:
    """Return the loss and the other values that the history has of training or validation rows.

    The penalty of the weights is the last.
    """
    names = [
        name.removeprefix(f"{split}_")
        for name in history
        for split in _SPLITS
        if name.startswith(f"{split}_")
    ]
    return [*dict.fromkeys(names), *([PENALTY] if PENALTY in history else [])]


def _by_split(history: dict[str, list[float]], metric: str) -> dict[str, list[float]]:
    """Return the values of a metric by split; the penalty is one of training."""
    if metric == PENALTY:
        return {"train": history[PENALTY]}
    columns = {split: history.get(f"{split}_{metric}", []) for split in _SPLITS}
    return {split: values for split, values in columns.items() if values}


def _by_layer(history: dict[str, list[float]], prefix: str) -> dict[int, list[float]]:
    """Return the columns ``prefix_N`` by layer number."""
    columns = {
        name.removeprefix(f"{prefix}_"): values
        for name, values in history.items()
        if name.startswith(f"{prefix}_")
    }
    return {int(number): values for number, values in columns.items() if number.isdecimal()}


def log_if_wide(axes: "Axes", values: Sequence[float]) -> None:
    """Make the y axis logarithmic if the values are positive and of very different size."""
    if min(values) > 0 and max(values) > _LOG_RATIO * min(values):
        log_axis(axes)


def _mark_best(panels: "Sequence[Axes]", subject: Subject) -> None:
    """Mark the epoch of the model's weights in all panels, if validation rows chose it."""
    model = subject.known
    if model is None or "validation" not in model.metrics or not model.training["epochs"]:
        return
    best, last = model.training["best_epoch"], model.training["epochs"]
    for axes in panels:
        axes.axvline(best, color=GREEN, linewidth=1)
    panels[0].margins(y=0.12)  # room for the text above the lines
    is_left = 2 * best > last  # the side with more room
    panels[0].annotate(
        f"best epoch {best}",
        (best, 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if is_left else 4, 0),
        textcoords="offset points",
        horizontalalignment="right" if is_left else "left",
        verticalalignment="top",
        color=GRAY,
        fontsize=8,
    )
