"""Rules about outputs that say nothing about the targets."""

from collections.abc import Iterator

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Condition, Evidence
from nncli.explain.diagnosis.rules.gain import compared, is_after_training, split_without_gain
from nncli.explain.diagnosis.rules.nothing_learned import ONLY_NOISE, cause_of
from nncli.explain.diagnosis.rules.results import results_of
from nncli.nn.entries import Array

# Outputs that vary by a share s of what the targets do explain at most 2s of their variance:
# R² = 2rs - s², where r is the correlation. In runs that learned little, such as a line on XOR, s
# is 0.03 or more; in those that learned nothing, 0.001 or less.
_CONSTANT = 0.01
_USEFUL = 0.1  # of the gain: outputs that are nearly equal may still be on the right side of 1/2

# With less, a network that gains nothing on other rows has hardly learned its training rows either.
_LEARNED = 0.2

_SPREAD = Condition(
    "√(Σ var(a) / Σ var(t)) < 0.01",
    r"\sqrt{\sum \operatorname{var}(a) / \sum \operatorname{var}(t)} < 0.01",
    "a: output; t: target; var: variance over the rows; Σ: sum over all outputs",
)
_NO_GAIN = Condition(
    "(value - constant) / (perfect - constant) ≤ 0.02 + 2·error",
    r"\frac{\text{value} - \text{constant}}{\text{perfect} - \text{constant}} "
    r"\le 0.02 + 2 \cdot \text{error}",
    "value: a metric; constant: that of the best constant; perfect: that of a perfect network; "
    "error: standard error, of accuracies and the ROC AUC",
)


def constant_outputs(case: Case) -> Iterator[Evidence]:
    """Find a trained network that gives nearly the same outputs for every row."""
    if not is_after_training(case):
        return
    T = case.start.T.astype(np.float64)
    of_targets = float(np.sqrt(T.var(axis=0).sum()))
    logits, outputs = results_of(case.network, case.start.X)
    spread = float(np.sqrt(outputs.var(axis=0).sum()))
    if not of_targets or not spread < _CONSTANT * of_targets or _is_useful(case, T):
        return
    cause = cause_of(case)
    yield Evidence(
        f"over {len(T)} training rows, the outputs vary by {spread:.2g}, the targets by "
        f"{of_targets:.2g} (standard deviations){_loss(case, logits, T)}",
        cause.words,
        cause.change,
        cause.remedy,
        _SPREAD,
    )


def _is_useful(case: Case, T: Array) -> bool:
    """Return whether predictions are good even so; targets `T` give the share of each class."""
    train = case.splits.get("train")
    if train is None:
        return False
    if case.task in ("binary", "multiclass") and "accuracy" in train.metrics:
        shares = (T > 0).mean(axis=0)
        share = max(shares.max(), 1 - shares.min() if len(shares) == 1 else 0.0)
        return bool(train.metrics["accuracy"] - share > _USEFUL * (1 - share))
    found = compared(train)
    return any(each.gain > _USEFUL for name, each in found.items() if "ROC" not in name)


def _loss(case: Case, logits: Array, T: Array) -> str:
    """Return the loss of the rows and what it is for a constant; empty if that has no formula."""
    objective = case.job.setup.objective
    constant, what = loss_of_constant(objective.name, T)
    if constant is None:
        return ""
    loss = float(objective.of_rows(case.network.output, logits, T).mean())
    return f"; the loss is {loss:.4g}, and {what} is {constant:.4g}"


def loss_of_constant(loss: str, T: Array) -> tuple[float | None, str]:
    """Return the loss of the best constant outputs for targets (B, O), and what it is."""
    shares, variance = T.mean(axis=0), T.var(axis=0)
    of_squares = {
        "mean_squared_error": variance.mean(),
        "squared_error": variance.sum(),
        "half_squared_error": variance.sum() / 2,
    }
    if loss in of_squares:
        half = "half " if loss == "half_squared_error" else ""
        return float(of_squares[loss]), f"{half}the variance of the targets"
    if loss == "cross_entropy":
        return _entropy(shares), "the entropy of the class shares"
    if loss == "sigmoid_cross_entropy":
        return _entropy(shares) + _entropy(1 - shares), "the entropy of the class shares"
    return None, ""


def _entropy(shares: Array) -> float:
    return -float((shares * np.log(shares, where=shares > 0, out=np.zeros_like(shares))).sum())


def no_gain(case: Case) -> Iterator[Evidence]:
    """Find a network that is no better than the best constant answer."""
    name = split_without_gain(case)
    if not name:
        return
    split = case.splits[name]
    values = ", ".join(f"{metric} {each}" for metric, each in compared(split).items())
    rows = {"train": "training", "held_out": "held-out"}.get(name, name)
    on_training = compared(case.splits["train"]).values()
    is_learned = name != "train" and any(each.gain > _LEARNED for each in on_training)
    cause = ONLY_NOISE if is_learned else cause_of(case)
    yield Evidence(
        f"on the {split.rows} {rows} rows: {values}",
        cause.words,
        cause.change,
        cause.remedy,
        _NO_GAIN,
    )
