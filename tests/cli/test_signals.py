"""On a signal, the program saves its progress and leaves nothing else behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from nncli.base.signals import _ENDING, _SAVING
from tests.cli.stopped_runs import config

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has but one of the signals")

SAVING = [getattr(signal, name) for name in _SAVING if hasattr(signal, name)]
ENDING = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
LONG = "training.epochs=1000000"


def python(code, **options):
    """Run a program in a separate process; return its result."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, timeout=60, **options,
    )  # fmt: skip


def links(folder):
    """Yield the targets of the links in a folder."""
    for link in folder.iterdir():
        with suppress(OSError):
            yield link.readlink()


# Training


@pytest.mark.parametrize("number", SAVING)
def test_training_saves_and_can_be_resumed(nncli, process, xor_config, tmp_path, number):
    training = process("train", xor_config, LONG, "-o", "run")
    training.stderr.readline()
    training.send_signal(number)
    _, err = training.communicate(timeout=60)
    assert training.returncode == 128 + number
    assert err.splitlines()[-1].endswith("to resume:  nncli train --resume run")
    assert (tmp_path / "run" / "weights.npz").exists()
    assert (tmp_path / "run" / "checkpoint.npz").exists()


@pytest.mark.parametrize("ignored", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_is_ignored_from_the_start_stays_ignored(process, xor_config, ignored):
    """`nohup`, and shells with background processes, start programs with ignored signals."""
    training = process(
        "train", xor_config, LONG, "-o", "run",
        preexec_fn=lambda: signal.signal(ignored, signal.SIG_IGN),
    )  # fmt: skip
    training.stderr.readline()
    training.send_signal(ignored)
    with pytest.raises(subprocess.TimeoutExpired):
        training.wait(0.3)
    training.send_signal(signal.SIGTERM)
    training.communicate(timeout=60)
    assert training.returncode == 143


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_exits_at_once_with_its_own_code(nncli, tmp_path, stop_at, number):
    stop_at(9, number, times=2)
    result = nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run")
    assert result.code == 128 + number
    assert result.err == "\nInterrupted; to resume:  nncli train --resume run\n"
    assert nncli("train", "-q", "--resume", "run").code == 0


# Waiting and writing


@pytest.mark.parametrize("number", ENDING)
def test_a_command_waiting_for_input_ends_and_leaves_no_file(process, weights, tmp_path, number):
    predicting = process("predict", weights, "-", "-o", "out.csv", stdin=subprocess.PIPE)
    rows = "0.5,0.25\n" * 200_000  # more than the first block
    try:
        predicting.stdin.write(rows)
        predicting.stdin.flush()
    except BrokenPipeError:
        pytest.fail(predicting.stderr.read())
    end = time.monotonic() + 30
    while not [*tmp_path.glob(".out.csv.*.tmp")] and time.monotonic() < end:
        time.sleep(0.01)
    assert [*tmp_path.glob(".out.csv.*.tmp")]
    predicting.send_signal(number)
    _, err = predicting.communicate(timeout=60)
    assert predicting.returncode == 128 + number
    assert err.endswith("Interrupted.\n")
    assert "Traceback" not in err
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks Linux for its open files")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_waiting_for_training_data_ends_at_the_first_signal(process, tmp_path, number):
    (tmp_path / "c.yaml").write_text("data: {path: x.csv, target: y}\n", encoding="utf-8")
    (tmp_path / "x.csv").write_text("x,y\n" + "1,2\n3,4\n" * 3_000_000, encoding="utf-8")
    training = process("train", "c.yaml", "-o", "run")
    descriptors = Path(f"/proc/{training.pid}/fd")
    while not any(each.name == "x.csv" for each in links(descriptors)):
        time.sleep(0.01)
    training.send_signal(number)
    _, err = training.communicate(timeout=20)
    assert (training.returncode, err) == (128 + number, "\nInterrupted.\n")
    assert not (tmp_path / "run").exists()


# Imports

SWALLOWING = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Interrupting:
    def find_spec(self, name, *rest):
        if name == {module!r}:
            {how}
sys.meta_path.insert(0, Interrupting())
from nncli.__main__ import main
main({arguments!r})
"""
BY_EXCEPTION = "signal.raise_signal(signal.SIGINT)"
SWALLOWED = """\
try: signal.raise_signal(signal.SIGINT)
            except BaseException: pass"""


@pytest.mark.parametrize("how", [BY_EXCEPTION, SWALLOWED], ids=["passed on", "swallowed"])
@pytest.mark.parametrize("module", ["numpy", "pydantic", "yaml", "nncli.cli.train"])
def test_a_signal_during_an_import_ends_it_in_one_line(tmp_path, module, how):
    (tmp_path / "c.yaml").write_text("data: {source: xor, rows: 50}\n", encoding="utf-8")
    code = SWALLOWING.format(module=module, how=how, arguments=["train", "c.yaml", "-q"])
    done = python(code, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")
    assert not (tmp_path / "runs").exists()


def test_a_signal_in_a_destructor_is_raised_again():
    done = python(
        "import signal, time\n"
        "from nncli.base.signals import stop_at_signals\n"
        "class Late:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGTERM)\n"
        "stop_at_signals()\n"
        "try:\n"
        "    Late()\n"
        "    time.sleep(20)\n"
        "except KeyboardInterrupt as error:\n"
        "    print(error.number)\n"
    )
    assert (done.stdout, done.stderr) == (f"{int(signal.SIGTERM)}\n", "")


# Truncated files


def test_reading_a_truncated_mapped_file_ends_in_one_line(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4_000_000, 2)))
    done = python(
        "import os\n"
        "from pathlib import Path\n"
        "from nncli.base.signals import stop_at_signals\n"
        "from nncli.base.storage.npy import map_npy\n"
        "stop_at_signals()\n"
        "array = map_npy(Path('x.npy'))\n"
        "os.truncate('x.npy', 4096)\n"
        "print(array.sum())\n",
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: x.npy: was truncated while in use; nothing computed from mixed rows is saved; "
        "leave the file unchanged and start again\n"
    )
