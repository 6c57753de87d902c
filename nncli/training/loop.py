"""The training loop: a generator of reports that prints nothing and writes nothing."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nncli.base.errors import DivergenceError
from nncli.base.random_streams import Stream, generator
from nncli.engines.divergence import NotFinite
from nncli.engines.numpy.batches import Batches
from nncli.engines.numpy.engine import Engine, LayerStatistics
from nncli.nn.entries import Array
from nncli.nn.schedules import Plateau


@dataclass(frozen=True)
class Plan:
    """What to do, in plain values.

    Attributes
    ----------
    rate : function
        Gives the learning rate of a step: see `nncli.nn.schedules.rate_function`.
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
        Wall time of the training steps and of what watched them, without validation; of an epoch
        that was stopped within and gone on with, that of its last part, as `rows_per_second`.
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

    With the engine's state it is all that the next step depends on: training goes on from a copy
    that was taken at any report as if it had never stopped.

    Attributes
    ----------
    epoch : int
        Completed epochs.
    batch : int
        Completed batches of the epoch after these.
    rows, loss_sum, score_sum : int, float, float
        Of these batches: the rows, and the sums over them of the loss and the score.
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
    rows: int = 0
    loss_sum: float = 0.0
    score_sum: float = 0.0
    best_epoch: int = 0
    best_value: float = math.nan
    best_parameters: Array | None = field(default=None, repr=False)
    patience_epoch: int = 0
    patience_value: float = math.nan
    falls: int = 0
    last_fall: int = 0

    def complete_epoch(self) -> None:
        """Count the epoch whose steps are done, and start the sums of the next."""
        self.epoch += 1
        self.batch = self.rows = 0
        self.loss_sum = self.score_sum = 0.0

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
        self, value: float, plan: Plan, parameters: Callable[[], Array], *, rises: bool
    ) -> None:
        """Take the parameters of this epoch as the best if `value` is.

        `rises` says whether a larger value is a better one.
        """
        sign = 1 if rises else -1
        if not self.patience_epoch or sign * (value - self.patience_value) > plan.min_change:
            self.patience_epoch, self.patience_value = self.epoch, value
        if self.best_epoch and not sign * (value - self.best_value) > 0:
            return
        self.best_epoch, self.best_value = self.epoch, value
        if plan.keep_best:
            self.best_parameters = parameters()


def train(
    engine: Engine,
    training: Batches,
    validation: Batches | None,
    plan: Plan,
    progress: Progress,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Iterator[StepReport | EpochReport]:
    """Train epoch by epoch from where `progress` stands; yield a report after every step and epoch.

    Ends early when `stop_requested` says so after a step, or when the plan's patience is over.

    Raises
    ------
    DivergenceError
        When a loss, a gradient or a parameter is no longer a finite number.
    """
    share = 1 / len(training)
    while progress.epoch < plan.epochs and not progress.patience_is_over(plan):
        epoch = progress.epoch + 1
        started, rows_before = time.perf_counter(), progress.rows
        plateau_factor = plan.plateau.factor**progress.falls if plan.plateau else 1.0
        first = progress.batch + 1
        for batch, (X, T) in enumerate(_rest_of_epoch(training, plan, epoch, first - 1), first):
            rate = plateau_factor * plan.rate(epoch - 1 + (batch - 1) * share, share)
            try:
                loss, score = engine.step(X, T, rate, training.weights)
            except NotFinite as error:
                raise DivergenceError(f"epoch {epoch}, batch {batch}: {error}") from error
            progress.loss_sum += loss * len(X)
            progress.score_sum += score
            progress.rows += len(X)
            progress.batch = batch
            yield StepReport(epoch, batch, progress.rows, progress.loss_sum / progress.rows)
            if stop_requested():
                return
        seconds = time.perf_counter() - started
        metrics = _end_epoch(engine, validation, plan, progress)
        yield EpochReport(
            epoch=epoch,
            metrics=metrics,
            learning_rate=plateau_factor
            * plan.rate(epoch - 1 + (len(training) - 1) * share, share),
            seconds=seconds,
            rows_per_second=(len(training.split) - rows_before) / seconds,
            layers=engine.layer_statistics(),
            improved=progress.best_epoch == epoch,
        )


def _end_epoch(
    engine: Engine, validation: Batches | None, plan: Plan, progress: Progress
) -> dict[str, float]:
    """Return the metrics of the epoch whose steps are done, and count it as completed."""
    score_name, rises = engine.score.name, engine.score.rises(plan.monitor)
    epoch, rows = progress.epoch + 1, progress.rows
    metrics = {
        "train_loss": progress.loss_sum / rows,
        f"train_{score_name}": progress.score_sum / rows,
    }
    try:
        engine.check_finite()
    except NotFinite as error:
        raise DivergenceError(f"epoch {epoch}, batch {progress.batch}: {error}") from error
    if validation is not None:
        loss, score = evaluate(engine, validation)
        check_finite(loss, f"epoch {epoch}: the validation loss")
        metrics |= {"validation_loss": loss, f"validation_{score_name}": score}
    progress.complete_epoch()
    progress.offer(metrics[plan.monitor], plan, engine.parameters, rises=rises)
    progress.fall_if_due(plan)
    return metrics


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


def _rest_of_epoch(
    training: Batches, plan: Plan, epoch: int, done: int
) -> Iterator[tuple[Array, Array]]:
    """Return the batches of an epoch but for the first `done`."""
    # With one batch an epoch the order makes no difference.
    if not plan.shuffle or len(training) == 1:
        return training.in_order(done)
    return training.in_random_order(generator(plan.seed, Stream.SHUFFLE, epoch), done)
