"""Rows written in the config itself, such as worked examples."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nncli.base.words import count
from nncli.data.dataset import Dataset, Shape
from nncli.data.division import Division, Fold
from nncli.data.splits import whole
from nncli.data.splitting import divide_alike

Path = tuple[str | int, ...]
Problem = tuple[Path, str]
Name = str | int


@dataclass(frozen=True)
class GivenRows:
    """Rows of a config, with numbers as targets (regression) or with class labels.

    Attributes
    ----------
    inputs : sequence of rows of numbers
    targets : sequence of numbers, or of rows of numbers, or None
        Targets of a regression.
    labels : sequence of names, or None
        Labels of a classification, one per row.
    classes : sequence of names, or None
        Class names; None for the distinct labels, sorted.
    columns : sequence of str, or None
        Names of the inputs; None for x1, x2 and so on.
    target : str, sequence of str, or None
        Names of the targets; None for y, or y1, y2 and so on.
    """

    inputs: Sequence[Sequence[float]]
    targets: Sequence[float | Sequence[float]] | None = None
    labels: Sequence[Name] | None = None
    classes: Sequence[Name] | None = None
    columns: Sequence[str] | None = None
    target: str | Sequence[str] | None = None

    @property
    def column_names(self) -> list[str]:
        """The names of the inputs."""
        return list(self.columns or _numbered("x", len(self.inputs[0])))

    @property
    def target_names(self) -> list[str]:
        """The names of the targets."""
        if self.target is not None:
            return [self.target] if isinstance(self.target, str) else list(self.target)
        width = len(self._target_rows[0]) if self._target_rows else 1
        return ["y"] if width == 1 else _numbered("y", width)

    @property
    def class_names(self) -> list[str]:
        """The names of the classes; empty for a regression."""
        if self.classes is not None:
            return [str(each) for each in self.classes]
        labels = set(self.labels or [])
        numbers = [label for label in labels if isinstance(label, int)]
        if len(numbers) == len(labels):
            return [str(number) for number in sorted(numbers)]
        return sorted({str(label) for label in labels})

    @property
    def shape(self) -> Shape:
        """The task and the numbers of inputs and outputs."""
        inputs, classes = len(self.inputs[0]), len(self.class_names)
        if self.labels is None:
            return Shape("regression", inputs, len(self._target_rows[0]))
        return Shape("binary" if classes == 2 else "multiclass", inputs, classes)

    @property
    def division(self) -> Division:
        """The number of rows of each class."""
        rows, classes = Counter(map(str, self.labels or [])), self.class_names
        sizes = [rows[each] for each in classes] or [len(self.inputs)]
        return Division("rows", sizes, {}, classes)

    @property
    def _targets_are_lists(self) -> bool:
        return any(not isinstance(each, int | float) for each in (self.targets or [])[:1])

    @property
    def _target_rows(self) -> list[Sequence[float]]:
        return [[each] if isinstance(each, int | float) else each for each in self.targets or []]

    def target_outside(self, low: float, high: float) -> tuple[Path, float] | None:
        """Return the place and value of the first target outside a range, if any."""
        for row, targets in enumerate(self._target_rows):
            for column, value in enumerate(targets):
                if not low <= value <= high:
                    place = (
                        ("targets", row, column) if self._targets_are_lists else ("targets", row)
                    )
                    return place, value
        return None

    def dataset(self, seed: int = 0, fold: Fold | None = None) -> Dataset:
        """Return the data set; the same rows train and test."""
        targets = np.array(self._target_rows, np.float64)
        if self.labels is not None:
            index = {name: number for number, name in enumerate(self.class_names)}
            targets = np.array([index[str(label)] for label in self.labels], np.intp)
        rows = whole(np.array(self.inputs, np.float64), targets)
        return Dataset(
            task=self.shape.task,
            columns=self.column_names,
            targets=self.target_names,
            classes=self.class_names,
            splits=divide_alike(rows, seed, self.class_names, "rows", fold),
        )

    def problems(self) -> list[Problem]:
        """Return the problems of the rows, each with its key."""
        found = [*_of_table("inputs", self.inputs)]
        if (self.targets is None) == (self.labels is None):
            both = self.targets is not None
            words = "found both targets and labels" if both else "found neither targets nor labels"
            expected = "expected targets (numbers) or labels (class names)"
            return [*found, (("labels",) if both else (), f"{words}; {expected}")]
        found += self._of_targets() if self.labels is None else self._of_labels(self.labels)
        return found or [*self._of_names()]

    def _of_targets(self) -> Iterator[Problem]:
        mixed = dict(self._mixed_targets())
        yield from mixed.items()
        for path, problem in _of_table("targets", self._target_rows):
            if path not in mixed:
                yield path, problem
        if self.targets:
            yield from self._of_count("targets", len(self.targets))
        if self.classes is not None:
            yield ("classes",), "found classes with targets (regression); expected labels"

    def _mixed_targets(self) -> Iterator[Problem]:
        found, expected = ("number", "list") if self._targets_are_lists else ("list", "number")
        for row, each in enumerate(self.targets or []):
            if isinstance(each, int | float) == self._targets_are_lists:
                yield (
                    ("targets", row),
                    f"found a {found}; expected a {expected}, as in the first row",
                )

    def _of_labels(self, labels: Sequence[Name]) -> Iterator[Problem]:
        classes, key = self.class_names, "labels" if self.classes is None else "classes"
        yield from self._of_count("labels", len(labels))
        if key == "classes":
            yield from _twice("classes", classes)
        if len(classes) < 2:
            yield (key,), f"found {count(len(classes), 'class')}; expected two or more"
        known = set(classes)
        for row, label in enumerate(labels):
            if str(label) not in known:
                yield ("labels", row), f"found {str(label)!r}; expected one of the classes"

    def _of_count(self, key: str, found: int) -> Iterator[Problem]:
        if found != len(self.inputs):
            rows = count(len(self.inputs), "row")
            yield (key,), f"found {found} for {rows} of inputs; expected one per row"

    def _of_names(self) -> Iterator[Problem]:
        columns, targets = self.column_names, self.target_names
        outputs = len(self._target_rows[0]) if self.labels is None else 1
        for key, names, expected in (
            ("columns", columns, len(self.inputs[0])),
            ("target", targets, outputs),
        ):
            if len(names) != expected:
                yield (key,), f"found {count(len(names), 'name')}; expected {expected}"
            yield from _twice(key, names)
        for name in sorted({*columns} & {*targets}):
            yield (
                ("target",) if self.target is not None else ("columns",),
                f"{name!r} names both an input and a target; expected different names",
            )


def _of_table(key: str, rows: Sequence[Sequence[float]]) -> Iterator[Problem]:
    if not rows:
        yield (key,), "found no rows; expected one or more"
        return
    width = len(rows[0])
    if not width:
        yield (key, 0), "found no numbers; expected one or more"
        return
    for number, row in enumerate(rows):
        if len(row) != width:
            found = count(len(row), "number")
            yield (key, number), f"found {found}; expected {width}, as in the first row"


def _twice(key: str, names: Sequence[str]) -> Iterator[Problem]:
    seen = set[str]()
    for number, name in enumerate(names):
        if name in seen:
            yield (key, number), f"found {name!r} twice; expected different names"
        seen.add(name)


def _numbered(letter: str, most: int) -> list[str]:
    return [f"{letter}{number}" for number in range(1, most + 1)]
