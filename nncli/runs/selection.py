"""How many epochs a refit has, and how they were chosen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nncli.training.progress import Progress

_NUMBERS = ("best_epoch", "epochs")


class Selection(NamedTuple):
    """What the training before a refit has found on the validation rows.

    Attributes
    ----------
    best_epoch : int
        The best epoch: so many the refit has.
    epochs : int
        Of how many.
    monitor : str
        The value that was the best.
    """

    best_epoch: int
    epochs: int
    monitor: str

    @classmethod
    def of(cls, progress: Progress, monitor: str) -> "Selection":
        """Return what a training with validation rows has found."""
        return cls(progress.best_epoch, progress.epoch, monitor)

    @classmethod
    def recorded(cls, values: Any, most: int, monitor: str) -> "Selection":
        """Return the one that was saved.

        Parameters
        ----------
        most : int
            How many epochs there can have been.
        monitor : str
            The value that the config says.

        Raises
        ------
        ValueError
            When it is none.
        """
        if not isinstance(values, Mapping) or values.keys() != {*cls._fields}:
            raise ValueError("says nothing of selection")
        numbers = [values[key] for key in _NUMBERS]
        if not all(type(each) is int for each in numbers) or values["monitor"] != monitor:
            raise ValueError("says nothing of selection")
        found = cls(**values)
        if not 0 <= found.best_epoch <= found.epochs <= most:
            raise ValueError("counts epochs that there are not")
        return found
