import copy
from dataclasses import replace
from itertools import islice
from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.base.errors import DivergenceError
from nncli.data.builtin.xor import load_xor
from nncli.data.order import Order
from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.batches import EVALUATION_ROWS, gathered, target_codes
from nncli.engines.engine import Setup
from nncli.engines.plain.engine import layers_of
from nncli.metrics.scores import ACCURACY, MAE
from nncli.nn.network import Network, initial_parameters
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.training.loop import EpochReport, StepReport, train
from nncli.training.progress import Progress
from tests import reference
from tests.engines.engines import engine_of, every_engine, parameters_of, with_plain
from tests.nn.networks import build_layers, objective, saturated
from tests.training.scripted import STATISTICS, ScriptedEngine, numbered, plan_of


def epochs_of(reports):
    return [report for report in reports if isinstance(report, EpochReport)]


def steps_of(reports):
    return [report for report in reports if isinstance(report, StepReport)]


def one_row_epochs(losses, validations=(), score=ACCURACY, **changes):
    """Train epochs of one row with these losses; return the progress and the epoch reports."""
    engine, progress = ScriptedEngine([(loss, 0) for loss in losses], validations), Progress()
    plan = plan_of(epochs=len(losses), validates=bool(validations), **changes)
    return progress, epochs_of(train(engine, numbered(1, 1), score, plan, progress))


# Reports


def test_every_step_is_reported_with_counts_and_the_mean_loss_so_far():
    engine = ScriptedEngine([(1.0, 2), (2.0, 1), (4.0, 0)])
    reports = train(engine, numbered(5, 2), ACCURACY, plan_of(), Progress())
    assert steps_of(reports) == [
        StepReport(epoch=1, batch=1, rows=2, loss=1.0),
        StepReport(epoch=1, batch=2, rows=4, loss=1.5),
        StepReport(epoch=1, batch=3, rows=5, loss=(2 * 1 + 2 * 2 + 1 * 4) / 5),
    ]
    assert engine.calls == [1, 1, 1]


def test_an_epoch_is_reported_with_means_over_its_rows():
    engine = ScriptedEngine([(1.0, 2), (2.0, 1), (4.0, 1)], [(3.0, 0.5)])
    progress, plan = Progress(), plan_of(0.25, validates=True)
    *steps, report = train(engine, numbered(5, 2), ACCURACY, plan, progress)
    assert len(steps) == 3
    assert report.metrics == {
        "train_loss": 2.0,
        "train_accuracy": 4 / 5,
        "validation_loss": 3.0,
        "validation_accuracy": 0.5,
    }
    assert report.epoch == 1
    assert report.learning_rate == 0.25
    assert engine.rates == [0.25] * 3
    assert report.layers == STATISTICS
    assert report.seconds > 0
    assert report.rows_per_second == 5 / report.seconds
    assert (progress.epoch, progress.batch) == (1, 0)
    assert progress.sums == Progress().sums


def test_the_penalty_of_an_epoch_is_the_mean_over_its_rows_and_is_next_to_the_training_metrics():
    engine = ScriptedEngine(
        [(1.0, 2), (2.0, 1), (4.0, 1)] * 2, [(3.0, 0.5)] * 2, penalties=[6, 3, 5]
    )
    plan = plan_of(epochs=2, validates=True, penalizes=True)
    first, second = epochs_of(train(engine, numbered(5, 2), ACCURACY, plan, Progress()))
    assert list(first.metrics) == [
        "train_loss",
        "train_accuracy",
        "penalty",
        "validation_loss",
        "validation_accuracy",
    ]
    assert first.metrics["penalty"] == second.metrics["penalty"] == (2 * 6 + 2 * 3 + 1 * 5) / 5


def test_without_validation_rows_there_are_only_metrics_of_training():
    _, (report,) = one_row_epochs([0.5])
    assert report.metrics == {"train_loss": 0.5, "train_accuracy": 0.0}


def test_without_epochs_there_are_no_reports():
    plan = plan_of(epochs=0)
    assert list(train(ScriptedEngine(), numbered(3, 1), ACCURACY, plan, Progress())) == []


def test_training_continues_after_the_completed_epochs():
    engine = ScriptedEngine([(1.0, 0)] * 2)
    plan, progress = plan_of(epochs=5), Progress(epoch=3)
    reports = list(train(engine, numbered(1, 1), ACCURACY, plan, progress))
    assert [report.epoch for report in reports] == [4, 4, 5, 5]


