"""Compare nncli with scikit-learn on scikit-learn's tables, on the same five folds.

Each table is written to CSV and trained with the config that ``nncli init csv`` writes for it, with
``training.folds: 5`` and without test rows. scikit-learn trains a network with the same hidden
layers and otherwise default settings, after a standard scaler, on all rows outside the fold. nncli
takes its validation rows from these rows. Run from the project's root:

    pip install -e '.[test]'
    python -m tests.benchmarks.own_data
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import yaml
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TABLES = ("iris", "wine", "breast_cancer", "digits", "diabetes")
FOLDS = 5
# scikit-learn stops earlier, when its loss no longer falls. With targets as large as those of
# diabetes it is still falling after 20,000 epochs, but by then it overfits completely.
MOST_EPOCHS = 5000


@dataclass(frozen=True)
class Trained:
    """The result of nncli: the metric on every fold, and the fold, from 1, of every row."""

    metric: str
    scores: list[float]
    folds: np.ndarray
    hidden_layers: list[int]


def write_table(name: str, path: Path) -> Any:
    """Write a table with the column ``target``; return scikit-learn's inputs and targets."""
    table = getattr(datasets, f"load_{name}")()
    names = table.get("target_names")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*table.feature_names, "target"])
        for inputs, target in zip(table.data.tolist(), table.target.tolist(), strict=True):
            writer.writerow([*inputs, target if names is None else f"class {names[target]}"])
    return table


def train(name: str, directory: Path, overrides: Sequence[str] = ()) -> Trained:
    """Train nncli on a table in `directory`; `overrides` are settings of its config."""
    rows = len(write_table(name, directory / f"{name}.csv").target)
    nncli(directory, "init", "csv", "--data", f"{name}.csv", "--target", "target")
    settings = [f"training.folds={FOLDS}", "data.test=0", *overrides]
    nncli(directory, "train", "-q", f"{name}.yaml", "-o", name, *settings)
    run = directory / name
    metric = "r2" if name == "diabetes" else "accuracy"
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    hidden_layers = config["model"]["hidden_layers"]
    return Trained(metric, scores_of(run, metric), folds_of(run, rows), hidden_layers)


def scores_of(run: Path, metric: str) -> list[float]:
    """Return a metric of the held-out rows of every fold of a run of nncli."""
    saved = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return [each["metrics"][metric] for each in saved["held_out"]["folds"]]


def nncli(directory: Path, *arguments: str) -> None:
    """Run a command of nncli in `directory`."""
    command = [sys.executable, "-m", "nncli", *arguments]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


def folds_of(run: Path, rows: int) -> np.ndarray:
    """Return the fold of every row, from 1, as nncli has split them."""
    folds = np.zeros(rows, int)
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        for each in csv.DictReader(stream):
            folds[int(each["row"])] = int(each["fold"])
    assert folds.all()
    return folds


def scikit_learn(name: str, folds: np.ndarray, hidden_layers: Sequence[int]) -> list[float]:
    """Return the accuracy, or R², of scikit-learn's network on every fold."""
    table = getattr(datasets, f"load_{name}")()
    kind = MLPRegressor if table.get("target_names") is None else MLPClassifier
    scores = []
    for fold in range(1, FOLDS + 1):
        network = kind(hidden_layer_sizes=hidden_layers, max_iter=MOST_EPOCHS, random_state=0)
        pipeline = make_pipeline(StandardScaler(), network)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            pipeline.fit(table.data[folds != fold], table.target[folds != fold])
        scores.append(pipeline.score(table.data[folds == fold], table.target[folds == fold]))
    return scores


def reached(scores: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether the mean of `scores` is at most one deviation of `others` below their mean."""
    return fmean(scores) >= fmean(others) - stdev(others)


def shown(scores: Sequence[float]) -> str:
    """Return mean and sample standard deviation as text."""
    return f"{fmean(scores):.4f} ± {stdev(scores):.4f}"


def main() -> int:
    """Print a line per table; return 1 if nncli falls behind on one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="settings for nncli")
    parser.add_argument("--tables", default=",".join(TABLES), help="names separated by commas")
    arguments = parser.parse_args()
    behind = 0
    print("| table | metric | nncli | scikit-learn |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for name in arguments.tables.split(","):
            own = train(name, Path(directory), arguments.overrides)
            others = scikit_learn(name, own.folds, own.hidden_layers)
            behind += not reached(own.scores, others)
            cells = (f"`{name}`", f"`{own.metric}`", shown(own.scores), shown(others))
            print(f"| {' | '.join(cells)} |", flush=True)
    return int(behind > 0)


if __name__ == "__main__":
    sys.exit(main())
