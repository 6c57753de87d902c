"""Plot how nncli's time grows with the work."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.scaling import Curve


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Write a PNG with a panel per curve: its points and the fitted line."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    columns = 2
    rows = -(-len(curves) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(9, 3.5 * rows), squeeze=False, layout="constrained"
    )
    for curve, panel in zip(curves, axes.flat, strict=False):
        _panel(curve, panel)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _panel(curve: Curve, panel: Any) -> None:
    line = [curve.factor * flops**curve.exponent for flops in curve.flops]
    panel.loglog(curve.flops, curve.seconds, "o", color="tab:blue")
    panel.loglog(curve.flops, line, "-", color="tab:orange", label=f"exponent {curve.exponent:.2f}")
    panel.set_title(curve.axis.title, fontsize=10)
    panel.set_xlabel(f"FLOPs of the matrix products, {curve.axis.unit}")
    panel.set_ylabel(f"seconds, {curve.axis.unit}")
    panel.legend()
    panel.grid(visible=True, which="both", alpha=0.3)
