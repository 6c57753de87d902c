"""A row that is not usable ends training at its step, with the same words as with NumPy."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.engines.engine import Sums
from nncli.nn.layers.kinds import NORMALIZATIONS
from tests.engines.compiled.parity import TRAINED, Case, case_setup
from tests.engines.engines import copied, engine_of
from tests.nn.networks import HIDDEN, LOSS_AND_OUTPUT

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

BATCHES = np.arange(TRAINED).reshape(3, 6)
INFINITE = [np.nan, np.inf, -np.inf]
UNUSABLE = [(what, value) for what in ("inputs", "targets", "weights") for value in INFINITE]
UNUSABLE += [("inputs", 1e30), ("targets", 1e30)]  # as a weight, it would enlarge roundings


def ending(engine):
    """Take all steps; return how many were taken, what ended them, and the last problem."""
    done, sums = 0, Sums()
    while done < len(BATCHES):
        found = engine.steps(BATCHES[done:], [0.1] * (len(BATCHES) - done), sums)
        done += found.done
        if found.problem:
            # Sums that overflow are infinite or NaN, by the order of their terms.
            return done, re.sub("the loss is (nan|-?inf)", "the loss", found.problem), sums.steps
    return done, engine.problem(), sums.steps


@settings(max_examples=25)
@given(
    st.sampled_from(HIDDEN),
    st.sampled_from(LOSS_AND_OUTPUT),
    st.sampled_from([*NORMALIZATIONS]),
    st.tuples(st.sampled_from([4, 12]), st.sampled_from([2, 12])),
    st.sampled_from(UNUSABLE),
    st.integers(0, TRAINED - 1),
)
def test_training_ends_as_with_numpy(hidden, ends, normalization, units, unusable, row):
    what, value = unusable
    case = Case(
        (5, *units),
        hidden,
        normalization=normalization,
        loss=ends[0],
        output=ends[1],
        weighted=what == "weights",
        batch=6,
    )
    own = case_setup(case, np.float32)
    array = np.array(getattr(own.training, what), np.float64 if what == "weights" else np.float32)
    array[row] = value
    own = replace(own, training=replace(own.training, **{what: array}))
    engines = [
        engine_of(name, replace(own, network=copied(own.network))) for name in ("numpy", "compiled")
    ]
    assert ending(engines[1]) == ending(engines[0])
