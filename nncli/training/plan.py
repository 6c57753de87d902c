"""The plan of a training loop, in plain values."""

from collections.abc import Callable
from dataclasses import dataclass

from nncli.nn.entries import Array
from nncli.nn.schedules import Plateau


@dataclass(frozen=True)
class Plan:
    """The plan of a training loop.

    Attributes
    ----------
    rate : function
        Function that returns the learning rate of a step; see `nncli.nn.schedules.rate_function`.
    plateau : Plateau or None
        When to reduce the rate because the monitored value no longer improves.
    monitor : str
        Value that decides which epoch is the best: a key of `EpochReport.metrics`.
    measure : function or None
        Function that computes the monitored value from a snapshot, if the engine does not.
    patience_epochs : int or None
        Number of epochs without improvement after which to stop; None to train for all epochs.
    min_change : float
        Smallest change of the monitored value that counts as an improvement.
    keep_best : bool
        Whether to keep a copy of the best epoch's parameters.
    validates : bool
        Whether to evaluate validation rows after every epoch.
    penalizes : bool
        Whether to report the penalty of the weights, which training minimizes with the loss.
    record_every : int or None
        Number of steps between reports of the weights to record; None to record none.
    log_every : int or None
        Number of epochs between lines about them; None if the observer decides.
    report_seconds : float
        Approximate interval between reports within an epoch; 0 to report every step.
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
    penalizes: bool = False
    record_every: int | None = None
    log_every: int | None = None
    report_seconds: float = 0.05
