"""The results do not depend on how the steps of an engine are split into calls."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.splits import whole
from nncli.engines.engine import Steps, Sums
from nncli.nn.layers.kinds import NORMALIZATIONS, block
from nncli.nn.network import Network, initial_parameters
from nncli.nn.penalties import Regularization
from tests.engines.engines import engine_of, every_engine, setup_of

STEPS, ROWS = 12, 24
RANDOM = np.random.default_rng(9)
BATCHES = np.stack([RANDOM.permutation(ROWS)[:5] for _ in range(STEPS)])
RATES = RANDOM.uniform(0.01, 0.1, STEPS).tolist()
CASES = {
    "plain": {},
    "layer_norm": {"optimizer": "adam"},
    "batch_norm": {"optimizer": "adam", "dropout": (0.3, 0.0)},
    "all": {
        "optimizer": "adam",
        "dropout": (0.3, 0.5),
        "seed": 3,
        "regularization": Regularization(l1=0.01, l2=0.1, clip_norm=1.0, max_norm=2.0),
    },
}
every_case = pytest.mark.parametrize(
    ("engine", "case"), [*product(("numpy", "compiled"), CASES), ("plain", "plain")]
)
cuts = st.lists(st.integers(0, STEPS), max_size=STEPS)
few = settings(max_examples=20)


def new_engine(name, case):
    """Return an engine for weighted rows, with some rows also used for validation."""
    between = case if case in NORMALIZATIONS else "none"
    layers = [*block(3, 12, "tanh", normalization=between), *block(12, 5, "relu")]
    layers += block(5, 2, "softmax", normalization=between)
    draws = [("he_normal", {})] * 3
    network = Network(layers, initial_parameters(layers, draws, 0, np.float32))
    random = np.random.default_rng(8)
    X = random.normal(size=(ROWS, 3)).astype(np.float32)
    T = np.eye(2, dtype=np.float32)[random.integers(0, 2, ROWS)]
    split = replace(whole(X, T), weights=random.random(ROWS))
    some = split.part(np.arange(7))
    setup = setup_of(
        network,
        X,
        T,
        "cross_entropy",
        training=split,
        validation=some,
        batch_rows=6,
        **CASES[case],
    )
    return engine_of(name, setup)


def in_calls(engine, bounds, between=lambda: None):
    """Take all steps, in calls that end after these numbers of steps; return the sums."""
    sums = Sums()
    for first, last in pairwise([0, *sorted(bounds), STEPS]):
        found = engine.steps(BATCHES[first:last], RATES[first:last], sums)
        assert found == Steps(last - first)
        between()
    return sums


def bits(engine):
    return {name: (array.dtype, array.tobytes()) for name, array in engine.state().items()}


@every_case
@given(cuts)
@few
def test_calls_of_any_numbers_of_steps_lead_to_the_same_bits_and_sums(engine, case, bounds):
    at_once, in_parts = new_engine(engine, case), new_engine(engine, case)
    assert in_calls(at_once, []) == in_calls(in_parts, bounds)
    assert bits(at_once) == bits(in_parts)


@every_case
def test_one_step_a_call_leads_to_the_same_bits_and_sums(engine, case):
    at_once, one_by_one = new_engine(engine, case), new_engine(engine, case)
    sums = in_calls(at_once, [])
    assert sums == in_calls(one_by_one, range(1, STEPS))
    assert bits(at_once) == bits(one_by_one)
    assert (sums.steps, sums.rows) == (STEPS, 5 * STEPS)


@every_case
def test_queries_between_calls_change_nothing(engine, case):
    plain, asked = new_engine(engine, case), new_engine(engine, case)

    def ask():
        asked.evaluate()
        asked.snapshot()
        asked.state()
        assert asked.problem() is None
        asked.hold(None)

    assert in_calls(plain, []) == in_calls(asked, range(1, STEPS), ask)
    assert bits(plain) == bits(asked)


@every_case
@given(st.integers(0, STEPS))
@few
def test_another_engine_continues_from_a_state_without_a_difference(engine, case, at):
    whole_way, first, second = (new_engine(engine, case) for _ in range(3))
    expected, sums = in_calls(whole_way, []), Sums()
    first.steps(BATCHES[:at], RATES[:at], sums)
    second.restore(first.state())
    second.steps(BATCHES[at:], RATES[at:], sums)
    assert sums == expected
    assert bits(second) == bits(whole_way)


@every_case
def test_batches_of_another_size_in_between_do_not_matter_to_the_next(engine, case):
    together, apart = new_engine(engine, case), new_engine(engine, case)
    sums = [Sums(), Sums()]
    short, shorter = BATCHES[:3, :3], BATCHES[:1, :2]
    for batches in (BATCHES[:3], short, shorter, BATCHES[3:6], short):
        together.steps(batches, [0.05] * len(batches), sums[0])
        for rows in batches:
            apart.steps(rows[np.newaxis], [0.05], sums[1])
    assert sums[0] == sums[1]
    assert bits(together) == bits(apart)


@every_engine
def test_a_call_without_steps_changes_nothing(engine):
    trained, sums = new_engine(engine, "all"), Sums()
    before = bits(trained)
    assert trained.steps(BATCHES[:0], [], sums) == Steps(0)
    assert bits(trained) == before
    assert (sums.steps, sums.rows, sums.loss) == (0, 0, 0)
