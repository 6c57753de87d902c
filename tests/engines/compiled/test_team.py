"""The threads of the compiled engine: same results for any number, on a busy machine as well."""

import hashlib
import platform
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nncli.base.threads import limited_threads
from nncli.data.splits import whole
from nncli.engines.engine import Steps, Sums
from nncli.nn.layers.kinds import NORMALIZATIONS, block
from nncli.nn.network import Network, initial_parameters
from nncli.nn.penalties import Regularization
from tests.engines.engines import engine_of, setup_of

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled import state, team
from nncli.engines.compiled.claims import chains
from nncli.engines.compiled.instructions import ARRIVED, CLAIMS, DELAYS

STEPS, BATCH, ROWS = 10, 64, 200
RANDOM = np.random.default_rng(4)
BATCHES = np.stack([RANDOM.permutation(ROWS)[:BATCH] for _ in range(STEPS)])
RATES = RANDOM.uniform(0.001, 0.01, STEPS).tolist()
PENALTIES = {"l1": 0.001, "l2": 0.01, "clip_value": 0.5, "clip_norm": 1.0, "max_norm": 2.0}
CASES = {
    "plain": {"optimizer": "sgd"},
    "batch_norm": {"optimizer": "adam", "dropout": (0.3, 0.2)},
    "layer_norm": {"optimizer": "rmsprop"},
    "all": {"optimizer": "adam", "dropout": (0.3, 0.5), "regularization": PENALTIES},
}


@pytest.fixture
def together(monkeypatch):
    """Use all threads in every call, however busy the machine is."""
    monkeypatch.setattr(team, "_LEAST_SHARE", 0.0)
    monkeypatch.setattr(team, "_MEASURABLE", float("inf"))


def new_engine(case, sizes=(100, 130, 70, 10), dtype=np.float32):
    """Return an engine whose layers are large enough for several parts."""
    given = dict(CASES[case])
    between = case if case in NORMALIZATIONS else "none"
    layers = []
    for inputs, outputs in pairwise(sizes):
        kind, norm = ("softmax", "none") if outputs == sizes[-1] else ("relu", between)
        layers += block(inputs, outputs, kind, normalization=norm)
    draws = [("he_normal", {})] * (len(sizes) - 1)
    network = Network(layers, initial_parameters(layers, draws, 0, dtype))
    random = np.random.default_rng(8)
    if case == "all":
        network.mask = (random.random(len(network.parameters)) < 0.8).astype(dtype)
        network.parameters *= network.mask
        given["regularization"] = Regularization(**given["regularization"])
    X = random.normal(size=(ROWS, sizes[0])).astype(dtype)
    T = np.eye(sizes[-1], dtype=dtype)[random.integers(0, sizes[-1], ROWS)]
    split = replace(whole(X, T), weights=random.random(ROWS))
    setup = setup_of(
        network,
        X,
        T,
        "cross_entropy",
        training=split,
        validation=split.part(np.arange(99)),
        batch_rows=BATCH,
        seed=2,
        **given,
    )
    return engine_of("compiled", setup)


def train(engine, sums, first=0, last=STEPS, most=STEPS):
    """Take steps in calls of up to `most`; a call may take fewer."""
    while first < last:
        end = min(last, first + most)
        found = engine.steps(BATCHES[first:end], RATES[first:end], sums)
        assert found.problem is None
        first += found.done
    return sums


def digest(engine, sums=None):
    """Return the SHA-256 of all that training has computed."""
    found = hashlib.sha256(repr((sums, engine.evaluate())).encode())
    for name, array in engine.state().items():
        found.update(name.encode() + array.tobytes())
    return found.hexdigest()


def trained(case, threads, most=STEPS, **others):
    with limited_threads(threads):
        engine = new_engine(case, **others)
        return digest(engine, train(engine, Sums(), most=most))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.usefixtures("together")
