"""The commands under Windows' rules: open files cannot be replaced, removed or found by handle."""

import os
import signal
import sys

import numpy as np
import pytest

from nncli.base.errors import OutputError
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import write_text
from tests.cli.stopped_runs import assert_same_run, config
from tests.windows import like_windows

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux lists the files that a process has open"
)


@pytest.fixture
def windows(monkeypatch):
    """Apply Windows' rules; at the end, check that they have refused nothing."""
    refused = like_windows(monkeypatch)
    yield refused
    assert refused == []


def test_open_or_mapped_files_are_refused_here(tmp_path, windows):
    np.save(tmp_path / "x.npy", np.zeros(4))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with (tmp_path / "open").open("wb"), pytest.raises(PermissionError):
        (tmp_path / "open").unlink()
    with pytest.raises(PermissionError):
        (tmp_path / "open").replace(tmp_path / "x.npy")
    assert windows == [f"unlink {tmp_path / 'open'}", f"replace {tmp_path / 'x.npy'}"]
    windows.clear()
    assert mapped[0] == 0


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def nothing_hidden(folder):
    return not [*folder.rglob(".*")]


@pytest.mark.parametrize("settings", ["optimizer: adam", "early_stopping: {patience: 2}"])
def test_a_run_is_trained_stopped_and_resumed(nncli, tmp_path, stop_at, windows, settings):
    name = config(tmp_path, settings)
    often = "training.checkpoint_seconds=1e-9"
    assert nncli("train", name, "-o", "whole", often).code == 0
    stop_at(9)
    stopped = nncli("train", name, "-o", "run", often)
    assert stopped.code == 130
    stop_at(0)
    assert nncli("train", "--resume", "run").code == 0
    assert_same_run(tmp_path / "run", tmp_path / "whole")
    assert nncli("eval", "run").code == 0
    assert nncli("show", "run").code == 0
    assert nncli("trace", "run").code == 0
    assert nothing_hidden(tmp_path)


def test_leftovers_of_killed_runs_are_removed(nncli, tmp_path, stop_at, windows):
    stop_at(9)
    assert nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run").code == 130
    (tmp_path / "run" / ".weights.npz.01234567.tmp").touch()
    stop_at(0)
    assert nncli("train", "--resume", "run", "-q").code == 0
    assert nothing_hidden(tmp_path)


def test_folds_are_trained_stopped_and_resumed(nncli, tmp_path, stop_at, windows):
    name = config(tmp_path, "folds: 2")
    assert nncli("train", name, "-o", "whole").code == 0
    stop_at(20)
    assert nncli("train", name, "-o", "run").code == 130
    stop_at(0)
    assert nncli("train", "--resume", "run").code == 0
    for number in (1, 2):
        assert_same_run(tmp_path / "run" / f"fold-{number}", tmp_path / "whole" / f"fold-{number}")
    assert nothing_hidden(tmp_path)


def test_rows_in_mapped_files(
    nncli, tmp_path, stop_at, sorted_arrays, everything_mapped_is_large, windows
):
    everything_mapped_is_large()
    stop_at(9)
    assert nncli("train", sorted_arrays, "-q", "-o", "run").code == 130
    stop_at(0)
    assert nncli("train", "--resume", "run", "-q").code == 0
    assert nncli("eval", "run").code == 0
    for ending in ("csv", "json", "jsonl", "npy"):
        for force in ((), ("--force",)):
            assert nncli("predict", "run", "x.npy", "-o", f"out.{ending}", *force).code == 0
    assert nothing_hidden(tmp_path)


def test_predictions_do_not_replace_mapped_rows(
    nncli, tmp_path, sorted_arrays, everything_mapped_is_large, windows
):
    everything_mapped_is_large()
    assert nncli("train", sorted_arrays, "-q", "-o", "run").code == 0
    before = (tmp_path / "x.npy").read_bytes()
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    done = nncli("predict", "run", "x.npy", "-o", "x.npy", "--force")
    assert done.code == 1
    assert done.error.startswith("Error: x.npy: cannot be written (permission denied); check free")
    assert (tmp_path / "x.npy").read_bytes() == before
    assert len(mapped) == 1500
    assert nothing_hidden(tmp_path)
    windows.clear()


# Files that another program opens for a moment


@pytest.fixture
def busy(monkeypatch, windows):
    """Return a function that makes the next calls of an `os` function fail as on Windows."""

    def be(name, times):
        usual, left = getattr(os, name), [times]

        def act(*paths, **handles):
            if left[0]:
                left[0] -= 1
                raise PermissionError(13, "Permission denied")
            usual(*paths, **handles)

        monkeypatch.setattr(os, name, act)

    return be


def test_a_file_open_elsewhere_for_a_moment_is_replaced_later(tmp_path, busy):
    write_text(tmp_path / "file", "old")
    busy("replace", 2)
    write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text("utf-8") == "new"
    assert names_in(tmp_path) == ["file"]
    busy("unlink", 2)
    (Directory(tmp_path) / "file").remove()
    assert names_in(tmp_path) == []


def test_a_file_that_stays_open_elsewhere_is_kept(tmp_path, busy):
    write_text(tmp_path / "file", "old")
    busy("replace", -1)
    with pytest.raises(OutputError, match=r"file: cannot be written \(permission denied\)"):
        write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text("utf-8") == "old"
    assert names_in(tmp_path) == ["file"]


def test_a_run_whose_files_are_constantly_open_elsewhere(nncli, tmp_path, busy):
    for name in ("replace", "unlink"):
        busy(name, 2)
    name = config(tmp_path, "optimizer: adam")
    assert nncli("train", name, "-q", "-o", "run").code == 0
    busy("replace", 2)
    assert nncli("train", "--resume", "run", "-q", "training.epochs=8").code == 0
    assert nothing_hidden(tmp_path)


def test_a_model_that_cannot_be_replaced_is_one_line(nncli, tmp_path, busy):
    busy("replace", -1)
    done = nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run")
    assert done.code == 1
    assert "cannot be written (permission denied); check free space and permissions" in done.error
    assert nothing_hidden(tmp_path)
    busy("link", -1)  # new files get their name from a hard link where possible
    assert nncli("init", "xor", "-o", "new.yaml").code == 1
    assert not (tmp_path / "new.yaml").exists()


# Signals


def test_the_end_of_a_terminal_saves_a_run(nncli, tmp_path, stop_at, monkeypatch):
    number = signal.SIGRTMIN + 1
    monkeypatch.setattr(signal, "SIGBREAK", number, raising=False)
    for name in ("SIGHUP", "SIGXCPU", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGQUIT", "SIGBUS"):
        monkeypatch.delattr(signal, name)
    name = config(tmp_path, "optimizer: adam")
    assert nncli("train", name, "-q", "-o", "whole").code == 0
    stop_at(9, number)
    done = nncli("train", name, "-q", "-o", "run")
    assert done.code == 128 + number
    assert done.err.endswith("to resume:  nncli train --resume run\n")
    stop_at(0)
    assert nncli("train", "--resume", "run", "-q").code == 0
    assert_same_run(tmp_path / "run", tmp_path / "whole")


# Proposed commands


def test_commands_are_quoted_for_the_shells_of_windows(nncli, tmp_path, windows):
    (tmp_path / "my runs").mkdir()
    name = config(tmp_path, "optimizer: adam")
    done = nncli("train", name, "-q", "-o", "my runs/it's")
    assert '  nncli eval "my runs/it\'s/weights.npz"\n' in done.out
