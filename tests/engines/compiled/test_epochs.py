"""Epochs of one step that are taken together: the same bits as one by one, wherever one stops."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the extra 'fast' is not installed")

from nncli.base.clock import Clock
from nncli.base.errors import DivergenceError
from nncli.data.order import Order
from nncli.engines.compiled.engine import CompiledEngine
from nncli.engines.compiled.epochs import Epochs
from nncli.engines.compiled.team import Team
from nncli.engines.engine import Sums
from nncli.nn.penalties import Regularization
from nncli.training.loop import train
from nncli.training.plan import Plan
from nncli.training.progress import Progress
from tests.engines.compiled.parity import TRAINED, Case, case_setup
from tests.stopping import after_step, interrupted_at

USUAL = Case(batch=TRAINED)
CASES = {
    "usual": USUAL,
    "sigmoid": replace(USUAL, hidden="sigmoid", sizes=(5, 6, 4, 3), optimizer="adam"),
    "batch_norm": replace(USUAL, normalization="batch_norm", settings={"momentum": 0.9}),
    "dropout": replace(USUAL, dropout=0.5, optimizer="rmsprop"),
    "penalties": replace(USUAL, regularization=Regularization(l1=0.01, l2=0.02, clip_norm=0.1)),
}
every_case = pytest.mark.parametrize("name", CASES)


class Alone(CompiledEngine):
    """The engine without epochs that are taken together."""

    def epochs(self, rates):
        return 0, iter(())


def both(case):
    """Return an engine that takes epochs together, and one that does not."""
    return [make(case_setup(case, np.dtype("float32"))) for make in (CompiledEngine, Alone)]


def plan_of(**changes):
    usual = {"epochs": 40, "monitor": "validation_loss", "validates": True, "report_seconds": 60}
    return Plan(rate=lambda t, share: 0.05 / (1 + t), **{**usual, **changes})


def reports(engine, plan, progress):
    """Yield the reports without times."""
    trained = engine._setup
    order = Order(trained.training, trained.batch_rows)
    for report in train(engine, order, trained.score, plan, progress):
        yield report._replace(seconds=0, rows_per_second=0)


def assert_same(one, other):
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def assert_same_progress(one, other):
    best = [each.best for each in (one, other)]
    if best[0] is not None:
        assert_same(*best)
    assert replace(one, best=None, sums=Sums()) == replace(other, best=None, sums=Sums())


@every_case
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"monitor": "train_loss", "validates": False},
        {"keep_best": False, "penalizes": True},
        {"patience_epochs": 2, "min_change": 0.05},
        {"measure": lambda arrays: float(abs(arrays["parameters"]).sum()), "monitor": "size"},
    ],
)
def test_reports_and_state_are_the_same_bits(name, changes):
    engines = both(CASES[name])
    plan, done = plan_of(**changes), [Progress(), Progress()]
    found, expected = (
        [*reports(engine, plan, own)] for engine, own in zip(engines, done, strict=True)
    )
    assert found == expected
    assert found[0].layers[0].gradient_norm > 0
    assert_same(*(engine.state() for engine in engines))
    assert_same_progress(*done)


@given(
    name=st.sampled_from(sorted(CASES)),
    stops=st.lists(st.integers(1, 12), min_size=1, max_size=4),
    asks=st.sampled_from(["state", "snapshot", "evaluate", "problem", "nothing"]),
)
@settings(max_examples=30)
def test_training_may_stop_or_be_asked_after_any_epoch(name, stops, asks):
    engines = both(CASES[name])
    plan, done = plan_of(epochs=60), [Progress(), Progress()]  # more than all stops
    for count in stops:
        answers = []
        for engine, own in zip(engines, done, strict=True):
            running = reports(engine, plan, own)
            answers.append([next(running)._asdict() for _ in range(count)])
            if asks != "nothing":
                answers[-1].append(getattr(engine, asks)())
                answers[-1].append(next(running)._asdict())
            running.close()
        for one, other in zip(*answers, strict=True):
            if isinstance(one, dict) and "parameters" in one:
                assert_same(one, other)
            else:
                assert one == other
        assert_same_progress(*done)
    assert_same(*(engine.state() for engine in engines))


@pytest.mark.parametrize(("size", "rate"), [(1.0, 1e8), (1e10, 0.1)])
def test_divergence_comes_at_its_epoch_with_its_message(size, rate):
    case, messages = replace(USUAL, hidden="identity", size=size), []
    for engine in both(case):
        plan, own = replace(plan_of(), rate=lambda t, share: rate), Progress()
        with pytest.raises(DivergenceError) as error:
            [*reports(engine, plan, own)]
        messages.append((str(error.value), own.epoch))
    assert messages[0] == messages[1]


@every_case
@pytest.mark.parametrize("asks", ["state", "snapshot"])
def test_a_step_that_is_refused_changes_nothing(name, asks):
    engine, alone = both(CASES[name])
    rates = [0.1, 0.1, 1e25, 0.1]
    taken, sums = engine.epochs(rates)
    assert taken < len(rates)
    assert sum(1 for _ in zip(range(taken), sums, strict=True)) == taken
    rows = np.arange(TRAINED)[np.newaxis]
    for rate in rates[:taken]:
        assert alone.steps(rows, [rate], Sums()).done
    assert_same(getattr(engine, asks)(), getattr(alone, asks)())


def test_gradients_whose_squares_overflow_if_added_belong_to_epochs_of_their_own():
    setup = case_setup(replace(USUAL, hidden="identity"), np.dtype("float64"))
    setup.network.parameters *= 8e50
    engine = CompiledEngine(setup)
    taken, sums = engine.epochs([1e-200] * 60)
    squares = [next(sums).squared_norms[1] for _ in range(50)]
    assert taken > 50
    assert sum(squares) == np.inf
    assert engine.state()["steps"] == 50


def test_few_steps_are_taken_in_vain_if_the_state_is_asked_after_each_epoch():
    count = 0

    class Counted(CompiledEngine):
        def _take(self, *given):
            nonlocal count
            found = super()._take(*given)
            count += found.done
            return found

    engine, plan = Counted(case_setup(USUAL, np.dtype("float32"))), plan_of()
    for _ in reports(engine, plan, Progress()):
        engine.state()
    assert count <= 3 * plan.epochs


def test_the_clock_counts_steps_that_are_taken_again_as_part_of_what_needs_them():
    clock = Clock()
    engine = CompiledEngine(case_setup(USUAL, np.dtype("float32")), clock)
    _, sums = engine.epochs([0.1] * 5)
    next(sums)
    before = clock.seconds["steps"]
    assert before > 0
    with clock.phase("checkpoint"):
        engine.state()
    assert clock.seconds["steps"] == before


@every_case
def test_each_epoch_of_a_call_is_written_to_its_own_rows(name):
    engine, _ = both(CASES[name])
    taken = Epochs(engine._setup, engine.state(), [0.1] * 5, engine._step.counts)
    for array in (taken.sums, taken.snapshots):
        array[:] = np.nan
    assert engine._recorded(taken, slice(1, 4)) == (3, None)
    for array in (taken.sums, taken.snapshots):
        assert np.isnan(array[[0, 4]]).all()
        assert np.isfinite(array[1:4]).all()


def test_a_test_can_stop_after_any_epoch(monkeypatch):
    engine, _ = both(USUAL)
    own, stops = Progress(), []
    after_step(monkeypatch, 5, lambda: stops.append(True))
    for _ in reports(engine, plan_of(), own):
        if stops:
            break
    assert own.epoch == engine.state()["steps"] == 5


def test_an_interruption_undoes_the_epochs_of_its_call(monkeypatch):
    engine, _ = both(CASES["batch_norm"])
    [*engine.epochs([0.1] * 3)[1]]
    before, run = engine.state(), Team.run

    def interrupted(*given):
        run(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(Team, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            engine.epochs([0.1] * 5)
    assert_same(engine.state(), before)


@pytest.mark.parametrize("given_out", [1, 3])
@pytest.mark.parametrize("asks", ["state", "snapshot", "evaluate", "problem", "hold"])
def test_an_interruption_of_what_is_asked_between_epochs_loses_nothing(given_out, asks):
    engines, rows = both(CASES["batch_norm"]), np.arange(TRAINED)[np.newaxis]
    for _ in range(given_out):
        engines[1].steps(rows, [0.1], Sums())
    expected, number, is_interrupted = engines[1].state(), 0, True
    start = engines[0].state()
    while is_interrupted:
        engines[0].restore(start)
        _, sums = engines[0].epochs([0.1] * 5)
        for _ in range(given_out):
            next(sums)
        number += 1
        act = partial(getattr(engines[0], asks), *[None] * (asks == "hold"))
        is_interrupted = interrupted_at(number, (CompiledEngine, Epochs), act)
        assert engines[0].evaluate() == engines[1].evaluate()
        assert_same(engines[0].snapshot(), engines[1].snapshot())
        assert_same(engines[0].state(), expected)
    assert number > 3


class Failing:
    """A function that fails when it is called for the `last` time: it raises, or returns NaN."""

    def __init__(self, usual, last, error):
        self._usual, self._left, self._error = usual, last, error

    def __call__(self, *given):
        self._left -= 1
        if not self._left and self._error:
            raise self._error
        found = self._usual(*given)
        return found if self._left else np.multiply(found, np.nan)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, None])
@pytest.mark.parametrize("last", [1, 4, 7])
@pytest.mark.parametrize("place", ["evaluate", "measure"])
def test_an_error_between_epochs_leaves_progress_and_state_at_the_same_step(
    monkeypatch, error, last, place
):
    found, plan = [], plan_of(measure=lambda arrays: float(arrays["state"].sum()), monitor="size")
    for trained in both(CASES["batch_norm"]):
        own, failing = Progress(), Failing(getattr(trained, place, plan.measure), last, error)
        with monkeypatch.context() as during:
            if place == "evaluate":
                during.setattr(trained, place, failing)
            fails = plan if place == "evaluate" else replace(plan, measure=failing)
            with pytest.raises(error or DivergenceError):
                [*reports(trained, fails, own)]
        before = trained.state()
        assert before["steps"] == own.epoch + own.batch == last
        assert own.sums.steps == own.batch == 1
        found.append((replace(own), before, [*reports(trained, plan, own)], trained.state()))
    assert_same_progress(found[0][0], found[1][0])
    assert found[0][2] == found[1][2]
    for before, after in ((found[0][1], found[1][1]), (found[0][3], found[1][3])):
        assert_same(before, after)


def test_a_call_takes_many_epochs_only_with_one_batch_and_few_parameters():
    few = case_setup(USUAL, np.dtype("float32"))
    assert CompiledEngine(few).epochs([0.1] * 5)[0] == 5
    assert CompiledEngine(replace(few, batch_rows=TRAINED - 1)).epochs([0.1] * 5)[0] == 0
    many = case_setup(replace(USUAL, sizes=(5, 800, 3)), np.dtype("float32"))
    assert CompiledEngine(many).epochs([0.1] * 5)[0] == 0


def test_the_memory_for_epochs_is_limited():
    engine, _ = both(USUAL)
    taken, sums = engine.epochs([1e-9] * 300_000)
    assert 1000 < taken < 100_000
    assert sum(1 for _ in sums) == taken
    assert engine.state()["steps"] == taken
