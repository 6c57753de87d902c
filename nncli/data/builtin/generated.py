"""Data sets that are generated from the seed: two inputs, and a class or a number as the target.

Without noise, all inputs lie between -1 and 1, so that a network learns them unscaled. A new data
set is a function and an entry of `GENERATED`: the source, its keys and its starter config follow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.data.dataset import Shape
from nncli.data.splits import Split, whole
from nncli.nn.entries import Entry, Parameter, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Labels = NDArray[np.intp]
else:
    Numbers = Labels = Any

Settings = Mapping[str, Value]


def circle(labels: Labels, random: np.random.Generator) -> Numbers:
    """Return points of a disk (class 1, radius 0.5) and the ring around it (class 0, 0.7 to 1).

    They are uniform in their area: r² is uniform between the squares of both radii. Three units of
    a hidden layer can enclose the disk.
    """
    inner, outer = np.where(labels == 1, 0.0, 0.7), np.where(labels == 1, 0.5, 1.0)
    radius = np.sqrt(random.uniform(inner**2, outer**2))
    return _at(radius, random.uniform(0.0, 2 * pi, len(labels)))


def gauss(labels: Labels, random: np.random.Generator, *, classes: int) -> Numbers:
    """Return the center of each class: 0.7·(cos φ, sin φ) with φ = π/4 + 2π·class/classes.

    With noise they are clouds with a normal distribution, and the best border between two of them
    is a straight line. The best possible accuracy of two classes is Φ(0.7 / noise): 0.9998 for
    noise 0.2.
    """
    return _at(np.full(len(labels), 0.7), pi / 4 + 2 * pi * labels / classes)


def moons(labels: Labels, random: np.random.Generator) -> Numbers:
    """Return points of two half circles, each with an end in the middle of the other.

    Class 0 is (cos φ - 1/2, sin φ - 1/4)·2/3 with φ from 0 to π, class 1 its reflection in the
    origin. A few units of a hidden layer bend the border enough.
    """
    angle = random.uniform(0.0, pi, len(labels))
    arc = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    return np.where(labels == 1, -2 / 3, 2 / 3)[:, None] * arc


def spiral(labels: Labels, random: np.random.Generator, *, classes: int, turns: float) -> Numbers:
    """Return points of an arm per class: r·(cos φ, sin φ) with φ = 2π·(turns·r + class/classes).

    r is uniform between 0 and 1. It is the hardest of these data sets, the more so the more turns.
    """
    radius = random.uniform(0.0, 1.0, len(labels))
    return _at(radius, 2 * pi * (turns * radius + labels / classes))


def plane(x1: Numbers, x2: Numbers) -> Numbers:
    """Return 0.5·x1 - 0.3·x2 + 0.2: a single linear unit learns these weights and this bias."""
    return 0.5 * x1 - 0.3 * x2 + 0.2


def waves(x1: Numbers, x2: Numbers) -> Numbers:
    """Return (sin(π·x1) + sin(π·x2)) / 2: curved, but a sum of functions of one input each."""
    return (np.sin(pi * x1) + np.sin(pi * x2)) / 2


def hills(x1: Numbers, x2: Numbers) -> Numbers:
    """Return three hills and three hollows, Σ ±exp(-((x1 - c1)² + (x2 - c2)²) / (2·0.2²)).

    The centers (c1, c2) have c1 = -0.6, 0 or 0.6 and c2 = -0.4 or 0.4, with the sign of neighbors
    different. It is the hardest surface, as the height depends on both inputs together.
    """
    rows = np.exp(-((x2 - 0.4) ** 2) / 0.08) - np.exp(-((x2 + 0.4) ** 2) / 0.08)
    columns = sum((-1) ** n * np.exp(-((x1 - 0.6 * n) ** 2) / 0.08) for n in (-1, 0, 1))
    return np.asarray(-rows * columns)


def _at(radius: Numbers, angle: Numbers) -> Numbers:
    """Return the points (N, 2) at polar coordinates."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@dataclass(frozen=True)
