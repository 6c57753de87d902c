"""Rows of a table as text in a figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.explain.plots.columns import columns_of
from nncli.explain.plots.names import short
from nncli.explain.plots.style import GRAY, new_figure
from nncli.explain.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MONOSPACE = ["DejaVu Sans Mono", "DejaVu Sans"]  # the second has more glyphs
CHARACTER_WIDTH = 1233 / 2048  # as a fraction of the font size

_FONT_SIZE = 8.5
_LINE_INCHES = 0.2
LISTED = 2, 11  # labels of a row that are named, and their most characters
_CELL, _LONG_CELL = 14, 36  # characters; the second number for truth and prediction
_MOST_CHARACTERS = 110  # in a line; columns that do not fit are counted


def table_figure(header: Sequence[str], lines: Sequence[Sequence[str]]) -> "Figure":
    """Return a figure with a line of text per row, and room for a title."""
    cells = [[short(cell, _LONG_CELL) for cell in line] for line in (header, *lines)]
    starts = np.cumsum([0, *(max(map(len, column)) + 2 for column in zip(*cells, strict=True))])
    shown = max(1, int((starts[1:] <= _MOST_CHARACTERS).sum()))
    if left_out := len(header) - shown:
        cells[0] = [*cells[0][:shown], f"and {left_out} more"]
    characters = int(starts[shown]) + (14 if left_out else 0)
    width = characters * CHARACTER_WIDTH * _FONT_SIZE / 72
    figure = new_figure(max(6.0, width + 0.3), _LINE_INCHES * len(cells) + 0.7)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(0, max(6.0, width + 0.3) / (width + 0.3) * characters)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.axhline(0.45, color=GRAY, linewidth=0.8)
    for number, line in enumerate(cells):
        for start, cell in zip(starts, line[: shown + bool(left_out and not number)], strict=False):
            axes.text(start, number, cell, family=MONOSPACE, fontsize=_FONT_SIZE, va="center")
    return figure


def columns_as_text(
    subject: Subject, split: str, rows: NDArray[np.intp]
) -> tuple[list[str], list[list[str]]]:
    """Return the names of columns, and a list of texts per row of a split."""
    dataset = subject.dataset
    inputs = take_rows(dataset.splits[split].inputs, dataset.splits[split].rows[rows])
    columns = columns_of(dataset.columns, dataset.encoding)[: _MOST_CHARACTERS // 4]
    values = [column.values(inputs) for column in columns]
    cells = [
        [
            short(column.text(own[number]), _CELL)
            for column, own in zip(columns, values, strict=True)
        ]
        for number in range(len(rows))
    ]
    left_out = [""] * (len(columns_of(dataset.columns, dataset.encoding)) - len(columns))
    return [*(short(column.name, _CELL) for column in columns), *left_out], [
        [*line, *left_out] for line in cells
    ]
