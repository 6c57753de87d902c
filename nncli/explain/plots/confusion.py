"""Plots of the confusion of classes and labels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.base.words import count
from nncli.explain.plots.names import short
from nncli.explain.plots.panels import grid
from nncli.explain.plots.style import BLUE, SEQUENTIAL, one_axes, whole_numbers
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.metrics.classes import Counts, confusion_matrix, confusion_of, pairs_of
from nncli.metrics.means import quotient
from nncli.metrics.scores import chosen_labels, margin_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_IN_MATRIX = 20
_MOST_WITH_SHARES = 10
_WORST = 20


def confusion(subject: Subject) -> "Figure":
    """Draw the confusion matrix, the worst confusions of many classes, or a matrix per label."""
    model = subject.model
    if model.task == "regression":
        raise NotApplicableError("needs classes or labels; the task is regression")
    if model.task == "multilabel":
        return _of_labels(subject)
    return _of_classes(subject) if len(model.classes) <= _MOST_IN_MATRIX else _worst(subject)


def _of_classes(subject: Subject) -> "Figure":
    names, found = subject.model.classes, subject.outputs
    matrix = confusion_matrix(found.classes, found.chosen, len(names))
    size = max(4.6, 0.62 * min(len(names), 10) + 0.35 * max(0, len(names) - 10) + 2.2)
    figure, axes = one_axes(size + 1.0, size)
    right = np.trace(matrix) / matrix.sum()
    axes.set_title(subject.titled("confusion", f"{_threshold_words(subject)}; {right:.1%} right"))
    _draw_matrix(axes, matrix, [short(name, 16) for name in names])
    axes.set(xlabel="predicted class", ylabel="true class")
    figure.colorbar(axes.images[0], ax=axes, label="fraction of the rows of the true class")
    return figure


def _of_labels(subject: Subject) -> "Figure":
    found, margin = subject.outputs, margin_of(subject.model.threshold)
    words = _threshold_words(subject)
    if len(found.names) < found.total:
        words += f"; the {len(found.names)} most frequent of {count(found.total, 'label')}"
    figure, parts = grid(len(found.names), 3.0, 2.9, subject.titled("confusion by label", words))
    for part, name, truth, odds in zip(
        parts, found.names, found.truth.T, found.numbers.T, strict=True
    ):
        axes = part.subplots()
        matrix = confusion_matrix(truth, chosen_labels(odds, margin), 2)
        _draw_matrix(axes, matrix, ["absent", "present"])
        axes.set_title(short(name, 30), fontsize=10)
        axes.set(xlabel="predicted", ylabel="true")
    return figure


def _worst(subject: Subject) -> "Figure":
    """Draw the most frequent pairs of a true class and another predicted one."""
    names, found = subject.model.classes, subject.outputs
    pairs = pairs_of(confusion_of(found.classes, found.chosen, len(names)))
    wrong = sorted((-rows, true, chosen) for chosen, true, rows in pairs if chosen != true)
    if not wrong:
        raise NotApplicableError(f"all {count(len(found), 'row')} are predicted correctly")
    support = np.bincount(found.classes, minlength=len(names))
    shown = wrong[:_WORST]
    figure, axes = one_axes(7.0, 0.27 * len(shown) + 1.6)
    of_all = f"the {len(shown)} most frequent of {count(len(wrong), 'confusion')}"
    axes.set_title(subject.titled("confusion", f"; {of_all}\nbetween {len(names)} classes"))
    places = np.arange(len(shown))
    bars = axes.barh(places, [-rows for rows, _, _ in shown], color=BLUE)
    shares = [f"{-rows} ({_percent(-rows / support[true])})" for rows, true, _ in shown]
    axes.bar_label(bars, shares, padding=3, fontsize=8)
    labels = [f"{short(names[true])} as {short(names[chosen])}" for _, true, chosen in shown]
    axes.set_yticks(places, labels, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="rows (share of the true class)", ylabel="true class as predicted class")
    whole_numbers(axes, "x")
    return figure


def _draw_matrix(axes: "Axes", matrix: Counts, names: Sequence[str]) -> None:
    """Draw counts in cells colored by their share of the row."""
    support = matrix.sum(axis=1, keepdims=True)
    shares = quotient(matrix, np.broadcast_to(support, matrix.shape))
    axes.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1)
    axes.grid(visible=False)
    places = range(len(names))
    turned: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(places, names, **(turned if max(map(len, names)) > 7 else {}))
    axes.set_yticks(places, names)
    with_share = len(names) <= _MOST_WITH_SHARES
    for (row, column), rows in np.ndenumerate(matrix):
        share = float(shares[row, column])
        text = f"{rows}\n{_percent(share)}" if with_share and rows else f"{rows}"
        color = "black" if share > 0.55 else "white"
        axes.text(
            column, row, text, color=color, ha="center", va="center",
            fontsize=8 if with_share else 7,
        )  # fmt: skip


def _percent(share: float) -> str:
    """Return a share in percent; only 1 is 100%."""
    if 0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{share:.0%}"


def _threshold_words(subject: Subject) -> str:
    threshold = subject.model.threshold
    return "" if threshold is None else f"; threshold {threshold:g}"
