"""Time whole processes that learn MNIST: ``nncli train``, and a short script for each peer."""

import json
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.cases import Whole
from tests.benchmarks.measure import Answer, run
from tests.benchmarks.registry import Contender

TRAIN_ROWS = 60_000

# Rows not used for training are validation rows; without any, validation is skipped.
CONFIG = """\
name: mnist
data: {{source: mnist, validation: {validation}}}
model: {{hidden_layers: [128], activation: relu}}
training: {{optimizer: adam, learning_rate: 0.001, batch_size: 64, epochs: {epochs}}}
"""


def ask_whole(contender: Contender, whole: Whole, cache: str) -> list[Answer]:
    """Let a contender learn MNIST from scratch and write a model file; return its only answer.

    Raises
    ------
    Failed
    """
    with tempfile.TemporaryDirectory() as folder:
        start = _nncli_command if contender.is_nncli else _peer_command
        command = [sys.executable, "-m", *start(contender, whole, Path(folder))]
        done = run(command, contender.environment(NNCLI_CACHE=cache))
        score = _nncli_accuracy(Path(folder)) if contender.is_nncli else _said(done.output)
    return [Answer(done.seconds, score, done.peak_bytes, others=done.others)]


def _nncli_command(contender: Contender, whole: Whole, folder: Path) -> list[str]:
    config = folder / "config.yaml"
    validation = TRAIN_ROWS - whole.rows
    config.write_text(CONFIG.format(validation=validation, epochs=whole.epochs), encoding="utf-8")
    overrides = [f"training.{key}={value}" for key, value in contender.options.items()]
    return ["nncli", "train", "--quiet", str(config), *overrides, "--out", str(folder / "run")]


def _peer_command(contender: Contender, whole: Whole, folder: Path) -> list[str]:
    script = f"tests.benchmarks.whole.{contender.module}"
    return [script, str(whole.epochs), str(whole.rows), str(folder / "model.npz")]


def _nncli_accuracy(folder: Path) -> float:
    metrics = json.loads((folder / "run" / "metrics.json").read_text(encoding="utf-8"))
    return float(metrics["test"]["metrics"]["accuracy"])


def _said(output: str) -> float:
    return float(json.loads(output.splitlines()[-1])["score"])
