"""Plots of probabilities: ROC, precision and recall, calibration, thresholds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nncli.base.words import count
from nncli.explain.plots.names import short
from nncli.explain.plots.panels import grid, legend_beside, line_looks, thinned
from nncli.explain.plots.style import BLUE, COLORS, GRAY, LINE_STYLES, one_axes, whole_numbers
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.metrics.curves import at_thresholds, precision_recall_curve, roc_curve
from nncli.metrics.means import Flags, Numbers
from nncli.metrics.probabilities import calibration as calibrated
from nncli.metrics.probabilities import ece, sigmoid
from nncli.metrics.ranking import Ranking, ranking, ranking_metrics
from nncli.model.row_outputs import RowOutputs
from nncli.model.thresholds import gives_probabilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_THRESHOLDS = np.linspace(0, 1, 501)
_ECE_WORDS = "ECE: mean distance from the dotted line, weighted by rows"


def roc(subject: Subject) -> "Figure":
    """Draw the ROC curve of the positive class, or of each class or label against the others."""
    found = _outputs(subject)
    ranked = [(name, each) for name, each in _ranked(found) if _has_both(each)]
    if not ranked:
        raise NotApplicableError("needs rows of two classes among those evaluated")
    figure, axes = one_axes(7.4, 4.4)
    for (name, each), look in zip(ranked, line_looks(), strict=False):
        area = ranking_metrics(each)["roc_auc"]
        label = f"area {area:.4f}: {_rows_words(subject, found, name, each)}"
        axes.plot(*thinned(*roc_curve(each)), label=label, **look)
    axes.plot([0, 1], [0, 1], color=GRAY, linewidth=1, linestyle=":", label="area 0.5: chance")
    axes.set_title(subject.titled("ROC curve", _of_words(subject, found, len(ranked))))
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    legend_beside(axes)
    return figure


def precision_recall(subject: Subject) -> "Figure":
    """Draw precision against recall of the positive class, or of each class or label."""
    found = _outputs(subject)
    ranked = [(name, each) for name, each in _ranked(found) if each.positives[-1]]
    if not ranked:
        raise NotApplicableError("needs a row of the positive class among those evaluated")
    figure, axes = one_axes(7.4, 4.4)
    for (name, each), look in zip(ranked, line_looks(), strict=False):
        area = ranking_metrics(each)["average_precision"]
        points = thinned(*precision_recall_curve(each))
        label = f"average {area:.4f}: {_rows_words(subject, found, name, each)}"
        axes.plot(*points, drawstyle="steps-pre", label=label, **look)
    if len(ranked) == 1:
        share = ranked[0][1].positives[-1] / len(found)
        axes.axhline(
            share, color=GRAY, linewidth=1, linestyle=":", label=f"average {share:.4f}: chance"
        )
    axes.set_title(subject.titled("precision and recall", _of_words(subject, found, len(ranked))))
    axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    legend_beside(axes)
    return figure


def calibration(subject: Subject) -> "Figure":
    """Draw how often predicted probabilities come true, with the number of rows below."""
    found = _probable(subject)
    events = [*_events(subject, found)]
    words = "calibration"
    if subject.model.task == "multilabel":
        words += " by label"
    details = f"{_of_words(subject, found)}\n{_ECE_WORDS}"
    figure, parts = grid(len(events), 4.0, 4.2, subject.titled(words, details))
    for part, (name, of_event, occurred, probabilities) in zip(parts, events, strict=True):
        above, below = part.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        _draw_bins(above, below, occurred, probabilities)
        if name:
            above.set_title(short(name, 30), fontsize=10)
        above.set_ylabel(f"fraction of rows {of_event}")
        below.set_xlabel("predicted probability")
    return figure


def threshold(subject: Subject) -> "Figure":
    """Draw precision, recall, F1 and accuracy over the threshold, with the model's own."""
    own = subject.model.threshold
    if own is None:
        raise NotApplicableError("needs a model with a threshold: two classes, or labels")
    found = _probable(subject)
    title = subject.titled("metrics over the threshold", _of_words(subject, found))
    several = len(found.names) > 1
    figure, parts = grid(len(found.names), 4.0 if several else 6.6, 3.4, title)
    for part, name, truth, odds in zip(
        parts, found.names, found.truth.T, found.numbers.T, strict=True
    ):
        axes = part.subplots()
        metrics = vars(at_thresholds(truth, odds, _THRESHOLDS))
        for (metric, values), color, style in zip(
            metrics.items(), COLORS, LINE_STYLES, strict=False
        ):
            label = metric.replace("f1", "F1")
            axes.plot(_THRESHOLDS, values, color=color, linestyle=style, label=label)
        axes.axvline(own, color=GRAY, linewidth=1.2, label=f"model: {own:g}")
        axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), ylabel="metric")
        of = _event(subject, name) if subject.model.task == "binary" else short(name)
        axes.set_xlabel(f"threshold of the probability of {of}")
        legend_beside(axes)
    return figure


