"""Time the diagnosis: its share of ``nncli train``, and ``nncli diagnose`` of the same run.

Every command is a process of its own, so that imports count. Bytecode is written before the first
measurement, as by an installation. Run from the project's root, on an idle machine, with MNIST in
the cache:

    python -m tests.benchmarks.diagnosis
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.measure import ROOT, Finished, run
from tests.benchmarks.own_data import write_table

NAMES = ("xor", "wine", "mnist")
LIMIT, LIMIT_SHARE = 0.05, 0.01  # seconds, or the share of training: whichever is longer
PHASE = re.compile(r"^(\w+) +([\d.]+) +[\d.]+%$", re.MULTILINE)


class Spent(NamedTuple):
    """Seconds of a training and of the diagnosis at its end, and cores that others kept busy."""

    training: float
    diagnosis: float
    others: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print two lines per config."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.diagnosis", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--configs", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.configs:
            config, runs = config_of(name, Path(folder)), Path(folder) / name
            trained = [train(config, runs / str(at)) for at in range(options.repeats + 1)]
            print(f"{name:<5} train:    {of_training(trained[1:])}", flush=True)
            whole = [nncli("diagnose", str(runs / "0")) for _ in range(options.repeats)]
            seconds = median(each.seconds for each in whole)
            others = max(each.others for each in whole)
            print(f"{name:<5} diagnose: {seconds:.2f} s, {busy(others)}", flush=True)


def config_of(name: str, folder: Path) -> Path:
    """Return a shipped config, or that of a table of scikit-learn, written to `folder`."""
    if name != "wine":
        return ROOT / "configs" / f"{name}.yaml"
    write_table(name, folder / "wine.csv")
    config = folder / "wine.yaml"
    config.write_text("data: {path: wine.csv, target: target}\n", encoding="utf-8")
    return config


def train(config: Path, directory: Path) -> Spent:
    """Train a config, and return what ``--profile`` prints."""
    done = nncli("train", "-q", "--profile", str(config), "-o", str(directory))
    seconds = {phase: float(each) for phase, each in PHASE.findall(done.output)}
    return Spent(seconds["all"], seconds["diagnosis"], done.others)


def nncli(*arguments: str) -> Finished:
    """Run a command, which may write bytecode."""
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return run([sys.executable, "-m", "nncli", *arguments], environment)


def of_training(trained: Sequence[Spent]) -> str:
    """Return the medians, and whether the diagnosis is within its limit."""
    training = median(each.training for each in trained)
    diagnosis = median(each.diagnosis for each in trained)
    limit = max(LIMIT, LIMIT_SHARE * training)
    verdict = "within" if diagnosis <= limit else "above"
    return (
        f"{training:.2f} s, {1000 * diagnosis:.0f} ms of them ({diagnosis / training:.1%}) for the "
        f"diagnosis: {verdict} {1000 * limit:.0f} ms, {busy(max(each.others for each in trained))}"
    )


def busy(others: float) -> str:
    """Return how busy other processes kept the machine."""
    return f"{others:.1f} cores busy with other things"


if __name__ == "__main__":
    main()
