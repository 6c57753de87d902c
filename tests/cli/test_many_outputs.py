"""Memory and file sizes do not grow with rows x outputs. Each command runs in its own process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nncli

STATUS = Path("/proc/self/status")
pytestmark = pytest.mark.skipif(
    not STATUS.exists() or "VmHWM" not in STATUS.read_text(encoding="ascii"),
    reason="needs VmHWM of /proc/self/status",
)

CLASSES = 2000
SETTINGS = "model.hidden_layers=[16]", "training.batch_size=100", "training.epochs=1"

# getrusage would include the memory of the parent process.
PEAK = """\
import sys

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3
"""
COMMAND = """\
from nncli.cli.main import main

try:
    main(sys.argv[1:])
finally:
    open("peak", "w").write(str(peak()))
"""
IN_PYTHON = """\
import numpy as np
import nncli

model, rows = nncli.load("run"), np.zeros((8000, 2))
model.predict(rows[:1])
for call in (
    lambda: model.predict(rows),
    lambda: model.predict_proba(rows[:4000].tolist()),
    lambda: model.predict_proba(rows),
):
    before = peak()
    array = call().nbytes / 1e6
    print(peak() - before - array)
"""


def child(folder, code, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(Path(nncli.__file__).parents[1])}
    command = [sys.executable, "-c", PEAK + code, *map(str, arguments)]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def peak_of(folder, *arguments):
    """Run a command; return the peak memory of its process in megabytes."""
    child(folder, COMMAND, *arguments)
    return float((folder / "peak").read_text(encoding="ascii"))


def write_table(path, names, rows, config):
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    data = {"source": "csv", "path": path.name, "scale": "standard", "test": 0, "validation": 0}
    text = json.dumps({"data": {**data, **config}})
    path.with_suffix(".yaml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def many_classes(tmp_path_factory):
    """Return a folder with a table of one row per class and a run, and the memory of training."""
    folder = tmp_path_factory.mktemp("classes")
    X = np.random.default_rng(0).normal(size=(CLASSES, 2)).round(3).tolist()
    rows = [(*x, f"class {number}") for number, x in enumerate(X)]
    write_table(folder / "rows.csv", ["a", "b", "kind"], rows, {"target": "kind"})
    return folder, peak_of(folder, "train", "rows.yaml", *SETTINGS, "-q", "-o", "run")


def test_training_with_thousands_of_classes_takes_little_memory(many_classes):
    folder, peak = many_classes
    assert peak < 110
    text = (folder / "run" / "metrics.json").read_text(encoding="utf-8")
    assert len(text) < 1e6
    found = json.loads(text)["train"]
    assert len(found["per_class"]) == CLASSES
    predicted, actual, count = np.array(found["confusion_pairs"]).T
    assert count.sum() == CLASSES
    right = count[predicted == actual].sum()
    assert right / CLASSES == pytest.approx(found["metrics"]["accuracy"], abs=1e-12)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_evaluating_thousands_of_classes_takes_little_memory(many_classes, options):
    folder, _ = many_classes
    assert peak_of(folder, "eval", "run", "--data", "rows.csv", *options) < 80


@pytest.mark.parametrize("options", [["--format", "csv"], ["-o", "p.json"]])
def test_probabilities_of_thousands_of_classes_take_little_memory(many_classes, options):
    folder, _ = many_classes
    lines = (folder / "rows.csv").read_text(encoding="utf-8").splitlines()[:401]
    (folder / "some.csv").write_text("\n".join(lines), encoding="utf-8")
    assert peak_of(folder, "predict", "run", "some.csv", "--proba", *options) < 85


def test_predicting_in_python_takes_little_more_than_the_result(many_classes):
    folder, _ = many_classes
    assert (
        max(map(float, child(folder, IN_PYTHON).split())) < 12
    )  # in addition to the results' 32 and 64


def test_many_targets_take_little_extra_memory(tmp_path):
    T = np.random.default_rng(0).normal(size=(900, 1500)).round(3)
    names = [f"t{number}" for number in range(T.shape[1])]
    rows = [(number % 7, *row) for number, row in enumerate(T.tolist())]
    write_table(tmp_path / "t.csv", ["x", *names], rows, {"target": names, "test": 0.3})
    assert peak_of(tmp_path, "train", "t.yaml", *SETTINGS, "-q", "-o", "run") < 160
    assert peak_of(tmp_path, "eval", "run", "--data", "t.csv") < 125
    assert peak_of(tmp_path, "predict", "run", "t.csv", "-o", "p.csv") < 100