def _outputs(subject: Subject) -> RowOutputs:
    if subject.model.task == "regression":
        raise NotApplicableError("needs classes or labels; the task is regression")
    return subject.outputs


def _probable(subject: Subject) -> RowOutputs:
    found = _outputs(subject)
    if not gives_probabilities(subject.model.network):
        raise NotApplicableError("needs outputs that are probabilities: sigmoid or softmax")
    return found


def _ranked(found: RowOutputs) -> Iterator[tuple[str, Ranking]]:
    """Yield each name with its ranking of the rows."""
    for name, truth, scores in zip(found.names, found.truth.T, found.numbers.T, strict=True):
        yield name, ranking(truth, scores)


def _rows_words(subject: Subject, found: RowOutputs, name: str, ranked: Ranking) -> str:
    """Return a name for the legend, of several with the number of positive rows."""
    if subject.model.task == "binary":
        return _event(subject, name)
    if len(found.names) == 1:
        return short(name)
    return f"{short(name)} ({count(int(ranked.positives[-1]), 'row')})"


def _event(subject: Subject, name: str) -> str:
    """Return what the probability of one of two classes is about."""
    return f"{short(subject.model.targets[0])} = {short(name)}"


def _has_both(found: Ranking) -> bool:
    return bool(found.positives[-1] and found.negatives[-1])


def _of_words(subject: Subject, found: RowOutputs, drawn: int | None = None) -> str:
    """Return for a title which of the classes or labels are drawn, and the positive class."""
    task = subject.model.task
    if task == "binary":
        return f"; positive class {short(found.names[0])}"
    if task == "multiclass" and drawn is None:
        return "; probability of the predicted class"
    parts = "class" if task == "multiclass" else "label"
    shown = len(found.names) if drawn is None else drawn
    words = "; each class against the others" if task == "multiclass" else ""
    if shown < found.total:
        words += f"\nthe {shown} most frequent of {count(found.total, parts)}"
    return words


def _events(subject: Subject, found: RowOutputs) -> Iterator[tuple[str, str, Flags, Numbers]]:
    """Yield a title, the event in words, whether it occurred, and its probability."""
    if subject.model.task == "multiclass":
        yield "", "predicted correctly", found.chosen == found.classes, found.largest
        return
    for name, truth, odds in zip(found.names, found.truth.T, found.numbers.T, strict=True):
        if subject.model.task == "binary":
            yield "", f"with {_event(subject, name)}", truth, sigmoid(odds)
        else:
            yield name, "with the label", truth, sigmoid(odds)


def _draw_bins(above: "Axes", below: "Axes", occurred: Flags, probabilities: Numbers) -> None:
    found = calibrated(occurred, probabilities)
    error = ece(occurred, probabilities)
    above.plot([0, 1], [0, 1], color=GRAY, linewidth=1, linestyle=":", label="perfect")
    above.plot(
        found.probability, found.frequency, color=BLUE, marker="o", label=f"model: ECE {error:.4f}"
    )
    above.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    above.legend(loc="best")
    starts = found.edges[found.bins]
    below.bar(starts, found.rows, width=0.1, align="edge", color=BLUE, edgecolor="white")
    below.set_ylabel("rows")
    whole_numbers(below, "y")
