"""Time Numba's kernels against the NumPy functions that they replace, and whole steps with both.

One thread for matrix products; of every measurement the least of many repeats. Run from the
project's root:

    .venv/bin/pip install -e '.[fast]'
    .venv/bin/python tests/benchmarks/fast_kernels.py
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.compiled.kernels import FAST
from nncli.engines.numpy.batches import Batches, target_codes
from nncli.engines.numpy.engine import NumpyEngine
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.kernels import NUMPY, Kernels
from nncli.nn.losses import LOSSES
from nncli.nn.network import Layer, Network, Objective, initial_parameters, layer_views
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization

SECONDS = 0.3  # of each measurement
RANDOM = np.random.default_rng(0)


def spent(action: Callable[[], Any], repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        action()
    return (time.perf_counter() - started) / repeats


def compare(name: str, numpy: Callable[[], Any], numba: Callable[[], Any]) -> None:
    """Print the least time of both; they take turns."""
    first = spent(numba, 1)
    numpy()
    repeats = max(1, int(1e-3 / spent(numpy, 3)))
    pairs = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(pairs) < 5:
        pairs.append((spent(numpy, repeats), spent(numba, repeats)))
    one, other = (min(each) * 1e6 for each in zip(*pairs, strict=True))
    print(f"| {name} | {one:.1f} | {other:.1f} | {one / other:.2f} | {first * 1e3:.0f} |")


def buffers(shape: tuple[int, int], count: int) -> list[np.ndarray]:
    arrays = [shaped(flat_buffer(*shape, np.float32), *shape) for _ in range(count)]
    for array in arrays:
        array[...] = RANDOM.random(shape)
    return arrays


def compare_optimizer(size: int, name: str, **given: float) -> None:
    entry = OPTIMIZERS[name]
    settings = entry.complete(given)
    w, slots = np.ones(size, np.float32), np.ones((entry.slots, size), np.float32)
    gradient, scratch = np.ones(size, np.float32), np.empty(size, np.float32)

    def update(function: Callable[..., None]) -> None:
        gradient.fill(0.5)  # NumPy's overwrite it; a tenth of the time or less
        function(w, gradient, slots, scratch, 1e-9, 10, **settings)

    label = " ".join([name, *given, f"{size:,}"])
    compare(label, lambda: update(entry.update), lambda: update(FAST.optimizers[name]))


def compare_losses(shape: tuple[int, int]) -> None:
    Z, T, gradient, scratch = buffers(shape, 4)
    T /= T.sum(axis=1, keepdims=True)
    for name in ("cross_entropy", "sigmoid_cross_entropy", "mean_squared_error"):
        functions = (LOSSES[name].function, FAST.losses[name])
        compare(f"{name} {shape}", *(lambda f=f: f(Z, T, gradient, scratch) for f in functions))


def compare_forward(name: str, shape: tuple[int, int]) -> None:
    Z, A = buffers(shape, 2)
    b = np.zeros(shape[1], np.float32)
    entry, fused = ACTIVATIONS[name], FAST.biased_forward[name]
    settings = entry.complete({})

    def forward() -> None:
        np.add(Z, b, out=Z)
        entry.forward(Z, A, **settings)

    compare(f"bias + {name} {shape}", forward, lambda: fused(Z, b, A, **settings))


def compare_backward(name: str, shape: tuple[int, int]) -> None:
    Z, A, dA = buffers(shape, 3)
    entry, backward = ACTIVATIONS[name], FAST.backward[name]
    settings = entry.complete({})

    def run(function: Callable[..., None]) -> None:
        for array in (Z, A, dA):  # they are overwritten; up to half of the time
            array.fill(0.5)
        function(dA, Z, A, dA, **settings)

    compare(f"{name} backward {shape}", lambda: run(entry.backward), lambda: run(backward))


def compare_narrow(rows: int, inputs: int, outputs: int) -> None:
    """Time the linear parts of a layer, forward and backward."""
    layers = [Layer(inputs, outputs, "identity")]
    passes = []
    for kernels in (NUMPY, FAST):
        network = Network(layers, np.ones((inputs + 1) * outputs, np.float32), kernels)
        work, (X, dX) = network.workspace(rows), buffers((rows, inputs), 2)
        work.dA[0][...] = 0.5
        gradients = layer_views(layers, np.empty_like(network.parameters))

        def both(network: Any = network, all_: Any = (X, work, gradients, None, dX)) -> None:
            network.logits(*all_[:2])
            network.backward(*all_)

        passes.append(both)
    compare(f"linear, both ways, {inputs}-{outputs}, batch {rows}", *passes)


def compare_gathers(inputs: np.ndarray, scaling: Scaling, classes: int, batch_rows: int) -> None:
    split = whole(inputs, RANDOM.integers(0, classes, len(inputs)).astype(np.uint8))
    codes, orders = target_codes(classes, classes, np.float32), RANDOM.permutation(split.rows)
    iterators = [
        endless(Batches(split, scaling, codes, batch_rows, kernels), orders)
        for kernels in (NUMPY, FAST)
    ]
    label = f"gather {batch_rows} x {inputs.shape[1]} {inputs.dtype}"
    label += ", offset" if np.any(scaling.offset) else ""
    compare(label, *(lambda each=each: next(each) for each in iterators))


def endless(batches: Batches, rows: np.ndarray) -> Any:
    rows = rows[: len(rows) // batches.batch_rows * batches.batch_rows]
    while True:
        yield from batches.shuffled(rows)


def engine_of(sizes: list[int], hidden: str, rows: int, kernels: Kernels) -> NumpyEngine:
    output = "sigmoid" if sizes[-1] == 1 else "softmax"
    names = [hidden] * (len(sizes) - 2) + [output]
    layers = [Layer(*each, {}) for each in zip(sizes, sizes[1:], names, strict=False)]
    draws = [("he_normal", {})] * len(layers)
    network = Network(layers, initial_parameters(layers, draws, 0, np.float32))
    return NumpyEngine(
        network,
        Objective("sigmoid_cross_entropy" if sizes[-1] == 1 else "cross_entropy", {}),
        optimizer="adam",
        settings=OPTIMIZERS["adam"].complete({}),
        regularization=Regularization(),
        batch_rows=rows,
        kernels=kernels,
    )


def compare_steps(sizes: list[int], rows: int, data_rows: int) -> None:
    """Time the gathering of a batch and the step on it, in turns."""
    single = sizes[-1] == 1
    inputs = (RANDOM.random((data_rows, sizes[0])) * 255).astype(np.uint8)
    split = whole(inputs, RANDOM.integers(0, max(sizes[-1], 2), data_rows).astype(np.uint8))
    codes = target_codes(2 if single else sizes[-1], sizes[-1], np.float32)
    steps = []
    for kernels in (NUMPY, FAST):
        engine = engine_of(sizes, "relu", rows, kernels)
        batches = Batches(split, Scaling(0.0, 1 / 255), codes, rows, kernels)
        source = endless(batches, RANDOM.permutation(split.rows))
        batch = next(source)

        def step(engine: Any = engine, source: Any = source, batch: Any = batch) -> None:
            engine.step(*(batch if rows == data_rows else next(source)), 1e-4)

        steps.append(step)
    compare(f"step {'-'.join(map(str, sizes))}, batch {rows}", *steps)


def main() -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba"))
    print(f"Python {platform.python_version()}, {versions}, {platform.machine()}\n")
    print("| | NumPy, µs | Numba, µs | ratio | first call, ms |\n|---|---|---|---|---|")
    compare_steps([784, 128, 10], 64, 60_000)
    compare_steps([784, 800, 800, 10], 128, 60_000)
    compare_steps([2, 3, 1], 1000, 1000)
    for size in (101_770, 1_276_810):
        for name in OPTIMIZERS:
            compare_optimizer(size, name)
        compare_optimizer(size, "sgd", momentum=0.9)
    for shape in ((64, 10), (1000, 1), (128, 800)):
        compare_losses(shape)
    for shape in ((64, 128), (128, 800), (1000, 3)):
        for name in FAST.biased_forward:
            compare_forward(name, shape)
        for name in FAST.backward:
            compare_backward(name, shape)
    for inputs, outputs in ((2, 3), (3, 1), (10, 10)):
        for rows in (32, 1000):
            compare_narrow(rows, inputs, outputs)
    pixels = (RANDOM.random((60_000, 784)) * 255).astype(np.uint8)
    compare_gathers(pixels, Scaling(0.0, 1 / 255), 10, 64)
    compare_gathers(pixels, Scaling(np.full(784, 0.3), np.full(784, 0.2)), 10, 64)
    columns = Scaling(np.full(30, 0.3), np.full(30, 0.2))
    for kind in (np.float32, np.float64):
        compare_gathers(RANDOM.random((100_000, 30)).astype(kind), columns, 2, 256)


if __name__ == "__main__":
    main()