class Generated(Entry, ABC):
    """A generated data set. Its parameters are keys of the source; `settings` are their values.

    Attributes
    ----------
    formula : function
        Computes the points of `Points`, or the targets of a `Surface`.
    """

    formula: Callable[..., Numbers]

    @property
    def title(self) -> str:
        """The summary with a capital letter."""
        return self.summary[0].upper() + self.summary[1:]

    @abstractmethod
    def class_names(self, settings: Settings) -> tuple[str, ...]:
        """Return the names of the classes; empty for a regression."""

    @abstractmethod
    def sample(self, rows: int, random: np.random.Generator, settings: Settings) -> Split:
        """Return random rows."""

    def shape(self, settings: Settings) -> Shape:
        """Return the task and the numbers of inputs and outputs."""
        classes = len(self.class_names(settings))
        if not classes:
            return Shape("regression", inputs=2, outputs=1)
        return Shape("binary" if classes == 2 else "multiclass", inputs=2, outputs=classes)


@dataclass(frozen=True)
class Points(Generated):
    """Points of classes with equally many rows, give or take one, in random order."""

    def class_names(self, settings: Settings) -> tuple[str, ...]:
        """Return the numbers of the classes: two, unless the data set has the key `classes`."""
        return tuple(map(str, range(int(settings.get("classes", 2)))))

    def sample(self, rows: int, random: np.random.Generator, settings: Settings) -> Split:
        """Return random points of each class, with noise added to both inputs."""
        labels = random.permutation(np.arange(rows) % len(self.class_names(settings)))
        others = {key: value for key, value in settings.items() if key != "noise"}
        points = self.formula(labels, random, **others)
        noise = random.normal(0.0, settings["noise"], (rows, 2))
        return whole((points + noise).astype(np.float32), labels.astype(np.uint8))


@dataclass(frozen=True)
class Surface(Generated):
    """Points that are uniform between -1 and 1, with a function of them as the target."""

    def class_names(self, settings: Settings) -> tuple[str, ...]:
        """Return no names, as the targets are numbers."""
        return ()

    def sample(self, rows: int, random: np.random.Generator, settings: Settings) -> Split:
        """Return random points and their targets, with noise added to the targets."""
        points = random.uniform(-1.0, 1.0, (rows, 2)).astype(np.float32)
        heights = self.formula(*points.T.astype(np.float64))
        noise = random.normal(0.0, settings["noise"], rows)
        return whole(points, (heights + noise)[:, None])


def _noise(default: float, of: str) -> Parameter:
    return Parameter(default, f"standard deviation of the noise of {of}", at_least=0.0, at_most=1e6)


_CLASSES = Parameter(2, "number of classes", at_least=2, at_most=10)
_TURNS = Parameter(1.5, "number of turns of each arm", at_least=0.0, at_most=100.0)
_OF_TARGETS = {"noise": _noise(0.1, "the targets")}


def _points(noise: float, **others: Parameter) -> dict[str, Parameter]:
    return {"noise": _noise(noise, "each input"), **others}


GENERATED: dict[str, Generated] = {
    "circle": Points(
        "a disk and the ring around it, two classes", circle, parameters=_points(0.05)
    ),
    "gauss": Points(
        "clouds of points with a normal distribution, one per class",
        gauss,
        parameters=_points(0.2, classes=_CLASSES),
    ),
    "moons": Points("two half moons that interlock, two classes", moons, parameters=_points(0.1)),
    "spiral": Points(
        "spiral arms around the origin, one per class",
        spiral,
        parameters=_points(0.02, classes=_CLASSES, turns=_TURNS),
    ),
    "plane": Surface(
        "a linear regression, y = 0.5 x1 - 0.3 x2 + 0.2", plane, parameters=_OF_TARGETS
    ),
    "waves": Surface(
        "a curved regression, y = (sin(pi x1) + sin(pi x2)) / 2", waves, parameters=_OF_TARGETS
    ),
    "hills": Surface(
        "a curved regression with three hills and three hollows", hills, parameters=_OF_TARGETS
    ),
}
