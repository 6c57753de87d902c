"""Short runs of a small network, for tests that interrupt and resume them."""

import csv
import json

import numpy as np

from nncli.base.storage.npz_file import write_npz
from nncli.model.model_file import read_model
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

TIMES = ("seconds", "rows_per_second")

BASE = """\
name: xor
data: {source: xor, rows: 50, test: 20, validation: 10}
model: {hidden_layers: [4, 3], activation: [tanh, relu]}
"""
SETTINGS = {"epochs": 6, "batch_size": 8, "learning_rate": 0.05}

CASES = {
    **{name: f"optimizer: {name}" for name in OPTIMIZERS},
    "nesterov": "optimizer: {name: sgd, momentum: 0.9, nesterov: true}",
    **{f"schedule {name}": f"schedule: {{name: {name}, warmup: 1.5}}" for name in SCHEDULES},
    "falls": "schedule: {name: plateau, patience: 1, factor: 0.5}, learning_rate: 0.5",
    "dropout": "dropout: [0.5, 0.25]",
    "early stopping": "early_stopping: {patience: 2, min_change: 0.02}, epochs: 30",
    "in order": "shuffle: false",
    "full batch": "batch_size: full",
    "compiled": "engine: compiled, optimizer: adam",
    "plain": "engine: plain, optimizer: {name: sgd, momentum: 0.9}",
    "penalties": "l1: 0.001, l2: 0.01, max_norm: 1.0, clip_norm: 0.5",
    "float64": "precision: float64",
    "recorded weights": "record_weights: 7",
}


def config(directory, settings):
    """Write a config with these training settings; return its name."""
    usual = [f"{key}: {each}" for key, each in SETTINGS.items() if f"{key}: " not in settings]
    text = f"{BASE}training: {{{', '.join([*usual, settings])}}}\n"
    (directory / "xor.yaml").write_text(text, encoding="utf-8")
    return "xor.yaml"


def assert_same_run(run, expected):
    """Check that two runs have bit-identical arrays and the same history."""
    for name in ("weights.npz", "checkpoint.npz"):
        with np.load(run / name) as found, np.load(expected / name) as wanted:
            assert found.files == wanted.files
            for array in set(found.files) - {"metadata"}:
                assert found[array].tobytes() == wanted[array].tobytes(), array
    recorded = [each / "recorded_weights.npz" for each in (run, expected)]
    assert recorded[0].exists() == recorded[1].exists()
    if recorded[0].exists():
        assert recorded[0].read_bytes() == recorded[1].read_bytes()
    assert history(run) == history(expected)
    models = [read_model(each / "weights.npz") for each in (run, expected)]
    assert models[0].metrics == models[1].metrics
    assert models[0].config == models[1].config


def steps_taken(run):
    """Return the number of steps taken before a checkpoint."""
    with np.load(run / "checkpoint.npz") as file:
        return int(file["steps"])


def history(run):
    with (run / "history.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def without_penalty(path):
    """Remove the column of the penalty from a history, if it has one, as in earlier versions."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    kept = [at for at, name in enumerate(rows[0]) if name != "penalty"]
    text = "".join(f"{','.join(row[at] for at in kept)}\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="")


def metadata_of(file):
    """Return the metadata of a checkpoint."""
    with np.load(file) as loaded:
        return json.loads(str(loaded["metadata"]))


def rewrite(file, change):
    """Rewrite a checkpoint after ``change(metadata, arrays)`` has changed its content in place."""
    with np.load(file) as loaded:
        arrays = dict(loaded)
    metadata = json.loads(str(arrays["metadata"]))
    change(metadata, arrays)
    arrays["metadata"] = np.array(json.dumps(metadata))
    write_npz(file, arrays)


def saying(**changes):
    """Return a change that sets metadata of a checkpoint."""
    return lambda metadata, arrays: metadata.update(changes)


def holding(**changes):
    """Return a change that replaces arrays of a checkpoint."""
    return lambda metadata, arrays: arrays.update(changes)


def without(name):
    """Return a change that removes metadata or an array from a checkpoint."""
    return lambda metadata, arrays: (metadata if name in metadata else arrays).pop(name)


def counting(**changes):
    """Return a change of the progress in a checkpoint."""
    return lambda metadata, arrays: metadata["progress"].update(changes)


def adding_up_to(**changes):
    """Return a change of the sums of the unfinished epoch in a checkpoint."""
    return lambda metadata, arrays: metadata["progress"]["sums"].update(changes)