def test_between_rare_reports_calls_have_twice_as_many_steps_each():
    engine, plan = ScriptedEngine([(1.0, 0)] * 200), plan_of(epochs=2, report_seconds=1e9)
    reports = list(train(engine, numbered(100, 1), ACCURACY, plan, Progress()))
    assert [type(report) for report in reports] == [EpochReport] * 2
    assert engine.calls[:7] == [1, 2, 4, 8, 16, 32, 37]
    assert sum(engine.calls) == 200


@pytest.mark.parametrize("report_seconds", [0.0, 1e9])
def test_batches_of_another_size_are_never_in_one_call(report_seconds):
    engine = ScriptedEngine([(1.0, 0)] * 20)
    plan = plan_of(epochs=4, report_seconds=report_seconds)
    order = numbered(9, 4, smallest_batch=2)
    list(train(engine, order, ACCURACY, plan, Progress()))
    assert [len(rows) for rows in engine.seen] == [4, 5] * 4


# Steps split into calls in any way


def trained_by(most, report_seconds, *, rows=23, batch_rows=2):
    """Return the arguments recorded by an engine with limited steps per call, and the epochs."""
    losses = [(1 / (1 + n), n % 3) for n in range(200)]
    engine = ScriptedEngine(losses, most=most)
    plan = replace(plan_of(epochs=3, report_seconds=report_seconds), rate=lambda t, share: 1 + t)
    progress = Progress()
    order = numbered(rows, batch_rows, shuffle=True)
    reports = epochs_of(train(engine, order, ACCURACY, plan, progress))
    return engine, [(each.metrics, each.learning_rate, each.layers) for each in reports], progress


@given(st.lists(st.integers(1, 15), min_size=1, max_size=9), st.sampled_from([0.0, 1e-5, 1e9]))
def test_an_engine_may_take_fewer_steps_than_it_is_asked_for(most, report_seconds):
    engine, epochs, progress = trained_by(most, report_seconds)
    expected, wanted, all_progress = trained_by([1], 0.0)
    assert engine.seen == expected.seen
    assert engine.rates == expected.rates == pytest.approx([1 + n / 12 for n in range(36)])
    assert epochs == wanted
    assert progress == replace(all_progress, best=progress.best)
    assert progress.best["parameters"] == all_progress.best["parameters"]


@pytest.mark.parametrize("report_seconds", [0.0, 1e9])
def test_a_report_after_fewer_steps_has_the_right_progress(report_seconds):
    engine = ScriptedEngine([(1.0, 0)] * 10, most=[3, 2])
    progress, plan = Progress(), plan_of(report_seconds=report_seconds)
    reports = []
    for report in train(engine, numbered(10, 1), ACCURACY, plan, progress):
        reports.append(report)
        if isinstance(report, StepReport):
            assert (report.batch, report.rows) == (progress.batch, progress.sums.rows)
            assert len(engine.seen) == report.batch
    assert len(steps_of(reports)) == (10 if report_seconds == 0 else 0)


# The best epoch


def test_the_parameters_of_the_epoch_with_the_smallest_loss_are_kept():
    progress, reports = one_row_epochs([3, 1, 2, 1, 5])
    assert (progress.best_epoch, progress.best_value) == (2, 1)
    assert progress.best["parameters"].tolist() == [2]
    assert [report.improved for report in reports] == [True, True, False, False, False]


def test_the_parameters_of_the_epoch_with_the_largest_accuracy_are_kept():
    shares = [(9.0, 0.0), (9.0, 1.0), (1.0, 0.5), (1.0, 1.0)]
    progress, _ = one_row_epochs([1] * 4, shares, monitor="validation_accuracy")
    assert (progress.best_epoch, progress.best_value) == (2, 1.0)
    assert progress.best["parameters"].tolist() == [2]


def test_the_parameters_of_the_epoch_with_the_smallest_error_are_kept():
    means = [(9.0, 2.0), (9.0, 0.5), (1.0, 1.5), (1.0, 0.5)]
    progress, reports = one_row_epochs([1] * 4, means, MAE, monitor="validation_mae")
    assert (progress.best_epoch, progress.best_value) == (2, 0.5)
    assert reports[0].metrics == {
        "train_loss": 1.0,
        "train_mae": 0.0,
        "validation_loss": 9.0,
        "validation_mae": 2.0,
    }


