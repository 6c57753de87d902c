"""Rules about how training and unseen rows differ: overfitting, and memorized training rows."""

from collections.abc import Iterator

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.measured import (
    Measured,
    at_the_end,
    drops_units,
    last_of,
    measured,
    unseen_split,
)

# The part of the gain over the best constant that unseen rows lack, as `lost` defines it, is
# below 0.05 in the good runs on scikit-learn's tables and MNIST, and above 0.25 where noise is
# learned.
_LOST, _LOST_LATER = 0.2, 0.1
_FEWEST_EPOCHS = 10
_RISE, _FALL = 1.2, 0.8  # of a loss, after the best epoch: validation and training
_PERFECT = 0.98  # of the gain that is possible
_NOTHING = 0.1  # of the gain on training rows
_WIDE = 32  # dropping half of fewer units leaves too few
_MORE_ROWS = "collect more rows, or use fewer units"

# The loss is a mean over rows, so the penalty of the same prior is proportional to 1 / rows. On
# noisy XOR with 60 rows, 0.1 to 0.7 over rows is better than none for 10 of 10 seeds, and 1 makes
# some outputs constant. With 40 rows and the best epoch kept, 1 is better for 9 of 10 seeds.
_PENALTY, _PENALTY_OF_BEST = 0.5, 1.0
# Of two regressions with much noise, 4 over rows lowered the error of unseen rows for 9 and 10 of
# 10 seeds, 0.5 for 5 and 7. With that penalty already, dropout 0.5 did for 8 and 9; a larger one,
# early stopping and 16 units did for fewer in at least one.
_PENALTY_OF_NUMBERS = 4.0


def _condition(least: float) -> Condition:
    return Condition(
        f"1 - gain[unseen] / gain[train] ≥ {least:g}, gain = (value - guess) / (perfect - guess)",
        r"1 - \text{gain}_{\text{unseen}} / \text{gain}_{\text{train}} "
        rf"\ge {least:g}, \quad "
        r"\text{gain} = \frac{\text{value} - \text{guess}}{\text{perfect} - \text{guess}}",
        "value: accuracy or mean absolute error, at the cautious end of its 95% interval; guess: "
        "that of the best constant; perfect: that of a perfect network",
    )


def overfitting(case: Case) -> Iterator[Evidence]:
    """Find noise that was learned: unseen rows lack much of what training rows gain."""
    train, unseen = measured(case, "train"), measured(case, unseen_split(case))
    if train and unseen and lost(train, unseen) >= _LOST:
        yield _overfitted(case, train, unseen)
        return
    train, unseen = at_the_end(case, "train"), at_the_end(case, "validation")
    best = _best_before_rise(case)
    if best is not None and train and unseen and lost(train, unseen) >= _LOST_LATER:
        yield _overfits_later(case, best, train, unseen)


def lost(train: Measured, unseen: Measured) -> float:
    """Return the share of the gain on training rows that unseen rows certainly lack.

    Each gain is relative to that of a perfect network on the same rows, and taken at the end of its
    95 % interval that makes the share smaller.
    """
    gained = train.least_reached
    return (gained - unseen.most_reached) / gained if gained > 0 else 0.0


def _overfitted(case: Case, train: Measured, unseen: Measured) -> Evidence:
    factor = _PENALTY_OF_NUMBERS if case.task == "regression" else _PENALTY
    change = _regularized(case, factor)
    return Evidence(
        f"{train} on the {train.rows:,} training rows, but {unseen} on the "
        f"{unseen.rows_in_words}; {_guesses(train, unseen)}, so unseen rows lack at least "
        f"{lost(train, unseen):.0%} of the gain",
        f"{_sizes(case, train.rows)}: besides what holds for all rows, it learns the noise "
        "in these",
        change,
        "" if change else _MORE_ROWS,
        _condition(_LOST),
    )


def _guesses(train: Measured, unseen: Measured) -> str:
    """Return in words what the best constants have; on rows of one kind, they hardly differ."""
    if f"{train.guess:.2g}" == f"{unseen.guess:.2g}":
        return f"a constant guess has {unseen.guess:.3g}"
    return f"constant guesses have {train.guess:.3g} and {unseen.guess:.3g}"


def _overfits_later(case: Case, best: int, train: Measured, unseen: Measured) -> Evidence:
    losses, epochs = case.history["validation_loss"], len(case.history["epoch"])
    change = _regularized(case, _PENALTY_OF_BEST)
    return Evidence(
        f"the validation loss falls to {losses[best]:.3g} in epoch {best + 1} and then rises to "
        f"{last_of(losses):.3g}, while the training loss keeps falling to "
        f"{last_of(case.history['train_loss']):.3g}; at the end: {train} on the training rows, "
        f"but {unseen} on the validation rows",
        f"{_sizes(case, train.rows)}, which it learns by heart; the weights of the best epoch "
        f"are kept, so the {epochs - best - 1:,} epochs after it are wasted",
        change,
        "" if change else _MORE_ROWS,
        _condition(_LOST_LATER),
        severity="hint",
    )


def _best_before_rise(case: Case) -> int | None:
    """Return the place of the epoch after which the validation loss rises; None if it does not."""
    train, unseen = case.history.get("train_loss", []), case.history.get("validation_loss", [])
    if len(unseen) < _FEWEST_EPOCHS or case.ended == "stopped early":
        return None  # early stopping needs some worse epochs to know when to stop
    best = min(range(len(unseen)), key=unseen.__getitem__)
    rises = last_of(unseen) > _RISE * unseen[best] > 0
    return best if rises and last_of(train) < _FALL * train[best] else None


def memorized(case: Case) -> Iterator[Evidence]:
    """Find training rows that are known by heart, without any use for other rows."""
    kept = measured(case, "train"), measured(case, unseen_split(case))
    later = at_the_end(case, "train"), at_the_end(case, "validation")
    for train, unseen in (kept, later):
        if train and unseen and train.reached >= _PERFECT and _is_no_gain(train, unseen):
            yield Evidence(
                f"{train} on the {train.rows:,} training rows, but {unseen} on the "
                f"{unseen.rows_in_words}, where a constant guess has "
                f"{unseen.guess:.3g}",
                f"{_sizes(case, train.rows)}, enough to learn each row by heart; the inputs may "
                "not tell the targets at all",
                remedy="check that targets and inputs belong to the same rows, and add columns "
                "that tell the target; if they are right, collect more rows",
            )
            return


def _is_no_gain(train: Measured, unseen: Measured) -> bool:
    return unseen.least <= 0 and unseen.reached <= _NOTHING * train.reached


def _regularized(case: Case, factor: float) -> Change | None:
    """Return a penalty of `factor` / rows, or dropout if there is a penalty already."""
    training, rows = case.config.training, case.splits["train"].rows
    l2 = float(f"{factor / rows:.2g}")
    if training.complete.l2 <= l2 / 2 and not training.l1:
        return Change("training.l2", l2)
    is_wide = min(case.config.model.hidden_layers, default=0) >= _WIDE
    return Change("training.dropout", 0.5) if is_wide and not drops_units(case) else None


def _sizes(case: Case, rows: int) -> str:
    return f"the network has {len(case.network.parameters):,} parameters for {rows:,} training rows"
