"""Plots of a regression: residuals, and predicted against true values."""

from typing import TYPE_CHECKING

import numpy as np

from nncli.base.words import count
from nncli.explain.plots.names import number_text, short
from nncli.explain.plots.panels import Numbers, drawn_rows, drawn_words, grid
from nncli.explain.plots.style import BLUE, GRAY, ORANGE, whole_numbers
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.metrics.regression import per_target
from nncli.model.row_outputs import RowOutputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 200  # points that are drawn larger


def residuals(subject: Subject) -> "Figure":
    """Draw the errors against the predictions of each target, with a histogram."""
    found = _outputs(subject)
    figure, parts = grid(len(found.names), 5.2, 3.4, _title(subject, "residuals", found))
    for part, name, true, predicted in zip(
        parts, found.names, found.truth.T, found.numbers.T, strict=True
    ):
        axes, beside = part.subplots(1, 2, sharey=True, width_ratios=[3, 1])
        errors = predicted - true
        drawn = drawn_rows(np.abs(errors))
        _draw_points(axes, predicted[drawn], errors[drawn])
        axes.axhline(0, color=GRAY, linewidth=1)
        beside.hist(errors, bins=_bins(errors), orientation="horizontal", color=BLUE)
        beside.axhline(np.mean(errors), color=ORANGE)
        beside.set_title(f"mean {number_text(float(np.mean(errors)), 3)}", fontsize=9)
        axes.set_xlabel(f"predicted {short(name)}")
        axes.set_ylabel(f"predicted - true {short(name)}")
        beside.set_xlabel("rows")
        whole_numbers(beside, "x")
    return figure


def predicted(subject: Subject) -> "Figure":
    """Draw the predicted against the true values of each target, with the diagonal."""
    found = _outputs(subject)
    figure, parts = grid(
        len(found.names), 4.2, 4.0, _title(subject, "predicted against true", found)
    )
    figures = per_target(found.numbers, found.truth)
    for part, name, true, values, metrics in zip(
        parts, found.names, found.truth.T, found.numbers.T, figures, strict=True
    ):
        axes = part.subplots()
        drawn = drawn_rows(np.abs(values - true))
        _draw_points(axes, true[drawn], values[drawn])
        _draw_diagonal(axes, true, values)
        axes.set_title(f"MAE {number_text(metrics['mae'])}" + _r2_words(metrics), fontsize=9)
        axes.set_xlabel(f"true {short(name)}")
        axes.set_ylabel(f"predicted {short(name)}")
    return figure


def _outputs(subject: Subject) -> RowOutputs:
    if subject.model.task != "regression":
        raise NotApplicableError(f"needs a regression; the task is {subject.model.task}")
    return subject.outputs


def _title(subject: Subject, words: str, found: RowOutputs) -> str:
    details = drawn_words(len(found))
    if len(found.names) < found.total:
        details += f"; the first {len(found.names)} of {count(found.total, 'target')}"
    return subject.titled(words, details)


def _draw_diagonal(axes: "Axes", true: Numbers, values: Numbers) -> None:
    """Draw the line of perfect predictions, over the same range on both axes."""
    low, high = min(true.min(), values.min()), max(true.max(), values.max())
    margin = 0.05 * (high - low) or max(abs(high) * 0.05, 0.5)
    ends = low - margin, high + margin
    axes.plot(ends, ends, color=GRAY, linewidth=1, linestyle="--", label="predicted = true")
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.legend(loc="upper left")


def _draw_points(axes: "Axes", x: Numbers, y: Numbers) -> None:
    size, alpha = (28, 0.7) if len(x) <= _FEW else (10, 0.5)
    axes.scatter(x, y, size, BLUE, alpha=alpha, linewidths=0)


def _bins(errors: Numbers) -> Numbers:
    """Return the edges of a histogram, also of errors that are all nearly the same."""
    low, high = float(errors.min()), float(errors.max())
    least = 1e-6 * max(abs(low), abs(high)) or 1.0
    if high - low < least:
        return np.array([low - least, high + least])
    return np.linspace(low, high, int(np.clip(np.sqrt(len(errors)), 5, 40)) + 1)


def _r2_words(metrics: dict[str, float]) -> str:
    return f", R² {metrics['r2']:.3f}" if "r2" in metrics else ""