def test_the_validation_loss_is_watched_not_that_of_training():
    validations = [(3.0, 0), (2.0, 0), (4.0, 0)]
    progress, _ = one_row_epochs([9, 5, 1], validations, monitor="validation_loss")
    assert (progress.best_epoch, progress.best_value) == (2, 2.0)


def test_a_plan_that_keeps_nothing_still_records_the_best_epoch():
    progress, _ = one_row_epochs([3, 1, 2], keep_best=False)
    assert progress.best_epoch == 2
    assert progress.best is None


def test_a_change_of_less_than_the_least_does_not_renew_the_patience_but_is_kept():
    progress, reports = one_row_epochs([4, 3.5, 3, 2.75, 2], min_change=0.5)
    assert [report.improved for report in reports] == [True, True, True, True, True]
    assert progress.best_value == 2
    progress, reports = one_row_epochs([4, 3.9, 3.8, 3.7], min_change=0.5, patience_epochs=2)
    assert len(reports) == 3
    assert (progress.best_epoch, progress.best_value) == (3, 3.8)


def test_training_stops_when_the_patience_is_over():
    _, reports = one_row_epochs([5, 4, 4, 6, 4, 1], patience_epochs=3)
    assert [report.epoch for report in reports] == [1, 2, 3, 4, 5]


def test_an_improvement_renews_the_patience():
    _, reports = one_row_epochs([5, 5, 4, 4, 3, 3, 3, 1], patience_epochs=2)
    assert [report.epoch for report in reports] == [1, 2, 3, 4, 5, 6, 7]


def test_improvement_by_less_than_the_least_change_does_not_renew_the_patience():
    _, reports = one_row_epochs([5, 4.9, 4.8, 4.7], patience_epochs=2, min_change=1)
    assert [report.epoch for report in reports] == [1, 2, 3]


# Stopping


def test_training_can_continue_from_any_report_within_an_epoch():
    engine, progress, plan = ScriptedEngine([(1.0, 0)] * 36), Progress(), plan_of(epochs=9)
    reports = train(engine, numbered(4, 1), ACCURACY, plan, progress)
    while len(engine.seen) < 6:
        report = next(reports)
    assert report == StepReport(epoch=2, batch=2, rows=2, loss=1.0)
    assert (progress.epoch, progress.batch) == (1, 2)
    assert progress.best_epoch == 1
    assert progress.best["parameters"].tolist() == [4]
    next_step, *_, last = train(engine, numbered(4, 1), ACCURACY, plan, progress)
    assert next_step == StepReport(epoch=2, batch=3, rows=3, loss=1.0)
    assert engine.seen == [[0], [1], [2], [3]] * 9
    assert (last.epoch, progress.epoch, progress.batch) == (9, 9, 0)


@pytest.mark.parametrize("stop", range(1, 16))
@pytest.mark.parametrize("smallest", [1, 2])
def test_an_epoch_that_is_stopped_at_any_report_has_the_same_results(stop, smallest):
    order, plan = numbered(9, 4, shuffle=True, smallest_batch=smallest), plan_of(epochs=3)
    losses = [(1 / (1 + n), n) for n in range(9)]
    expected, all_progress = ScriptedEngine(losses), Progress()
    reports = list(train(expected, order, ACCURACY, plan, all_progress))
    engine, progress = ScriptedEngine(losses), Progress()
    found = list(islice(train(engine, order, ACCURACY, plan, progress), stop))
    progress = copy.deepcopy(progress)
    found += train(engine, order, ACCURACY, plan, progress)
    assert engine.seen == expected.seen
    assert steps_of(found) == steps_of(reports)
    for one, other in zip(epochs_of(found), epochs_of(reports), strict=True):
        assert one.metrics == other.metrics
        assert one.layers == other.layers
    assert progress.best_epoch == all_progress.best_epoch


def test_the_rows_per_second_of_a_resumed_epoch_are_those_of_its_last_part():
    engine, progress, plan = ScriptedEngine([(1.0, 0)] * 4), Progress(), plan_of()
    next(train(engine, numbered(4, 1), ACCURACY, plan, progress))
    *_, report = train(engine, numbered(4, 1), ACCURACY, plan, progress)
    assert report.rows_per_second == 3 / report.seconds


