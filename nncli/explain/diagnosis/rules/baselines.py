"""The rule about a linear model that does better than the network."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nncli.data.scaling import scaled_targets
from nncli.data.splits import UNSEEN_FIRST, Split
from nncli.engines.batches import gathered
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.behind_linear import cause_of
from nncli.explain.diagnosis.rules.gain import is_after_training
from nncli.explain.diagnosis.rules.linear_model import LinearModel, fit_linear
from nncli.explain.diagnosis.rules.nothing_learned import Cause
from nncli.explain.diagnosis.rules.results import results_of
from nncli.explain.diagnosis.spread import spread
from nncli.metrics.scores import DEFAULT_THRESHOLD
from nncli.nn.entries import Array

_MOST_ROWS, _MOST_COLUMNS = 2000, 2000  # for a fit in less than a second
_FEWEST_ROWS = 50  # unseen ones, for an interval
# The gap must be sure, large beside the errors, and large beside what a constant gets wrong: a good
# network may have an R² of 0.98 where a linear model has 0.99.
_STANDARD_ERRORS, _FEWER_ERRORS, _OF_CONSTANT = 3.0, 0.8, 0.02

_WORSE = Condition(
    "mean(d) > 3·sd(d) / √N",
    r"\bar d > 3 \operatorname{sd}(d) / \sqrt N",
    "d: error of the network less that of the linear model, on each of N rows; sd: standard "
    "deviation",
)


@dataclass(frozen=True)
class _Rows:
    """Rows as the network sees them, with the errors (B,) of the network.

    Attributes
    ----------
    X, T : arrays (B, I) and (B, O)
    errors : list of array (B,), of each row; see `_errors`
    """

    X: Array
    T: Array
    errors: list[NDArray[np.float64]]


def linear_model_is_better(case: Case) -> Iterator[Evidence]:
    """Find a network whose errors on unseen rows are clearly more than those of a linear model."""
    if not is_after_training(case) or not _is_comparable(case):
        return
    splits = case.dataset.splits
    names = [name for name in UNSEEN_FIRST[:-1] if name in splits]
    if not names:
        return
    train, unseen = _rows(case, splits["train"]), _rows(case, splits[names[0]])
    if len(unseen.X) < _FEWEST_ROWS or len(train.X) < 2 * train.X.shape[1]:
        return
    linear = fit_linear(train.X, train.T)
    of_linear = _errors(case, linear(unseen.X), unseen.T)
    of_constant = _errors_of_constant(case, unseen.T)
    if not all(map(_is_less, of_linear, unseen.errors, of_constant)):
        return
    what = "error rate" if case.task != "regression" else "mean squared error"
    cause = _cause(case, linear, train)
    yield Evidence(
        f"on {len(unseen.X)} {names[0].replace('_', '-')} rows, the {what} of the network is "
        f"{unseen.errors[0].mean():.4g}, that of a linear model, fitted to {len(train.X)} training "
        f"rows, {of_linear[0].mean():.4g}",
        cause.words,
        cause.change,
        cause.remedy,
        _WORSE,
    )


def _is_comparable(case: Case) -> bool:
    """Return whether the network, too, is to make as few errors as it can, and a fit is fast."""
    dataset, threshold = case.dataset, case.config.model.threshold
    unweighted = all(split.weights is None for split in dataset.splits.values())
    return (
        unweighted
        and threshold in (None, DEFAULT_THRESHOLD)
        and len(dataset.columns) <= _MOST_COLUMNS
    )


def _rows(case: Case, split: Split) -> _Rows:
    """Return up to `_MOST_ROWS` rows of a split, evenly spread."""
    job = case.job
    places = spread(len(split), _MOST_ROWS)
    X, T = gathered(split, job.scaling, job.setup.codes, places.tolist())
    if not split.of_classes:
        T = scaled_targets(split.targets[split.rows[places]], job.target_scaling)
    logits, outputs = results_of(case.network, X)
    return _Rows(X, T, _errors(case, logits if case.task == "multiclass" else outputs, T))


def _errors(case: Case, outputs: Array, T: Array) -> list[NDArray[np.float64]]:
    """Return the errors of rows (B,): wrong classes or shares of wrong labels.

    Of a regression, the mean squares and the mean sizes: a few large errors must not decide.
    """
    if case.task == "regression":
        return [np.square(outputs - T).mean(axis=1), np.abs(outputs - T).mean(axis=1)]
    if case.task == "multiclass":
        return [(outputs.argmax(axis=1) != T.argmax(axis=1)).astype(np.float64)]
    middle = (1 + case.network.output.entry.low) / 2
    return [((outputs >= middle) != (middle <= T)).mean(axis=1)]


def _errors_of_constant(case: Case, T: Array) -> list[float]:
    """Return the mean errors, as `_errors`, that are large: a constant's, or a wrong class."""
    if case.task == "regression":
        rest = T - T.mean(axis=0)
        return [float(np.square(rest).mean()), float(np.abs(rest).mean())]
    return [1.0]


def _is_less(linear: NDArray[np.float64], network: NDArray[np.float64], of_constant: float) -> bool:
    """Return whether the errors of the linear model are clearly less, row by row."""
    gaps = network - linear
    gap, error = float(gaps.mean()), float(gaps.std()) / np.sqrt(len(gaps))
    is_large = float(linear.mean()) < _FEWER_ERRORS * float(network.mean())
    return is_large and gap > max(_STANDARD_ERRORS * error, _OF_CONSTANT * of_constant)


def _cause(case: Case, linear: LinearModel, train: _Rows) -> Cause:
    """Return why the network is worse, the cause with the surest evidence first."""
    of_linear = _errors(case, linear(train.X), train.T)
    if train.errors[0].mean() < of_linear[0].mean():
        return Cause(
            "the network is better on the training rows only: it has learned their noise",
            Change("model.hidden_layers", []),
        )
    return cause_of(case)
