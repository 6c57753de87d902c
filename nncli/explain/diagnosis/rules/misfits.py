"""A rule about outputs, losses and targets that are allowed together, but do not fit."""

from collections.abc import Iterator

import numpy as np

from nncli.base.storage.mapping import take_rows
from nncli.base.words import count
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.linear_fit import Numbers, fitted_outputs
from nncli.runs.advice import target_out_of_reach

_MOST_ROWS = 3000
# A few targets just beyond a bound cost next to nothing.
_LOST = 0.01  # of the variance, at outputs clipped to the bound

# Grades and counts are whole numbers too. There, rounding the outputs of a regression is right
# nearly as often as choosing a class. For digits it is right for a fifth, instead of nine tenths.
_FEWEST_CLASSES, _MOST_CLASSES = 3, 30
_ROWS_OF_A_CLASS = 10
_RIGHT = 0.7  # of the rows, by classes
_FAR_WORSE = 0.6  # of that, by rounded numbers

_UNREACHABLE = Condition(
    "Σ (t - clip(t))² / Σ (t - mean)² ≥ 0.01",
    r"\frac{\sum (t - \mathrm{clip}(t))^2}{\sum (t - \bar t)^2} \ge 0.01",
    "t: target; clip(t): the nearest number in the range of the output; mean: of all t",
)


def misfits(case: Case) -> Iterator[Evidence]:
    """Find outputs, losses and targets that do not fit together, in a network that is trained."""
    if case.task == "regression" and case.config.training.epochs != 0:
        classes = [*_class_numbers(case)]
        if not any(each.change for each in classes):  # else no output of a regression is right
            yield from _out_of_reach(case)
        yield from classes


def _out_of_reach(case: Case) -> Iterator[Evidence]:
    outside = target_out_of_reach(case.dataset, case.network)
    if not outside:
        return
    output = case.network.output
    low, high = output.entry.reach
    T = _sample(case)[1]
    clipped = np.clip(T, low, high)
    variance = T.var(axis=0).sum()
    lost = np.square(T - clipped).mean(axis=0).sum() / variance if variance else 1.0
    if lost >= _LOST:
        place, value = outside
        share = float(np.mean(clipped != T))
        yield Evidence(
            f"{share:.0%} of the training targets are outside of {low:g} to {high:g}, such as "
            f"{value:g} in {place}; the best outputs in this range have an error of {lost:.3g} "
            "times the variance of the targets",
            f"a {output.kind} output is between {low:g} and {high:g}",
            Change("model.output", "identity"),
            formula=_UNREACHABLE,
        )


def _sample(case: Case) -> tuple[Numbers, Numbers]:
    """Return inputs and targets of some training rows, in random order."""
    split = case.dataset.splits["train"]
    rows = split.rows[:: -(-len(split) // _MOST_ROWS)]
    rows = rows[np.random.default_rng(0).permutation(len(rows))]
    X, T = take_rows(split.inputs, rows), take_rows(split.targets, rows)
    return X.astype(np.float64), T.astype(np.float64)


def _class_numbers(case: Case) -> Iterator[Evidence]:
    X, T = _sample(case)
    if T.shape[1] != 1 or (np.round(T) != T).any():
        return
    values, codes, numbers = np.unique(T[:, 0], return_inverse=True, return_counts=True)
    is_few = _FEWEST_CLASSES <= len(values) <= _MOST_CLASSES
    if not is_few or values[0] not in (0, 1) or numbers.min() < _ROWS_OF_A_CLASS:
        return
    if values[-1] - values[0] != len(values) - 1:
        return
    known, asked = slice(len(X) // 3, None), slice(len(X) // 3)
    classes = fitted_outputs(X[known], np.eye(len(values))[codes[known]], X[asked])
    of_classes = float(np.mean(classes.argmax(axis=1) == codes[asked]))
    rounded = np.round(fitted_outputs(X[known], T[known], X[asked]))
    of_numbers = float(np.mean(rounded == T[asked]))
    if of_classes >= _RIGHT and of_numbers <= _FAR_WORSE * of_classes:
        has_task = hasattr(case.config.data, "task")
        yield Evidence(
            f"the target has only the whole numbers {values[0]:g} to {values[-1]:g}; a linear "
            f"model of {len(values)} classes is right for {of_classes:.0%} of "
            f"{count(len(codes[asked]), 'row')}, a linear regression with rounded outputs for "
            f"{of_numbers:.0%}",
            "the numbers are names of classes, and a regression takes class 1 to be between 0 and "
            "2",
            Change("data.task", "multiclass") if has_task else None,
            "" if has_task else "give data.labels instead of data.targets",
        )