@pytest.mark.parametrize("report_seconds", [0.0, 1e9])
def test_a_number_in_a_step_that_is_not_finite_ends_training_with_its_place(report_seconds):
    engine, progress = ScriptedEngine([*[(1.0, 0)] * 3, "the loss is nan; try less"]), Progress()
    plan = plan_of(epochs=3, report_seconds=report_seconds)
    with pytest.raises(DivergenceError) as caught:
        list(train(engine, numbered(3, 2), ACCURACY, plan, progress))
    assert str(caught.value) == "epoch 2, batch 2: the loss is nan; try less"
    assert (progress.epoch, progress.batch, progress.best_epoch) == (1, 1, 1)


class SpoiledEngine(ScriptedEngine):
    """An engine that reports weights that are not finite after four steps."""

    def problem(self):
        return "the weights of layer 2 are not finite; try less" if len(self.seen) == 4 else None


def test_weights_that_are_not_finite_at_the_end_of_an_epoch_end_training_with_their_place():
    engine, progress = SpoiledEngine([(1.0, 0)] * 4), Progress()
    with pytest.raises(DivergenceError) as caught:
        list(train(engine, numbered(3, 2), ACCURACY, plan_of(epochs=3), progress))
    assert str(caught.value) == "epoch 2, batch 2: the weights of layer 2 are not finite; try less"
    assert (progress.epoch, progress.best_epoch) == (1, 1)


@pytest.mark.parametrize("monitor", ["train_loss", "validation_loss"])
def test_a_validation_loss_of_nan_is_never_the_best(monitor):
    with pytest.raises(DivergenceError, match="epoch 1: the validation loss is nan"):
        one_row_epochs([1], [(nan, 0)], monitor=monitor)


@every_engine
@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_giant_learning_rate_diverges_without_a_warning_but_with_its_place(
    engine, activation, optimizer
):
    trained, order = xor(engine, activation=activation, optimizer=optimizer)
    with pytest.raises(DivergenceError, match=r"^epoch \d+, batch \d+: the .*; try"):
        list(train(trained, order, ACCURACY, plan_of(1e30, epochs=20), Progress()))


# The order of rows


def rows_by_epoch(epochs=3, rows=10, batch_rows=4, **changes):
    """Return the batches, lists of row numbers, of every epoch."""
    engine, order = ScriptedEngine([(1.0, 0)] * 1000), numbered(rows, batch_rows, **changes)
    list(train(engine, order, ACCURACY, plan_of(epochs=epochs), Progress()))
    seen, batches = engine.seen, order.batches
    return [seen[start : start + batches] for start in range(0, len(seen), batches)]


def test_without_shuffling_the_rows_come_in_order():
    assert rows_by_epoch() == [[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]] * 3


def test_shuffling_gives_every_row_once_an_epoch_in_another_order_each():
    epochs = [np.concatenate(batches).tolist() for batches in rows_by_epoch(shuffle=True)]
    assert [sorted(rows) for rows in epochs] == [list(range(10))] * 3
    assert len({tuple(rows) for rows in epochs}) == 3


def test_the_order_depends_on_the_seed_and_the_epoch_alone():
    assert rows_by_epoch(shuffle=True) == rows_by_epoch(shuffle=True)
    assert rows_by_epoch(shuffle=True) != rows_by_epoch(shuffle=True, seed=1)
    engine, order = ScriptedEngine([(1.0, 0)] * 100), numbered(10, 4, shuffle=True)
    list(train(engine, order, ACCURACY, plan_of(epochs=3), Progress(epoch=2)))
    assert [engine.seen] == rows_by_epoch(shuffle=True)[2:]


# With the real engines


