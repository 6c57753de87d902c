"""Make every call that changes a file fail once: nothing is lost, and one line reports it."""

import errno
import io
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import numpy as np
import pytest

from nncli.cli.main import main
from nncli.model.model_file import read_model
from nncli.training.checkpoint import read_checkpoint
from tests.crash.interposer import interposed
from tests.crash.runs import same_run, write_config
from tests.stopping import after_step

ROOT = Path(__file__).parents[2]
ERRORS = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EDQUOT]
SETTINGS = "epochs: 3, batch_size: 8, dropout: 0.25, learning_rate: 0.05, record_weights: 2"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="needs /proc/self/fd to find the synchronized file"
)


def nncli(*arguments):
    """Run a command; return its exit code and standard error."""
    with (
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()) as err,
        pytest.raises(SystemExit) as ended,
    ):
        main(list(map(str, arguments)))
    return ended.value.code, err.getvalue()


class Fault:
    """Make the call with a given number fail."""

    def __init__(self, number):
        self.number, self.call = number, None

    def __call__(self, number, call):
        if number == self.number:
            self.call = call
            code = ERRORS[number % len(ERRORS)]
            raise OSError(code, os.strerror(code))


def is_harmless(call, run):
    """Return whether the failure of a call may be ignored.

    It may for an fsync of a directory, and a look whether events are there already.
    """
    if call.name in (run.name, "train", "validation", "final"):
        return call.kind in ("open", "fsync")
    return call == ("open", "events.out.tfevents.0.nncli")


def assert_nothing_is_half_written(run):
    names = {path.name for path in run.iterdir()}
    assert names <= {
        "config.yaml", "history.csv", "checkpoint.npz", "weights.npz", "metrics.json",
        "recorded_weights.npz", "tensorboard",
    }  # fmt: skip
    if "checkpoint.npz" in names:
        read_checkpoint(run / "checkpoint.npz")
    if "weights.npz" in names:
        read_model(run / "weights.npz")
    if "metrics.json" in names:
        json.loads((run / "metrics.json").read_text(encoding="utf-8"))


def train_with_every_fault(start, again, expected):
    """Make every call of `start` fail in turn, then resume; return the number of calls."""
    number = 0
    while True:
        number += 1
        run, arguments = start()
        fault = Fault(number)
        with interposed(run, fault):
            code, err = nncli(*arguments)
        if fault.call is None:
            assert code == 0
            return number - 1
        assert code == 1 or (code == 0 and is_harmless(fault.call, run)), (fault.call, err)
        assert err.count("\n") == code, (fault.call, err)
        assert err.startswith("Error: " * code)
        if run.exists():
            assert_nothing_is_half_written(run)
        if not (run / "config.yaml").exists():  # it has not begun
            assert fault.number < 10
            with suppress(FileNotFoundError):
                shutil.rmtree(run)
        code, err = nncli(*again(run))
        assert code == 0, (fault.call, err)
        assert same_run(run, expected) is None, fault.call


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path / "c.yaml", "rows: 40, validation: 20", "adam", SETTINGS)


@pytest.fixture
def whole(tmp_path, config):
    """Return an undisturbed run."""
    assert nncli("train", "-q", config, "-o", tmp_path / "whole")[0] == 0
    return tmp_path / "whole"


def new_runs(folder, config):
    """Return functions: the next run and its command, and the command after it failed."""
    numbers = iter(range(1000))

    def start():
        run = folder / f"run-{next(numbers)}"
        return run, ("train", "-q", config, "-o", run)

    def again(run):
        if run.exists():
            return "train", "-q", "--resume", run
        return "train", "-q", config, "-o", run

    return start, again


def test_every_call_of_a_new_run_may_fail(tmp_path, config, whole):
    start, again = new_runs(tmp_path, config)
    assert train_with_every_fault(start, again, whole) > 30


