"""Short training runs whose exact results are recorded.

They use only the command line and its files, so that the code can be reorganized freely.

`python -m tests.same_bits` records all runs again in `same_bits.json`, and prints the differences;
names after it select runs. On another processor or NumPy, all runs must be recorded again before
the code is changed.
"""

import csv
import hashlib
import io
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nncli.cli.main import main

ROOT = Path(__file__).parents[1]
MNIST = ROOT.parent / "shared" / "mnist"
RECORD = Path(__file__).with_suffix(".json")
TIMES = ("seconds", "rows_per_second")
LATER = ("penalty",)  # columns that are more recent than the record
OBSERVED = ("epoch", "learning_rate", "train_loss", "validation_loss")


# Set explicitly, as the defaults depend on the number of rows.
_SHARES = {"test": 0.2, "validation": 0.1}
_SETTINGS = {"learning_rate": 0.001, "batch_size": 64, "l2": 0}


def _and(part, settings):
    """Return a part of a config with the settings that it lacks."""
    lacks = [f", {key}: {each}" for key, each in settings.items() if f"{key}:" not in part]
    is_built_in = settings is _SHARES and not any(key in part for key in ("path:", "images:"))
    return part if is_built_in else part + "".join(lacks)


class Run(NamedTuple):
    """The parts of a config, and the engine that trains it."""

    data: str
    model: str
    training: str
    engine: str = "numpy"

    @property
    def text(self):
        """The text of the config."""
        return (
            "name: run\n"
            "seed: 7\n"
            f"data: {{{_and(self.data, _SHARES)}}}\n"
            f"model: {{{self.model}}}\n"
            f"training: {{engine: {self.engine}, {_and(self.training, _SETTINGS)}}}\n"
        )

    @property
    def lacks(self):
        """Description of a missing requirement, empty if the run can be trained."""
        if self.engine == "compiled" and not find_spec("numba"):
            return "the extra 'fast' is not installed"
        if self.data in (DIGITS, BUILT_IN) and not MNIST.is_dir():
            return f"the files of MNIST are not in {MNIST}"
        return ""

    def compiled(self):
        """Return the same run, trained by the compiled engine."""
        return self._replace(engine="compiled")


NOISY = "source: xor, rows: 400, test: 100, validation: 0.2"
XOR = "source: xor, rows: 60, test: 20, validation: 12"
GATE = "source: gate, gate: xor"
DIGITS = (
    "source: idx, images: t10k-images-idx3-ubyte.gz, labels: t10k-labels-idx1-ubyte.gz, "
    "test: 8500, validation: 500"
)
BUILT_IN = "source: mnist, validation: 54000"
TARGETS = ("price", "kind", "ripe", "sweet", "sour", "amount")


def _table(targets, more=""):
    """Return a source: the table with some of its targets."""
    others = [each for each in TARGETS if each not in targets + more]
    return f"path: table.csv, target: {targets}, drop: [{', '.join(others)}]{more}"


PRICE = _table("price")
TWO = _table("[price, amount]")
KIND = _table("kind")
RIPE = _table("ripe", ", class_weight: balanced")
LABELS = _table("[sweet, sour]")
WEIGHTED = _table("price", ", weight: amount")
RENTALS = (
    "path: rentals.csv, target: charge, id: ride, "
    "columns: {age_years: {missing: median}, bike: {kind: category, missing: indicator}}"
)
ROWS = (
    "source: rows, inputs: [[0.1, 0.3], [0.5, 0.1], [0.9, 0.4], [0.2, 0.8], [0.7, 0.6]], "
    "targets: [[0.1, 0.9], [0.4, 0.2], [0.6, 0.3], [0.8, 0.7], [0.3, 0.5]], scale: minmax"
)

SMALL = "hidden_layers: [4, 3], activation: [tanh, relu]"
FEW = "epochs: 4, batch_size: 8, learning_rate: 0.05"
DEEP = "hidden_layers: [12, 6, 5], activation: [relu, tanh, sigmoid]"

