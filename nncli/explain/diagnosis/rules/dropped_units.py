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
    fit_as_trained,
    is_clear,
)
from nncli.runs.settings import dropout_of

_STRONG = 0.5  # the usual rate for wide layers; less is no great loss even in narrow ones
_ENOUGH_LEFT = 32  # units; so many learn most tasks, whatever is dropped


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
    """Train on some rows with the settings of the case, except the dropout."""
    return fit_as_trained(case, case.config.with_training(dropout=dropout))
