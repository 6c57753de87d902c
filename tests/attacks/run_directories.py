"""Untrusted run directories: copies of an interrupted run, each with one change."""

import json
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nncli.base.storage.npz_file import write_npz
from nncli.base.storage.records import record_of
from nncli.cli.main import main
from tests.cli.stopped_runs import adding_up_to, config, counting, rewrite, saying
from tests.stopping import after_step

Change = Callable[[Path, Path], object]
"""Change of a run directory; the folder outside has the targets of links."""

FILES = (
    "config.yaml", "history.csv", "checkpoint.npz", "weights.npz", "metrics.json", "diverged.txt",
)  # fmt: skip
FOLDS = ("fold-1", "fold-2", "fold-9")
_HUGE = 50 * 10**9
_LINE = b"1" * 10_000_000
_TERMINAL = "a\nb\x1b[31mred\x07\x1b]0;owned\x07"
_COUNTERS = (
    "epoch", "batch", "best_epoch", "best_value", "patience_epoch", "patience_value", "falls",
    "last_fall", "sums",
)  # fmt: skip
_SUMS = ("steps", "rows", "loss", "score", "squared_norms", "saturated")
_RECORD = ("config", "data", "environment", "engine", "wall_seconds", "ended")
_ABSURD: dict[str, Any] = {
    "10^12": 10**12, "10^40": 10**40, "10^400": 10**400, "below 0": -1, "1e300": 1e300,
    "NaN": np.nan, "Infinity": np.inf, "true": True, "text": "3", "null": None,
    "a list of a million": [1.5] * 1_000_000, "a mapping": {"a": 1}, "deep": [[[[[[1]]]]]],
    "a text of a megabyte": "9" * 1_000_000,
}  # fmt: skip


def stopped_run(directory: Path, settings: str, step: int) -> Path:
    """Train in `directory` until a signal after a step; return the run."""
    run, name = directory / "run", config(directory, settings)
    with pytest.MonkeyPatch.context() as patch, suppress(SystemExit):
        after_step(patch, step, partial(signal.raise_signal, signal.SIGINT))
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            main(["train", "-q", str(directory / name), "-o", str(run)])
    assert (run / "config.yaml").exists()
    return run


# Replacements of a file


def put(name: str, make: Callable[[Path, Path], object]) -> Change:
    """Return a change that replaces a path in the run by the result of ``make(path, outside)``."""

    def change(run: Path, outside: Path) -> None:
        path = run / name
        if path.is_dir():
            path.rename(outside / f"{run.name} {name}")
        else:
            path.unlink(missing_ok=True)
        make(path, outside)

    return change


def _original(path: Path, outside: Path) -> Path:
    """Return the path outside to which a link in place of `path` leads."""
    moved = outside / f"{path.parent.name} {path.name}"
    return moved if moved.exists() else outside / path.name


def _link(path: Path, outside: Path) -> None:
    path.symlink_to(_original(path, outside))


def _link_to_link(path: Path, outside: Path) -> None:
    between = outside / f"{path.parent.name} {path.name} link"
    between.symlink_to(_original(path, outside))
    path.symlink_to(between)


def _hard_link(path: Path, outside: Path) -> None:
    original = _original(path, outside)
    path.hardlink_to(original if original.is_file() else outside / "history.csv")


def _pipe(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path, outside: Path) -> None:
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as end:
        os.chdir(path.parent)  # socket paths must be short
        try:
            end.bind(path.name)
        finally:
            os.chdir(here)


def _sparse(path: Path, outside: Path) -> None:
    path.touch()
    os.truncate(path, _HUGE)


def _directory(path: Path, outside: Path) -> None:
    path.mkdir()
    (path / "config.yaml").write_text("a: b", encoding="utf-8")


