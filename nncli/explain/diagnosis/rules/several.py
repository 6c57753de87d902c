"""Rules about the models of folds or seeds together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from statistics import fmean
from typing import NamedTuple

from nncli.base.words import briefly
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence, Severity
from nncli.explain.diagnosis.measured import Measured, is_all, measured, unseen_split
from nncli.explain.diagnosis.rules import fit
from nncli.explain.diagnosis.rules.length import longer
from nncli.runs.saved_metrics import SavedSplit

_CLEAR = 0.1  # of the possible gain: less may be chance
_FAR = 0.25  # of the possible gain, between the best and the worst model
_NARROW, _WIDER = 16, 32
_FALL, _FEW_RISES = 0.05, 0.1  # from quarter to quarter; of the epochs. Stuck XOR gates: 2e-4
_LONGER = 5  # times

_SPREAD = Condition(
    "|best - worst| ≥ |mean - guess|",
    r"|\text{best} - \text{worst}| \ge |\text{mean} - \text{guess}|",
    "metric of the best and of the worst model, mean of all models; guess: that of the best "
    "constant",
)


class Part(NamedTuple):
    """One of several models.

    Attributes
    ----------
    word : str
        ``fold`` or ``seed``.
    number : int
    case : Case
    """

    word: str
    number: int
    case: Case


@dataclass(frozen=True)
class SeveralRule:
    """How a finding about several models is known.

    Attributes
    ----------
    check : function of a sequence of Part
        Yields the evidence. It must not read the data.
    severity : str
    """

    check: Callable[[Sequence[Part]], Iterator[Evidence]]
    severity: Severity


def overfitting(parts: Sequence[Part]) -> Iterator[Evidence]:
    """Find overfitting over all held-out rows, of which a single fold may have too few."""
    case = parts[0].case
    held_out = [part.case.splits.get("held_out") for part in parts]
    known = [split for split in held_out if split and split.rows]
    if len(known) < 2 or len(known) < len(parts) or not case.config.training.is_complete:
        return
    splits = {"train": case.splits["train"], "held_out": _pooled(known)}
    for found in fit.overfitting(replace(case, splits=splits, history={})):
        yield replace(found, evidence=f"over all {len(parts)} folds: {found.evidence}")


def _pooled(splits: Sequence[SavedSplit]) -> SavedSplit:
    """Return the metrics that are means over rows, for the rows of all splits together."""
    rows = sum(split.rows for split in splits)

    def mean(values: Sequence[float]) -> float:
        weighted = zip(values, splits, strict=True)
        return sum(value * split.rows for value, split in weighted) / rows

    def means(of: Sequence[dict[str, float]]) -> dict[str, float]:
        names = [name for name in ("accuracy", "mae") if all(name in each for each in of)]
        found = {name: mean([each[name] for each in of]) for name in names}
        if all("rmse" in each for each in of):
            found["rmse"] = sqrt(mean([each["rmse"] ** 2 for each in of]))
        return found

    metrics, guesses = ([getattr(split, key) for split in splits] for key in _OF_A_SPLIT)
    return replace(splits[0], rows=rows, metrics=means(metrics), guess_metrics=means(guesses))


_OF_A_SPLIT = ("metrics", "guess_metrics")


def differing(parts: Sequence[Part]) -> Iterator[Evidence]:
    """Find models that differ more than they gain on average: some fail."""
    found = [(part, _telling(part.case)) for part in parts]
    known = [(part, each) for part, each in found if each]
    if len(known) < 2:
        return
    best = max((each for _, each in known), key=lambda each: each.gain)
    worst = min((each for _, each in known), key=lambda each: each.gain)
    mean = fmean(each.gain for _, each in known)
    is_clear = best.least > worst.most and fmean(each.reached for _, each in known) >= _CLEAR
    if not is_clear or best.gain - worst.gain < mean or best.reached - worst.reached < _FAR:
        return
    word = parts[0].word
    failed = [part for part, each in known if each.gain < mean / 2]
    change = _wider(parts[0].case) if word == "seed" else None
    cause = _CAUSES[word]
    if failed and all(_still_learns(part.case) for part in failed):
        cause, change = _TOO_SHORT.format(word), longer(parts[0].case, _LONGER)
    numbers = [str(part.number) for part in failed]
    yield Evidence(
        f"over {len(known)} {word}s, the {best.name} of the {best.split.replace('_', '-')} rows "
        f"is from {worst.value:.3g} to {best.value:.3g}; on average, it is {mean:.3g} better than "
        f"a constant guess; {_failing(word, numbers)}",
        cause,
        change,
        "" if change else _REMEDIES[word],
        _SPREAD,
    )


def _failing(word: str, numbers: Sequence[str]) -> str:
    return f"{word} {numbers[0]} fails" if len(numbers) == 1 else f"{word}s {briefly(numbers)} fail"


def _still_learns(case: Case) -> bool:
    """Return whether the training loss still falls, nearly without a rise, at the end."""
    losses = case.history.get("train_loss", [])
    quarter = len(losses) // 4
    late = losses[len(losses) - 2 * quarter :]
    rises = sum(after > before for before, after in pairwise(late))
    return (
        quarter > 0
        and rises <= _FEW_RISES * len(late)
        and fmean(late[quarter:]) < (1 - _FALL) * fmean(late[:quarter])
    )


_TOO_SHORT = "training ends too early: where a {} fails, its training loss still falls"
_CAUSES = {
    "seed": "from some initial weights, training ends where no small step is an improvement",
    "fold": "the rows of a fold that fails differ from the rows that its model was trained on",
}
_REMEDIES = {
    "seed": "compare settings by the mean over seeds; a smaller training.learning_rate or another "
    "model.activation may help",
    "fold": "look at the rows of these folds in predictions.csv; data.group keeps rows that belong "
    "together in one fold",
}


def _telling(case: Case) -> Measured | None:
    """Return the metric that shows best how well a model does."""
    if "held_out" in case.splits:
        return measured(case, "held_out")
    return measured(case, "test" if is_all(case) else unseen_split(case))


def _wider(case: Case) -> Change | None:
    """Return wider hidden layers, from which training ends well more often, if they are narrow."""
    sizes = case.config.model.hidden_layers
    if not sizes or max(sizes) > _NARROW:
        return None
    return Change("model.hidden_layers", [_WIDER] * len(sizes))
