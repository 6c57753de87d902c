"""The training loop: a generator of reports that neither prints nor writes files."""

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from nncli.base.errors import DivergenceError
from nncli.data.order import Order
from nncli.engines.engine import Engine, LayerStatistics, Sums
from nncli.metrics.names import PENALTY, rises, split_and_metric
from nncli.metrics.scores import Score
from nncli.training.plan import Plan
from nncli.training.progress import Progress


class StepReport(NamedTuple):
    """Progress within an epoch; `loss` is the mean over its `rows` so far."""

    epoch: int
    batch: int
    rows: int
    loss: float


class EpochReport(NamedTuple):
    """The results of an epoch.

    Attributes
    ----------
    metrics : dict of str to float
        ``train_loss`` and the score, such as ``train_accuracy``: means over the rows, computed
        before the update of each batch. With penalties, also ``penalty``, the mean of λΩ(w) at the
        same steps: training minimizes ``train_loss`` + ``penalty``. With validation rows, also
        ``validation_loss`` and the score of these rows after the last step; and the monitored
        value, if it is another.
    seconds : float
        Wall time of the training steps and their observers, without validation. For an epoch that
        was interrupted and resumed, this and `rows_per_second` cover only its last part. For
        epochs that the engine takes together, it is the mean time of their steps.
    layers : list of LayerStatistics
        Gradient norm and fraction of saturated units for each block of layers.
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


def train(
    engine: Engine, order: Order, score: Score, plan: Plan, progress: Progress
) -> Iterator[StepReport | EpochReport]:
    """Train epoch by epoch, starting from `progress`.

    Yields a report after every epoch, every ``plan.report_seconds`` within long epochs, and every
    ``plan.record_every`` steps, even if these are the last ones of an epoch. Ends
    when all epochs are done or patience runs out. A caller that stops early can resume later from
    `progress` and the engine's state.

    Raises
    ------
    DivergenceError
        If a loss, a gradient or a parameter is not finite. `progress` and the engine's state are
        those of the last step that was taken.
    """
    pace = _Pace(plan.report_seconds)
    share, measures = 1 / order.batches, _Measures(score, plan)
    together = _may_take_many(order, plan)
    while progress.epoch < plan.epochs and not progress.patience_is_over(plan):
        if together and not progress.batch:
            before = progress.epoch
            yield from _epochs_together(engine, order, measures, plan, progress, pace)
            together = progress.epoch > before
            if together:
                continue
        epoch, rows_before = progress.epoch + 1, progress.sums.rows
        rates = _rates(plan, progress, epoch, share)
        started = pace.start()
        yield from _rest_of_epoch(engine, order, rates, plan, progress, pace)
        seconds = time.perf_counter() - started
        layers = progress.sums.layers()
        metrics = _end_epoch(engine, measures, plan, progress)
        yield EpochReport(
            epoch=epoch,
            metrics=metrics,
            learning_rate=rates(order.batches - 1),
            seconds=seconds,
            rows_per_second=(len(order.split) - rows_before) / seconds,
            layers=layers,
            improved=progress.best_epoch == epoch,
        )


def _may_take_many(order: Order, plan: Plan) -> bool:
    """Return whether nothing is asked for within epochs, and their rates are known before."""
    asks = plan.record_every or not plan.report_seconds
    return order.batches == 1 and not (asks or plan.plateau)


def _epochs_together(
    engine: Engine,
    order: Order,
    measures: "_Measures",
    plan: Plan,
    progress: Progress,
    pace: "_Pace",
) -> Iterator[EpochReport]:
    """Take epochs of one batch, as many in one call as the engine does."""
    before, rows, none = progress.epoch, len(order.split), Sums()
    rates = [plan.rate(before + n, 1.0) for n in range(min(pace.steps, plan.epochs - before))]
    started = pace.start()
    taken, all_sums = engine.epochs(rates)
    if not taken:
        return
    seconds = (time.perf_counter() - started) / taken
    pace.is_due(taken)
    for epoch, (rate, sums) in enumerate(zip(rates, all_sums, strict=False), before + 1):
        progress.batch, progress.sums = 1, sums  # as in the engine, in case the next line raises
        metrics = measures.of(engine, sums, epoch)
        progress.epoch, progress.batch, progress.sums = epoch, 0, none
        measures.offer(engine, metrics, progress)
        improved = progress.best_epoch == epoch
        layers = sums.layers()
        yield EpochReport(epoch, metrics, rate, seconds, rows / seconds, layers, improved)
        if progress.patience_is_over(plan):
            return
    if (given := progress.epoch - before) < taken:
        pace.steps = given  # an observer asked for the state: the others were taken in vain


def _rates(plan: Plan, progress: Progress, epoch: int, share: float) -> Callable[[int], float]:
    """Return the learning rate of each batch of an epoch, counted from 0."""
    falls = plan.plateau.factor**progress.falls if plan.plateau else 1.0
    return lambda batch: falls * plan.rate(epoch - 1 + batch * share, share)


def _rest_of_epoch(
    engine: Engine,
    order: Order,
    rates: Callable[[int], float],
    plan: Plan,
    progress: Progress,
    pace: "_Pace",
) -> Iterator[StepReport]:
    """Take the remaining steps of an epoch."""
    epoch, sums = progress.epoch + 1, progress.sums
    every, before = plan.record_every, progress.epoch * order.batches
    for pool, places in order.of_epoch(epoch, progress.batch):
        engine.hold(pool)
        while len(places):
            first = progress.batch
            left = every - (before + first) % every if every else pace.steps
            batches = order.next_batches(places, min(pace.steps, left))
            found = engine.steps(batches, [rates(first + n) for n in range(len(batches))], sums)
            progress.batch += found.done
            if found.problem:
                raise DivergenceError(f"epoch {epoch}, batch {progress.batch + 1}: {found.problem}")
            places = places[found.done * batches.shape[1] :]
            if pace.is_due(found.done) or (every and found.done == left):
                yield StepReport(epoch, progress.batch, sums.rows, sums.loss / sums.rows)


class _Pace:
    """Decide how many steps to take per call, so that reports come about every `seconds`.

    Attributes
    ----------
    steps : int
    """

    _MOST = 1 << 20

    def __init__(self, seconds: float) -> None:
        self.steps = 1
        self._seconds = seconds
        self._started = 0.0
        self._next_report = time.perf_counter() + seconds

    def start(self) -> float:
        """Start timing a series of calls; return the time."""
        self._started = time.perf_counter()
        return self._started

    def is_due(self, done: int) -> bool:
        """Adapt to the duration of a call of `done` steps; return whether to report."""
        now = time.perf_counter()
        if done == self.steps:
            a_step = (now - self._started) / done + 1e-9
            self.steps = max(1, min(int(self._seconds / a_step), 2 * self.steps, self._MOST))
        self._started = now
        if now < self._next_report:
            return False
        self._next_report = now + self._seconds
        return True


class _Measures:
    """Compute the metrics of an epoch whose steps are done, and whether it is the best."""

    def __init__(self, score: Score, plan: Plan) -> None:
        self._plan = plan
        self._train, self._validation = f"train_{score.name}", f"validation_{score.name}"
        self._rises = rises(split_and_metric(plan.monitor)[1])

    def of(self, engine: Engine, sums: Sums, epoch: int) -> dict[str, float]:
        """Return the metrics of an epoch.

        Raises
        ------
        DivergenceError
            If one is not finite.
        """
        plan, rows = self._plan, sums.rows
        metrics = {"train_loss": sums.loss / rows, self._train: sums.score / rows}
        if plan.penalizes:
            metrics[PENALTY] = sums.penalty / rows
        if plan.validates:
            loss, value = engine.evaluate()
            check_finite(loss, f"epoch {epoch}: the validation loss")
            metrics |= {"validation_loss": loss, self._validation: value}
        if plan.measure:
            metrics[plan.monitor] = plan.measure(engine.snapshot())
            check_finite(metrics[plan.monitor], f"epoch {epoch}: {plan.monitor}")
        return metrics

    def offer(self, engine: Engine, metrics: dict[str, float], progress: Progress) -> None:
        """Keep the engine's snapshot if the epoch, which is completed, is the best so far."""
        value = metrics[self._plan.monitor]
        progress.offer(value, self._plan, engine.snapshot, rises=self._rises)


def _end_epoch(
    engine: Engine, measures: _Measures, plan: Plan, progress: Progress
) -> dict[str, float]:
    """Complete an epoch whose steps are done, and return its metrics."""
    epoch = progress.epoch + 1
    if problem := engine.problem():
        raise DivergenceError(f"epoch {epoch}, batch {progress.batch}: {problem}")
    metrics = measures.of(engine, progress.sums, epoch)
    progress.complete_epoch()
    measures.offer(engine, metrics, progress)
    progress.fall_if_due(plan)
    return metrics


def check_finite(value: float, what: str) -> None:
    """Raise `DivergenceError` if `value` is not finite; `what` names it in the message."""
    if not math.isfinite(value):
        raise DivergenceError(
            f"{what} is {value}; try a smaller training.learning_rate, or data.scale: standard"
        )
