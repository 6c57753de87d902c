"""Run directories that are renamed or removed during use, or that are untrusted."""

import errno
import os
import shutil
import signal

import pytest

from nncli.base.errors import OutputError
from tests.cli.stopped_runs import assert_same_run, config, counting, history, rewrite
from tests.stopping import after_step

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows refuses to rename open files")

FOLDS = "folds: 2"


@pytest.fixture
def whole(nncli, tmp_path):
    """Return an undisturbed run."""
    assert nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "whole").code == 0
    return tmp_path / "whole"


@pytest.fixture
def at_step(monkeypatch):
    """Return a function that makes something happen at a training step."""
    return lambda number, act: after_step(monkeypatch, number, act)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# Renamed


@pytest.mark.parametrize("step", [1, 9, 30])
def test_a_run_goes_where_its_directory_goes(nncli, tmp_path, whole, at_step, step):
    at_step(step, lambda: (tmp_path / "run").rename(tmp_path / "moved"))
    result = nncli("train", "xor.yaml", "-q", "-o", "run")
    assert (result.code, result.err) == (0, "")
    assert "Saved in moved. Next:\n" in result.out
    assert "\n  nncli eval moved/weights.npz\n" in result.out
    assert not (tmp_path / "run").exists()
    assert_same_run(tmp_path / "moved", whole)


def test_a_new_run_under_the_old_name_loses_nothing(nncli, tmp_path, whole, at_step, process):
    """Rename the directory while another process starts a run under its old name."""

    def swap():
        (tmp_path / "run").rename(tmp_path / "first")
        second = process("train", "xor.yaml", "-q", "-o", "run", "seed=7")
        second.communicate(timeout=60)
        assert second.returncode == 0
        swapped.append(content(tmp_path / "run"))

    swapped = []
    at_step(9, swap)
    result = nncli("train", "xor.yaml", "-q", "-o", "run")
    assert result.code == 0
    assert content(tmp_path / "run") == swapped[0]
    assert_same_run(tmp_path / "first", whole)
    assert history(tmp_path / "run") != history(whole)


def test_proposed_commands_name_the_new_place(nncli, tmp_path, stop_at, at_step):
    (tmp_path / "else where").mkdir()
    name = config(tmp_path, "optimizer: adam")

    def move_and_stop():
        (tmp_path / "run").rename(tmp_path / "else where" / "run")
        signal.raise_signal(signal.SIGINT)

    at_step(9, move_and_stop)
    stopped = nncli("train", name, "-q", "-o", "run")
    assert stopped.code == 130
    assert stopped.err.endswith("nncli train --resume 'else where/run'\n")
    assert nncli("train", "--resume", "else where/run", "-q").code == 0


def test_the_folds_move_along(nncli, tmp_path, at_step):
    name = config(tmp_path, FOLDS)
    nncli("train", name, "-q", "-o", "whole")
    at_step(15, lambda: (tmp_path / "run").rename(tmp_path / "moved"))
    result = nncli("train", name, "-q", "-o", "run")
    assert (result.code, result.err) == (0, "")
    assert "Saved in moved." in result.out
    for fold in ("fold-1", "fold-2"):
        assert_same_run(tmp_path / "moved" / fold, tmp_path / "whole" / fold)
    assert sorted(content(tmp_path / "moved")) == ["config.yaml", "metrics.json", "predictions.csv"]
    assert not (tmp_path / "run").exists()


# Removed


@pytest.mark.parametrize("step", [1, 9, 30])
def test_the_state_of_a_removed_run_is_saved_next_to_it(nncli, tmp_path, whole, at_step, step):
    at_step(step, lambda: shutil.rmtree(tmp_path / "run"))
    result = nncli("train", "xor.yaml", "-q", "-o", "run", "training.checkpoint_seconds=1e-9")
    assert result.code == 1
    assert result.error == (
        "Error: run: was removed during training; the state is saved in saved-run-001; resume "
        "with: nncli train --resume saved-run-001"
    )
    assert not (tmp_path / "run").exists()
    at_step(0, None)
    assert nncli("train", "--resume", "saved-run-001", "-q").code == 0
    assert history(tmp_path / "saved-run-001") == history(whole)


def test_a_missing_folder_for_temporary_files_is_no_removed_run(nncli, tmp_path, monkeypatch):
    def gone(*arguments):
        raise OutputError("temporary files: cannot be written") from FileNotFoundError()

    monkeypatch.setattr("nncli.runs.job.Job.evaluations", gone)
    result = nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run")
    assert result.error == "Error: temporary files: cannot be written"
    assert not [*tmp_path.glob("saved-*")]
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert nncli("train", "--resume", "run", "-q").code == 0


def test_the_state_of_a_removed_fold_is_saved_where_possible(nncli, tmp_path, at_step):
    name = config(tmp_path, FOLDS)
    at_step(15, lambda: shutil.rmtree(tmp_path / "run"))
    result = nncli("train", name, "-q", "-o", "run")
    assert result.code == 1
    assert "saved in saved-run-fold-2-001; resume with: " in result.error
    at_step(0, None)
    assert nncli("train", "--resume", "saved-run-fold-2-001", "-q").code == 0