_KINDS: dict[str, Callable[[Path, Path], object]] = {
    "a link": _link,
    "a link to a link": _link_to_link,
    "a dangling link": lambda path, outside: path.symlink_to(outside / f"no {path.parent.name}"),
    "a loop of links": lambda path, outside: path.symlink_to(path.name),
    "a hard link": _hard_link,
    "a pipe": _pipe,
    "a link to an endless device": lambda path, outside: path.symlink_to("/dev/zero"),
    "a socket": _socket,
    "a directory": _directory,
    "empty": lambda path, outside: path.touch(),
    "of 50 GB": _sparse,
    "binary": lambda path, outside: path.write_bytes(bytes(range(256)) * 100),
    "a line of 10 MB": lambda path, outside: path.write_bytes(_LINE),
    "for a terminal": lambda path, outside: path.write_text(_TERMINAL, encoding="utf-8"),
    "missing": lambda path, outside: None,
}


def put_all(names: tuple[str, ...], before: Change | None = None, words: str = "") -> Iterator[Any]:
    """Yield a named change for each replacement of each path."""
    for name in names:
        for kind, make in _KINDS.items():
            change = put(name, make)
            yield f"{words}{name} {kind}", both(before, change) if before else change


def both(*changes: Change) -> Change:
    """Return a change that makes several changes in order."""
    return lambda run, outside: [change(run, outside) for change in changes]


def without(*names: str) -> Change:
    """Return a change that removes files of the run."""
    return lambda run, outside: [(run / name).unlink(missing_ok=True) for name in names]


# Checkpoints


def in_checkpoint(
    change: Callable[[dict[str, Any], dict[str, Any]], object], below: str = ""
) -> Change:
    """Return a change of the checkpoint in the run or in a directory below."""
    return lambda run, outside: rewrite(run / below / "checkpoint.npz", change)


def _absurd_checkpoints() -> Iterator[tuple[str, Change]]:
    for what, value in _ABSURD.items():
        for name in _COUNTERS:
            yield f"{name} {what}", in_checkpoint(counting(**{name: value}))
        for name in _SUMS:
            yield f"sum of {name} {what}", in_checkpoint(adding_up_to(**{name: value}))
        for name in _RECORD:
            yield f"record of {name} {what}", in_checkpoint(saying(**{name: value}))
        yield f"threads {what}", in_checkpoint(saying(environment={"threads": value}))
        yield f"version {what}", in_checkpoint(saying(checkpoint_version=value))
    for name in ("squared_norms", "saturated"):
        for what in ("NaN", "Infinity", "below 0", "10^400", "true", "text"):
            yield f"{name} of {what}", in_checkpoint(adding_up_to(**{name: [_ABSURD[what]] * 3}))


