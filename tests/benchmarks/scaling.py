"""How the time grows with the work: rows, width, depth, batch, and falls with threads."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from tests.benchmarks.cases import quick
from tests.benchmarks.measure import Answer
from tests.benchmarks.registry import COMPILED, NNCLI, Contender
from tests.benchmarks.work import Work

ROWS = 8_192
_SEEN = 60_000  # rows in the timed epochs: the first steps of a process can be slower


@dataclass(frozen=True)
class Axis:
    """Pieces of work of one kind and increasing size.

    Attributes
    ----------
    title : str
    unit : str
        ``an epoch`` or ``a step``.
    works : tuple of Work
    """

    title: str
    unit: str
    works: tuple[Work, ...]

    def parts(self, work: Work) -> float:
        """Return the number of units in a round of `work`."""
        return 1.0 if self.unit == "an epoch" else work.rows / work.batch_rows


@dataclass(frozen=True)
class Curve:
    """The points of a contender, and their fitted line: seconds = factor * flops ** exponent."""

    axis: Axis
    contender: str
    flops: list[float]
    seconds: list[float]
    exponent: float
    factor: float


def _work(*units: int, rows: int = ROWS, batch_rows: int = 64) -> Work:
    sizes = (784, *units, 10)
    return Work("mnist", rows, sizes, batch_rows=batch_rows, timed=max(1, _SEEN // rows))


AXES = (
    Axis(
        "rows: N, 784-128-10, batch 64",
        "an epoch",
        tuple(_work(128, rows=rows) for rows in (3_750, 7_500, 15_000, 30_000, 60_000)),
    ),
    Axis(
        "width: 784-N-N-10, batch 64",
        "a step",
        tuple(_work(n, n) for n in (32, 64, 128, 256, 512, 1_024)),
    ),
    Axis(
        "depth: N layers of 128, batch 64",
        "a step",
        tuple(_work(*[128] * n) for n in (1, 2, 4, 8, 16)),
    ),
    Axis(
        "batch: N, 784-128-10",
        "a step",
        tuple(_work(128, batch_rows=n) for n in (8, 16, 32, 64, 128, 256, 1024)),
    ),
)


THREADS = ("mnist-128", "mnist-800", "deep")  # cases to measure with several numbers of threads


def quick_axis(axis: Axis) -> Axis:
    """Return an axis with two points that take milliseconds."""
    return Axis(axis.title, axis.unit, tuple(quick(work) for work in axis.works[1:3]))


def with_threads(cores: int) -> dict[int, Contender]:
    """Return nncli's compiled engine with 1, 2, 4, ... threads, and with one per core."""
    counts = sorted({*(2**n for n in range(cores.bit_length()) if 2**n < cores), cores})
    engine = NNCLI[COMPILED]
    return {n: replace(engine, name=f"{engine.name} ×{n}", threads=n) for n in counts}


def curve(axis: Axis, contender: str, repeats: Iterable[Sequence[Answer]]) -> Curve:
    """Return the medians over `repeats`, which have one answer per point, and the fitted line."""
    parts = [axis.parts(work) for work in axis.works]
    flops = [work.flops / count for work, count in zip(axis.works, parts, strict=True)]
    medians = [
        statistics.median(each.seconds for each in answers)
        for answers in zip(*repeats, strict=True)
    ]
    seconds = [median / count for median, count in zip(medians, parts, strict=True)]
    return Curve(axis, contender, flops, seconds, *fit(flops, seconds))


def fit(flops: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """Return exponent and factor of a power law, fitted by least squares of the logarithms."""
    if len(set(flops)) < 2:  # a line needs two points
        return 0.0, seconds[0]
    line = statistics.linear_regression([*map(log, flops)], [*map(log, seconds)])
    return line.slope, exp(line.intercept)
