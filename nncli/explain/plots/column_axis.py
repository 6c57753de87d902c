"""Axes that show a column: its name, and texts or dates at its ticks."""

from typing import TYPE_CHECKING

from nncli.explain.plots.columns import PlotColumn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_DATES = 4  # on an axis, as they are wide
_MOST_SLANTED = 8  # texts that have room side by side in a small panel


def draw_column_axis(axes: "Axes", name: str, column: PlotColumn) -> None:
    """Label the axis ``x`` or ``y`` with a column and, for texts and parts of dates, its values."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = {"x": axes.xaxis, "y": axes.yaxis}[name]
    axis.set_label_text(column.name)
    if column.ticks:
        axis.set_ticks(range(len(column.ticks)), column.ticks)
        if name == "x":
            axis.set_tick_params(rotation=90 if len(column.ticks) > _MOST_SLANTED else 30)
    elif column.part == "days":
        axis.set_major_locator(MaxNLocator(_MOST_DATES, integer=True))
        axis.set_major_formatter(FuncFormatter(lambda value, _: column.text(value)))