def _checkpoints_of_names(text: str) -> Iterator[tuple[str, Change]]:
    """Yield changes that put a hostile name into a checkpoint."""

    def other_name(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        metadata["config"]["name"] = text

    def other_key(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        metadata["config"]["data"][text] = text

    called = repr(text[:9])
    yield f"config called {called}", in_checkpoint(other_name)
    yield f"config with the key {called}", in_checkpoint(other_key)
    yield f"data with {called}", in_checkpoint(saying(data={text: text}))
    yield f"environment of {called}", in_checkpoint(saying(environment={"numpy": text, text: 1}))


def _of_epochs(number: int) -> Change:
    """Return a change after which config, counters and steps agree on `number` epochs."""

    def change(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
        metadata["config"]["training"]["epochs"] = 10**7
        metadata["progress"]["epoch"] = number
        arrays["steps"] = np.array(5 * number + metadata["progress"]["batch"])

    return both(asking_for(epochs=str(10**7)), in_checkpoint(change))


def _without_epochs(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
    del metadata["config"]["training"]["epochs"]


_ARRAYS: dict[str, dict[str, Any]] = {
    "steps 2^62": {"steps": np.array(2**62)},
    "steps below 0": {"steps": np.array(-(2**62))},
    "steps of other epochs": {"steps": np.array(5)},
    "steps as a float": {"steps": np.array(1e300)},
    "steps as a list": {"steps": np.arange(9)},
    "steps as a text": {"steps": np.array("17")},
    "parameters of another shape": {"parameters": np.zeros(7, "f4")},
    "many parameters": {"parameters": np.zeros(5_000_000, "f4")},
    "parameters that are not finite": {"parameters": np.full(31, np.nan, "f4")},
    "slots that are not finite": {"slots": np.full((2, 31), np.inf, "f4")},
    "slots of another shape": {"slots": np.zeros((3, 31), "f4")},
    "best of another shape": {"best_parameters": np.zeros(7, "f4")},
    "best of another type": {"best_parameters": np.zeros(31, "f8")},
    "best that is not finite": {"best_parameters": np.full(31, np.nan, "f4")},
    "another best": {"best_other": np.zeros(7)},
    "metadata of 3 MB": {"metadata": np.array("x" * 3_000_000)},
    "metadata as a number": {"metadata": np.array(1)},
    "another array": {"other": np.zeros((100, 100))},
}


def _with_arrays(arrays: dict[str, Any]) -> Change:
    def change(run: Path, outside: Path) -> None:
        with np.load(run / "checkpoint.npz") as loaded:
            write_npz(run / "checkpoint.npz", {**loaded, **arrays})

    return change


# Configs and other changes


def in_place(name: str, content: bytes) -> Change:
    """Return a change that replaces the content of a file of the run."""
    return put(name, lambda path, outside: path.write_bytes(content))


def asking_for(**changes: str) -> Change:
    """Return a change that sets other values in the config, in the lines of its keys."""

    def change(run: Path, outside: Path) -> None:
        lines = (run / "config.yaml").read_text(encoding="utf-8").split("\n")
        for key, value in changes.items():
            at = next(n for n, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
            lines[at] = f"{lines[at].split(key)[0]}{key}: {value}"
        (run / "config.yaml").write_text("\n".join(lines), encoding="utf-8")

    return change


def _many_files(names: Callable[[int], str]) -> Change:
    return lambda run, outside: [(run / names(n)).touch() for n in range(10, 10_000)]


def _many_folds(run: Path, outside: Path) -> None:
    for number in range(1, 3000):
        (run / f"fold-{number}").mkdir(exist_ok=True)


def _named_for_a_terminal(run: Path, outside: Path) -> None:
    (run / f".{_TERMINAL}.0123abcd.tmp").touch()
    (run / f"fold-{_TERMINAL}").mkdir()


def _litter_of_links(run: Path, outside: Path) -> None:
    (run / ".history.csv.0123abcd.tmp").symlink_to(outside / "history.csv")
    (run / ".weights.npz.0123abcd.tmp").symlink_to(outside)
    (run / ".metrics.json.0123abcd.tmp").mkdir()


def _of_another_run(name: str, place: str = "") -> Change:
    return lambda run, outside: shutil.copyfile(outside / name, run / (place or name))


_LONG = {
    "epochs": str(10**7),
    "engine": "numpy",
    "early_stopping": "{patience: 1, min_change: 1000000}",
}
_NEW = without("checkpoint.npz", "history.csv", "weights.npz", "metrics.json")
_OTHERS: dict[str, Change] = {
    "a config of deep YAML": in_place("config.yaml", b"a: " + b"[" * 100_000),
    "a config of aliases": in_place("config.yaml", b"a: &a [1, 1]\nb: [*a, *a]"),
    "a config that runs something": in_place("config.yaml", b"!!python/object/apply:os.abort []"),
    "a million folds": asking_for(folds=str(10**6)),
    "a million folds, of a new run": both(_NEW, asking_for(folds=str(10**6))),
    "10,000 folds, of a new run": both(_NEW, asking_for(folds=str(10**4))),
    "10^40 folds": both(_NEW, asking_for(folds=str(10**40))),
    "10^7 epochs, stopped early": both(_NEW, asking_for(**_LONG)),
    "10^12 epochs": asking_for(epochs=str(10**12)),
    "10^40 epochs": asking_for(epochs=str(10**40)),
    "9 million epochs that agree": _of_epochs(9 * 10**6),
    "a record without epochs": in_checkpoint(_without_epochs),
    "a huge network": both(_NEW, asking_for(hidden_layers="[1000000, 1000000]")),
    "a huge network with a checkpoint": asking_for(hidden_layers="[1000000, 1000000]"),
    "a batch of 10^12": both(_NEW, asking_for(batch_size=str(10**12))),
    "another network": asking_for(hidden_layers="[5, 3]"),
    "data that is outside": asking_for(source="/dev/zero"),
    "a name for a terminal": asking_for(name=json.dumps(_TERMINAL)),
    "weights of a pipe": both(_NEW, asking_for(initial_weights="pipe"), put("pipe", _pipe)),
    "history of other epochs": in_place("history.csv", b"epoch,train_loss\n1,0.5\n"),
    "history of no epochs": in_place("history.csv", b"epoch,train_loss\ninf,0.5\n"),
    "history with half a row": lambda run, outside: os.truncate(run / "history.csv", 200),
    "history with a hole": lambda run, outside: os.truncate(run / "history.csv", _HUGE),
    "history of another run": _of_another_run("history.csv"),
    "checkpoint of another run": _of_another_run("checkpoint.npz"),
    "weights of another run": _of_another_run("weights.npz"),
    "weights for a checkpoint": _of_another_run("weights.npz", "checkpoint.npz"),
    "checkpoint for weights": _of_another_run("checkpoint.npz", "weights.npz"),
    "10,000 files": _many_files("stray {}".format),
    "10,000 files as of killed processes": _many_files(".history.csv.{:08}.tmp".format),
    "10,000 folds that are files": _many_files("fold-{}".format),
    "3,000 folds": _many_folds,
    "names for a terminal": _named_for_a_terminal,
    "links as of killed processes": _litter_of_links,
    "nothing but a config": _NEW,
}


def _finished(metadata: dict[str, Any], arrays: dict[str, Any]) -> None:
    metadata["ended"] = "finished"
    metadata["progress"] |= {"epoch": 6, "batch": 0}


RUN_DIRECTORIES: dict[str, Change] = {
    **dict(put_all((*FILES, "recorded_weights.npz"))),
    "recorded weights of another run": _of_another_run("recorded_weights.npz"),
    **dict(put_all(FILES[:3] + FILES[-1:], without("weights.npz", "metrics.json"), "killed, ")),
    **dict(put_all(FILES[3:5], in_checkpoint(_finished), "finished, ")),
    **dict(_absurd_checkpoints()),
    **dict(_checkpoints_of_names(_TERMINAL)),
    **dict(_checkpoints_of_names("n" * 10**6)),
    **{name: _with_arrays(arrays) for name, arrays in _ARRAYS.items()},
    **_OTHERS,
}
"""Changes of a single run that was interrupted in its fourth epoch."""

_EVENTS = "tensorboard/train/events.out.tfevents.0.nncli"
_HEAD = record_of(b"")[:12]
SHOWN: dict[str, Change] = {
    **dict(put_all(("tensorboard", _EVENTS))),
    "an event that is cut": in_place(_EVENTS, record_of(b"\x10\x01" * 100)[:-50]),
    "an event of 1 MB": in_place(_EVENTS, record_of(bytes(10**6))),
    "200,000 empty events": in_place(_EVENTS, record_of(b"") * 200_000),
    "events of any bytes": in_place(
        _EVENTS, b"".join(record_of(bytes([n] * n)) for n in range(256))
    ),
    "an event with a wrong length": in_place(_EVENTS, b"\xff" * 8 + _HEAD[8:]),
    "a link as of a killed process": lambda run, outside: (
        run / "tensorboard/train/.events.0123abcd.tmp"
    ).symlink_to(outside),
}
"""Changes of a run with files for TensorBoard that was interrupted in its fourth epoch."""

CROSS_VALIDATIONS: dict[str, Change] = {
    **dict(put_all(FOLDS)),
    **dict(put_all(tuple(f"fold-1/{name}" for name in FILES[:4]))),
    **dict(put_all(tuple(f"fold-2/{name}" for name in FILES[:3]))),
    "predictions a link": put("predictions.csv", _link),
    "metrics a link": put("metrics.json", _link),
    "10,000 other folds": _many_files("fold-{}".format),
    "names for a terminal": _named_for_a_terminal,
    "weights of another run": _of_another_run("weights.npz", "fold-1/weights.npz"),
    "weights of another fold": lambda run, outside: shutil.copyfile(
        run / "fold-2" / "weights.npz", run / "fold-1" / "weights.npz"
    ),
}
"""Changes of a cross-validation that was interrupted in its second fold."""


def _absurd_selections() -> Iterator[tuple[str, Change]]:
    for what, value in _ABSURD.items():
        yield f"selection {what}", in_checkpoint(saying(selection=value))
        for name in ("best_epoch", "epochs", "monitor"):
            chosen = {"best_epoch": 4, "epochs": 6, "monitor": "validation_loss", name: value}
            yield f"selection of {name} {what}", in_checkpoint(saying(selection=chosen))
        for name in _COUNTERS:
            change = in_checkpoint(counting(**{name: value}), "selection")
            yield f"in the selection {name} {what}", both(_NEW, change)


REFITS: dict[str, Change] = {
    **dict(put_all(("selection",))),
    **dict(put_all(("selection",), _NEW, "selected, ")),
    **dict(put_all(tuple(f"selection/{name}" for name in FILES[:4]), _NEW, "selected, ")),
    **dict(_absurd_selections()),
    "another selection": both(_NEW, _of_another_run("checkpoint.npz", "selection/checkpoint.npz")),
    "a million epochs, selected": both(_NEW, asking_for(epochs=str(10**6))),
}
"""Changes of a refit interrupted in the training on all rows; `_NEW` is before it starts."""


def made(directory: Path, base: Path, outside: Path, changes: dict[str, Change]) -> list[Path]:
    """Make a run directory for each change of an interrupted run; return their paths."""
    paths = []
    for name, change in changes.items():
        path = directory / name.replace("/", "-")
        shutil.copytree(base, path)
        change(path, outside)
        paths.append(path)
    return paths


def make_outside(directory: Path, other: Path) -> Path:
    """Make the folder of link targets, with the files of another run."""
    outside = directory / "outside"
    shutil.copytree(other, outside)
    for name in ("diverged.txt", "predictions.csv", "fold-9"):
        (outside / name).write_text("precious", encoding="utf-8")
    for name in ("fold-1", "fold-2", "selection"):
        shutil.copytree(other, outside / name)
    return outside


@contextmanager
def unchanged(outside: Path) -> Iterator[None]:
    """Assert that nothing in a folder changes while the block runs: content, times, links."""
    before = _snapshot(outside)
    yield
    after = _snapshot(outside)
    assert [each for each in {**before, **after} if before.get(each) != after.get(each)] == []


def _snapshot(folder: Path) -> dict[str, tuple[Any, ...]]:
    return {str(path): _what(path) for path in [folder, *folder.rglob("*")]}


def _what(path: Path) -> tuple[Any, ...]:
    found, content = path.lstat(), b""
    if path.is_symlink():
        content = os.fsencode(path.readlink())
    elif path.is_file():
        content = path.read_bytes()
    # The number of hard links is left out, as replacing a file in a run reduces it.
    return found.st_mode, found.st_mtime_ns, found.st_size, content