def test_every_call_of_a_resumed_run_may_fail(tmp_path, config, whole, monkeypatch):
    class Stop(BaseException):
        pass

    def stop():
        raise Stop

    stopped = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        after_step(patch, 5, stop)
        with pytest.raises(Stop):
            nncli("train", "-q", config, "-o", stopped)
    assert (stopped / "checkpoint.npz").exists()
    numbers = iter(range(1000))

    def start():
        run = tmp_path / f"run-{next(numbers)}"
        shutil.copytree(stopped, run)
        with (run / "history.csv").open("a") as stream:
            stream.write("2,0.5")  # a truncated row
        return run, ("train", "-q", "--resume", run)

    def again(run):
        return "train", "-q", "--resume", run

    assert train_with_every_fault(start, again, whole) > 30


def test_every_call_of_a_run_for_tensorboard_may_fail(tmp_path):
    pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")
    settings = SETTINGS.replace("record_weights: 2", "tensorboard: true")
    config = write_config(tmp_path / "c.yaml", "rows: 40, validation: 20", "adam", settings)
    assert nncli("train", "-q", config, "-o", tmp_path / "whole")[0] == 0
    start, again = new_runs(tmp_path, config)
    assert train_with_every_fault(start, again, tmp_path / "whole") > 50


def test_the_faults_affect_files_and_are_visible(tmp_path, config):
    with interposed(tmp_path / "run", lambda number, call: None) as calls:
        assert nncli("train", "-q", config, "-o", tmp_path / "run")[0] == 0
    kinds = {call.name: [] for call in calls}
    for call in calls:
        if kinds[call.name][-1:] != ["write"] or call.kind != "write":  # a large file has several
            kinds[call.name].append(call.kind)
    written = ["open", "write", "fsync", "rename"]
    assert kinds["config.yaml"] == kinds["weights.npz"] == kinds["metrics.json"] == written
    assert kinds["checkpoint.npz"] == written * (len(kinds["checkpoint.npz"]) // 4)
    assert kinds["history.csv"][:6] == [*written, "open", "write"]
    assert kinds["run"][:2] == ["mkdir", "open"]


def test_a_checkpoint_is_never_ahead_of_the_history(tmp_path, config):
    """Even after a power failure, the rows before a checkpoint must be on the disk."""
    with interposed(tmp_path / "run", lambda number, call: None) as calls:
        nncli("train", "-q", config, "-o", tmp_path / "run")
    before = [call for call in calls if call.name in ("history.csv", "checkpoint.npz")]
    places = [n for n, call in enumerate(before) if call == ("open", "checkpoint.npz")]
    assert len(places) >= 2
    for place in places:
        rows = [call for call in before[:place] if call.name == "history.csv"]
        assert rows[-1].kind == "fsync"


def test_the_comparison_detects_a_changed_array(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "other")
    with np.load(whole / "weights.npz") as file:
        arrays = dict(file)
    arrays["W1"][0, 0] = np.nextafter(arrays["W1"][0, 0], np.float32(9))
    np.savez(tmp_path / "other" / "weights.npz", **arrays)
    assert same_run(tmp_path / "other", whole) == "W1 in weights.npz differs"


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=24k none "$1" && "$2" -W error -m nncli train "$3" -q -o "$1/run" \\
    training.epochs=200
echo "exit code $?"
cp -r "$1/run" "$4"
"""


def test_a_file_system_that_fills_up_loses_nothing(tmp_path, config, whole):
    """Use a small real file system, if one can be mounted in a separate namespace."""
    if (
        not shutil.which("unshare")
        or subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "none", tmp_path], capture_output=True
        ).returncode
    ):
        pytest.skip("no file system can be mounted here")
    (tmp_path / "disk").mkdir()
    run, long = tmp_path / "run", "training.epochs=200"
    places = [tmp_path / "disk", sys.executable, config, run]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "exit code 1\n"
    assert re.fullmatch(
        r"Error: \S+/run/\w+\.\w+: cannot be written \(no space left on device\); check free "
        r"space and permissions, or choose another place with -o\n",
        done.stderr,
    )
    assert_nothing_is_half_written(run)
    assert nncli("train", "-q", "--resume", run)[0] == 0
    assert nncli("train", "-q", config, long, "-o", tmp_path / "long")[0] == 0
    assert same_run(run, tmp_path / "long") is None
