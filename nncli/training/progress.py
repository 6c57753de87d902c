"""The progress of training: with the engine's state, all that the next step depends on."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from nncli.engines.engine import Sums
from nncli.nn.entries import Array
from nncli.training.plan import Plan

Snapshot = dict[str, Array]


@dataclass
class Progress:
    """The progress of training, updated by the loop.

    Training can resume from a copy taken at any report, as if it had never been interrupted.

    Attributes
    ----------
    epoch : int
        Number of completed epochs.
    batch : int
        Number of completed batches of the current epoch.
    sums : Sums
        Sums over these batches.
    best_epoch : int
        Epoch with the best monitored value, or 0 if there is none yet.
    best : dict of str to array, or None
        Snapshot of the engine after that epoch.
    patience_epoch, patience_value : int, float
        Last epoch that improved by more than the plan's `min_change`, and its value.
    falls, last_fall : int
        Number of times that the learning rate was reduced on a plateau, and the epoch of the last.
    """

    epoch: int = 0
    batch: int = 0
    sums: Sums = field(default_factory=Sums)
    best_epoch: int = 0
    best_value: float = math.nan
    best: Snapshot | None = field(default=None, repr=False)
    patience_epoch: int = 0
    patience_value: float = math.nan
    falls: int = 0
    last_fall: int = 0

    def complete_epoch(self) -> None:
        """Count an epoch whose steps are done, and reset the sums."""
        self.epoch += 1
        self.batch = 0
        self.sums = Sums()

    def patience_is_over(self, plan: Plan) -> bool:
        """Return whether the plan's number of epochs without improvement is reached."""
        return bool(plan.patience_epochs) and (
            self.epoch - self.patience_epoch >= (plan.patience_epochs or 0)
        )

    def fall_if_due(self, plan: Plan) -> None:
        """Reduce the learning rate if the plan's plateau requires it."""
        since = self.epoch - max(self.patience_epoch, self.last_fall)
        if plan.plateau and since >= plan.plateau.patience_epochs:
            self.falls += 1
            self.last_fall = self.epoch

    def offer(
        self, value: float, plan: Plan, snapshot: Callable[[], Snapshot], *, rises: bool
    ) -> None:
        """Keep the snapshot of this epoch if `value` is the best so far.

        `rises` means that larger values are better.
        """
        sign = 1 if rises else -1
        if not self.patience_epoch or sign * (value - self.patience_value) > plan.min_change:
            self.patience_epoch, self.patience_value = self.epoch, value
        if self.best_epoch and not sign * (value - self.best_value) > 0:
            return
        best = snapshot() if plan.keep_best else self.best
        self.best_epoch, self.best_value, self.best = self.epoch, value, best
