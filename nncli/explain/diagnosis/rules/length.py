"""Rules about the length of training: too few epochs, or stopped too early."""

from collections.abc import Iterator

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.rules.rates import is_unsolved
from nncli.metrics.names import rises, split_and_metric
from nncli.nn.entries import Formula
from nncli.training.outcome import EARLY, FINISHED

_FEWEST_EPOCHS = 8  # two in each quarter
_CLEAR_FALL = (
    0.15  # from one quarter to the next; the lectures that are long enough have 0.1 or less
)
_FEW_RISES = 0.3  # of the last epochs; half of them rise by chance on a plateau
_MORE = 5  # times as many epochs
_SOLVED = 0.25  # of the loss of a guess

_MOST_PATIENCE = 10  # half of the default; with more, noise rarely hides a clear fall
_PATIENCE = 20
_RISE = 0.02  # of the best value; more may be overfitting

_FALL = Formula("(L₃ - L₄) / L₃", r"(L_3 - L_4) / L_3")


def too_few_epochs(case: Case) -> Iterator[Evidence]:
    """Find a loss that still falls clearly at the end of training."""
    name = "validation_loss" if "validation_loss" in case.history else "train_loss"
    losses = np.array(case.history.get(name, []))
    epochs = len(losses)
    if case.ended != FINISHED or epochs < _FEWEST_EPOCHS or not np.isfinite(losses).all():
        return
    quarter = epochs // 4
    second, third, fourth = (
        float(losses[epochs - n * quarter : epochs - (n - 1) * quarter].mean()) for n in (3, 2, 1)
    )
    rises_late = float((np.diff(losses[epochs // 2 :]) > 0).mean())
    falls = third < second and fourth < (1 - _CLEAR_FALL) * third and rises_late < _FEW_RISES
    if not falls or not is_unsolved(case, float(losses[-1]), _SOLVED):
        return
    training, what = case.config.training, name.replace("_", " ")
    key = "training.steps" if training.steps else "training.epochs"
    planned = training.steps or training.complete.epochs
    yield Evidence(
        f"in the last quarter of {epochs} epochs, the {what} is {fourth:.3g} on average, in the "
        f"quarter before {third:.3g}: it falls by {1 - fourth / third:.0%}",
        "training ends before the loss has reached its minimum",
        Change(key, _MORE * planned),
        formula=_FALL,
    )


def stopped_too_early(case: Case) -> Iterator[Evidence]:
    """Find early stopping while the training loss falls and the monitored value does not rise."""
    stopping = case.config.training.complete.early_stopping if case.ended == EARLY else None
    if not stopping or stopping.monitor not in case.history:
        return
    values = np.array(case.history[stopping.monitor])
    if rises(split_and_metric(stopping.monitor)[1]):
        values = -values
    losses = np.array(case.history["train_loss"])
    since = min(stopping.patience, len(values) - 1)
    if since < 1 or not is_unsolved(case, float(losses[-1])):
        return
    key, what = "training.early_stopping", stopping.monitor.replace("_", " ")
    if stopping.min_change > 0 and values[-1] < values[-1 - since]:
        yield Evidence(
            f"the {what} improved by {values[-1 - since] - values[-1]:.3g} in the last "
            f"{since} epochs, but by less than min_change, {stopping.min_change:g}, at a time",
            "min_change is larger than what a good epoch gains",
            Change(f"{key}.min_change", 0.0),
        )
        return
    best = float(values.min())
    is_worse = float(values[-since:].mean()) - best > _RISE * max(abs(best), 1e-12)
    if stopping.patience > _MOST_PATIENCE or is_worse or not losses[-1] < losses[-1 - since]:
        return
    yield Evidence(
        f"training stopped after {len(values)} epochs, {stopping.patience} without a better "
        f"{what}; meanwhile the training loss fell from {losses[-1 - since]:.4g} to "
        f"{losses[-1]:.4g}, and the {what} is within {_RISE:.0%} of its best",
        f"the {what} varies from epoch to epoch, and the patience is too short for that",
        Change(f"{key}.patience", max(_PATIENCE, 5 * stopping.patience)),
    )
