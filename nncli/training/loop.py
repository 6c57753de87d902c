"""The training loop: a generator of reports that prints nothing and writes nothing."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nncli.data.batches import Batches
from nncli.errors import DivergenceError
from nncli.model.entries import Array
from nncli.random_streams import Stream, generator
from nncli.training.engine import Engine, LayerStatistics
from nncli.training.schedules import Plateau


@dataclass(frozen=True)
class Plan:
    """What to do, in plain values.

    Attributes
    ----------
    rate : function
        Gives the learning rate of a step: see `nncli.training.schedules.rate_function`.
    plateau : Plateau or None
        When the rate falls because the monitored value no longer gets better.
    monitor : str
        The value whose best epoch is kept: a key of `EpochReport.metrics`.
    patience_epochs : int or None
        Stop after so many epochs without improvement; None to go on to the end.
    min_change : float
        The least change of the monitored value that counts as improvement.
    keep_best : bool
        Whether to keep a copy of the best epoch's parameters.
    """

    epochs: int
    rate: Callable[[float, float], float]
    shuffle: bool
    seed: int
    monitor: str
    plateau: Plateau | None = None
    patience_epochs: int | None = None
    min_change: float = 0.0
    keep_best: bool = True


class StepReport(NamedTuple):
    """Where training stands after a step; `loss` is the mean over the epoch's `rows` so far."""

    epoch: int
    batch: int
    rows: int
    loss: float


@dataclass(frozen=True)
class EpochReport:
    """An epoch's results.

    Attributes
    ----------
    metrics : dict of str to float
        ``train_loss`` and the engine's score, such as ``train_accuracy``: means over the epoch's
        batches, each taken before its step; with validation rows, ``validation_loss`` and the
        score of these rows after the last step.
    seconds : float
        Wall time of the training steps and of what watched them, without validation.
    layers : list of LayerStatistics
        One for each layer: gradient norm, share of saturated units.
    improved : bool
        Whether the monitored value is the best so far.
    """

    epoch: int
    metrics: dict[str, float]
    learning_rate: float
    seconds: float
    rows_per_second: float
    layers: list[LayerStatistics]
    improved: bool


@dataclass
class Progress:
    """How far training has come; the loop brings it up to date.

    Attributes
    ----------
    epoch : int
        Completed epochs.
    batch : int
        Completed batches of the epoch after these.
    best_epoch : int
        The epoch with the best monitored value, 0 before there is one.
    best_parameters : array (P,) or None
    patience_epoch, patience_value : int, float
        The last epoch that was better by at least the plan's `min_change`, and its value.
    falls : int
        How often the learning rate has fallen on a plateau, `last_fall` in which epoch.
    """

    epoch: int = 0
    batch: int = 0
    best_epoch: int = 0
    best_value: float = math.nan
    best_parameters: Array | None = field(default=None, repr=False)
    patience_epoch: int = 0
    patience_value: float = math.nan
    falls: int = 0
    last_fall: int = 0

    def fall_if_due(self, plan: Plan) -> None:
        """Let the learning rate fall when it is time by the plan's plateau."""
        since = self.epoch - max(self.patience_epoch, self.last_fall)
        if plan.plateau and since >= plan.plateau.patience_epochs:
            self.falls += 1
            self.last_fall = self.epoch

    def offer(
        self, value: float, plan: Plan, parameters: Callable[[], Array], *, rises: bool
    ) -> bool:
        """Take the parameters of this epoch as the best if `value` is; return whether it is.

        `rises` says whether a larger value is a better one.
        """
        sign = 1 if rises else -1
        if not self.patience_epoch or sign * (value - self.patience_value) > plan.min_change:
            self.patience_epoch, self.patience_value = self.epoch, value
        if self.best_epoch and not sign * (value - self.best_value) > 0:
            return False
        self.best_epoch, self.best_value = self.epoch, value
        if plan.keep_best:
            self.best_parameters = parameters()
        return True


def train(
    engine: Engine,
    training: Batches,
    validation: Batches | None,
    plan: Plan,
    progress: Progress,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Iterator[StepReport | EpochReport]:
    """Train epoch by epoch; yield a report after every step and every epoch.

    Ends early when `stop_requested` says so after a step, or when the plan's patience is over.

    Raises
    ------
    DivergenceError
        When the loss of a step, or that of the validation rows, is not a finite number.
    """
    score_name, rises = engine.score.name, engine.score.rises(plan.monitor)
    for epoch in range(progress.epoch + 1, plan.epochs + 1):
        started = time.perf_counter()
        loss_sum, score_sum, rows, share = 0.0, 0.0, 0, 1 / len(training)
        plateau_factor = plan.plateau.factor**progress.falls if plan.plateau else 1.0
        for batch, (X, T) in enumerate(_epoch_batches(training, plan, epoch), 1):
            rate = plateau_factor * plan.rate(epoch - 1 + (batch - 1) * share, share)
            loss, score = engine.step(X, T, rate)
            check_finite(loss, f"epoch {epoch}, batch {batch}: the loss")
            loss_sum += loss * len(X)
            score_sum += score
            rows += len(X)
            progress.batch = batch
            yield StepReport(epoch, batch, rows, loss_sum / rows)
            if stop_requested():
                return
        seconds = time.perf_counter() - started
        metrics = {"train_loss": loss_sum / rows, f"train_{score_name}": score_sum / rows}
        if validation is not None:
            loss, score = evaluate(engine, validation)
            check_finite(loss, f"epoch {epoch}: the validation loss")
            metrics |= {"validation_loss": loss, f"validation_{score_name}": score}
        progress.epoch, progress.batch = epoch, 0
        improved = progress.offer(metrics[plan.monitor], plan, engine.parameters, rises=rises)
        yield EpochReport(
            epoch=epoch,
            metrics=metrics,
            learning_rate=rate,
            seconds=seconds,
            rows_per_second=rows / seconds,
            layers=engine.layer_statistics(),
            improved=improved,
        )
        progress.fall_if_due(plan)
        if plan.patience_epochs and epoch - progress.patience_epoch >= plan.patience_epochs:
            return


def evaluate(engine: Engine, batches: Batches) -> tuple[float, float]:
    """Return the mean loss and the mean score over all rows of `batches`."""
    loss_sum, score_sum, rows = 0.0, 0.0, 0
    for X, T in batches.in_order():
        loss, score = engine.evaluate(X, T)
        loss_sum += loss * len(X)
        score_sum += score
        rows += len(X)
    return loss_sum / rows, score_sum / rows


def check_finite(value: float, what: str) -> None:
    """Raise `DivergenceError` when `value` is not a finite number; `what` is for the message."""
    if not math.isfinite(value):
        raise DivergenceError(
            f"{what} is {value}; try a smaller training.learning_rate, or data.scale: standard"
        )


def _epoch_batches(training: Batches, plan: Plan, epoch: int) -> Iterator[tuple[Array, Array]]:
    # With one batch an epoch the order makes no difference.
    if not plan.shuffle or len(training) == 1:
        return training.in_order()
    random = generator(plan.seed, Stream.SHUFFLE, epoch)
    return training.shuffled(random.permutation(training.split.rows))
