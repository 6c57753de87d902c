"""Time compiled loops against the NumPy code that they replace, and whole steps of both engines.

Matrix products use one thread; each time is the minimum of many repeats. Run from the project's
root:

    pip install -e '.[fast]'
    python tests/benchmarks/compiled.py
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import platform
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import cycle
from typing import Any

import numpy as np

from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.batches import Batches, target_codes
from nncli.engines.compiled.batches import CompiledBatches
from nncli.engines.compiled.engine import CompiledEngine
from nncli.engines.compiled.layers import compiled_layers
from nncli.engines.compiled.losses import LOSSES as COMPILED_LOSSES
from nncli.engines.compiled.optimizers import OPTIMIZERS as COMPILED_OPTIMIZERS
from nncli.engines.engine import Setup, Sums
from nncli.engines.numpy.engine import NumpyEngine
from nncli.metrics.scores import ACCURACY
from nncli.nn.buffers import NARROW, flat_buffer, shaped
from nncli.nn.layers.kinds import NORMALIZATIONS, block
from nncli.nn.layers.layer import Buffers, Layer
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network, initial_parameters, parameter_count
from nncli.nn.objective import Objective
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization

SECONDS = 0.3  # per measurement
RANDOM = np.random.default_rng(0)


def spent(action: Callable[[], Any], repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        action()
    return (time.perf_counter() - started) / repeats


def compare(name: str, numpy: Callable[[], Any], loops: Callable[[], Any]) -> None:
    """Print the minimum time of both, measured in turns."""
    first = spent(loops, 1)
    numpy()
    repeats = max(1, int(1e-3 / spent(numpy, 3)))
    pairs = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(pairs) < 5:
        pairs.append((spent(numpy, repeats), spent(loops, repeats)))
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
        gradient.fill(0.5)  # NumPy's code overwrites it; copying takes at most a tenth of the time
        function(w, gradient, slots, scratch, 1e-9, 10, **settings)

    label = " ".join([name, *given, f"{size:,}"])
    compare(label, lambda: update(entry.update), lambda: update(COMPILED_OPTIMIZERS[name]))


def compare_losses(shape: tuple[int, int]) -> None:
    Z, T, gradient, scratch = buffers(shape, 4)
    T /= T.sum(axis=1, keepdims=True)
    for name in ("cross_entropy", "sigmoid_cross_entropy", "mean_squared_error"):
        functions = (LOSSES[name].function, COMPILED_LOSSES[name])
        compare(f"{name} {shape}", *(lambda f=f: f(Z, T, gradient, scratch) for f in functions))


def both_networks(layers: list[Layer]) -> list[Network]:
    """Return a network without and with compiled loops; both share their arrays."""
    network = Network(layers, np.zeros(parameter_count(layers), np.float32))
    return [network, network.with_layers(compiled_layers(network.layers))]


def compare_forward(name: str, shape: tuple[int, int]) -> None:
    """Time a bias and an activation after a dense layer that is not narrow."""
    layers = [*block(NARROW + 1, shape[1], name), *block(shape[1], 1, "identity")]
    plain, fused = both_networks(layers)
    (Z, A), b, own = buffers(shape, 2), plain.arrays["b1"], Buffers()
    own.Y = A

    def forward() -> None:
        np.add(Z, b, out=Z)
        plain.layers[1].forward(Z, own, None)

    compare(f"bias + {name} {shape}", forward, lambda: fused.layers[1].forward(Z, own, None))


def compare_backward(name: str, shape: tuple[int, int]) -> None:
    networks = both_networks(block(1, shape[1], name))
    (Z, A, dA), own = buffers(shape, 3), Buffers()
    own.X, own.Y = Z, A

    def run(network: Network) -> None:
        for array in (Z, A, dA):  # the code overwrites them; copying takes up to half of the time
            array.fill(0.5)
        network.layers[1].backward(dA, own, ())

    compare(f"{name} backward {shape}", *(lambda each=each: run(each) for each in networks))


def compare_narrow(rows: int, inputs: int, outputs: int) -> None:
    """Time the linear parts of a layer, forward and backward."""
    passes = []
    for network in both_networks(block(inputs, outputs, "identity")):
        work, (X,) = network.workspace(rows, input_gradient=True), buffers((rows, inputs), 1)
        work.gradient[...] = 0.5
        gradients = network.by_layer(np.empty_like(network.parameters))

        def both(network: Any = network, all_: Any = (X, work, gradients)) -> None:
            X, work, gradients = all_
            network.logits(X, work)
            network.backward(work, gradients)

        passes.append(both)
    compare(f"linear, both ways, {inputs}-{outputs}, batch {rows}", *passes)


def compare_gathers(inputs: np.ndarray, scaling: Scaling, classes: int, batch_rows: int) -> None:
    split = whole(inputs, RANDOM.integers(0, classes, len(inputs)).astype(np.uint8))
    codes, order = target_codes(classes, classes, np.float32), RANDOM.permutation(split.rows)
    parts, kinds = endless(order, batch_rows), (Batches, CompiledBatches)
    gathers = [kind(split, scaling, codes, batch_rows).gather for kind in kinds]
    label = f"gather {batch_rows} x {inputs.shape[1]} {inputs.dtype}"
    label += ", offset" if np.any(scaling.offset) else ""
    compare(label, *(lambda each=each: each(next(parts)) for each in gathers))


def endless(rows: np.ndarray, batch_rows: int) -> Iterator[np.ndarray]:
    return cycle(rows[: len(rows) // batch_rows * batch_rows].reshape(-1, batch_rows))


def setup_of(sizes: list[int], rows: int, data_rows: int, between: str) -> Setup:
    """Return a classification job on byte inputs."""
    single = sizes[-1] == 1
    names = ["relu"] * (len(sizes) - 2) + ["sigmoid" if single else "softmax"]
    normalizations = [between] * (len(sizes) - 2) + ["none"]
    layers = [
        layer
        for inputs, outputs, name, normalization in zip(
            sizes, sizes[1:], names, normalizations, strict=False
        )
        for layer in block(inputs, outputs, name, normalization=normalization)
    ]
    draws = [("he_normal", {})] * len(names)
    inputs = (RANDOM.random((data_rows, sizes[0])) * 255).astype(np.uint8)
    return Setup(
        network=Network(layers, initial_parameters(layers, draws, 0, np.float32)),
        objective=Objective("sigmoid_cross_entropy" if single else "cross_entropy", {}),
        score=ACCURACY,
        optimizer="adam",
        settings=OPTIMIZERS["adam"].complete({}),
        regularization=Regularization(),
        training=whole(inputs, RANDOM.integers(0, max(sizes[-1], 2), data_rows).astype(np.uint8)),
        validation=None,
        scaling=Scaling(0.0, 1 / 255),
        codes=target_codes(max(sizes[-1], 2), sizes[-1], np.float32),
        batch_rows=rows,
    )


def compare_steps(sizes: list[int], rows: int, data_rows: int, between: str = "none") -> None:
    """Time the steps of both engines in turns, including the gathering of batches."""
    steps = []
    for kind in (NumpyEngine, CompiledEngine):
        setup, sums = setup_of(sizes, rows, data_rows, between), Sums()
        order = setup.training.rows
        parts = endless(order if rows == data_rows else RANDOM.permutation(order), rows)
        engine = kind(setup)

        def step(engine: Any = engine, parts: Any = parts, sums: Sums = sums) -> None:
            engine.steps(next(parts)[np.newaxis], [1e-4], sums)

        steps.append(step)
    label = f"step {'-'.join(map(str, sizes))}, batch {rows}"
    compare(label if between == "none" else f"{label}, {between}", *steps)


def main() -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba"))
    print(f"Python {platform.python_version()}, {versions}, {platform.machine()}\n")
    print("| | NumPy, µs | compiled, µs | ratio | first call, ms |\n|---|---|---|---|---|")
    for name in NORMALIZATIONS:
        compare_steps([784, 128, 10], 64, 60_000, name)
    compare_steps([784, 800, 800, 10], 128, 60_000)
    compare_steps([2, 3, 1], 1000, 1000)
    for size in (101_770, 1_276_810):
        for name in OPTIMIZERS:
            compare_optimizer(size, name)
        compare_optimizer(size, "sgd", momentum=0.9)
    for shape in ((64, 10), (1000, 1), (128, 800)):
        compare_losses(shape)
    for shape in ((64, 128), (128, 800), (1000, 3)):
        for name in ("relu", "leaky_relu"):
            compare_forward(name, shape)
        for name in ("relu", "leaky_relu", "sigmoid", "tanh"):
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
