"""What the compiled engine cannot train is refused by name; of today's entries, it trains all."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.engines.choice import EngineError, choose_engine, why_numpy
from nncli.engines.engine import Sums
from nncli.metrics.scores import MEASURES, SCORES
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import NORMALIZATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from tests.engines.compiled.parity import Case, case_setup
from tests.engines.engines import engine_of
from tests.nn.networks import HIDDEN, LOSS_AND_OUTPUT

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

OUTPUTS = {output: loss for loss, output in LOSS_AND_OUTPUT}
CASES = {
    **{f"hidden {name}": Case(hidden=name) for name in HIDDEN},
    **{f"output {name}": Case(output=name, loss=loss) for name, loss in OUTPUTS.items()},
    **{f"loss {name}": Case(output=output, loss=name) for name, output in LOSS_AND_OUTPUT},
    **{name: Case(optimizer=name) for name in OPTIMIZERS},
    **{f"normalization {name}": Case(normalization=name) for name in NORMALIZATIONS},
}


def step_of(given):
    """Take a step with the compiled engine."""
    return engine_of("compiled", given).steps(np.arange(7).reshape(1, 7), [0.01], Sums())


def test_the_cases_have_all_entries():
    named = {name.split()[-1] for name in CASES}
    assert named == {*ACTIVATIONS, *LOSSES, *OPTIMIZERS, *NORMALIZATIONS}
    assert {score.measure for score in SCORES.values()} == {*MEASURES}


@pytest.mark.parametrize("name", CASES)
def test_every_entry_trains(name):
    assert step_of(case_setup(CASES[name], np.float32)) == (1, None)


@pytest.mark.parametrize("task", SCORES)
def test_every_score_trains(task):
    given = case_setup(Case(), np.float32)
    assert step_of(replace(given, score=SCORES[task])) == (1, None)


@pytest.mark.parametrize("field", Regularization.__dataclass_fields__)
def test_every_kind_of_regularization_trains(field):
    case = Case(regularization=Regularization(**{field: 0.1}))
    assert step_of(case_setup(case, np.float32)) == (1, None)


NEW = {
    "activation": (ACTIVATIONS, "tanh", lambda: case_setup(Case(hidden="new"), np.float32)),
    "loss": (LOSSES, "huber", lambda: case_setup(Case(loss="new"), np.float32)),
    "optimizer": (OPTIMIZERS, "adam", lambda: case_setup(Case(optimizer="new"), np.float32)),
    "score": (
        MEASURES,
        "absolute_errors",
        lambda: replace(
            case_setup(Case(), np.float32), score=replace(SCORES["regression"], measure="new")
        ),
    ),
}


@pytest.mark.parametrize("kind", NEW)
def test_a_new_entry_without_an_operation_is_refused_by_name(kind, monkeypatch):
    table, like, given = NEW[kind]
    monkeypatch.setitem(table, "new", table[like])
    expected = f"^compiled does not support the {kind} new; use numpy$"
    with pytest.raises(EngineError, match=expected):
        choose_engine("compiled", steps=1, parameters=1, setup=given())
    assert choose_engine("auto", 10**6, 10**6, setup=given()).name == "numpy"
    assert why_numpy(10**6, 10**6, given()) == f"compiled does not support the {kind} new"
