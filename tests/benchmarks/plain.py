"""Time an epoch of lecture examples with the plain engine and with NumPy.

Each figure is the median of several measurements of `nncli.estimate`; the engines take turns. MNIST
must be in the cache.
"""

import argparse
import platform
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import nncli

LECTURES = Path(__file__).parents[2] / "configs" / "lectures"
SGD = {"training.optimizer": "sgd"}
CASES = {
    "XOR 2-2-1": ("xor_2_2_1", {}),
    "noisy XOR 2-3-1": ("noisy_xor", {}),
    "noisy XOR 2-100-1": ("noisy_xor", {"model.hidden_layers": [100]}),
    "MNIST 784-15-10": ("mnist_15_softmax", {}),
}
ENGINES = ("plain", "numpy")


def milliseconds(config: str, changes: dict[str, object], repeats: int) -> Iterator[float]:
    """Yield the median time of an epoch for each engine."""
    pairs = []
    for _ in range(repeats):
        pairs.append([])
        for engine in ENGINES:
            settings = {**SGD, **changes, "training.engine": engine}
            found = nncli.estimate(LECTURES / f"{config}.yaml", settings)
            pairs[-1].append(1000 * found.seconds_an_epoch)
    yield from map(median, zip(*pairs, strict=True))


def main() -> None:
    """Print a row per network."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.plain", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    repeats = parser.parse_args().repeats
    print(f"Python {platform.python_version()}\n")
    print("| network | plain, ms | numpy, ms | ratio |\n|---|---|---|---|")
    for name, (config, changes) in CASES.items():
        plain, numpy = milliseconds(config, changes, repeats)
        print(f"| {name} | {figure(plain)} | {figure(numpy)} | {figure(plain / numpy)} |")


def figure(value: float) -> str:
    """Return a number with two digits, or without decimals."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


if __name__ == "__main__":
    main()
