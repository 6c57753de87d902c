"""Plot of a comparison: the curves of several runs over the epochs."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.base.errors import DataError, UsageError
from nncli.base.notes import Note
from nncli.base.words import count
from nncli.explain.plots.curves import log_if_wide
from nncli.explain.plots.names import in_legend, short
from nncli.explain.plots.style import COLORS, GRAY, LINE_STYLES, new_figure
from nncli.runs.compared_run import ComparedRun
from nncli.runs.comparison import Comparison
from nncli.training.history_file import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SPLITS = ("train", "validation")
_MOST_NAMED = 12  # runs in the legend
_MOST_DIFFERENCES = 2  # settings in a legend
_LABEL_WIDTH = 44


@dataclass(frozen=True)
class _Curves:
    """The histories of a run, one per model, and how it is drawn."""

    run: ComparedRun
    histories: list[Table]
    label: str | None
    look: dict[str, Any]

    def lines(self, column: str) -> list[list[float]]:
        """Return the values of each model that has the column."""
        return [table[column] for table in self.histories if column in table]

    def values(self, split: str, metric: str) -> list[float]:
        """Return the values of all models and epochs."""
        return [value for line in self.lines(f"{split}_{metric}") for value in line]


def comparison_curves(found: Comparison, note: Note) -> "Figure":
    """Draw the loss and the compared metric of every run over the epochs.

    Runs without a readable history are left out, and noted. Raises `UsageError` if none is left.
    """
    runs = [*_read(found, note)]
    if not runs:
        raise UsageError("no run has a history to plot; train at least one epoch")
    metrics = [
        name
        for name in dict.fromkeys(("loss", found.metric))
        if any(each.lines(f"train_{name}") for each in runs)
    ]
    splits = [name for name in _SPLITS if any(each.lines(f"{name}_loss") for each in runs)]
    figure = new_figure(1.0 + 4.2 * len(splits), 1.6 + 2.8 * len(metrics))
    panels = figure.subplots(len(metrics), len(splits), sharex=True, sharey="row", squeeze=False)
    for row, metric in zip(panels, metrics, strict=True):
        for axes, split in zip(row, splits, strict=True):
            _draw(axes, runs, f"{split}_{metric}")
        _scale(row[0], [v for name in splits for each in runs for v in each.values(name, metric)])
        row[0].set_ylabel(metric.replace("_", " "))
    for axes, split in zip(panels[0], splits, strict=True):
        axes.set_title(f"{split} rows")
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
    _head(figure, runs)
    _draw_legend(figure, runs)
    return figure


def _read(found: Comparison, note: Note) -> Iterator[_Curves]:
    """Yield the curves of each run that has a history, the best run first."""
    names = _names(found)
    for at, run in enumerate(found.runs):
        try:
            histories = run.histories()
        except DataError as error:
            note(f"{error.args[0]}; left out of the plot")
            continue
        is_named = at < _MOST_NAMED
        # 12 pairs differ, as the colors repeat after 6 runs and the line styles after 4.
        color, style = COLORS[at % len(COLORS)], LINE_STYLES[at % len(LINE_STYLES)]
        named = {"color": color, "linestyle": style, "linewidth": 1.6}
        look = named if is_named else {"color": GRAY, "linewidth": 0.6, "alpha": 0.5}
        yield _Curves(run, histories, names[at] if is_named else None, look)


def _names(found: Comparison) -> list[str]:
    """Return the name of each run for the legend, with the settings that differ if they are few."""
    times = Counter(run.path.name for run in found.runs)
    differences = found.differences
    shown = differences if len(differences) <= _MOST_DIFFERENCES else {}
    names = []
    for at, run in enumerate(found.runs):
        is_unique = run.path.name and times[run.path.name] == 1
        parts = [run.path.name if is_unique else str(run.path)]
        if run.varies:
            parts.append(f"{run.models} {run.varies}")
        parts += [
            f"{key.rpartition('.')[2]} {json.dumps(values[at], ensure_ascii=False)}"
            for key, values in shown.items()
            if values[at] is not None and key != f"training.{run.varies}"
        ]
        names.append(in_legend(short(", ".join(parts), _LABEL_WIDTH)))
    return names


def _draw(axes: "Axes", runs: Sequence[_Curves], column: str) -> None:
    """Draw a column of the history of all runs; the best run last, on top."""
    for each in reversed(runs):
        lines = each.lines(column)
        if len(lines) > 1:
            _draw_band(axes, lines, each)
        elif lines:
            epochs = np.arange(1, len(lines[0]) + 1)
            axes.plot(epochs, lines[0], label=each.label, **each.look)
            best = int(each.run.best_epoch or 0)
            if each.label and 0 < best <= len(epochs):
                axes.plot(best, lines[0][best - 1], "o", color=each.look["color"], markersize=4)


def _draw_band(axes: "Axes", lines: list[list[float]], each: _Curves) -> None:
    """Draw the models of a run as thin lines, with their mean and deviation.

    The mean ends where the first model stops, so that it is always of the same models.
    """
    thin = {**each.look, "linewidth": 0.5, "alpha": 0.5}
    for line in lines:
        axes.plot(np.arange(1, len(line) + 1), line, **thin)
    common = min(map(len, lines))
    values = np.array([line[:common] for line in lines])
    epochs, mean, deviation = np.arange(1, common + 1), values.mean(0), values.std(0, ddof=1)
    edges = mean - deviation, mean + deviation
    axes.fill_between(epochs, *edges, color=each.look["color"], alpha=0.2, linewidth=0)
    axes.plot(epochs, mean, label=each.label, **each.look)


def _scale(axes: "Axes", values: Sequence[float]) -> None:
    """Choose the scale for all values; a band below 0 has no place on a logarithmic one."""
    log_if_wide(axes, values)
    if axes.get_yscale() == "log":
        axes.set_ylim(min(values) / 1.2, max(values) * 1.2)


def _head(figure: "Figure", runs: Sequence[_Curves]) -> None:
    """Write the title, and what lines and dots mean."""
    more = sum(each.label is None for each in runs)
    kinds = dict.fromkeys(each.run.varies for each in runs if each.run.varies)
    lines = [f"comparison of {count(len(runs), 'run')}"]
    words = []
    if kinds:
        words.append(
            f"line and band: mean ± sample standard deviation over {' and '.join(kinds)}; thin "
            "lines: single models"
        )
    if any(not each.run.varies for each in runs):
        words.append("dot: epoch of the weights")
    if more:
        words.append(f"gray: {count(more, 'other run')}")
    lines += wrap("; ".join(words), int(figure.get_figwidth() * 14))
    figure.suptitle("\n".join(lines), x=0.01, horizontalalignment="left", fontsize=10)


def _draw_legend(figure: "Figure", runs: Sequence[_Curves]) -> None:
    """Draw a legend of the named runs below the panels."""
    from matplotlib.lines import Line2D

    named = [each for each in runs if each.label]
    handles = [Line2D([], [], **each.look) for each in named]
    labels = [each.label for each in named if each.label]
    columns = 2 if figure.get_figwidth() > 6 else 1
    figure.legend(handles, labels, loc="outside lower left", ncols=columns)