@pytest.mark.parametrize("name", ["config.yaml", "history.csv", "checkpoint.npz"])
def test_a_removed_file_is_written_again(nncli, tmp_path, at_step, name, whole):
    def remove():
        (tmp_path / "run" / name).unlink()

    at_step(20, remove)
    frequent = "training.checkpoint_seconds=1e-9"
    assert nncli("train", "xor.yaml", "-q", "-o", "run", frequent).code == 0
    assert history(tmp_path / "run") == history(whole)
    assert (tmp_path / "run" / name).exists()


# Untrusted directories


@pytest.mark.parametrize("name", ["history.csv", "checkpoint.npz", "config.yaml"])
def test_no_link_is_followed(nncli, tmp_path, stopped, name):
    (tmp_path / "precious").write_bytes((stopped / name).read_bytes() + b"99,more\n")
    before = content(tmp_path)["precious"]
    (stopped / name).unlink()
    (stopped / name).symlink_to(tmp_path / "precious")
    result = nncli("train", "--resume", "run", "-q")
    line = result.error.removeprefix("Error: ")
    assert line.startswith(f"run/{name}: cannot be read (a link; replace it with a copy)")
    assert content(tmp_path)["precious"] == before


def test_a_link_in_place_of_a_result_is_replaced(nncli, tmp_path, stopped):
    (tmp_path / "precious").write_bytes(b"precious")
    for name in ("weights.npz", "metrics.json"):
        (stopped / name).unlink()
        (stopped / name).symlink_to(tmp_path / "precious")
    assert nncli("train", "--resume", "run", "-q").code == 0
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (stopped / "weights.npz").is_symlink()


def test_a_hard_link_to_the_history_is_not_written_to(nncli, tmp_path, stopped):
    (tmp_path / "other").hardlink_to(stopped / "history.csv")
    before = (tmp_path / "other").read_bytes()
    assert nncli("train", "--resume", "run", "-q").code == 0
    assert (tmp_path / "other").read_bytes() == before


def test_the_directory_of_a_fold_may_not_be_a_link(nncli, tmp_path, stop_at):
    stop_at(10)
    assert nncli("train", config(tmp_path, FOLDS), "-q", "-o", "run").code == 130
    (tmp_path / "run" / "fold-1").rename(tmp_path / "precious")
    (tmp_path / "run" / "fold-1").symlink_to(tmp_path / "precious")
    before = content(tmp_path / "precious")
    stop_at(0)
    result = nncli("train", "--resume", "run", "-q")
    assert result.error == (
        "Error: run/fold-1: is not the directory of a fold (a link; replace it with a copy)"
    )
    assert content(tmp_path / "precious") == before


@pytest.mark.parametrize("name", ["history.csv", "checkpoint.npz", "config.yaml"])
def test_no_command_waits_for_a_pipe(nncli, stopped, name):
    (stopped / name).unlink()
    os.mkfifo(stopped / name)
    result = nncli("train", "--resume", "run", "-q")
    assert result.code in (1, 2)
    assert "not a regular file" in result.error or "has no config.yaml" in result.error


@pytest.mark.parametrize(
    "changes",
    [{"epoch": 10**12}, {"epoch": 7}, {"best_epoch": 10**40}, {"patience_epoch": 5}, {"falls": 9},
     {"last_fall": 10**9}],
)  # fmt: skip
def test_counters_are_compared_with_the_config(nncli, stopped, changes):
    rewrite(stopped / "checkpoint.npz", counting(**changes))
    result = nncli("train", "--resume", "run", "-q")
    assert result.code == 1
    assert result.error == (
        "Error: run/checkpoint.npz: counts epochs that do not exist; train anew"
    )


@pytest.mark.parametrize("line", [b"1" * 10_000_000, b"1,\0\n" * 4, b"", b"1,0.5\n3,0.5\n2,0.5\n"])
def test_a_history_of_something_else_is_refused(nncli, stopped, line):
    header = (stopped / "history.csv").read_bytes().split(b"\n")[0]
    (stopped / "history.csv").write_bytes(header + b"\n" + line)
    result = nncli("train", "--resume", "run", "-q")
    assert result.error.startswith("Error: run/history.csv: does not match the 3 epochs")


# Locks


def test_files_created_before_the_lock_are_not_overwritten(nncli, tmp_path, monkeypatch):
    import fcntl

    usual = fcntl.flock

    def late(handle, operation):
        (tmp_path / "run" / "weights.npz").write_bytes(b"precious")
        usual(handle, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    result = nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run")
    assert result.code == 2
    assert "run: exists and is not an empty directory" in result.error
    assert content(tmp_path / "run") == {"weights.npz": b"precious"}


def test_missing_file_locks_are_warned_of(nncli, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    result = nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run")
    assert result.code == 0
    assert result.err == (
        "Warning: run: its file system does not support locks; do not train in it with another "
        "nncli at the same time\n"
    )
    resumed = nncli("train", "--resume", "run", "-q", "training.epochs=8")
    assert (resumed.code, resumed.err) == (0, result.err)
