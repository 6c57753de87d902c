"""The user's order of the classes; the second of two is the positive class."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean, listed
from nncli.data.files.texts import in_order
from nncli.data.tables.targets import Targets


@dataclass(frozen=True)
class ClassOrder:
    """The user's order of the classes.

    Attributes
    ----------
    classes : sequence of str
        All classes, in order; empty to sort them by name.
    positive : str, optional
        Positive class, the second of two.
    """

    classes: Sequence[str] = ()
    positive: str | None = None

    def applied(self, targets: Targets, name: str) -> Targets:
        """Return targets with their classes in this order.

        Parameters
        ----------
        name : str
            Name of the file or data, for messages.

        Raises
        ------
        DataError
            If a class is unknown, missing or named twice, or the task has no classes.
        """
        for key, said in (("classes", self.classes), ("positive", self.positive)):
            if said and not targets.classes:
                raise DataError(f"{name}: data.{key} is for classes; a {targets.task} has none")
        if self.classes:
            places = _places(targets, self.classes, name, "classes")
            if rest := [each for at, each in enumerate(targets.classes) if at not in places]:
                raise DataError(
                    f"{name}: data.classes lacks {listed(rest, 10)}, found in the rows; list every "
                    "class"
                )
            targets = replace(targets, classes=[targets.classes[place] for place in places])
        if self.positive is not None:
            (place,) = _places(targets, [self.positive], name, "positive")
            others = [each for at, each in enumerate(targets.classes) if at != place]
            targets = replace(targets, classes=[*others, targets.classes[place]])
        return targets

    def check(self, targets: Targets, name: str) -> None:
        """Raise `DataError` if `positive` is set, but is not one of two classes."""
        if self.positive is None:
            return
        if len(targets.classes) != 2:
            raise DataError(
                f"{name}: data.positive needs two classes; found {len(targets.classes)}: "
                f"{listed(in_order(targets.classes), 10)}; remove it"
            )
        _places(targets, [self.positive], name, "positive")  # may have been left out as rare


def _places(targets: Targets, said: Sequence[str], name: str, key: str) -> list[int]:
    """Return the index of each named class, matched like a cell."""
    places: list[int] = targets.codes(np.array(said, object)).tolist()
    for at, (each, place) in enumerate(zip(said, places, strict=True)):
        if place == len(targets.classes):
            raise DataError(
                f"{name}: data.{key}: {each!r} is not one of the classes "
                f"{listed(targets.classes, 10)}" + did_you_mean(each, targets.classes)
            )
        if place in places[:at]:
            raise DataError(f"{name}: data.{key} names {targets.classes[place]!r} twice")
    return places
