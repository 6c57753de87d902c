"""What a training loop is to do, in plain values."""

from collections.abc import Callable
from dataclasses import dataclass

from nncli.nn.entries import Array
from nncli.nn.schedules import Plateau


@dataclass(frozen=True)
class Plan:
    """What to do.

    Attributes
    ----------
    rate : function
        Gives the learning rate of a step: see `nncli.nn.schedules.rate_function`.
    plateau : Plateau or None
        When the rate falls because the monitored value no longer gets better.
    monitor : str
        The value whose best epoch is kept: a key of `EpochReport.metrics`.
    measure : function or None
        Gives it for a snapshot, where the engine does not measure it.
    patience_epochs : int or None
        Stop after so many epochs without improvement; None to train for all epochs.
    min_change : float
        The least change of the monitored value that counts as improvement.
    keep_best : bool
        Whether to keep a copy of the best epoch's parameters.
    validates : bool
        Whether there are validation rows to measure after every epoch.
    report_seconds : float
        About how often to report within an epoch; 0 for after every step.
    """

    epochs: int
    rate: Callable[[float, float], float]
    monitor: str
    measure: Callable[[dict[str, Array]], float] | None = None
    plateau: Plateau | None = None
    patience_epochs: int | None = None
    min_change: float = 0.0
    keep_best: bool = True
    validates: bool = False
    report_seconds: float = 0.05