def test_the_number_of_threads_does_not_change_a_bit(case, dtype):
    expected = trained(case, 1, dtype=dtype)
    assert [trained(case, threads, dtype=dtype) for threads in (2, 3, 8)] == [expected] * 3


@pytest.mark.parametrize("case", ["all", "layer_norm"])
@pytest.mark.parametrize("sizes", [(1, 70, 1, 2), (9, 1, 70, 10), (1, 1, 1, 2)])
@pytest.mark.usefixtures("together")
def test_one_input_one_unit_and_few_rows_have_the_same_bits_on_any_threads(case, sizes):
    found = []
    for threads in (1, 2, 3, 8):
        with limited_threads(threads):
            engine, sums = new_engine(case, sizes), Sums()
            for rows in (BATCHES[0], BATCHES[1, :37], BATCHES[2, :1], BATCHES[3, :1]):
                assert engine.steps(rows[np.newaxis], [0.01], sums) == Steps(1)
            found.append(digest(engine, sums))
    assert found == [found[0]] * 4


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("together")
def test_neither_the_calls_nor_a_restored_state_change_a_bit(case):
    expected = trained(case, 1)
    assert trained(case, 2, most=1) == trained(case, 3, most=4) == expected
    sums, first = Sums(), new_engine(case)
    with limited_threads(3):
        train(first, sums, last=3)
    with limited_threads(2):
        second = new_engine(case)
        second.restore(first.state())
        assert digest(second, train(second, sums, first=3)) == expected


def test_one_thread_on_a_busy_machine_leads_to_the_same_bits():
    expected = trained("all", 1)
    with limited_threads(2):
        engine = new_engine("all")
        engine._team._alone_until = float("inf")
        assert digest(engine, train(engine, Sums())) == expected


def test_all_threads_are_used_again_after_a_pause(monkeypatch):
    together, calls = team.Team._run_together, []

    def counted(own, call):
        calls.append(time.monotonic())
        together(own, call)

    monkeypatch.setattr(team.Team, "_run_together", counted)
    with limited_threads(2):
        engine = new_engine("plain")
        engine._team._alone_until = until = time.monotonic() + 0.05
        while not calls:
            train(engine, Sums())
    assert calls[0] >= until
    assert engine._team._alone_until <= time.monotonic() + 3


def test_a_first_thread_that_lost_its_core_is_noticed(monkeypatch):
    def start(threads):
        for each in threads:
            each.start()
            each.join()  # it does all the work

    monkeypatch.setattr(team, "_start", start)
    with limited_threads(2):
        engine = new_engine("plain")
        engine.steps(BATCHES, RATES, Sums())
    assert engine._team._alone_until > 0


@pytest.mark.usefixtures("together")
def test_threads_that_never_come_leave_their_parts_to_the_others(monkeypatch):
    expected = trained("all", 1)
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)
    assert trained("all", 8) == expected


