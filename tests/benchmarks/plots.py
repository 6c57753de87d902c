"""Plot how the time grows with the work."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.benchmarks.scaling import Curve


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Write a PNG with a panel per axis: the points and the fitted line of each contender."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    columns = 2
    groups = [[*each] for _, each in groupby(curves, lambda curve: curve.axis)]
    rows = -(-len(groups) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(9, 3.5 * rows), squeeze=False, layout="constrained"
    )
    for group, panel in zip(groups, axes.flat, strict=False):
        _panel(group, panel)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _panel(curves: Sequence[Curve], panel: Any) -> None:
    for number, curve in enumerate(curves):
        line = [curve.factor * flops**curve.exponent for flops in curve.flops]
        color = f"C{number}"
        panel.loglog(curve.flops, curve.seconds, "o", color=color)
        label = f"{curve.contender}, exponent {curve.exponent:.2f}"
        panel.loglog(curve.flops, line, "-", color=color, label=label)
    axis = curves[0].axis
    panel.set_title(axis.title, fontsize=10)
    panel.set_xlabel(f"FLOPs of the matrix products, {axis.unit}")
    panel.set_ylabel(f"seconds, {axis.unit}")
    panel.legend(fontsize=8)
    panel.grid(visible=True, which="both", alpha=0.3)
