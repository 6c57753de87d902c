"""A row has bit-identical outputs at any position."""

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import nncli
from nncli.model.passes import MOST_ROWS, Passes, rows_a_pass, suited_threads_for
from nncli.nn.network import Network, parameter_count
from tests.nn.networks import build_layers

RANDOM = np.random.default_rng(0)
SIZES = [
    (2, 1),
    (1, 16, 16, 1),
    (2, 3, 1),
    (7, 5, 2),
    (30, 32, 16, 1),
    (20, 300, 40, 2),
    (100, 33, 7),
    (500, 9, 11),
    (784, 128, 10),
    (900, 700, 10),
    (3, 5, 6000),
    (3, 5, 50000),
]


def network_of(sizes, dtype):
    layers = build_layers(sizes, "tanh", "softmax" if sizes[-1] > 1 else "sigmoid")
    return Network(layers, RANDOM.normal(0, 0.3, parameter_count(layers)).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_a_row_has_the_same_outputs_alone_and_among_others(sizes, dtype):
    network = network_of(sizes, dtype)
    with suited_threads_for(network):
        passes = Passes(network)
        rows = RANDOM.normal(size=(passes.rows, sizes[0])).astype(dtype)
        passes.run(rows)
        everyone = passes.outputs().copy()
        for count in (1, 2, 7, 40, passes.rows - 1, passes.rows):
            chosen = RANDOM.permutation(passes.rows)[:count]
            passes.run(rows[chosen])
            np.testing.assert_array_equal(passes.outputs(), everyone[chosen])


@pytest.mark.parametrize("kernel", ["Nehalem", "Haswell", "SkylakeX"])
def test_a_row_has_the_same_outputs_with_other_kernels_of_openblas(kernel):
    def with_kernel(*arguments):
        environment = {**os.environ, "OPENBLAS_CORETYPE": kernel}
        command = [sys.executable, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    if with_kernel("-c", "import numpy as np; np.ones((99, 99)) @ np.ones((99, 99))").returncode:
        pytest.skip("this processor cannot run the kernel")
    tests = f"{__file__}::{test_a_row_has_the_same_outputs_alone_and_among_others.__name__}"
    done = with_kernel("-m", "pytest", "-q", "-p", "no:cacheprovider", tests)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("hidden", [8, 128, 500])
def test_predictions_and_metrics_do_not_depend_on_the_threads_of_the_process(hidden):
    rows = RANDOM.normal(size=(300, 784)).astype(np.float32)
    config = {
        "data": {"task": "multiclass", "test": 0, "validation": 0},
        "model": {"hidden_layers": [hidden]},
        "training": {"epochs": 0},
    }
    classes = np.arange(300) % 10
    model = nncli.train(config, data=(rows, classes)).model
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            metrics = model.evaluate(rows, classes).metrics
            found.append((model.predict_proba(rows).tolist(), metrics))
    assert found[0] == found[1]


def test_other_rows_of_a_pass_do_not_matter():
    passes = Passes(network_of((2, 3, 1), np.float32))
    passes.X[...] = np.nan
    passes.X[:2] = 0.5
    passes.run(passes.X[:2])
    assert np.isfinite(passes.logits).all()
    assert not passes.X[2:].any()


@pytest.mark.parametrize(
    ("sizes", "dtype", "rows"),
    [
        ((2, 3, 1), np.float32, MOST_ROWS),
        ((784, 128, 10), np.float32, 192),
        ((784, 800, 800, 10), np.float32, 96),
        ((784, 800, 800, 10), np.float64, MOST_ROWS),
        ((3, 5, 50000), np.float32, 48),
        ((3, 5, 6000), np.float64, 192),
    ],
)
def test_the_network_alone_decides_how_many_rows_are_in_a_pass(sizes, dtype, rows):
    assert rows_a_pass(network_of(sizes, dtype)) == rows
