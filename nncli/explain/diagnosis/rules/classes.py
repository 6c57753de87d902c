"""Rules about the classes that a network predicts."""

from collections.abc import Iterator
from dataclasses import dataclass

from nncli.base.words import count, listed
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.gain import is_after_training
from nncli.explain.diagnosis.rules.nothing_learned import held_back
from nncli.metrics.scores import DEFAULT_THRESHOLD
from nncli.model.thresholds import has_threshold
from nncli.runs.saved_metrics import SavedSplit

_FEWEST_ROWS = 20  # of a class: a network may well ignore a few rows
_RARE = 0.8  # of an equal share: classes meant to be equal rarely differ so much
_UNITS = 32

_ALWAYS = Condition(
    "accuracy = max p[k], balanced accuracy = 1/K",
    r"\text{accuracy} = \max_k p_k, \quad \text{balanced accuracy} = 1/K",
    "p[k]: share of class k among the rows; K: number of classes",
)
_NEVER = Condition(
    "recall[k] = 0 / rows[k] = 0",
    r"\text{recall}_k = 0 / \text{rows}_k = 0",
    "rows[k]: number of rows of class k, of which 0 are predicted as k",
)


@dataclass(frozen=True)
class _Predicted:
    """The number of rows of each class in a split, and how often each is predicted."""

    true: list[int]
    chosen: list[int]

    @classmethod
    def of(cls, split: SavedSplit, classes: int) -> "_Predicted":
        true, chosen = [0] * classes, [0] * classes
        for one, other, rows in split.confusion:
            true[one] += rows
            chosen[other] += rows
        return cls(true, chosen)

    def share(self, place: int) -> float:
        return self.true[place] / sum(self.true)


def _predictions(case: Case) -> dict[str, _Predicted]:
    """Return the predictions on each split; empty if there are no classes or no training."""
    if case.task not in ("binary", "multiclass") or not is_after_training(case):
        return {}
    classes = len(case.classes)
    return {
        name: _Predicted.of(split, classes)
        for name, split in case.splits.items()
        if split.confusion and len(split.figures) == classes
    }


def never_predicted(case: Case) -> list[int]:
    """Return the classes with enough training rows that are predicted for no row of any split."""
    found = _predictions(case)
    if "train" not in found:
        return []
    rows = found["train"].true
    return [
        place
        for place, number in enumerate(rows)
        if number >= _FEWEST_ROWS and not any(each.chosen[place] for each in found.values())
    ]


def missing_class(case: Case) -> Iterator[Evidence]:
    """Find classes that the network never predicts."""
    missing = never_predicted(case)
    if not missing:
        return
    train = _predictions(case)["train"]
    names = [case.classes[place] for place in missing]
    rows = sum(train.true[place] for place in missing)
    what = "class" if len(names) == 1 else "classes"
    metrics = case.splits["train"].metrics
    values = [
        f"{key.replace('_', ' ')} {metrics[key]:.4g}"
        for key in ("accuracy", "balanced_accuracy")
        if key in metrics
    ]
    yield _evidence(
        case,
        missing,
        f"no row is predicted as {what} {listed(names)}, which {rows} of the {sum(train.true)} "
        f"training rows have: {', '.join(values)}",
        _NEVER,
    )


def only_the_largest(case: Case) -> Iterator[Evidence]:
    """Find a network that predicts the largest class for every row."""
    found, missing = _predictions(case), never_predicted(case)
    if not missing:
        return
    train = found["train"]
    always = {place for each in found.values() for place, rows in enumerate(each.chosen) if rows}
    place = next(iter(always))
    if len(always) > 1 or train.true[place] < max(train.true):
        return
    share = train.share(place)
    occurring = sum(number > 0 for number in train.true)
    yield _evidence(
        case,
        missing,
        f"all rows are predicted as {case.classes[place]!r}, the class of {share:.4g} of the "
        f"{sum(train.true)} training rows: accuracy {share:.4g}, balanced accuracy 1/{occurring}",
        _ALWAYS,
    )


def _evidence(case: Case, missing: list[int], evidence: str, formula: Condition) -> Evidence:
    """Return the evidence with its cause and the change that suits the missing classes."""
    for cause, change in _changes(case, missing):
        return Evidence(evidence, cause, change, formula=formula)
    for known in held_back(case):
        return Evidence(evidence, known.words, known.change, formula=formula)
    return Evidence(
        evidence,
        "the network does not tell these rows from those of other classes",
        remedy="use larger model.hidden_layers or more training.epochs, or add inputs that tell "
        "the classes apart",
        formula=formula,
    )


def _changes(case: Case, missing: list[int]) -> Iterator[tuple[str, Change]]:
    """Yield causes with their change, the surest first."""
    config, train = case.config, _predictions(case)["train"]
    threshold = config.model.threshold or DEFAULT_THRESHOLD
    thresholded = case.task == "binary" and has_threshold(case.task, case.network)
    equal = _RARE / len(train.true)
    shares = [train.share(place) for place in missing]
    is_above = threshold > DEFAULT_THRESHOLD
    if thresholded and threshold != DEFAULT_THRESHOLD and missing == [int(is_above)]:
        share = shares[0] if is_above else 1 - shares[0]
        suitable = DEFAULT_THRESHOLD if shares[0] > equal else float(f"{share:.2g}")
        yield (
            f"all probabilities of {case.classes[1]!r} are {'below' if is_above else 'above'} "
            f"model.threshold={threshold:g}",
            Change("model.threshold", suitable),
        )
    given = getattr(config.data, "class_weight", None)
    names = [case.classes[place] for place in missing]
    if isinstance(given, dict) and _are_light(given, names, case.classes):
        yield (
            f"data.class_weight gives {listed(names)} less weight than other classes",
            Change("data.class_weight", "balanced"),
        )
    hidden = config.model.hidden_layers
    if max(shares) > equal and hidden and min(hidden) < len(train.true) - 1:
        yield (
            f"a hidden layer of {count(min(hidden), 'unit')} does not tell "
            f"{len(train.true)} classes apart",
            Change("model.hidden_layers", [max(units, _UNITS) for units in hidden]),
        )
    if given is not None or max(shares) > equal:
        return
    cause = "every row counts the same, so that rare classes hardly change the loss"
    if "class_weight" in type(config.data).model_fields:
        yield cause, Change("data.class_weight", "balanced")
    elif thresholded and missing == [1]:
        yield cause, Change("model.threshold", float(f"{shares[0]:.2g}"))


def _are_light(weights: dict[str, float], missing: list[str], classes: list[str]) -> bool:
    """Return whether the weights of the missing classes are below those of all others."""
    others = [weights.get(name, 1.0) for name in classes if name not in missing]
    return max(weights.get(name, 1.0) for name in missing) < min(others, default=0.0)
