"""The rule about networks that are too small, which it shows by short trainings of others."""

from collections.abc import Iterator
from dataclasses import replace
from math import hypot
from typing import NamedTuple

import numpy as np

from nncli.base.threads import limited_threads
from nncli.base.words import count
from nncli.config.named import Named
from nncli.config.schema import ModelSection
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import Dataset
from nncli.data.scaling import SCALERS
from nncli.data.splits import Rows
from nncli.explain.diagnosis.case import MOST_ROWS, Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.measured import (
    Measured,
    has_training_rows,
    measured,
    measured_in,
    unseen_split,
)
from nncli.explain.diagnosis.spread import spread
from nncli.nn.entries import Formula
from nncli.runs.advice import one_layer_for_xor
from nncli.runs.preparation import prepare
from nncli.runs.run import run
from nncli.runs.saved_metrics import saved_split

_NARROW = 16  # units; wider layers learn all that a few hundred steps can show
_ENOUGH = 0.9  # of the gain that is possible: then a small network is no great loss
_LEFT = 0.75  # of the error of a network, what a larger one leaves at most
_LARGER = [32, 32]  # learns a wave in a few hundred steps, which one layer does not
_FOR_XOR = [8]
_FEWEST_UNSEEN = 250  # for an interval of accuracies below ±0.05; errors of numbers need fewer
_SAME_SIZE = 6  # trainings from other initial weights, as small networks often get stuck
_STEPS, _RATE = 400, 0.02
_PENALTIES = (0.0, 1.0)  # l2 of the larger network times rows: noise needs one, waves do not
_MANY_INPUTS = 256  # then batches are smaller, so that all trainings take about a second

_ERROR = Formula(
    "error = (best - metric) / (best - guess)",
    r"\text{error} = \frac{\text{best} - \text{metric}}{\text{best} - \text{guess}}",
)


class _Fit(NamedTuple):
    """What a short training reaches on the rows it is trained on, and on others."""

    train: Measured
    unseen: Measured


def too_small(case: Case) -> Iterator[Evidence]:
    """Find networks that cannot learn what a larger one learns in a moment."""
    if len(case.network.blocks) == 1:
        known = case.subject.known
        targets = known.targets if known else case.dataset.targets
        for line in one_layer_for_xor(targets, case.network):
            found, _, cause = line.partition(": ")
            yield Evidence(found, cause.partition("; ")[0], *_remedy(case, _FOR_XOR))
            return
    train = measured(case, "train")
    if train is None or train.reached >= _ENOUGH or not _may_be_too_small(case):
        return
    yield from _shown_by_fits(case, train)


def _shown_by_fits(case: Case, train: Measured) -> Iterator[Evidence]:
    """Compare short trainings of a larger network and of the given size."""
    data, seed = _some_rows(case), case.config.seed
    is_all = _is_all(case)
    fits = [_fit(case, data, _LARGER, seed, is_all=is_all, l2=l2) for l2 in _PENALTIES]
    larger = max(filter(None, fits), key=lambda each: each.unseen.gain, default=None)
    if larger is None or not _is_clear(larger.unseen, train):
        return  # on training rows, the network of the case is at its best
    best: _Fit | None = None
    hidden = case.config.model.hidden_layers
    for at in range(_SAME_SIZE if hidden else 1):  # one layer cannot get stuck
        same = _fit(case, data, hidden, seed + at, is_all=is_all)
        if same is None or not _is_clear(larger.unseen, same.unseen):
            return  # the size suffices
        if same.unseen.least > train.most:
            return  # the same size can do better, so something else is wrong
        best = same if best is None or same.unseen.gain > best.unseen.gain else best
    assert best is not None
    yield _evidence(case, larger, best)


def _evidence(case: Case, larger: _Fit, best: _Fit) -> Evidence:
    reached = f"reaches {best.unseen}"
    if case.config.model.hidden_layers:
        reached += f" at best, in {_SAME_SIZE} trials with different initial weights"
    return Evidence(
        f"trained for {_STEPS} steps on {larger.train.rows:,} rows, a network with hidden layers "
        f"of {_sizes(_LARGER)} units reaches {larger.unseen} on {larger.unseen.rows:,} other rows; "
        f"one of the given size {reached}",
        f"{_size(case)}; this target needs a larger network",
        *_remedy(case, _LARGER),
        formula=_ERROR,
    )


def _size(case: Case) -> str:
    sizes = case.config.model.hidden_layers
    if not sizes:
        return "the network has no hidden layer, so it is linear up to its output activation"
    if len(sizes) == 1:
        return f"the hidden layer has {count(sizes[0], 'unit')}"
    return f"the hidden layers have {_sizes(sizes)} units"


def _sizes(sizes: list[int]) -> str:
    return " and ".join(map(str, sizes))


