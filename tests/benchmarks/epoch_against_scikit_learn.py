"""Time one epoch of nncli against scikit-learn's MLPClassifier on the same work.

784-128-10, ReLU, softmax, Adam, batch 64, 60,000 MNIST rows, float32, no penalty, shuffled. The
two take turns, so that a machine whose speed drifts is fair to both. Run from the project's root:

    .venv/bin/pip install -e '.[benchmark]'
    .venv/bin/python tests/benchmarks/epoch_against_scikit_learn.py
"""

import argparse
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.neural_network import MLPClassifier

from nncli.config.load import load_config
from nncli.data.mnist import load_mnist
from nncli.pipeline import Job, prepare
from nncli.training.loop import EpochReport, Progress, train

CONFIG = """
data: {source: mnist, validation: 0}
model: {hidden_layers: [128], activation: relu}
training: {optimizer: adam, learning_rate: 0.001, batch_size: 64, epochs: 1000000}
"""


def nncli_job() -> Job:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "config.yaml"
        path.write_text(CONFIG, encoding="utf-8")
        return prepare(load_config(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="epochs of each (default: 7)")
    repeats = parser.parse_args().repeats

    job = nncli_job()
    reports = train(job.engine, job.training, None, job.plan, Progress())
    split = load_mnist(validation=0, seed=0).splits["train"]
    X = split.inputs.astype(np.float32) / np.float32(255)
    y = np.asarray(split.targets)
    peer = MLPClassifier([128], batch_size=64, learning_rate_init=0.001, alpha=0, random_state=0)

    def nncli_epoch() -> None:
        while not isinstance(next(reports), EpochReport):
            pass

    def peer_epoch() -> None:
        peer.partial_fit(X, y, classes=np.arange(10))

    seconds: dict[str, list[float]] = {"nncli": [], "scikit-learn": []}
    for repeat in range(repeats + 1):  # the first of each warms up
        for name, epoch in (("nncli", nncli_epoch), ("scikit-learn", peer_epoch)):
            started = time.perf_counter()
            epoch()
            if repeat:
                seconds[name].append(time.perf_counter() - started)

    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scikit-learn"))
    print(f"Python {platform.python_version()}, {versions}, {platform.machine()}")
    for name, times in seconds.items():
        print(
            f"{name:<13} median {statistics.median(times):.3f} s an epoch, "
            f"{min(times):.3f} to {max(times):.3f}"
        )
    ratios = [a / b for a, b in zip(seconds["nncli"], seconds["scikit-learn"], strict=True)]
    print(
        f"ratio nncli / scikit-learn: median {statistics.median(ratios):.2f}, "
        f"{min(ratios):.2f} to {max(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
