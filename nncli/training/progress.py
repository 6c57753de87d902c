"""How far training has come: with the engine's state, all that the next step depends on."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from nncli.engines.engine import Sums
from nncli.nn.entries import Array
from nncli.training.plan import Plan

Snapshot = dict[str, Array]


@dataclass
class Progress:
    """How far training has come; the loop brings it up to date.

    Training continues from a copy that was taken at any report as if it had never stopped.

    Attributes
    ----------
    epoch : int
        Completed epochs.
    batch : int
        Completed batches of the epoch after these.
    sums : Sums
        What these batches add up to.
    best_epoch : int
        The epoch with the best monitored value, 0 before there is one.
    best : dict of str to array, or None
        The engine's snapshot after that epoch.
    patience_epoch, patience_value : int, float
        The last epoch that was better by at least the plan's `min_change`, and its value.
    falls : int
        How often the learning rate has fallen on a plateau, `last_fall` in which epoch.
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
        """Count the epoch whose steps are done, and start the sums of the next."""
        self.epoch += 1
        self.batch = 0
        self.sums = Sums()

    def patience_is_over(self, plan: Plan) -> bool:
        """Return whether there were as many epochs without improvement as the plan allows."""
        return bool(plan.patience_epochs) and (
            self.epoch - self.patience_epoch >= (plan.patience_epochs or 0)
        )

    def fall_if_due(self, plan: Plan) -> None:
        """Let the learning rate fall when it is time by the plan's plateau."""
        since = self.epoch - max(self.patience_epoch, self.last_fall)
        if plan.plateau and since >= plan.plateau.patience_epochs:
            self.falls += 1
            self.last_fall = self.epoch

    def offer(
        self, value: float, plan: Plan, snapshot: Callable[[], Snapshot], *, rises: bool
    ) -> None:
        """Take the snapshot of this epoch as the best if `value` is.

        `rises` says whether a larger value is a better one.
        """
        sign = 1 if rises else -1
        if not self.patience_epoch or sign * (value - self.patience_value) > plan.min_change:
            self.patience_epoch, self.patience_value = self.epoch, value
        if self.best_epoch and not sign * (value - self.best_value) > 0:
            return
        self.best_epoch, self.best_value = self.epoch, value
        if plan.keep_best:
            self.best = snapshot()