def _remedy(case: Case, layers: list[int]) -> tuple[Change | None, str]:
    """Return the setting that makes the network large enough, or words if one is not enough."""
    change = Change("model.hidden_layers", layers)
    if _has_lists(case):
        return None, f"set {change}, and remove the settings of single layers and initial weights"
    if case.network.output.kind == "step":
        return None, (
            f"set {change} model.activation=tanh, and an output with a gradient to train them: "
            "model.output=sigmoid training.loss=sigmoid_cross_entropy model.initializer=he_normal"
        )
    if _starts_equal(case):
        return None, f"set {change} and model.initializer=he_normal, as equal units stay equal"
    return change, ""


def _has_lists(case: Case) -> bool:
    """Return whether there are settings that must have one entry per layer."""
    model = case.config.model
    choices = (model.activation, model.normalization, model.initializer, model.bias_initializer)
    lists = (*choices, model.density, model.masks, model.initial_weights, model.initial_biases)
    return any(isinstance(each, list | str) for each in lists) or isinstance(
        case.config.training.dropout, list
    )


def _starts_equal(case: Case) -> bool:
    """Return whether units of a new layer would start with the same weights and stay the same."""
    initializer = case.config.model.initializer
    return getattr(initializer, "name", "") in ("zeros", "ones", "constant")


def _may_be_too_small(case: Case) -> bool:
    sizes, blocks = case.config.model.hidden_layers, case.network.blocks
    is_linear = any(block.activation.kind == "identity" for block in blocks[:-1])
    is_over = case.ended in ("finished", "stopped early") and bool(case.history.get("epoch"))
    return is_over and not is_linear and min(sizes, default=0) <= _NARROW


def _is_all(case: Case) -> bool:
    """Return whether the training rows are all there are, as for a gate."""
    return "test" in case.splits and has_training_rows(case, "test")


def _some_rows(case: Case) -> Dataset:
    """Return some training rows, and as ``test`` others, or the same if there are no others."""
    splits, unseen = case.dataset.splits, unseen_split(case)
    train = splits["train"]
    rows, others = _spread(train.rows), train.part(_spread(train.rows))
    if unseen and (case.task == "regression" or len(splits[unseen]) >= _FEWEST_UNSEEN):
        others = splits[unseen].part(_spread(splits[unseen].rows))
    elif not _is_all(case):
        same_source = (each for each in splits.values() if each.inputs is train.inputs)
        more = [each.rows for each in same_source if each is not train]
        rows, others = rows[::2], train.part(np.concatenate([rows[1::2], *more]))
    return replace(case.dataset, splits={"train": train.part(rows), "test": others}, warnings=())


def _spread(rows: Rows) -> Rows:
    """Return rows that are evenly spread over all."""
    some: Rows = rows[spread(len(rows), MOST_ROWS)]
    return some


def _fit(
    case: Case, data: Dataset, hidden: list[int], seed: int, *, is_all: bool, l2: float = 0.0
) -> _Fit | None:
    """Train a network briefly, in a way that suits most tasks; only its size is the case's own."""
    config, rows = case.config, len(data.splits["train"])
    batch = min(rows, 32 if len(data.columns) > _MANY_INPUTS else 128)
    training = TrainingSection(
        loss=config.training.loss,
        learning_rate=_RATE,
        batch_size=batch,
        epochs=-(-_STEPS // -(-rows // batch)),
        schedule="cosine",
        l2=l2 / rows,
        early_stopping=False,
    )
    activation, output = config.model.activation, config.model.output
    model = ModelSection(hidden_layers=hidden, output=output, threshold=config.model.threshold)
    if not isinstance(activation, list):
        model = model.model_copy(update={"activation": activation})
    source = config.data.model_copy(update={"scale": Named.of(SCALERS, "standard")})
    update = {"seed": seed, "data": source, "model": model, "training": training}
    loaded = case.loaded.with_config(config.model_copy(update=update))
    with limited_threads(1):  # several wait for each other if other programs use the processors
        found = run(prepare(loaded, dataset=data, engine="numpy")).evaluations
    train, unseen = (
        measured_in(saved_split(found[name].as_json()), name, case.task, exact=is_all)
        for name in ("train", "test")
    )
    return _Fit(train, unseen) if train and unseen else None


def _is_clear(larger: Measured, smaller: Measured) -> bool:
    """Return whether a network is clearly better than another: beyond chance, and by far.

    The 95 % interval of the difference is that of R. Newcombe 1998, Interval Estimation for the
    Difference Between Independent Proportions (method 10).
    """
    is_by_far = 1 - larger.reached <= _LEFT * (1 - smaller.reached)
    chance = hypot(larger.gain - larger.least, smaller.most - smaller.gain)
    return is_by_far and larger.gain - smaller.gain > chance