def xor(engine="numpy", *, activation="tanh", optimizer="adam", dtype=np.float32, **changes):
    """Return an engine for noisy XOR and the order of its rows."""
    seed, batch_rows = changes.pop("seed", 0), changes.pop("batch_rows", 16)
    shuffle = changes.pop("shuffle", False)
    layers = build_layers((2, 8, 1), activation, "sigmoid")
    parameters = initial_parameters(layers, [("xavier_normal", {})] * 2, seed, dtype)
    split = load_xor(rows=100, noise=0.2, test=0, validation=0, seed=0).splits["train"]
    usual = {
        "regularization": Regularization(),
        "validation": None,
        "training": split,
        "batch_rows": batch_rows,
    }
    setup = Setup(
        network=Network(layers, parameters),
        objective=objective("sigmoid_cross_entropy"),
        score=ACCURACY,
        optimizer=optimizer,
        settings=OPTIMIZERS[optimizer].complete({}),
        scaling=Scaling(),
        codes=target_codes(2, 1, dtype),
        **usual | changes,
    )
    return engine_of(engine, setup), Order(split, batch_rows, shuffle=shuffle, seed=seed)


def rows_of(order, dtype=np.float64):
    """Return inputs and targets of all rows."""
    rows = range(len(order.split))
    return gathered(order.split, Scaling(), target_codes(2, 1, dtype), rows)


def trained(engine, seed):
    engine, order = xor(engine, seed=seed, shuffle=True)
    reports = list(train(engine, order, ACCURACY, plan_of(epochs=3), Progress()))
    return [report.loss for report in steps_of(reports)], parameters_of(engine)


@every_engine
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(engine):
    (losses, parameters), (same_losses, same_parameters) = (trained(engine, 0) for _ in range(2))
    other_losses, other_parameters = trained(engine, 1)
    assert losses == same_losses
    np.testing.assert_array_equal(parameters, same_parameters)
    assert losses != other_losses
    assert not np.array_equal(parameters, other_parameters)


class CutEngine:
    """A wrapper of an engine that limits the steps per call; the limits take turns."""

    def __init__(self, engine, most):
        self._engine, self._most, self._calls = engine, most, 0

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def steps(self, batches, rates, sums):
        most = self._most[self._calls % len(self._most)]
        self._calls += 1
        return self._engine.steps(batches[:most], rates[:most], sums)


def history_of(engine, most, report_seconds):
    """Return the results of all epochs without times, and the bits of the engine's state."""
    made, order = xor(
        engine,
        shuffle=True,
        dropout=(0.3,),
        validation=load_xor(rows=30, noise=0.2, test=0, validation=0, seed=1).splits["train"],
    )
    plan = plan_of(0.05, epochs=4, validates=True, report_seconds=report_seconds)
    progress, cut = Progress(), CutEngine(made, most)
    reports = epochs_of(train(cut, order, ACCURACY, plan, progress))
    history = [each._replace(seconds=0, rows_per_second=0) for each in reports]
    kept = {**made.state(), **{f"best {name}": each for name, each in progress.best.items()}}
    return history, {name: array.tobytes() for name, array in kept.items()}


@every_engine
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.sampled_from([0.0, 1e9]))
@settings(max_examples=10)
def test_the_history_and_the_weights_do_not_depend_on_how_training_is_split(
    engine, most, report_seconds
):
    expected = history_of(engine, [1], 0.0)
    assert history_of(engine, most, report_seconds) == expected


@every_engine
def test_xor_is_learned(engine):
    trained, order = xor(engine, shuffle=True)
    *_, report = train(trained, order, ACCURACY, plan_of(0.05, epochs=60), Progress())
    assert report.metrics["train_accuracy"] > 0.95


@with_plain
def test_a_full_batch_takes_one_step_an_epoch_along_the_gradient_of_all_rows(engine):
    trained, order = xor(engine, batch_rows=100, optimizer="sgd", dtype=np.float64)
    X, T = (each.tolist() for each in rows_of(order))
    layers = build_layers((2, 8, 1), "tanh", "sigmoid")
    expected = parameters_of(trained)
    for _ in range(2):
        as_lists = layers_of(Network(layers, expected))
        loss = reference.loss_value(X, T, as_lists, "sigmoid_cross_entropy")
        gradient = reference.loss_gradients(X, T, as_lists, "sigmoid_cross_entropy")
        expected = expected - 0.5 * np.array(gradient)
    reports = list(train(trained, order, ACCURACY, plan_of(0.5, epochs=2), Progress()))
    assert [type(report) for report in reports] == [StepReport, EpochReport] * 2
    np.testing.assert_allclose(parameters_of(trained), expected, rtol=1e-12, atol=1e-12)
    assert reports[-1].metrics["train_loss"] == pytest.approx(loss, rel=1e-12)


