"""Whole runs of the compiled engine: the same files for any number of threads."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.stopped_runs import history, steps_taken

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

ROOT = Path(__file__).parents[3]

# Nine steps an epoch, the last of 8 rows.
CONFIG = """\
data: {inputs: x.npy, targets: y.npy, test: 50, validation: 30}
model: {hidden_layers: [130, 70]}
training:
  {engine: compiled, epochs: 4, batch_size: 64, optimizer: adam, dropout: 0.2, clip_norm: 0.5}
"""

# Use all threads in every call, however busy the machine is.
PROGRAM = """\
import os, signal, sys
import pytest
from nncli.__main__ import main
from nncli.engines.compiled import team
from nncli.engines.compiled.instructions import ARRIVED, CLAIMS
from tests.stopping import after_step
team._LEAST_SHARE = 0.0
{change}
main(sys.argv[1:])
"""
STOP = "after_step(pytest.MonkeyPatch(), {}, lambda: signal.raise_signal(signal.SIGINT))"

# Send the signal when the first thread is in compiled code.
WITHIN_A_CALL = """
usual, count = team._Call.work, 0
def work(call, number):
    global count
    if number == 1:
        count += 1
        while not call.shared[ARRIVED // 8]:
            pass
        if count == {}:
            os.kill(os.getpid(), signal.SIGINT)
    usual(call, number)
team._Call.work = work
"""

# As if a thread had taken the first part, and had ended.
STALLED = """
usual, team.STALLED_SECONDS = team._Call.__init__, 0.02
def stalled(call, *given):
    usual(call, *given)
    call.shared[CLAIMS // 8] = call.threads > 1
team._Call.__init__ = stalled
"""


@pytest.fixture
def train(tmp_path):
    """Return a function that trains in a process; it returns the exit code and the last line."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 600)
    inputs = random.normal(labels[:, None] / 3, 1, (600, 90)).astype(np.float32)
    np.save(tmp_path / "x.npy", inputs)
    np.save(tmp_path / "y.npy", labels)
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")

    def run(*arguments, threads, change=""):
        program = [sys.executable, "-W", "error", "-c", PROGRAM.format(change=change)]
        done = subprocess.run(
            [*program, "train", "-q", "--threads", str(threads), *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, "".join(done.stderr.splitlines()[-1:])

    return run


def result(run):
    """Return the SHA-256 of the arrays of a run, and its history."""
    found = hashlib.sha256()
    for file in ("weights.npz", "checkpoint.npz"):
        with np.load(run / file) as arrays:
            for name in arrays.files:
                if name != "metadata":  # it has the number of threads
                    found.update(name.encode() + arrays[name].tobytes())
    return found.hexdigest(), history(run)


def test_the_weights_have_the_same_bytes_for_any_number_of_threads(train, tmp_path):
    for threads in (1, 2, 3, 8):
        assert train("config.yaml", "-o", f"run-{threads}", threads=threads) == (0, "")
    expected = result(tmp_path / "run-1")
    assert [result(tmp_path / f"run-{threads}") for threads in (2, 3, 8)] == [expected] * 3


@pytest.mark.slow
def test_a_run_that_resumes_with_other_numbers_of_threads_has_the_same_bits(train, tmp_path):
    assert train("config.yaml", "-o", "whole", threads=1) == (0, "")
    taken, given = 0, ["config.yaml", "-o", "run"]
    for threads, steps in ((2, 4), (8, 7), (1, 10)):
        assert train(*given, threads=threads, change=STOP.format(steps))[0] == 130
        taken, given = taken + steps, ["--resume", "run"]
        assert steps_taken(tmp_path / "run") == taken
    assert train(*given, threads=3)[0] == 0
    assert result(tmp_path / "run") == result(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("call", [1, 4])
def test_ctrl_c_within_a_call_of_compiled_code_saves_and_can_be_resumed(train, tmp_path, call):
    assert train("config.yaml", "-o", "whole", threads=1) == (0, "")
    change = WITHIN_A_CALL.format(call)
    code, message = train("config.yaml", "-o", "run", threads=2, change=change)
    assert code == 128 + signal.SIGINT
    assert message.endswith("to resume:  nncli train --resume run")
    assert 0 < steps_taken(tmp_path / "run") < 36
    assert train("--resume", "run", threads=3)[0] == 0
    assert result(tmp_path / "run") == result(tmp_path / "whole")


def test_a_thread_without_progress_is_an_error_of_one_line(train):
    code, message = train("config.yaml", "-o", "run", threads=2, change=STALLED)
    problem = "training.engine: a thread of the compiled engine made no progress for 0 s"
    assert (code, message) == (1, f"Error: {problem}; train with --threads 1")
