"""How much a network has learned, compared with a constant guess."""

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.rules.gain import is_after_training


def learned(case: Case) -> float | None:
    """Return how much of what a constant guess misses on the training rows the network gets right.

    1 for a perfect network, 0 for a constant guess, negative for a worse one; None if it is not
    known. It is the best of several metrics: a network whose probabilities tell rows apart has
    learned something, even if it always predicts the same class.
    """
    if "train" not in case.splits:
        return None
    found, guess = case.splits["train"].metrics, case.splits["train"].guess_metrics
    shares = [
        1 - (found[name] / guess[name]) ** power
        for name, power in (("rmse", 2), ("brier", 1))
        if name in found and guess.get(name)
    ]
    classes = len(case.classes)
    if "balanced_accuracy" in found and classes > 1:
        shares.append((classes * found["balanced_accuracy"] - 1) / (classes - 1))
    return max(shares, default=None)


def is_untrained(case: Case) -> bool:
    """Return whether a run took no step, as one that only shows given weights."""
    return case.is_trained and not is_after_training(case)
