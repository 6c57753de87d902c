"""How far a network is from the best constant answer to a perfect one, by its saved metrics."""

from dataclasses import dataclass
from math import inf, log, sqrt

from nncli.data.splits import UNSEEN_FIRST
from nncli.explain.diagnosis.case import Case
from nncli.runs.saved_metrics import SavedSplit

# A network is no better than a constant if it gains no more than this. Of measures that count rows,
# the limit has two standard errors more: on 1000 rows of two equal classes, guesses at random are
# right for 47 % to 53 %. On fewer rows, a gain of a tenth is one: the network was trained on them.
_NO_GAIN, _SOME_GAIN = 0.02, 0.1
_OF_VALUES = ("log loss", "R²", "mean absolute error")

_FEWEST_TRAINING_ROWS, _FEWEST_UNSEEN_ROWS = 4, 100
_LARGEST_ERROR = 0.05  # of the gain in accuracy on unseen rows


@dataclass(frozen=True)
class Compared:
    """A metric of a network, and its value for the best constant and for a perfect answer."""

    value: float
    constant: float
    perfect: float

    @property
    def gain(self) -> float:
        """The share of the way from the constant answer, 0, to a perfect one, 1."""
        return (self.value - self.constant) / (self.perfect - self.constant)

    def __str__(self) -> str:
        """Return both values."""
        return f"{self.value:.4g} (constant: {self.constant:.4g})"


def is_after_training(case: Case) -> bool:
    """Return whether there is a network that took steps; given weights are no failed training."""
    return case.is_trained and bool(case.subject.model.training.get("epochs"))


def is_untrained(case: Case) -> bool:
    """Return whether a run took no step, as one that only shows given weights."""
    return case.is_trained and not is_after_training(case)


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


def compared(split: SavedSplit) -> dict[str, Compared]:
    """Return the metrics whose value for the best constant answer is known.

    The accuracy of a constant is the share of the largest class, its balanced accuracy 1/K, its
    ROC AUC 1/2; its log loss is the entropy of the shares, its R² 0, its mean absolute error that
    of the median. Empty if the run did not save what a constant gets, or if a constant is perfect.
    """
    found, guess = split.metrics, split.guess_metrics
    constant: dict[str, tuple[str, float | None, float]] = {
        "accuracy": ("accuracy", guess.get("accuracy"), 1),
        "R²": ("r2", guess.get("r2"), 1),
        "mean absolute error": ("mae", _least_error(split), 0),
    }
    if split.part == "class":
        shares = [share for share in class_shares(split) if share]
        constant |= {
            "balanced accuracy": ("balanced_accuracy", 1 / max(len(shares), 1), 1),
            "ROC AUC": ("roc_auc", 0.5, 1),
            "log loss": ("log_loss", -sum(share * log(share) for share in shares), 0),
        }
    return {
        name: Compared(found[key], of_guess, perfect)
        for name, (key, of_guess, perfect) in constant.items()
        if key in found and of_guess is not None and of_guess != perfect
    } | _best_part(split)


def _least_error(split: SavedSplit) -> float | None:
    """Return the mean absolute error of medians; earlier versions saved only that of means."""
    if split.mae_of_medians is None:
        return split.guess_metrics.get("mae")
    return split.mae_of_medians


def class_shares(split: SavedSplit) -> list[float]:
    """Return the share of each class in the rows of a split."""
    supports = [each.get("support", 0) for each in split.figures.values()]
    return [support / max(sum(supports), 1) for support in supports]


def _best_part(split: SavedSplit) -> dict[str, Compared]:
    """Return the label or target that is learned best: a mean may hide it."""
    if split.part not in ("label", "target"):
        return {}
    key, name, constant = (
        ("roc_auc", "ROC AUC", 0.5) if split.part == "label" else ("r2", "R²", 0.0)
    )
    values = [each[key] for each in split.figures.values() if key in each]
    return {f"best {name} of a {split.part}": Compared(max(values), constant, 1)} if values else {}


def gains_nothing(split: SavedSplit) -> bool:
    """Return whether no metric is better than that of a constant; False if none is known."""
    found = compared(split)
    most = min(_SOME_GAIN, _NO_GAIN + 2 * _standard_error(split))
    return bool(found) and all(
        each.gain <= (_NO_GAIN if name in _OF_VALUES else most) for name, each in found.items()
    )


def _standard_error(split: SavedSplit) -> float:
    """Return that of the gain in accuracy, for a network that is no better than a constant."""
    share = split.guess_metrics.get("accuracy", 0.0)
    return sqrt(share / (1 - share) / split.rows) if share < 1 and split.rows else inf


def split_without_gain(case: Case) -> str:
    """Return the name of a split on which the network is no better than a constant, or ``""``.

    The training rows, unless unseen rows show a gain: of training rows, a few are enough.
    Otherwise the first unseen rows, if they are enough to tell.
    """
    splits = case.splits
    if not is_after_training(case) or "train" not in splits or _is_weighted_regression(case):
        return ""
    tell = {name: gains_nothing(splits[name]) for name in splits if is_large(splits[name])}
    train = splits["train"]
    if train.rows >= _FEWEST_TRAINING_ROWS and gains_nothing(train):
        return "train" if all(tell.values()) else ""
    first = next((name for name in UNSEEN_FIRST[:-1] if name in splits), "")
    return first if tell.get(first) else ""


def is_large(split: SavedSplit) -> bool:
    """Return whether a split has enough rows to tell a network from a constant."""
    is_sure = "r2" in split.metrics or _standard_error(split) <= _LARGEST_ERROR
    return split.rows >= _FEWEST_UNSEEN_ROWS and is_sure


def _is_weighted_regression(case: Case) -> bool:
    """Return whether training weighs the rows of a regression; the saved metrics do not."""
    return case.task == "regression" and getattr(case.config.data, "weight", None) is not None
