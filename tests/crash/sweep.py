"""Disturb training at random moments, resume it, and compare it with an undisturbed run."""

import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.crash.disturbances import DISTURBANCES, moved
from tests.crash.runs import results, same_run, write_config

ROOT = Path(__file__).parents[2]

TENSORBOARD = ", tensorboard: true" if find_spec("tensorboard") else ""

# Each trains for about half a second, enough for several checkpoints.
JOBS = {
    "momentum and dropout": (
        "rows: 120, validation: 20",
        "{name: sgd, momentum: 0.9, nesterov: true}",
        "epochs: 500, batch_size: 20, dropout: 0.25, learning_rate: 0.05" + TENSORBOARD,
    ),
    "long epochs": (
        "rows: 4000",
        "adam",
        "epochs: 8, batch_size: 4, schedule: cosine, checkpoint_seconds: 0.01, record_weights: 50",
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
LINK = "link"  # a file of the interrupted run is moved, and replaced by a link to it
CALLS = {
    "": 40,
    "checkpoint.npz": 12,
}  # approximate number of calls that change any file of a run, or this file


_SAVED = re.compile(r"the state is saved in (\S+); resume with")


@dataclass
class Tally:
    """The outcomes of the disturbances."""

    times: Counter[str] = field(default_factory=Counter)
    in_calls: int = 0
    in_checkpoints: int = 0
    runs: int = 0
    failures: list[str] = field(default_factory=list)


class LostError(Exception):
    """A disturbed run misbehaved."""


def sweep(directory: Path, times: int, seed: int) -> Iterator[Tally]:
    """Disturb training `times` times, five times per run; yield the tally after every run."""
    chance, tally, expected = random.Random(seed), Tally(), dict[str, Path]()
    while tally.times.total() < times:
        name = list(JOBS)[tally.runs % len(JOBS)]
        if name not in expected:
            expected[name] = directory / f"whole-{len(expected)}"
            _train_through(expected[name], _new(directory, name, expected[name]))
        run = directory / f"run-{tally.runs:03}"
        try:
            place = _disturbed(_new(directory, name, run), run, tally, chance)
            problem = same_run(place, expected[name])
        except LostError as error:
            problem = str(error)
        tally.runs += 1
        if problem:
            tally.failures.append(f"{run.name} ({name}): {problem}")
        yield tally


def _new(directory: Path, name: str, run: Path) -> list[str]:
    data, optimizer, settings = JOBS[name]
    config = write_config(directory / f"{run.name}.yaml", data, optimizer, settings)
    return ["train", str(config), "-o", str(run)]


def _disturbed(new: list[str], chosen: Path, tally: Tally, chance: random.Random) -> Path:
    """Disturb and resume a run a few times; return its final path."""
    run = chosen
    for _ in range(5):
        if (run / "checkpoint.npz").exists() and chance.random() < 0.1:
            tally.times[LINK] += 1
            _resume_with_link(run, chance)
        code, place = _disturb(run, _begin_or_resume(run, new), tally, chance)
        if place is None or not (place / "config.yaml").exists():
            run = chosen  # it has not begun, or was removed at its end
            for left in run.iterdir() if run.exists() else ():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        elif code == 0:
            return place
        else:
            run = place
    _train_through(run, _begin_or_resume(run, new))
    return run


def _begin_or_resume(run: Path, new: list[str]) -> list[str]:
    return ["train", "--resume", str(run)] if (run / "config.yaml").exists() else new


def _disturb(
    run: Path, arguments: list[str], tally: Tally, chance: random.Random
) -> tuple[int, Path | None]:
    """Disturb a process; return its exit code and the run's new path."""
    what = chance.choices([*DISTURBANCES], [each.share for each in DISTURBANCES.values()])[0]
    file = chance.choice(list(CALLS))
    call = chance.randint(1, CALLS[file]) if chance.random() < 0.6 else 0
    process = _start(run, arguments, what, file, call)
    assert process.stderr is not None
    err, is_disturbed = process.stderr.readline(), False  # the first epoch, or the end
    has_begun = err.startswith("epoch ")
    try:
        err += process.communicate(timeout=60 if call else chance.uniform(0, SECONDS))[1]
    except subprocess.TimeoutExpired:
        is_disturbed = True
        DISTURBANCES[what].act(run, process.pid)
        err += process.communicate(timeout=60)[1]
    tally.times[what] += is_disturbed or "disturbed in" in err
    tally.in_calls += "disturbed in" in err
    tally.in_checkpoints += "disturbed in checkpoint.npz" in err
    places = [run, moved(run), *map(Path, _SAVED.findall(err))]
    place = next((each for each in places if each.exists()), None)
    code = process.returncode
    is_right = code in (0, *DISTURBANCES[what].codes) or (code == 1 and not has_begun)
    # After everything is saved, Python shuts down and no longer handles signals.
    is_saved = "Interrupted after " in err or _is_over(place)
    is_right = is_right or (128 - code in DISTURBANCES[what].codes and is_saved)
    if not is_right or (code and has_begun and place is None) or "Traceback" in err:
        raise LostError(f"exit code {code} after {what}: {err.splitlines()[-1]}")
    return code, place


def _is_over(run: Path | None) -> bool:
    is_saved = run is not None and (run / "metrics.json").exists()
    return is_saved and results(run)["ended"] != "interrupted"


def _resume_with_link(run: Path, chance: random.Random) -> None:
    """Resume a run in which a file is a link: the run is refused, or the link replaced."""
    name = chance.choice(["config.yaml", "history.csv", "checkpoint.npz", "weights.npz"])
    path, outside = run / name, run.with_name(f"{run.name}-outside")
    if path.exists():
        path.rename(outside)
    else:
        outside.write_text("precious", encoding="utf-8")
    path.symlink_to(outside)
    before = outside.read_bytes(), outside.stat().st_mtime_ns
    process = _start(run, ["train", "-q", "--resume", str(run)])
    _, err = process.communicate(timeout=120)
    if (outside.read_bytes(), outside.stat().st_mtime_ns) != before:
        raise LostError(f"{name} was followed as a link")
    if process.returncode:
        if err.count("\n") > 1 or "(a link; replace it with a copy" not in err:
            raise LostError(f"exit code {process.returncode} with a link: {err}")
        outside.rename(path)


def _train_through(run: Path, arguments: list[str]) -> None:
    process = _start(run, arguments)
    _, err = process.communicate(timeout=120)
    if process.returncode:
        raise LostError(err.splitlines()[-1])


def _start(
    run: Path, arguments: list[str], what: str = "", file: str = "", call: int = 0
) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "tests.crash.child", what, file, str(call), str(run)]
    return subprocess.Popen(
        [*program, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