OPTIMIZERS = {
    "sgd": "sgd",
    "momentum": "{name: sgd, momentum: 0.9}",
    "nesterov": "{name: sgd, momentum: 0.9, nesterov: true}",
    "adagrad": "adagrad",
    "rmsprop": "rmsprop",
    "adam": "adam",
    "adamw": "{name: adamw, weight_decay: 0.05}",
    "nadam": "nadam",
}
SCHEDULES = {
    "step": "{name: step, every: 1.5}",
    "exponential": "exponential",
    "inverse_time": "{name: inverse_time, decay: 0.5}",
    "cosine": "{name: cosine, final: 0.1}",
    "plateau": "{name: plateau, patience: 1, factor: 0.25}, epochs: 12, learning_rate: 0.2",
    "warmup": "{name: constant, warmup: 1.5}",
    "warmup_cosine": "{name: cosine, warmup: 2.5}",
}
ACTIVATIONS = (
    *("identity", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu"),
    *("softplus", "softsign", "sqlu", "silu", "mish"),
)
INITIALIZERS = (
    "normal, uniform, xavier_normal, xavier_uniform, he_normal, he_uniform, lecun_normal, "
    "lecun_uniform, orthogonal"
)
LOSSES = {  # of a regression
    "mean_squared_error": "mean_squared_error",
    "squared_error": "squared_error",
    "half_squared_error": "half_squared_error",
    "mean_absolute_error": "mean_absolute_error",
    "huber": "{name: huber, delta: 0.3}",
}


def _with(settings, usual=FEW):
    """Return training settings, completed with the usual ones."""
    kept = [each for each in usual.split(", ") if f"{each.split(': ')[0]}: " not in settings]
    return ", ".join([*kept, settings])


BY_NUMPY = {
    "noisy_xor_float32": Run(
        NOISY,
        "hidden_layers: [16], activation: tanh",
        "epochs: 5, batch_size: 32, learning_rate: 0.02, l2: 0.002",
    ),
    "noisy_xor_float64": Run(
        NOISY,
        "hidden_layers: [16], activation: tanh",
        "epochs: 5, batch_size: 32, learning_rate: 0.02, l2: 0.002, precision: float64",
    ),
    "lecture_xor_2_2_1": Run(
        GATE,
        "hidden_layers: [2], activation: sigmoid, initializer: {name: normal, scale: 1.0}",
        "learning_rate: 0.1, batch_size: full, epochs: 200",
    ),
    "lecture_xor_given_weights": Run(
        GATE,
        "hidden_layers: [2], activation: sigmoid, initial_biases: [[-8, 3], [6]], "
        "initial_weights: [[[5, -7], [5, -7]], [[-11], [-11]]]",
        "epochs: 0",
    ),
    "digits_softmax": Run(
        DIGITS, "hidden_layers: [32]", "epochs: 2, batch_size: 64, schedule: cosine"
    ),
    "digits_sigmoid": Run(
        DIGITS,
        "hidden_layers: [15], activation: sigmoid, output: sigmoid",
        "loss: half_squared_error, optimizer: {name: sgd, momentum: 0.9}, learning_rate: 0.1, "
        "epochs: 2, batch_size: 100",
    ),
    "digits_mask_density": Run(
        DIGITS,
        "hidden_layers: [20, 12], activation: [relu, elu], density: [0.1, 0.5, 1.0]",
        "epochs: 2, batch_size: 50, max_norm: 1.5",
    ),
    "built_in_mnist": Run(
        BUILT_IN,
        "hidden_layers: [15], activation: sigmoid",
        "epochs: 1, batch_size: 100, learning_rate: 0.005",
    ),
    "rentals_early_stopping": Run(
        RENTALS,
        "hidden_layers: [16, 8]",
        "epochs: 60, batch_size: 16, learning_rate: 0.02, l2: 0.025, early_stopping: {patience: 3}",
    ),
    "rentals_folds": Run(
        RENTALS, "hidden_layers: [6]", "epochs: 4, batch_size: 16, learning_rate: 0.02, folds: 3"
    ),
    "table_classes": Run(KIND, SMALL, _with("optimizer: nadam, epochs: 6")),
    "table_folds": Run(KIND, SMALL, _with("folds: 3, epochs: 2")),
    "table_labels": Run(LABELS, "hidden_layers: [5], activation: gelu", FEW),
    "table_robust": Run(PRICE + ", scale: robust", SMALL, FEW),
    "weighted_rows": Run(WEIGHTED, SMALL, FEW),
    "class_weight": Run(RIPE, SMALL, FEW),
    "several_targets": Run(ROWS, SMALL, _with("batch_size: 2")),
    "prelu": Run(
        NOISY,
        "hidden_layers: [8, 4], activation: {name: prelu, slope: 0.1}",
        _with("optimizer: rmsprop, learning_rate: 0.01, batch_size: 32, l2: 0.01"),
    ),
    "masks": Run(
        XOR,
        f"{SMALL}, masks: [[[1, 0, 1, 1], [1, 1, 0, 1]], null, [[1], [0], [1]]], "
        "density: [1.0, 0.5, 1.0]",
        FEW,
    ),
    "dropout_one_rate": Run(XOR, DEEP, _with("dropout: 0.2")),
    "dropout_by_layer": Run(NOISY, DEEP, _with("dropout: [0.5, 0.0, 0.25], batch_size: 32")),
    "dropout_float64": Run(XOR, DEEP, _with("dropout: [0.1, 0.2, 0.3], precision: float64")),
    "dropout_digits": Run(
        DIGITS, "hidden_layers: [24, 16]", "epochs: 2, batch_size: 64, dropout: [0.5, 0.25]"
    ),
    "layer_norm": Run(
        NOISY,
        "hidden_layers: [12, 6, 5], activation: [relu, tanh, gelu], normalization: layer_norm",
        _with("batch_size: 32, l2: 0.01"),
    ),
    "batch_norm": Run(  # a last batch of one row is joined to the one before
        "source: xor, rows: 354, test: 100, validation: 0.2",
        "hidden_layers: [12, 6, 5], activation: [relu, tanh, gelu], normalization: batch_norm",
        _with("batch_size: 47, dropout: [0.25, 0.0, 0.0]"),
    ),
    "some_normalized": Run(
        KIND,
        "hidden_layers: [6, 5, 4], normalization: [{name: batch_norm, momentum: 0.3}, none, "
        "{name: layer_norm, epsilon: 0.001}]",
        _with("optimizer: {name: sgd, momentum: 0.9}, epochs: 8"),
    ),
    "penalties": Run(XOR, SMALL, _with("l1: 0.001, l2: 0.01, clip_norm: 0.1")),
    "bounds": Run(XOR, SMALL, _with("clip_value: 0.02, max_norm: 1.0")),
    "all_bounds": Run(XOR, SMALL, _with("l1: 0.01, clip_value: 0.1, clip_norm: 0.1, max_norm: 1")),
    "in_order": Run(XOR, SMALL, _with("shuffle: false")),
    "full_batch": Run(NOISY, "hidden_layers: [3]", _with("batch_size: full, epochs: 10")),
    "given_weights": Run(
        XOR, f"{SMALL}, initial_weights: given.npz", _with("optimizer: {name: sgd, momentum: 0.5}")
    ),
    "given_slopes": Run(
        XOR, "hidden_layers: [4, 3], activation: prelu, initial_weights: slopes.npz", FEW
    ),
    "initializers": Run(
        XOR,
        f"hidden_layers: [3, 3, 3, 3, 3, 3, 3, 3], activation: tanh, initializer: [{INITIALIZERS}]",
        FEW,
    ),
    "stopped": Run(
        "source: xor, rows: 1000, test: 20, validation: 30",
        SMALL,
        "epochs: 16, batch_size: 4, schedule: {name: plateau, patience: 1}, "
        "early_stopping: {patience: 10}",
    ),
    "dropout_stopped": Run(
        "source: xor, rows: 1000, test: 20",
        SMALL,
        "epochs: 16, batch_size: 4, optimizer: {name: sgd, momentum: 0.9}, dropout: [0.5, 0.25]",
    ),
    "batch_norm_stopped": Run(
        "source: xor, rows: 1001, test: 20, validation: 30",
        f"{SMALL}, normalization: [batch_norm, layer_norm]",
        "epochs: 16, batch_size: 5",
    ),
    # ReLU and hinge have kinks, where rounding would decide the side.
    "loss_hinge": Run(
        XOR, "hidden_layers: [4, 3], activation: tanh, output: identity", _with("loss: hinge")
    ),
    "loss_perceptron": Run(
        XOR,
        "hidden_layers: [], output: step, initializer: zeros",
        "loss: perceptron, optimizer: sgd, learning_rate: 1.0, batch_size: 1, epochs: 3",
    ),
    "loss_sigmoid_cross_entropy": Run(
        KIND, f"{SMALL}, output: sigmoid", _with("loss: sigmoid_cross_entropy")
    ),
    **{f"loss_{name}": Run(TWO, SMALL, _with(f"loss: {loss}")) for name, loss in LOSSES.items()},
    **{
        f"optimizer_{name}": Run(XOR, SMALL, _with(f"optimizer: {optimizer}"))
        for name, optimizer in OPTIMIZERS.items()
    },
    **{
        f"schedule_{name}": Run(XOR, SMALL, _with(f"schedule: {schedule}"))
        for name, schedule in SCHEDULES.items()
    },
    **{
        f"activation_{name}": Run(XOR, f"hidden_layers: [6, 5], activation: {name}", FEW)
        for name in ACTIVATIONS
    },
}
ALSO_COMPILED = (
    "noisy_xor_float32",
    "noisy_xor_float64",
    "digits_softmax",
    "digits_sigmoid",
    "rentals_early_stopping",
    "table_classes",
    "table_labels",
    "class_weight",
    "prelu",
    "masks",
    "dropout_by_layer",
    "dropout_digits",
    "layer_norm",
    "batch_norm",
    "some_normalized",
    "penalties",
    "all_bounds",
    "full_batch",
    *(f"optimizer_{name}" for name in OPTIMIZERS),
    "loss_hinge",
    "loss_sigmoid_cross_entropy",
    *(f"loss_{name}" for name in LOSSES),
    *(f"activation_{name}" for name in ACTIVATIONS),
)
RUNS = {**BY_NUMPY, **{f"{name}_compiled": BY_NUMPY[name].compiled() for name in ALSO_COMPILED}}
STOPPED = ("stopped", "dropout_stopped", "batch_norm_stopped")


# Requirements of runs


def prepare(directory):
    """Write the files that the configs name."""
    shutil.copyfile(ROOT / "data" / "rentals.csv", directory / "rentals.csv")
    with (directory / "table.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(_rows())
    shapes = {"W1": (2, 4), "b1": (4,), "W2": (4, 3), "b2": (3,), "W3": (3, 1), "b3": (1,)}
    given = {name: _eighths(shape) for name, shape in shapes.items()}
    np.savez(directory / "given.npz", **given)
    np.savez(directory / "slopes.npz", **given, slope1=_eighths((4,)), slope2=_eighths((3,)))
    if MNIST.is_dir():
        cache = directory / "cache" / "mnist"
        cache.mkdir(parents=True)
        for path in MNIST.glob("*.gz"):
            shutil.copyfile(path, cache / path.name)
        for path in cache.glob("t10k-*"):
            shutil.copyfile(path, directory / path.name)


def _eighths(shape):
    """Return numbers that are exact on every machine."""
    return (np.arange(np.prod(shape)) * 5 % 11 - 5).reshape(shape) / 8


def _rows(count=90):
    """Yield header and rows of a table with numbers, a Boolean, categories and blanks."""
    yield ["length", "width", "color", "fresh", *TARGETS]
    draw = random.Random(3).random
    for _ in range(count):
        length, width, color = round(draw(), 3), round(4 * draw(), 2), int(3 * draw())
        fresh, noise = draw() < 0.5, draw() / 5
        size = length + width / 4 + noise
        yield [
            length,
            width,
            ("red", "green", "blue")[color],
            str(fresh).lower(),
            round(3 * size + color - fresh, 2),
            ("small", "medium", "large")[(size > 0.8) + (size > 1.4)],
            "yes" if length + noise > 0.8 else "no",
            int(color > 0 and length > 0.3),
            int(size > 1),
            round(0.5 + draw(), 1),
        ]


# Training


def train(name, directory):
    """Train a run in `directory`, which has its data files; return the run directory."""
    config = directory / f"{name}.yaml"
    config.write_text(RUNS[name].text, encoding="utf-8")
    return _train(directory, [str(config), "-o", str(directory / name)], directory / name)


def train_with_a_stop(name, directory):
    """Do the same, but interrupt it within the third epoch or later, and resume."""
    config, run = directory / f"{name}.yaml", directory / f"{name}-in-parts"
    config.write_text(RUNS[name].text, encoding="utf-8")
    command = [sys.executable, "-m", "nncli", "train", str(config), "-q", "--threads", "1"]
    with subprocess.Popen([*command, "-o", str(run)], stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and len(_history(run)) < 2:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate()
    assert process.returncode == 130, error
    return _train(directory, ["--resume", str(run)], run)


def _train(directory, arguments, run):
    """Run the command in this process, with one thread and without fsync."""
    err = io.StringIO()
    with (
        redirect_stdout(io.StringIO()),
        redirect_stderr(err),
        patch.dict(os.environ, {"NNCLI_CACHE": str(directory / "cache")}),
        patch("os.fsync"),
        threadpool_limits(1),  # the command assumes that NumPy has not started yet
        pytest.raises(SystemExit) as ended,
    ):
        main(["train", *arguments, "-q", "--threads", "1"])
    assert ended.value.code == 0, err.getvalue()
    return run


# Results


def seen(run):
    """Return the hashes of a run's results, and some of its numbers."""
    files = sorted(path for path in run.rglob("*") if path.name in _HASHES)
    names = {path: path.relative_to(run).as_posix() for path in files}
    return {
        "hashes": {names[path]: _HASHES[path.name](path) for path in files},
        "numbers": {
            f"{names[path]} {key}": [float(f"{each:.5g}") for each in values]
            for path in files
            for key, values in _NUMBERS[path.name](path).items()
        },
    }


def _arrays(path):
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files if name != "metadata"}


def _history(run):
    """Return the rows of a history without times, None without a file."""
    try:
        text = (run / "history.csv").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    rows = csv.DictReader(io.StringIO(text))
    left_out = (*TIMES, *LATER)
    return [{key: each for key, each in row.items() if key not in left_out} for row in rows]


def _hash_of_arrays(path):
    digest = hashlib.sha256()
    for name, array in _arrays(path).items():
        little = array.astype(array.dtype.newbyteorder("<"))
        digest.update(f"{name} {array.shape} {little.dtype.str}\n".encode())
        digest.update(little.tobytes())
    return digest.hexdigest()


def _hash_of_history(path):
    return hashlib.sha256(json.dumps(_history(path.parent)).encode()).hexdigest()


def _hash_of_bytes(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _numbers_of_arrays(path):
    """Return the first three numbers and the norm of each array."""
    return {
        name: [*array.ravel()[:3], np.sqrt((array.astype(np.float64) ** 2).sum())]
        for name, array in _arrays(path).items()
    }


def _numbers_of_history(path):
    """Return the numbers in the last row."""
    last = (_history(path.parent) or [{}])[-1]
    return {key: [float(last[key])] for key in OBSERVED if last.get(key)}


def _numbers_of_predictions(path):
    """Return nothing, as predictions follow from the weights, which are compared."""
    return {}


_HASHES = {
    "weights.npz": _hash_of_arrays,
    "history.csv": _hash_of_history,
    "predictions.csv": _hash_of_bytes,
}
_NUMBERS = {
    "weights.npz": _numbers_of_arrays,
    "history.csv": _numbers_of_history,
    "predictions.csv": _numbers_of_predictions,
}


# The record


def environment(engine="compiled"):
    """Return everything except config and data that decides the bits of a run with one thread."""
    found = {
        "processor": " ".join([platform.machine(), *_build("SIMD Extensions", "found")]),
        "numpy": np.__version__,
        "blas": _blas(),
        "libc": " ".join(platform.libc_ver()),
        "numba": _numba(),
    }
    return found if engine == "compiled" else {**found, "numba": None}


def _build(*path):
    """Return NumPy's build information at these keys, or an empty mapping."""
    found = np.show_config(mode="dicts")
    for key in path:
        found = found.get(key, {})
    return found


def _blas():
    """Return name and version of NumPy's BLAS, and the processor type that it detects."""
    blas = _build("Build Dependencies", "blas")
    # BLAS libraries of other packages, if loaded, detect the same type.
    kinds = {each.get("architecture") for each in threadpool_info() if each["user_api"] == "blas"}
    return " ".join([f"{blas.get('name')} {blas.get('version')}", *sorted(map(str, kinds))])


def _numba():
    """Return Numba's version and its target processor, if it is installed."""
    if not find_spec("numba"):
        return None
    import numba
    from llvmlite import __version__, binding

    return f"{numba.__version__} with llvmlite {__version__} for {binding.get_host_cpu_name()}"


def recorded():
    """Return the record: the environment, and the results of each run."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def record(names):
    """Train the named runs, or all; record their results, and yield lines about differences."""
    before = recorded() if RECORD.exists() else {"environment": None, "runs": {}}
    if names and before["environment"] != environment():
        raise SystemExit("the environment has changed; record all runs at once")
    runs = {name: each for name, each in before["runs"].items() if names and name in RUNS}
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for name in names or RUNS:
            if lacks := RUNS[name].lacks:
                raise SystemExit(f"{name}: {lacks}")
            runs[name] = seen(train(name, Path(folder)))
            yield f"{name}: {_difference(before['runs'].get(name), runs[name])}"
    _write({"environment": environment(), "runs": {n: runs[n] for n in RUNS if n in runs}})


def _difference(before, now):
    """Return a line about the differences."""
    if before is None:
        return "new"
    if before == now:
        return "unchanged"
    keys = [
        key
        for part in ("hashes", "numbers")
        for key in {**before[part], **now[part]}
        if before[part].get(key) != now[part].get(key)
    ]
    return f"changed: {', '.join(keys)}"


def _write(content):
    """Write the record, one line per run."""
    runs = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(each)}" for key, each in content["runs"].items()
    )
    environment = json.dumps(content["environment"])
    text = f'{{"environment": {environment},\n"runs": {{\n{runs}\n}}}}\n'
    RECORD.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    for line in record(sys.argv[1:]):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
