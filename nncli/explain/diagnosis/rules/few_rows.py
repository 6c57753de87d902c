"""The rule that tries to learn a few rows by heart, with ``--prove``."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from nncli.base.errors import NncliError
from nncli.config.load import LoadedConfig
from nncli.config.named import Named
from nncli.config.schema import ModelSection
from nncli.data.dataset import OF_CLASSES, Dataset
from nncli.data.splits import Split
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.changed import changed
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.seen import trains
from nncli.explain.diagnosis.trial import MOST_PRODUCTS, Trial
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

ROWS, STEPS = 32, 200
_LEARNED, _BARELY = 0.9, 0.2  # of the way from the best constant to no error: a wide gap
_RATES = (0.01, 0.001)  # the usual one of Adam for so few steps, and one for unscaled inputs
_SEEDS = 2  # a single start may be unlucky
_SUSPECTS = (  # from the settings that are rarely meant to those that describe the network
    *("initial_weights", "initial_biases", "masks", "density", "initializer", "bias_initializer"),
    *("normalization", "activation", "hidden_layers"),
)
_SHARE = Condition(
    "(m - c) / (1 - c) ≤ 0.2",
    r"\frac{m - c}{1 - c} \le 0.2",
    "m: accuracy or R² of the rows; c: that of the best constant; 1: that of a perfect network",
)


def few_rows(case: Case) -> Iterator[Evidence]:
    """Find networks that do not learn rows which a network with the default settings learns.

    A linear network cannot learn any rows by heart, and nobody can learn rows with equal inputs and
    different targets: neither is a sign of something broken.
    """
    hidden = case.network.blocks[:-1]
    if all(each.activation.kind == "identity" for each in hidden) or case.task == "multilabel":
        return
    is_slow = len(case.network.parameters) * ROWS * STEPS > MOST_PRODUCTS  # a trial ends earlier
    if is_slow or not trains(case):
        return
    rows = _few(case.dataset)
    if rows is None:
        return
    reached = _reached(case.loaded, rows, _BARELY)
    if reached > _BARELY:
        return
    loaded = case.loaded.selecting
    config = loaded.config.model_copy(update={"model": ModelSection()})
    usual = loaded.with_config(config.with_training(loss=None))
    if (possible := _reached(usual, rows, _LEARNED)) < _LEARNED:
        return
    yield Evidence(
        f"{STEPS} steps with {ROWS} training rows, without regularization, reach {reached:.0%} of "
        f"what is possible beyond the best constant; a network with the default settings reaches "
        f"{possible:.0%}",
        "the rows can be learned by heart, so something in the network or its loss is broken",
        _repair(case, rows),
        "set model and training.loss to their defaults, then put back one setting at a time",
        _SHARE,
    )


def _few(dataset: Dataset) -> Dataset | None:
    """Return a data set of the first rows with different inputs, if there are enough."""
    split = dataset.splits["train"]
    some = split.part(split.rows[: 10 * ROWS])
    _, first = np.unique(some.inputs[some.rows], axis=0, return_index=True)
    if len(first) < ROWS:
        return None
    few = replace(split.part(some.rows[np.sort(first)[:ROWS]]), weights=None)
    return replace(dataset, splits={"train": few}) if _differ(few) else None


def _differ(split: Split) -> bool:
    """Return whether the targets of a split are not all the same."""
    targets = split.targets[split.rows]
    return bool((targets != targets[0]).any())


def _reached(loaded: LoadedConfig, rows: Dataset, enough: float) -> float:
    """Return the best share that some trainings reach; stop at one that is enough."""
    best = 0.0
    for rate in _RATES:
        trial = Trial(_unregularized(loaded, rate), rows)
        for number in range(_SEEDS):
            metrics = trial.metrics(number)
            best = max(best, _share(metrics["train"], rows) if metrics else 0.0)
            if best > enough:
                return best
    return best


def _unregularized(loaded: LoadedConfig, rate: float) -> LoadedConfig:
    """Return a config that uses all rows in each of `STEPS` steps, without regularization."""
    loaded = loaded.selecting
    settings: dict[str, Any] = {
        "optimizer": Named.of(OPTIMIZERS, "adam"),
        "schedule": Named.of(SCHEDULES, "constant"),
        "learning_rate": rate,
        "batch_size": "full",
        "epochs": STEPS,
        "steps": None,
        "early_stopping": False,
        **dict.fromkeys(("l1", "l2", "dropout"), 0.0),
        **dict.fromkeys(("max_norm", "clip_norm", "clip_value"), None),
    }
    return loaded.with_config(loaded.config.with_training(**settings))


def _share(metrics: dict[str, float], rows: Dataset) -> float:
    """Return how far a metric is from that of the best constant (0) to the best one (1)."""
    if rows.task not in OF_CLASSES:
        return metrics.get("r2", 0.0)
    split = rows.splits["train"]
    constant = float(np.bincount(split.targets[split.rows]).max()) / len(split)
    return (metrics["accuracy"] - constant) / (1 - constant)


def _repair(case: Case, rows: Dataset) -> Change | None:
    """Return the first setting whose default alone lets the rows be learned."""
    for key in _SUSPECTS:
        default = ModelSection.model_fields[key].get_default()
        if getattr(case.config.model, key) == getattr(ModelSection(), key):
            continue
        change = Change(f"model.{key}", default)
        try:
            if _reached(changed(case, change), rows, _LEARNED) > _LEARNED:
                return change
        except NncliError:  # the default does not fit the other settings
            continue
    return None