@pytest.mark.parametrize("steps", [2, STEPS])
@pytest.mark.usefixtures("together")
def test_threads_that_come_late_find_their_parts_done(monkeypatch, steps):
    expected = trained("all", 1)

    class Late(team._Call):
        def __init__(self, *given):
            super().__init__(*given)
            self.shared[ARRIVED // 8] = self.threads  # so that the first one does not wait
            self.shared[DELAYS // 8] = -(2**60)  # and the call does not end early

        def work(self, number):
            while number and self._steps > 1 and self._compiled.state[state.DONE] < steps:
                time.sleep(0)
            super().work(number)

    monkeypatch.setattr(team, "_Call", Late)
    assert trained("all", 4) == expected


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.usefixtures("together")
def test_threads_that_fail_leave_their_parts_to_the_others(monkeypatch):
    expected = trained("all", 1)

    class Failing(team._Call):
        def work(self, number):
            if number:
                raise MemoryError
            super().work(number)

    monkeypatch.setattr(team, "_Call", Failing)
    assert trained("all", 4) == expected


@pytest.mark.parametrize("started", [0, 1])
@pytest.mark.usefixtures("together")
def test_threads_that_the_system_does_not_start_are_not_needed(monkeypatch, started):
    expected, start, count = trained("all", 1), threading.Thread.start, [0]

    def limited(thread):
        count[0] += 1
        if count[0] % 3 >= started:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    assert trained("all", 4) == expected
    assert count[0] > 1


@pytest.mark.usefixtures("together")
def test_a_part_that_is_never_completed_is_an_error_and_not_a_hang(monkeypatch):
    class Stalled(team._Call):
        def __init__(self, *given):
            super().__init__(*given)
            self.shared[CLAIMS // 8] = 1  # as if a thread had taken the first part

    monkeypatch.setattr(team, "STALLED_SECONDS", 0.02)
    with limited_threads(2):
        engine = new_engine("plain")
        monkeypatch.setattr(team, "_Call", Stalled)
        with pytest.raises(team.StalledError) as found:
            train(engine, Sums())
    assert str(found.value) == (
        "training.engine: a thread of the compiled engine made no progress for 0 s; "
        "train with --threads 1"
    )


@pytest.mark.usefixtures("together")
def test_a_thread_that_never_ends_is_an_error_and_not_a_hang(monkeypatch):
    ends = threading.Event()

    class Endless(team._Call):
        def work(self, number):
            super().work(number)
            if number:
                ends.wait()

    monkeypatch.setattr(team, "STALLED_SECONDS", 0.5)
    with limited_threads(2):
        engine = new_engine("plain")
        monkeypatch.setattr(team, "_Call", Endless)
        with pytest.raises(team.StalledError):
            train(engine, Sums())
    rates = weakref.ref(engine._training.arrays[state.RATES])
    engine._training.point(state.RATES, None)
    assert rates() is not None  # the thread may still read it
    ends.set()


def test_a_thread_may_need_long_for_a_large_part():
    assert new_engine("plain", (100, 70, 10))._team._patience == pytest.approx(30, abs=0.1)
    assert team.Team(1e12)._patience == pytest.approx(1030)


@pytest.mark.usefixtures("together")
def test_a_step_that_is_not_finite_ends_the_call_on_any_number_of_threads():
    found = []
    for threads in (1, 2, 3):
        with limited_threads(threads):
            engine, sums = new_engine("plain"), Sums()
            rates = [*RATES[:6], 1e38, *RATES[7:]]
            problem = None
            while problem is None:
                first = sums.steps
                problem = engine.steps(BATCHES[first:], rates[first:], sums).problem
            found.append((sums, problem, engine.state()["steps"].tolist()))
    assert found[0] == found[1] == found[2]
    assert 7 <= found[0][0].steps < STEPS


@pytest.mark.usefixtures("together")
def test_two_engines_train_at_once_in_two_python_threads():
    cases = ["all", "batch_norm"]
    expected = [trained(case, 1) for case in cases]
    engines = [new_engine(case) for case in cases]
    sums = [Sums(), Sums()]
    with limited_threads(2), ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda *given: train(*given, most=2), engines, sums))
        assert list(map(digest, engines, sums)) == expected


@pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64", "aarch64", "arm64"),
    reason="has no instruction for spinning loops",
)
def test_a_turn_of_a_wait_is_longer_than_a_barrier_and_shorter_than_a_delay():
    assert 5e-6 < team._seconds_of_a_turn() < 1e-3


def test_instructions_with_as_many_parts_form_chains_up_to_a_wait():
    parts, waits = [2, 2, 1, 2, 8, 2], [False, False, False, False, True, False]
    first, successors, count = chains(parts, waits)
    assert first == [0, -1, 2, -1, 3, 11]
    assert successors == [1, 3, -1, -1, -1, -1]
    assert count == 13


@pytest.mark.slow
@pytest.mark.usefixtures("together")
def test_two_hundred_engines_in_a_row_leave_no_thread():
    before = threading.active_count()
    assert len({trained("plain", 2, sizes=(100, 70, 10)) for _ in range(200)}) == 1
    assert threading.active_count() == before
