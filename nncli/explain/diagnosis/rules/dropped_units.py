"""Networks that dropout makes too small, which a short training without it shows."""

from collections.abc import Iterator

from nncli.base.words import count
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.measured import Measured
from nncli.explain.diagnosis.rules.short_fit import (
    ERROR,
    Fit,
    brackets,
    fit,
    is_clear,
    some_rows,
)
from nncli.runs.settings import dropout_of

_STRONG = 0.5  # the usual rate for wide layers; less is no great loss even in narrow ones
_ENOUGH_LEFT = 32  # units; so many learn most tasks, whatever is dropped
_MOST_STEPS, _MOST_PRODUCTS = 2000, 3 * 10**9  # of a row and a weight: about a second


def too_few_left(case: Case, train: Measured) -> Iterator[Evidence]:
    """Find a dropout without which the same training learns clearly more, even of fewer rows."""
    rates, sizes = dropout_of(case.config), case.config.model.hidden_layers
    left = [(units * (1 - rate), units, rate) for units, rate in zip(sizes, rates, strict=True)]
    if max(rates, default=0) < _STRONG or min(left)[0] > _ENOUGH_LEFT or _is_given(case):
        return
    without = _trained(case, dropout=0.0)
    if without is None or not is_clear(without.unseen, train):
        return
    given = _trained(case, dropout=case.config.training.dropout)
    if given is None or not is_clear(without.unseen, given.unseen):
        return  # something else is wrong with the run
    kept, units, rate = min(left)
    yield Evidence(
        f"trained briefly on {count(without.train.rows, 'row')}, the network reaches "
        f"{without.unseen} on {without.unseen.rows:,} other rows without dropout, but with it "
        f"{given.unseen}{brackets(without.unseen)}",
        f"a dropout of {rate:g} leaves about {max(1, round(kept))} of {count(units, 'unit')} in "
        "each step, too few to learn this target",
        Change("training.dropout", 0),
        formula=ERROR,
    )


def _is_given(case: Case) -> bool:
    """Return whether training starts from given weights, which a short one need not repeat."""
    return case.config.model.initial_weights is not None


def _trained(case: Case, *, dropout: float | list[float]) -> Fit | None:
    """Train on some rows with the settings of the case, for as many steps, or for 2000."""
    data, training, weights = some_rows(case), case.config.training, len(case.network.parameters)
    batch = training.complete.batch_size
    steps = len(case.history["epoch"]) * _batches(case.splits["train"].rows, batch)
    rows = len(data.splits["train"])
    a_epoch = _batches(rows, batch)
    most = min(_MOST_STEPS, _MOST_PRODUCTS // (-(-rows // a_epoch) * weights))
    config = case.config.with_training(
        dropout=dropout,
        epochs=max(1, min(steps, most) // a_epoch),
        steps=None,
        early_stopping=False,
        **dict.fromkeys(("folds", "fold", "seeds", "record_weights", "log_every")),
        refit=False,
        tensorboard=False,
    )
    return fit(case, data, config)


def _batches(rows: int, batch: int | str) -> int:
    return 1 if batch == "full" else -(-rows // int(batch))
