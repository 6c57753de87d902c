"""The summary of a report: what was learned, from what, how good it is and how sure that is."""

from collections.abc import Callable, Iterator

from nncli.base.words import count
from nncli.explain.document.elements import Element, Heading, Paragraph
from nncli.explain.report.figures import (
    brief,
    duration,
    listed,
    percent,
    quantity,
    rows_words,
    split_words,
)
from nncli.explain.report.reported import Reported
from nncli.metrics.names import rises
from nncli.runs.saved_metrics import number_of
from nncli.training.outcome import DIVERGED, EARLY, INTERRUPTED

_MOST_NAMES = 5
_FRACTIONS = {
    "binary": "of the {rows} are classified correctly",
    "multiclass": "of the {rows} are classified correctly",
    "multilabel": "of the {rows} get exactly the right labels",
}


def summary(about: Reported) -> Iterator[Element]:
    """Yield what somebody needs to know who reads nothing else."""
    yield Heading("Summary", 2)
    yield Paragraph(_learned(about))
    sentences = [_quality(about), _verdict(about), _meaning(about)]
    yield Paragraph(" ".join(filter(None, sentences)))
    if _is_trained(about):
        if caution := _caution(about):
            yield Paragraph(caution)
        yield Paragraph(_training(about))


def _is_trained(about: Reported) -> bool:
    return bool(about.model.training["epochs"])


def _learned(about: Reported) -> str:
    model, write = about.model, about.write
    blocks = model.network.blocks
    hidden = [str(each.outputs) for each in blocks[:-1]]
    activations = dict.fromkeys(each.activation.kind for each in blocks[:-1])
    size = f"{len(model.network.parameters):,} parameters"
    if hidden:
        layers = "a hidden layer" if len(hidden) == 1 else f"{len(hidden)} hidden layers"
        units = "unit" if hidden == ["1"] else "units"
        sizes = " and ".join(hidden) if len(hidden) < 3 else ", ".join(hidden)
        size = f"{layers} of {sizes} {'/'.join(activations)} {units}, {size}"
    targets = listed(model.targets, _MOST_NAMES, write)
    kinds = {
        "binary": f"whether {targets} is {listed(model.classes[-1:], 1, write)}",
        "multiclass": f"{targets}, one of {len(model.classes):,} classes",
        "multilabel": f"{len(model.targets):,} labels: {targets}",
        "regression": f"{'the number' if len(model.targets) == 1 else 'the numbers'} {targets}",
    }
    what = f"{kinds[model.task]}, from {_inputs(about)}"
    if not _is_trained(about):
        return (
            f"A neural network ({size}) predicts {what}. It was not trained: it has its initial "
            "weights."
        )
    rows = about.splits["train"].rows if "train" in about.splits else 0
    return (
        f"A neural network ({size}) learned to predict {what}. It was trained on "
        f"{rows_words(rows)}."
    )


def _inputs(about: Reported) -> str:
    preprocessing = about.model.preprocessing
    if preprocessing.images:
        return f"images of {preprocessing.images.width} × {preprocessing.images.height} pixels"
    names = [each.name for each in preprocessing.encoding.columns] if preprocessing.encoding else []
    names = names or preprocessing.columns
    return f"{count(len(names), 'column')}: {listed(names, _MOST_NAMES, about.write)}"


def _quality(about: Reported) -> str:
    """Return how good the predictions are, how sure that is, and how good a constant guess is."""
    split = about.splits[about.split]
    rows = rows_words(split.rows, about.split)
    value = split.metrics.get(about.metric)
    if value is None:
        return f"There is no {about.metric} of the {rows}."
    if about.model.task == "regression":
        write, targets = about.write, about.model.targets
        of = listed(targets, 1, write) if len(targets) == 1 else f"the {len(targets)} targets"
        words = (
            f"On the {rows}, predictions of {of} are off by {quantity(value)} on average"
            f"{' over all targets' if len(targets) > 1 else ''}{_between(about, quantity)}"
        )
    else:
        fraction = _FRACTIONS[about.model.task].format(rows=rows)
        words = f"{percent(value)} {fraction}{_between(about, percent)}"
    return f"{words}{_guess(about)}."


def _between(about: Reported, form: Callable[[float], str]) -> str:
    if about.interval is None:
        return ""
    low, high = about.interval
    return f" (95 % interval: {form(low)} to {form(high)})"


def _guess(about: Reported) -> str:
    split = about.splits[about.split]
    value = split.guess_metrics.get(about.metric)
    if value is None:
        return ""
    if about.model.task == "regression":
        shown = [quantity(each) for each in split.guess if not isinstance(each, str)]
        what = f"the mean, {shown[0]}," if len(shown) == 1 else "their means"
        return f"; always predicting {what} is off by {quantity(value)}"
    names = listed(split.guess, _MOST_NAMES, about.write) or "no label"
    return f"; always predicting {names} gets {percent(value)} right"


def _verdict(about: Reported) -> str:
    """Return whether the model is better than the constant guess."""
    split = about.splits[about.split]
    value, guess = split.metrics.get(about.metric), split.guess_metrics.get(about.metric)
    if value is None or guess is None:
        return ""
    sign = 1 if rises(about.metric) else -1
    if sign * value <= sign * guess:
        return "By this measure, the model is no better than this constant guess."
    if about.interval is None:
        return "The model is better than this constant guess."
    low, high = about.interval
    if low <= guess <= high:
        return (
            "The interval includes the constant guess: by this measure, these rows do not show "
            "that the model is better."
        )
    return "The model is better than this constant guess, by more than chance explains."


def _meaning(about: Reported) -> str:
    """Return what the interval means, if there is one."""
    if about.interval is None:
        return ""
    words = "The interval shows how much the result depends on which rows were tested"
    group = about.settings.get("data.group")
    if not isinstance(group, str):
        return f"{words}."
    return f"{words}; rows with the same {about.write.name(group)} are alike, so it is too narrow."


def _caution(about: Reported) -> str:
    keep = f"Keep test rows with {about.write.name('data.test')}."
    if about.split == "train":
        return (
            "These rows were used for training. New rows will be predicted less well; how much, is "
            f"unknown. {keep}"
        )
    if about.is_of_training_rows:
        return (
            f"The {split_words(about.split)} rows are the training rows, so the result shows what "
            "was learned, not how well new rows are predicted."
        )
    if about.split == "validation":
        return (
            "The validation rows also chose the epoch of the weights, so new rows may be predicted "
            f"less well. {keep}"
        )
    return ""


def _training(about: Reported) -> str:
    record = about.record
    epochs, best = about.model.training["epochs"], about.model.training["best_epoch"]
    ended = {
        INTERRUPTED: "Training was interrupted after",
        DIVERGED: "Training diverged after",
        EARLY: "Training stopped early after",
    }.get(str(record.get("ended")), "Training took")
    words = f"{ended} {count(epochs, 'epoch')}"
    seconds = number_of(record, "wall_seconds")
    if seconds is not None:
        words += f" and {duration(seconds)}"
    if best != epochs:
        words += f"; the weights are those of epoch {best}, with the best {_monitored(about)}"
    seeds = about.write.name("nncli train --seeds 5")
    return f"{words}. This is one training; {seeds} shows how much the result depends on chance."


def _monitored(about: Reported) -> str:
    monitor = about.record.get("monitor")
    return (
        about.write.plain(brief(str(monitor)).replace("_", " ")) if monitor else "validation loss"
    )
