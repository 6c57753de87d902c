"""The threads of the compiled engine in processes that are stopped, interrupted, forked or busy."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from nncli.engines.engine import Sums

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from tests.engines.compiled.test_team import digest, new_engine, train

ROOT = Path(__file__).parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals or fork")


@contextmanager
def child(code, *arguments):
    """Start a Python process that can use the functions of `test_team`; kill it at the end."""
    start = "import os, signal, subprocess, sys\nfrom tests.engines.compiled.test_team import *\n"
    start += "least_share, team._LEAST_SHARE = team._LEAST_SHARE, 0.0\n"
    command = [sys.executable, "-W", "ignore", "-c", start + code, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


LONG = """
with limited_threads(2):
    engine, sums = new_engine("all"), Sums()
    print("begins", flush=True)
    for _ in range(int(sys.argv[1])):
        train(engine, sums)
    print(digest(engine, sums))
"""


@posix
@pytest.mark.slow
def test_a_process_that_is_stopped_for_two_seconds_continues_with_the_same_bits():
    with child(LONG, "300") as undisturbed:
        expected = undisturbed.communicate()[0].split()
    with child(LONG, "300") as stopped:
        assert stopped.stdout.readline() == "begins\n"
        stopped.send_signal(signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            stopped.wait(2)
        stopped.send_signal(signal.SIGCONT)
        assert ["begins", *stopped.communicate()[0].split()] == expected


# Signals that stop a thread in compiled code and let it go on: their handlers are C functions.
SIGNALS = """
import ctypes
libc = ctypes.CDLL(None)
libc.signal.argtypes = ctypes.c_int, ctypes.c_void_p
libc.signal(signal.SIGUSR1, ctypes.cast(libc.pause, ctypes.c_void_p))
libc.signal(signal.SIGUSR2, ctypes.cast(libc.abs, ctypes.c_void_p))
"""

STOPPED_THREAD = """
delay = iter(range(0, 100_000, 1_000))

class Stopped(team._Call):
    def work(self, number):
        if number != 1:
            return super().work(number)
        self.ended, self.lock = threading.Event(), threading.Lock()
        other = threading.Thread(target=self.stop, args=[threading.get_ident()])
        other.start()
        super().work(number)
        with self.lock:
            self.ended.set()
        other.join()

    def stop(self, thread):
        while self.shared[ARRIVED // 8] < 2 and not self.ended.is_set():
            time.sleep(0)
        for _ in range(next(delay)):
            pass
        with self.lock:
            if not self.ended.is_set():
                signal.pthread_kill(thread, signal.SIGUSR1)
        while not self.ended.wait(0.02):
            signal.pthread_kill(thread, signal.SIGUSR2)

with limited_threads(2):
    engine, sums = new_engine("all"), Sums()
    team._Call, usual = Stopped, team._Call
    for _ in range(4):
        train(engine, sums)
    team._Call = usual
    print(digest(engine, sums))
"""


@posix
def test_a_thread_that_is_stopped_within_a_call_does_not_change_a_bit():
    engine, sums = new_engine("all"), Sums()
    for _ in range(4):
        train(engine, sums)
    with child(SIGNALS + STOPPED_THREAD) as process:
        assert process.communicate(timeout=300)[0].split() == [digest(engine, sums)]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_threads_that_share_one_core_lead_to_the_same_bits():
    code = """
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
print(trained("all", 1), trained("all", 3))
"""
    with child(code) as process:
        one, three = process.communicate(timeout=300)[0].split()
    assert one == three


@posix
def test_ctrl_c_ends_training_between_two_calls():
    with child(LONG, "1000000") as process:
        assert process.stdout.readline() == "begins\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == -signal.SIGINT
        assert process.stdout.read() == ""


@posix
def test_a_forked_process_continues_training():
    code = """
with limited_threads(2):
    engine, sums = new_engine("all"), Sums()
    train(engine, sums)
    child = os.fork()
    train(engine, sums)
    assert child == 0 or os.waitpid(child, 0)[1] == 0
    print(digest(engine, sums), flush=True)
"""
    with child(code) as process:
        found = process.communicate(timeout=300)[0].split()
    assert process.returncode == 0
    assert len(found) == 2
    assert found[0] == found[1]


@posix
def test_a_process_that_is_forked_while_a_thread_trains_has_threads_of_its_own():
    code = """
ends, expected = threading.Event(), trained("all", 1)

def train_until_it_ends():
    with limited_threads(2):
        engine = new_engine("plain")
        while not ends.is_set():
            train(engine, Sums())

other = threading.Thread(target=train_until_it_ends)
other.start()
for _ in range(10):
    if not (child := os.fork()):
        assert threading.active_count() == 1
        os._exit(trained("all", 2) != expected)
    print(os.waitpid(child, 0)[1], flush=True)
ends.set()
other.join()
"""
    with child(code) as process:
        assert process.communicate(timeout=300)[0].split() == ["0"] * 10
    assert process.returncode == 0


@posix
def test_a_process_that_is_forked_while_a_thread_compiles_can_compile():
    code = """
from nncli.engines.compiled import machine_code
begins, usual = threading.Event(), machine_code._loaded

def loaded(objects):
    begins.set()
    time.sleep(0.1)
    return usual(objects)

machine_code._loaded = loaded
other = threading.Thread(target=new_engine, args=["all"])
other.start()
begins.wait()
if not (child := os.fork()):
    signal.alarm(60)
    new_engine("all")
    os._exit(0)
print(os.waitpid(child, 0)[1])
other.join()
"""
    with child(code) as process:
        assert process.communicate(timeout=300)[0] == "0\n"


BUSY = """
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
team._LEAST_SHARE, lost, usual = least_share, 0.0, team.Team._run_together

def measured(own, call):
    global lost
    started = time.perf_counter()
    usual(own, call)
    if own._alone_until > time.monotonic():
        lost += time.perf_counter() - started

team.Team._run_together = measured
with limited_threads(2):
    engine, batches = new_engine("plain", (100, 300, 300, 10)), np.tile(BATCHES, (20, 1))
    loop = "import time; print('begins', flush=True)\\nwhile time.process_time() < 20: pass"
    busy = [
        subprocess.Popen([sys.executable, "-c", loop], stdout=subprocess.PIPE)
        for _ in range(int(sys.argv[1]))
    ]
    for each in busy:
        each.stdout.readline()
    started = time.perf_counter()
    while time.perf_counter() - started < 8:
        engine.steps(batches, RATES * 20, Sums())
    print(lost / (time.perf_counter() - started))
    for each in busy:
        each.kill()
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux and two cores",
)
@pytest.mark.parametrize("count", [1, 2])
def test_beside_busy_processes_attempts_with_two_threads_take_little_time(count):
    """In the rest of the time, one thread does what it does with --threads 1."""
    with child(BUSY, str(count)) as process:
        assert 0 < float(process.communicate(timeout=300)[0]) < 0.1
