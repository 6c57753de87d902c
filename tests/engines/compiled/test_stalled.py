"""After a thread stalled in compiled code, it may go on at any time and does no harm."""

import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from tests.engines.compiled.test_team_in_processes import SIGNALS, child, posix

# Stop the second thread. It stalls only if it is within a part, so this is tried several times.
STALLED = f"""
{SIGNALS}
import gc, itertools
team.STALLED_SECONDS, team._SLOWEST = 0.05, 1e30
pauses = itertools.cycle(range(0, 100_000, 10_000))

class Stopped(team._Call):
    def work(self, number):
        if number != 1:
            return super().work(number)
        self.ended, self.lock = threading.Event(), threading.Lock()
        last.append(self)
        self.thread = threading.get_ident()
        other = threading.Thread(target=self.stop)
        other.start()
        super().work(number)
        with self.lock:
            self.ended.set()
        other.join()

    def stop(self):
        while self.shared[ARRIVED // 8] < 2:
            time.sleep(0)
        for _ in range(next(pauses)):
            pass
        with self.lock:
            if not self.ended.is_set():
                signal.pthread_kill(self.thread, signal.SIGUSR1)

    def release(self):
        while not self.ended.wait(0.02):
            signal.pthread_kill(self.thread, signal.SIGUSR2)

last, team._Call = [], Stopped

def stall(call):
    for _ in range(200):
        try:
            call()
        except team.StalledError as error:
            print(error)
            return
        last[-1].release()

with limited_threads(2):
    engine = new_engine("plain", (3000, 600, 10))
    setup = engine._setup
    arrays = [setup.training.inputs, setup.training.targets, BATCHES]
    before = [each.copy() for each in arrays]
    stall(lambda: engine.steps(BATCHES, RATES, Sums()))
"""
MESSAGE = (
    "training.engine: a thread of the compiled engine made no progress for 0 s; "
    "train with --threads 1\n"
)

REFUSED = """
    def refused(call):
        try:
            call()
        except team.StalledError as error:
            print(error)
    for method in ("state", "snapshot", "evaluate", "problem"):
        refused(getattr(engine, method))
    refused(lambda: engine.steps(BATCHES, RATES, Sums()))
    refused(lambda: engine.epochs(RATES))
    refused(lambda: engine.hold(None))
    refused(lambda: engine.restore({}))
    last[-1].release()
    refused(engine.state)
    print(all(map(np.array_equal, arrays, before)))
"""


@posix
def test_nothing_uses_the_arrays_of_a_thread_that_stalled():
    with child(STALLED + REFUSED) as process:
        assert process.communicate(timeout=300)[0] == MESSAGE * 10 + "True\n"


FREED = """
    memory, numbers = weakref.ref(engine._memory), weakref.ref(engine._training.numbers)
    del engine
    gc.collect()
    print(memory() is not None, numbers() is not None)
    call = last.pop()
    call.release()
    del call
    while memory() is not None:
        gc.collect()
    print(numbers())
"""


@posix
def test_the_arrays_of_a_thread_that_stalled_exist_until_it_has_ended():
    with child(STALLED + FREED) as process:
        assert process.communicate(timeout=300)[0] == MESSAGE + "True True\nNone\n"


@posix
@pytest.mark.parametrize("end", ["", "    signal.pthread_kill(last[-1].thread, signal.SIGUSR2)\n"])
def test_a_process_ends_while_a_thread_is_in_compiled_code(end):
    with child(STALLED + end) as process:
        assert process.communicate(timeout=300)[0] == MESSAGE
        assert process.returncode == 0
