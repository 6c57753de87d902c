"""Compare nncli with scikit-learn on the tables that come with it, on the same five folds.

Each table is written to CSV and trained with the config that ``nncli init csv`` writes for it, with
``training.folds: 5`` and no rows to test with. scikit-learn trains its network with the same
hidden layers behind a standard scaler, its other settings left alone, on all rows that are not
in the fold; nncli takes its rows to validate with out of these. Run from the project's root:

    .venv/bin/pip install -e '.[test]'
    .venv/bin/python -m tests.benchmarks.own_data
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import yaml
from sklearn import datasets
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TABLES = ("iris", "wine", "breast_cancer", "digits", "diabetes")
FOLDS = 5
ENOUGH_EPOCHS = 5000  # scikit-learn stops by itself when its loss no longer falls


@dataclass(frozen=True)
class Comparison:
    """The metric of both on every fold."""

    table: str
    metric: str
    nncli: list[float]
    scikit_learn: list[float]

    @property
    def reached(self) -> bool:
        """Whether nncli's mean is at least scikit-learn's less one standard deviation of it."""
        return fmean(self.nncli) >= fmean(self.scikit_learn) - stdev(self.scikit_learn)


def write_table(name: str, path: Path) -> Any:
    """Write a table with the column ``target``; return it as scikit-learn has it."""
    table = getattr(datasets, f"load_{name}")()
    names = table.get("target_names")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*table.feature_names, "target"])
        for inputs, target in zip(table.data.tolist(), table.target.tolist(), strict=True):
            writer.writerow([*inputs, target if names is None else f"class {names[target]}"])
    return table


def compare(name: str, directory: Path, overrides: Sequence[str] = ()) -> Comparison:
    """Train both on the folds of a table; `overrides` are settings of nncli's config."""
    table = write_table(name, directory / f"{name}.csv")
    nncli(directory, "init", "csv", "--data", f"{name}.csv", "--target", "target")
    settings = [f"training.folds={FOLDS}", "data.test=0", *overrides]
    nncli(directory, "train", "-q", f"{name}.yaml", "-o", name, *settings)
    run = directory / name
    saved = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    metric = "accuracy" if "accuracy" in saved["held_out"]["mean"] else "r2"
    layers = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))["model"]
    folds = folds_of(run, len(table.target))
    return Comparison(
        name,
        metric,
        [each["metrics"][metric] for each in saved["held_out"]["folds"]],
        [*scikit_learn(table, folds, layers["hidden_layers"])],
    )


def nncli(directory: Path, *arguments: str) -> None:
    """Run a command of nncli in `directory`."""
    command = [sys.executable, "-m", "nncli", *arguments]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


def folds_of(run: Path, rows: int) -> np.ndarray:
    """Return the fold of every row, from 1, as nncli has divided them."""
    folds = np.zeros(rows, int)
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        for each in csv.DictReader(stream):
            folds[int(each["row"])] = int(each["fold"])
    assert folds.all()
    return folds


def scikit_learn(table: Any, folds: np.ndarray, hidden_layers: Sequence[int]) -> Iterator[float]:
    """Yield the accuracy, or R², of scikit-learn's network on every fold."""
    kind = MLPRegressor if table.get("target_names") is None else MLPClassifier
    for fold in range(1, FOLDS + 1):
        network = kind(hidden_layer_sizes=hidden_layers, max_iter=ENOUGH_EPOCHS, random_state=0)
        pipeline = make_pipeline(StandardScaler(), network)
        pipeline.fit(table.data[folds != fold], table.target[folds != fold])
        yield pipeline.score(table.data[folds == fold], table.target[folds == fold])


def shown(values: Sequence[float]) -> str:
    return f"{fmean(values):.4f} ± {stdev(values):.4f}"


def main() -> int:
    """Print a line a table; return 1 when nncli falls behind on one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="settings of nncli")
    parser.add_argument("--tables", default=",".join(TABLES), help="which, with commas between")
    arguments = parser.parse_args()
    behind = 0
    print("| table | metric | nncli | scikit-learn |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for name in arguments.tables.split(","):
            found = compare(name, Path(directory), arguments.overrides)
            behind += not found.reached
            figures = f"{shown(found.nncli)} | {shown(found.scikit_learn)}"
            print(f"| `{name}` | `{found.metric}` | {figures} |", flush=True)
    return int(behind > 0)


if __name__ == "__main__":
    sys.exit(main())
