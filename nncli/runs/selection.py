"""The number of epochs of a refit, and how it was chosen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nncli.training.progress import Progress

_NUMBERS = ("best_epoch", "epochs")


class Selection(NamedTuple):
    """The result of the training that chooses the epochs of a refit.

    Attributes
    ----------
    best_epoch : int
        Best epoch, the number of epochs of the refit.
    epochs : int
        Number of epochs to choose from.
    monitor : str
        Value that was best.
    """

    best_epoch: int
    epochs: int
    monitor: str

    @classmethod
    def of(cls, progress: Progress, monitor: str) -> "Selection":
        """Return the selection from a training with validation rows."""
        return cls(progress.best_epoch, progress.epoch, monitor)

    @classmethod
    def recorded(cls, values: Any, most: int, monitor: str) -> "Selection":
        """Return the selection from its saved values.

        Parameters
        ----------
        most : int
            Largest possible number of epochs.
        monitor : str
            Monitored value in the config.

        Raises
        ------
        ValueError
            If the values are invalid.
        """
        if not isinstance(values, Mapping) or values.keys() != {*cls._fields}:
            raise ValueError("has no valid selection")
        numbers = [values[key] for key in _NUMBERS]
        if not all(type(each) is int for each in numbers) or values["monitor"] != monitor:
            raise ValueError("has no valid selection")
        found = cls(**values)
        if not 0 <= found.best_epoch <= found.epochs <= most:
            raise ValueError("counts epochs that do not exist")
        return found
