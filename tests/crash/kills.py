"""Kill training processes at random moments, resume them, and compare with one that ran through."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.runs import same_run, write_config

ROOT = Path(__file__).parents[2]

# Each trains for about half a second, so that several checkpoints are written on the way.
JOBS = {
    "momentum and dropout": (
        "rows: 120, validation: 20",
        "{name: sgd, momentum: 0.9, nesterov: true}",
        "epochs: 500, batch_size: 20, dropout: 0.25, learning_rate: 0.05",
    ),
    "long epochs": (
        "rows: 4000",
        "adam",
        "epochs: 8, batch_size: 4, schedule: cosine, checkpoint_seconds: 0.01",
    ),
    "falling rate": (
        "rows: 100, validation: 40",
        "nadam",
        "epochs: 500, batch_size: 20, learning_rate: 0.02, "
        "schedule: {name: plateau, patience: 5, factor: 0.9}",
    ),
    "early stopping": (
        "rows: 100, validation: 40",
        "rmsprop",
        "epochs: 3000, batch_size: 20, l2: 0.001, clip_norm: 1, "
        "early_stopping: {patience: 300, min_change: 0.001}",
    ),
}
SECONDS = 0.4  # longest life of a process after its first epoch
CALLS = {"": 40, "checkpoint.npz": 12}  # about as many change a file of a run, or this one


@dataclass
class Tally:
    """What came of the kills."""

    kills: int = 0
    in_calls: int = 0
    in_checkpoints: int = 0
    runs: int = 0
    failures: list[str] = field(default_factory=list)


def sweep(directory: Path, kills: int, seed: int) -> Iterator[Tally]:
    """Kill so often, five times a run; yield the tally after every run."""
    chance, tally, expected = random.Random(seed), Tally(), {}
    while tally.kills < kills:
        name = list(JOBS)[tally.runs % len(JOBS)]
        if name not in expected:
            expected[name] = directory / f"whole-{len(expected)}"
            _train_through(expected[name], _new(directory, name, expected[name]))
        run = directory / f"run-{tally.runs:03}"
        problem = _killed_and_resumed(run, _new(directory, name, run), tally, chance, kills)
        problem = problem or same_run(run, expected[name])
        tally.runs += 1
        if problem:
            tally.failures.append(f"{run.name} ({name}): {problem}")
        yield tally


def _new(directory: Path, name: str, run: Path) -> list[str]:
    data, optimizer, settings = JOBS[name]
    config = write_config(directory / f"{run.name}.yaml", data, optimizer, settings)
    return ["train", str(config), "-o", str(run)]


def _killed_and_resumed(
    run: Path, arguments: list[str], tally: Tally, chance: random.Random, kills: int
) -> str | None:
    for _ in range(min(5, kills - tally.kills)):
        file = chance.choice(list(CALLS))
        deadly = chance.randint(1, CALLS[file]) if chance.random() < 0.6 else 0
        process = _start(run, arguments, file, deadly)
        seconds = 60.0 if deadly else chance.uniform(0, SECONDS)
        assert process.stderr is not None
        first = process.stderr.readline()  # the first epoch, or the end
        try:
            _, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate()
        if process.returncode == 0:
            return None
        if process.returncode != -signal.SIGKILL:
            return f"exit code {process.returncode}"
        tally.kills += 1
        tally.in_calls += "killed in" in first + err
        tally.in_checkpoints += "killed in checkpoint.npz" in first + err
        if (run / "config.yaml").exists():  # before that, nothing has begun
            arguments = ["train", "--resume", str(run)]
        elif run.exists():
            for left in run.iterdir():
                left.unlink()
    return _train_through(run, arguments)


def _train_through(run: Path, arguments: list[str]) -> str | None:
    process = _start(run, arguments)
    _, err = process.communicate(timeout=120)
    return err.splitlines()[-1] if process.returncode else None


def _start(
    run: Path, arguments: list[str], file: str = "", deadly: int = 0
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.child", file, str(deadly), str(run), *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
