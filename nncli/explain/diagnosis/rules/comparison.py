"""Rules that compare metrics of training and unseen rows: which conclusions they support."""

from collections.abc import Iterator

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Condition, Evidence
from nncli.explain.diagnosis.measured import (
    Measured,
    drops_units,
    last_of,
    measured,
    unseen_split,
)
from nncli.explain.diagnosis.rules.gain import gains_nothing

_LOWER = 0.1  # of the training loss: losses of equally hard rows differ by some percent
_EASIER = 0.05  # of the gain on validation rows, after the intervals are taken off
_FEW = 30  # rows: the 95 % interval of an accuracy of 0.8 is then 0.28 wide
_SMALL = 100

_WILSON = Condition(
    "|p - accuracy| ≤ 1.96·√(p·(1 - p) / rows)",
    r"|p - \text{accuracy}| \le 1.96 \sqrt{p (1 - p) / \text{rows}}",
    "p: each number in the 95% interval of the accuracy",
)


def better_on_validation(case: Case) -> Iterator[Evidence]:
    """Find validation rows with better results than training rows, and say why."""
    train, unseen = measured(case, "train"), measured(case, "validation")
    if train is None or unseen is None:
        return
    if train.most > 0 and _is_easier(train, unseen):
        yield Evidence(
            f"measured alike, after training: {unseen} on the {unseen.rows:,} validation rows, but "
            f"only {train} on the {train.rows:,} training rows",
            "the validation rows are easier than the training rows, so the split is not a random "
            "one; metrics of validation rows are then too good",
            remedy="split at random, so that both have rows of every kind; or check where the "
            "rows of the validation file come from",
        )
        return
    yield from _explained(case)


def _is_easier(train: Measured, unseen: Measured) -> bool:
    distance = unseen.least_reached - train.most_reached
    return distance > _EASIER * unseen.reached


def _explained(case: Case) -> Iterator[Evidence]:
    """Find a lower validation loss in the history that is not there if measured alike."""
    losses = case.history.get("train_loss", []), case.history.get("validation_loss", [])
    train, unseen = (case.splits[name].metrics.get("loss") for name in ("train", "validation"))
    if not all(losses) or train is None or unseen is None:
        return
    if gains_nothing(case.splits["train"]):
        return  # a network that learned nothing has other findings, which this would hide
    in_training, on_validation = map(last_of, losses)
    difference = in_training - on_validation
    if difference < _LOWER * in_training or train - unseen > difference / 2:
        return
    yield Evidence(
        f"in training, the loss of the training rows is {in_training:.3g} and that of the "
        f"validation rows only {on_validation:.3g}; measured alike, after training, they are "
        f"{train:.3g} and {unseen:.3g}",
        _why_higher(case),
        remedy="nothing; this is as it should be",
        severity="hint",
    )


def _why_higher(case: Case) -> str:
    """Return why the training loss in the history is higher than that of the same rows later."""
    later = "validation_loss is measured"
    if drops_units(case):
        return f"train_loss is measured with units dropped, {later} with all units"
    kinds = {layer.kind for block in case.network.blocks for layer in block.between}
    if "batch_norm" in kinds:
        return (
            "train_loss is measured with the mean and variance of each batch, "
            f"{later} with those of all"
        )
    return (
        f"train_loss is the mean over an epoch, in which the network improves; {later} at its end"
    )


def too_few_to_tell(case: Case) -> Iterator[Evidence]:
    """Find conclusions that the number of rows does not support."""
    chosen = _choice_of_the_epoch(case)
    if chosen:
        yield chosen
        return
    train, unseen = measured(case, "train"), measured(case, unseen_split(case))
    if train and unseen and unseen.rows < _SMALL and _is_unclear(train, unseen):
        yield Evidence(
            f"{unseen} on {unseen.rows_in_words}, where a constant guess has "
            f"{unseen.guess:.3g}: the 95% interval includes the guess",
            "with so few rows, chance alone may make the difference",
            remedy="use training.folds=5, so that every row is held out once, or more rows",
            formula=_formula_of(unseen),
        )


def _choice_of_the_epoch(case: Case) -> Evidence | None:
    """Return evidence if few validation rows choose among many epochs."""
    validation = measured(case, "validation")
    epochs = len(case.history.get("epoch", []))
    if validation is None or validation.rows >= _FEW or epochs < 2:
        return None
    return Evidence(
        f"only {validation.rows:,} validation rows choose the best of {epochs:,} epochs; their "
        f"{validation} may be off by {(validation.high - validation.low) / 2:.2g}",
        "with so few rows, the best epoch is mostly a matter of chance, and its metrics are "
        "too good",
        remedy="use more validation rows or training.folds=5, or no validation rows at all with "
        "data.validation=0",
        formula=_formula_of(validation),
    )


def _is_unclear(train: Measured, unseen: Measured) -> bool:
    """Return whether a gain on unseen rows, as clear as on training rows, may be chance."""
    return train.least > 0 and unseen.gain > 0 >= unseen.least


def _formula_of(found: Measured) -> Condition | None:
    return None if found.name == "mae" else _WILSON
