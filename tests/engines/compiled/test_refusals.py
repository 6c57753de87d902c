"""Compiled code reads no row that does not exist, and stops where NumPy stops."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.engines.choice import EngineError
from nncli.engines.engine import Sums
from nncli.metrics.scores import MAE
from tests.engines.compiled.parity import ROWS, TRAINED, Case, case_setup
from tests.engines.engines import copied, engine_of, parameters_of

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

CLASSES = Case(loss="cross_entropy", output="softmax", classes="int16")


@pytest.mark.parametrize("row", [-1, ROWS, 2**40])
def test_a_batch_with_a_row_that_does_not_exist_is_refused(row):
    trained = engine_of("compiled", case_setup(CLASSES, np.float32))
    before = parameters_of(trained)
    with pytest.raises(IndexError, match=f"row {row}: does not exist; there are {ROWS}, from 0"):
        trained.steps(np.array([[0, 1], [2, row]]), [0.1, 0.1], Sums())
    np.testing.assert_array_equal(parameters_of(trained), before)


def test_a_batch_that_is_too_large_is_refused():
    trained = engine_of("compiled", case_setup(CLASSES, np.float32))
    with pytest.raises(IndexError, match="a batch has 8 rows; at most 7 fit"):
        trained.steps(np.arange(8).reshape(1, 8), [0.1], Sums())


def test_batches_without_a_rate_are_refused():
    trained = engine_of("compiled", case_setup(CLASSES, np.float32))
    with pytest.raises(ValueError, match="1 learning rates for 2 batches"):
        trained.steps(np.arange(4).reshape(2, 2), [0.1], Sums())


def test_rows_outside_of_a_pool_and_pools_with_wrong_rows_are_refused():
    trained = engine_of("compiled", case_setup(CLASSES, np.float32))
    with pytest.raises(IndexError, match=f"row {ROWS}: does not exist"):
        trained.hold(np.array([3, ROWS]))
    trained.hold(np.array([3, 5], np.uint32))
    with pytest.raises(IndexError, match="row 2: does not exist; there are 2, from 0"):
        trained.steps(np.array([[0, 2]]), [0.1], Sums())


@pytest.mark.parametrize("row", [-1, ROWS])
def test_validation_rows_that_do_not_exist_are_refused(row):
    given = case_setup(CLASSES, np.float32)
    given = replace(given, validation=given.validation.part(np.array([0, row])))
    with pytest.raises(IndexError, match=f"row {row}: does not exist; there are {ROWS}, from 0"):
        engine_of("compiled", given)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_class_that_does_not_exist_is_refused(label):
    given = case_setup(CLASSES, np.float32)
    targets = given.training.targets.copy()
    targets[4] = label
    given = replace(given, training=replace(given.training, targets=targets))
    with pytest.raises(IndexError, match=f"class {label}: does not exist; there are 3, from 0"):
        engine_of("compiled", given)


def test_a_score_of_outputs_that_only_a_sigmoid_gives_beside_its_sums_is_refused():
    case = Case(loss="cross_entropy", output="softmax")
    with pytest.raises(EngineError, match="not support mae of softmax outputs with cross_entropy"):
        engine_of("compiled", replace(case_setup(case, np.float32), score=MAE))
    case = Case(loss="sigmoid_cross_entropy", output="sigmoid")
    given, scores = replace(case_setup(case, np.float64), score=MAE), []
    for name in ("numpy", "compiled"):
        scores.append(engine_of(name, replace(given, network=copied(given.network))).evaluate()[1])
    assert scores[1] == pytest.approx(scores[0], rel=1e-12)


DIVERGING = {
    "NaN in a weight": (Case(dropout=0.3), {"W1": np.nan}),
    "infinity in a bias": (Case(), {"b2": np.inf}),
    "huge weights": (Case((5, 4, 4, 2), hidden="relu"), {"W2": 3e38}),
    "normalized": (Case((5, 4, 4, 2), "relu", normalization="batch_norm"), {"W2": 3e38}),
    "a gradient": (Case((5, 3, 2, 1), "relu"), {"W1": 1e6, "W2": 1e-36, "W3": 1e34}),
    "units that dropout scales up": (
        Case((5, 4, 3), "relu", dropout=0.9),
        {"W1": 5e37, "W2": 1e-30},
    ),
}


@pytest.mark.parametrize("name", DIVERGING)
def test_training_diverges_where_it_does_with_numpy(name):
    case, arrays = DIVERGING[name]
    given, found = case_setup(case, np.float32), []
    for array, value in arrays.items():
        given.network.arrays[array][...] = value
    for engine in ("numpy", "compiled"):
        trained = engine_of(engine, replace(given, network=copied(given.network)))
        batches = np.arange(14).reshape(2, 7)
        found.append(trained.steps(batches, [0.1] * 2, Sums()))
    assert found[0].problem is not None
    assert found[1] == found[0]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("hidden", ["relu", "sigmoid", "gelu"])
def test_a_row_of_inputs_that_is_not_usable_ends_training_in_the_same_step(value, hidden):
    given, found = case_setup(Case((5, 12, 1), hidden), np.float32), []
    inputs = given.training.inputs.copy()
    inputs[16] = value
    given = replace(given, training=replace(given.training, inputs=inputs))
    for engine in ("numpy", "compiled"):
        trained = engine_of(engine, replace(given, network=copied(given.network)))
        batches = np.arange(TRAINED).reshape(6, 3)
        found.append(trained.steps(batches, [0.1] * 6, Sums()))
    assert found[1] == found[0]
    assert found[0].done in (5, 6)
