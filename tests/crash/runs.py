"""Short runs, and the comparison of two runs."""

import csv
import json
from pathlib import Path

import numpy as np

TIMES = ("seconds", "rows_per_second")


def write_config(path: Path, data: str, optimizer: str, settings: str) -> Path:
    """Write the config of a small network for noisy XOR; return its path."""
    path.write_text(
        "name: xor\n"
        f"data: {{source: xor, test: 20, {data}}}\n"
        "model: {hidden_layers: [4, 3], activation: [tanh, relu]}\n"
        f"training: {{optimizer: {optimizer}, {settings}}}\n",
        encoding="utf-8",
    )
    return path


def same_run(run: Path, expected: Path) -> str | None:
    """Describe the difference between a run and the expected one; None if they are the same."""
    for name in ("weights.npz", "checkpoint.npz"):
        with np.load(run / name) as found, np.load(expected / name) as wanted:
            if found.files != wanted.files:
                return f"{name} has {found.files}"
            for array in set(found.files) - {"metadata"}:
                if found[array].tobytes() != wanted[array].tobytes():
                    return f"{array} in {name} differs"
    recorded = [each / "recorded_weights.npz" for each in (run, expected)]
    if recorded[0].exists() != recorded[1].exists():
        return "recorded_weights.npz is missing or too much"
    if recorded[0].exists() and recorded[0].read_bytes() != recorded[1].read_bytes():
        return "recorded_weights.npz differs"
    if history(run) != history(expected):
        return "history.csv differs"
    if results(run) != results(expected):
        return "metrics.json differs"
    if (expected / "tensorboard").exists():
        from tests.tensorboard_events import events  # needs that package

        if events(run) != events(expected):
            return "the events of TensorBoard differ"
    if litter := [path.name for path in run.rglob("*.tmp")]:
        return f"left {litter}"
    return None


def history(run: Path) -> list[dict[str, str]]:
    """Return the rows of a history without the columns of times."""
    with (run / "history.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def results(run: Path) -> dict[str, object]:
    """Return the metrics of every split, and how the run ended."""
    found = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return {key: found[key] for key in ("train", "test", "epochs", "best_epoch", "ended")}