@with_plain
def test_the_gradient_norms_are_root_mean_squares_over_the_steps_of_the_epoch(engine):
    trained, order = xor(engine, batch_rows=50, optimizer="sgd", dtype=np.float64)
    squares = []
    start = parameters_of(trained)
    for report in train(trained, order, ACCURACY, plan_of(0.5), Progress()):
        if isinstance(report, StepReport):
            change = (start - parameters_of(trained)) / 0.5
            squares.append([change[:24] @ change[:24], change[24:] @ change[24:]])
            start = parameters_of(trained)
    assert len(squares) == 2
    norms = [layer.gradient_norm for layer in report.layers]
    assert norms == pytest.approx(np.sqrt(np.mean(squares, axis=0)), rel=1e-9)


@with_plain
def test_saturation_is_that_of_the_first_batch_of_each_epoch_before_its_step(engine):
    trained, order = xor(engine, batch_rows=50, optimizer="sgd", activation="sigmoid")
    X = rows_of(order, np.float32)[0][:50].copy()
    layers = build_layers((2, 8, 1), "sigmoid", "sigmoid")

    def shares():
        return saturated(Network(layers, parameters_of(trained)), X)

    found, expected = [], [shares()]
    for report in train(trained, order, ACCURACY, plan_of(20.0, epochs=3), Progress()):
        if isinstance(report, EpochReport):
            found.append([layer.saturated for layer in report.layers])
            expected.append(shares())
    assert found == expected[:-1]
    assert found[0] == [0, 0]
    assert found[0] != found[1] != found[2]


@with_plain
def test_weight_decay_is_added_only_to_the_gradient_of_the_weights(engine):
    found, layers = [], build_layers((2, 8, 1), "tanh", "sigmoid")
    split = whole(np.ones((3, 2)), np.ones(3, np.uint8))
    for l2 in (0.25, 0.0):
        settings = {"optimizer": "sgd", "dtype": np.float64, "training": split, "batch_rows": 100}
        made, _ = xor(engine, **settings, regularization=Regularization(l2=l2))
        state = made.state()
        made.restore({**state, "parameters": state["parameters"] + 1.0})
        order = Order(split, 3)
        *_, report = train(made, order, ACCURACY, plan_of(0.1), Progress())
        found.append((report.metrics, Network(layers, parameters_of(made)).arrays))
    before = Network(layers, state["parameters"] + 1.0).arrays
    (metrics, decayed), (same_metrics, plain) = found
    assert metrics == same_metrics  # the loss excludes the penalty
    for name, array in before.items():
        share = 0.1 * 0.25 if name.startswith("W") else 0.0
        np.testing.assert_allclose(plain[name] - decayed[name], share * array, atol=1e-12)
        assert array.any()


@every_engine
def test_evaluation_changes_nothing_that_training_depends_on(engine):
    rows = load_xor(rows=EVALUATION_ROWS, noise=0.2, test=0, validation=0, seed=1).splits["train"]
    trained, order = xor(engine, batch_rows=100, validation=rows)
    list(train(trained, order, ACCURACY, plan_of(), Progress()))
    before = trained.state()
    loss, accuracy = trained.evaluate()
    assert loss > 0
    assert 0 <= accuracy <= 1
    after = trained.state()
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])


@every_engine
def test_the_kept_parameters_are_a_copy_that_later_steps_leave_alone(engine):
    trained, order = xor(engine)
    progress, copies = Progress(), []
    for report in train(trained, order, ACCURACY, plan_of(epochs=2), progress):
        if isinstance(report, EpochReport) and report.epoch == 1:
            copies = [progress.best["parameters"], parameters_of(trained)]
    np.testing.assert_array_equal(*copies)
    assert not np.array_equal(copies[0], parameters_of(trained))


def test_a_best_epoch_that_cannot_be_copied_is_not_the_best():
    progress, plan = Progress(epoch=1), plan_of(keep_best=True)
    progress.offer(2.0, plan, lambda: {"parameters": np.zeros(1)}, rises=False)
    before, progress.epoch = replace(progress), 2

    def fails():
        raise MemoryError

    with pytest.raises(MemoryError):
        progress.offer(1.0, plan, fails, rises=False)
    assert (progress.best_epoch, progress.best_value) == (1, 2.0)
    assert progress.best is before.best
