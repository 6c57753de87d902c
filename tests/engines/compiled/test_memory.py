"""The memory that the compiled engine claims."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from nncli.data.splits import whole
from nncli.engines.batches import target_codes
from nncli.engines.engine import Sums
from nncli.nn.network import Network, initial_parameters, trained_views
from tests.engines.compiled.parity import Case, batches_of, case_setup
from tests.engines.compiled.test_parity import cases
from tests.engines.engines import copied, engine_of, setup_of
from tests.nn.networks import build_layers

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")


def test_an_evaluation_takes_fewer_rows_at_once_if_there_are_thousands_of_outputs():
    outputs, rows = 20_000, 600
    layers = build_layers((2, outputs), "tanh", "softmax")
    random = np.random.default_rng(0)
    network = Network(layers, initial_parameters(layers, [("he_normal", {})], 0, np.float32))
    split = whole(
        random.normal(size=(rows, 2)).astype(np.float32), random.integers(0, outputs, rows)
    )
    own = setup_of(
        network,
        split.inputs,
        np.empty((rows, outputs)),
        "cross_entropy",
        training=split,
        validation=split,
        codes=target_codes(outputs, outputs, np.float32),
        batch_rows=1,
    )
    found = [
        engine_of(name, replace(own, network=copied(network))) for name in ("numpy", "compiled")
    ]
    assert found[1]._memory.nbytes < 32e6  # with 500 rows, each matrix of outputs has 40 MB
    (loss, accuracy), (own_loss, own_accuracy) = (each.evaluate() for each in found)
    assert own_loss == pytest.approx(loss, rel=1e-5)
    assert own_accuracy == accuracy


@pytest.mark.parametrize(("kind", "step"), [("uint32", 1), ("int64", 2)])
def test_epochs_of_many_rows_share_one_copy_of_the_row_numbers(kind, step):
    count, epochs = 20_000, 100
    given = case_setup(Case(), np.float32)
    inputs, targets = np.ones((step * count, 5), np.float32), np.ones((step * count, 3), np.float32)
    rows = np.arange(step * count, dtype=kind)[::step]
    training = replace(given.training, inputs=inputs, targets=targets, rows=rows)
    engine = engine_of("compiled", replace(given, training=training, batch_rows=count))
    tracemalloc.start()
    try:
        taken, sums = engine.epochs([1e-3] * epochs)
        assert tracemalloc.get_traced_memory()[1] < 10 * 8 * count
    finally:
        tracemalloc.stop()
    assert taken == epochs
    assert next(sums).rows == count


def spoil(engine):
    """Fill the memory with NaN, except what a step depends on."""
    vectors = engine._vectors
    spoiled = np.ones(len(engine._memory), bool)
    kept = [(each, vectors.size) for each in (vectors.parameters, *vectors.slots)]
    kept += [(vectors.state, vectors.state_size), (vectors.codes, sum(engine._setup.codes.shape))]
    kept += [] if vectors.mask is None else [(vectors.mask, vectors.size)]
    for start, size in kept:
        spoiled[start : start + size] = False
    network = engine._setup.network
    gradient = trained_views(network.layers, spoiled[vectors.gradient :][: vectors.size])
    for block in network.blocks:  # biases without effect always have a gradient of 0
        if any(each.removes_shift for each in block.between):
            gradient[f"b{block.number}"][...] = False
    engine._memory[spoiled] = np.nan


@pytest.mark.parametrize("normalization", ["none", "batch_norm", "layer_norm"])
@pytest.mark.parametrize("width", [1, 4, 30, 70])
def test_old_content_of_the_memory_does_not_matter(normalization, width):
    check_spoiled(Case((3, width, width, 2), "relu", normalization=normalization, batch=18))


@settings(max_examples=8)
@given(cases())
def test_old_content_of_the_memory_never_matters(case):
    check_spoiled(case)


def check_spoiled(case):
    """Train with and without NaN in the memory before every call."""
    given, found = case_setup(case, np.float32), []
    for spoils in (False, True):
        engine = engine_of("compiled", replace(given, network=copied(given.network)))
        sums = Sums()
        for batches in batches_of(case):
            if spoils and batches.shape[1] < len(given.training):  # else X stays: `Engine.steps`
                spoil(engine)
            engine.steps(batches, [1e-3] * len(batches), sums)
        if spoils:
            spoil(engine)
        state = {name: array.tobytes() for name, array in engine.state().items()}
        found.append((sums, engine.evaluate(), state))
    assert np.isfinite(found[0][0].loss)
    assert found[1] == found[0]
