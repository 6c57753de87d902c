"""Short trainings on some rows, measured on others: what a config could reach."""

from dataclasses import replace
from math import hypot
from operator import mul
from typing import NamedTuple

import numpy as np

from nncli.base.errors import DivergenceError
from nncli.base.threads import limited_threads
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.data.splits import Rows
from nncli.explain.diagnosis.case import MOST_ROWS, Case
from nncli.explain.diagnosis.finding import Condition
from nncli.explain.diagnosis.measured import Measured, is_all, measured_in, unseen_split
from nncli.explain.diagnosis.spread import spread
from nncli.runs.preparation import prepare
from nncli.runs.run import run
from nncli.runs.saved_metrics import saved_split

_LEFT = 0.75  # of the error of a network, what a better one leaves at most
_MOST_STEPS, _MOST_PRODUCTS = 2000, 3 * 10**9  # of a row and a weight: about a second
_FEWEST_UNSEEN = 250  # for an interval of accuracies below ±0.05; errors of numbers need fewer

ERROR = Condition(
    "error[better] ≤ 3/4·error[worse], error = (best - metric) / (best - guess)",
    r"e_\text{better} \le \frac{3}{4} e_\text{worse}, \quad "
    r"e = \frac{\text{best} - \text{metric}}{\text{best} - \text{guess}}",
    "metric: accuracy or mean absolute error; best: of a perfect network; guess: of the best "
    "constant",
)


class Fit(NamedTuple):
    """What a short training reaches on the rows it is trained on, and on others."""

    train: Measured
    unseen: Measured


def some_rows(case: Case) -> Dataset:
    """Return some training rows, and as ``test`` others, or the same if there are no others."""
    splits, unseen = case.dataset.splits, unseen_split(case)
    train = splits["train"]
    rows, others = _spread(train.rows), train.part(_spread(train.rows))
    if unseen and (case.task == "regression" or len(splits[unseen]) >= _FEWEST_UNSEEN):
        others = splits[unseen].part(_spread(splits[unseen].rows))
    elif not is_all(case):
        same_source = (each for each in splits.values() if each.inputs is train.inputs)
        more = [each.rows for each in same_source if each is not train]
        rows, others = rows[::2], train.part(np.concatenate([rows[1::2], *more]))
    return replace(case.dataset, splits={"train": train.part(rows), "test": others}, warnings=())


def _spread(rows: Rows) -> Rows:
    """Return rows that are evenly spread over all."""
    some: Rows = rows[spread(len(rows), MOST_ROWS)]
    return some


def fit(case: Case, data: Dataset, config: Config) -> Fit | None:
    """Train a config on `some_rows`; None if it diverges, or if the metrics are not known."""
    loaded = case.loaded.with_config(config)
    try:
        with limited_threads(1):  # several wait for each other if other programs use the processors
            found = run(prepare(loaded, dataset=data, engine="numpy", warnings=())).evaluations
    except DivergenceError:
        return None
    train, unseen = (
        measured_in(saved_split(found[name].as_json()), name, case.task, exact=is_all(case))
        for name in ("train", "test")
    )
    return Fit(train, unseen) if train and unseen else None


def fit_as_trained(case: Case, config: Config) -> Fit | None:
    """Train `some_rows` for as many steps as the case, or for 2000, with the settings of a config.

    None as for `fit`.
    """
    data, batch = some_rows(case), config.training.complete.batch_size
    steps = len(case.history["epoch"]) * _batches(case.splits["train"].rows, batch)
    rows = len(data.splits["train"])
    a_epoch = _batches(rows, batch)
    blocks = case.network.blocks
    sizes = [blocks[0].inputs, *config.model.hidden_layers, blocks[-1].outputs]
    weights = sum(map(mul, sizes, sizes[1:]))
    most = min(_MOST_STEPS, _MOST_PRODUCTS // (-(-rows // a_epoch) * weights))
    short = config.with_training(
        epochs=max(1, min(steps, most) // a_epoch),
        steps=None,
        early_stopping=False,
        **dict.fromkeys(("folds", "fold", "seeds", "record_weights", "log_every")),
        refit=False,
        tensorboard=False,
    )
    return fit(case, data, short)


def _batches(rows: int, batch: int | str) -> int:
    return 1 if batch == "full" else -(-rows // int(batch))


def is_clear(better: Measured, worse: Measured) -> bool:
    """Return whether a network is clearly better than another: beyond chance, and by far.

    The 95 % interval of the difference is that of R. Newcombe 1998, Interval Estimation for the
    Difference Between Independent Proportions (method 10).
    """
    is_by_far = 1 - better.reached <= _LEFT * (1 - worse.reached)
    chance = hypot(better.gain - better.least, worse.most - worse.gain)
    return is_by_far and better.gain - worse.gain > chance


def brackets(found: Measured) -> str:
    """Return words about the brackets of a metric; empty if it has none."""
    return "" if found.low == found.high else "; brackets show 95% intervals"
