from math import nan

import numpy as np
import pytest

from nncli.base.errors import DivergenceError
from nncli.data.builtin.xor import load_xor
from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.divergence import NotFinite
from nncli.engines.numpy.batches import Batches, target_codes
from nncli.engines.numpy.engine import EVALUATION_ROWS, LayerStatistics, NumpyEngine
from nncli.engines.scores import ACCURACY, MAE
from nncli.nn.network import Layer, Network, Objective, initial_parameters
from nncli.nn.penalties import Regularization
from nncli.training.loop import EpochReport, Plan, Progress, StepReport, evaluate, train
from tests import reference
from tests.nn.networks import reference_layers, saturated

STATISTICS = [LayerStatistics(0.5, None), LayerStatistics(0.25, 0.125)]


class ScriptedEngine:
    """Reports losses and counts that a test gives, and remembers what it was shown.

    Its parameters are the number of steps that it has taken.
    """

    def __init__(self, steps=(), evaluations=(), score=ACCURACY):
        self.score = score
        self._steps, self._evaluations = iter(steps), iter(evaluations)
        self.seen, self.learning_rates = [], []

    def step(self, X, T, learning_rate, weights=None):
        self.seen.append(X[:, 0].astype(int).tolist())
        self.learning_rates.append(learning_rate)
        return next(self._steps)

    def evaluate(self, X, T):
        return next(self._evaluations)

    def layer_statistics(self):
        return STATISTICS

    def check_finite(self):
        pass

    def parameters(self):
        return np.array([len(self.seen)])


def numbered(rows, batch_rows):
    """Return batches of rows whose only input is their number."""
    inputs = np.arange(rows, dtype=np.float32).reshape(-1, 1)
    split = whole(inputs, np.zeros(rows, np.uint8))
    return Batches(split, Scaling(), target_codes(2, 1, np.float32), batch_rows)


def plan(**changes):
    values = {
        "epochs": 1,
        "learning_rate": 0.1,
        "shuffle": False,
        "seed": 0,
        "monitor": "train_loss",
    }
    values |= changes
    rate = values.pop("learning_rate")
    return Plan(rate=lambda t, share: rate, **values)


def one_row_epochs(losses, validations=None, score=ACCURACY, **changes):
    """Train epochs of one row with these losses; return the progress and the epochs' reports."""
    engine = ScriptedEngine([(loss, 0) for loss in losses], validations or [], score)
    progress = Progress()
    reports = train(
        engine,
        numbered(1, 1),
        numbered(2, 2) if validations else None,
        plan(epochs=len(losses), **changes),
        progress,
    )
    return progress, [report for report in reports if isinstance(report, EpochReport)]


# Reports


def test_every_step_is_reported_with_counts_and_the_mean_loss_so_far():
    engine = ScriptedEngine([(1.0, 2), (2.0, 1), (4.0, 0)])
    reports = train(engine, numbered(5, 2), None, plan(), Progress())
    steps = [report for report in reports if isinstance(report, StepReport)]
    assert steps == [
        StepReport(epoch=1, batch=1, rows=2, loss=1.0),
        StepReport(epoch=1, batch=2, rows=4, loss=1.5),
        StepReport(epoch=1, batch=3, rows=5, loss=(2 * 1 + 2 * 2 + 1 * 4) / 5),
    ]


def test_an_epoch_is_reported_with_means_over_its_rows():
    engine = ScriptedEngine([(1.0, 2), (2.0, 1), (4.0, 1)], [(3.0, 1), (6.0, 2)])
    progress = Progress()
    *steps, report = train(
        engine, numbered(5, 2), numbered(6, 4), plan(learning_rate=0.25), progress
    )
    assert len(steps) == 3
    assert report.metrics == {
        "train_loss": 2.0,
        "train_accuracy": 4 / 5,
        "validation_loss": (4 * 3 + 2 * 6) / 6,
        "validation_accuracy": 3 / 6,
    }
    assert report.epoch == 1
    assert report.learning_rate == 0.25
    assert engine.learning_rates == [0.25] * 3
    assert report.layers == STATISTICS
    assert report.seconds > 0
    assert report.rows_per_second == 5 / report.seconds
    assert (progress.epoch, progress.batch) == (1, 0)


def test_without_validation_rows_there_are_only_metrics_of_training():
    _, (report,) = one_row_epochs([0.5])
    assert report.metrics == {"train_loss": 0.5, "train_accuracy": 0.0}


def test_no_epochs_are_no_reports():
    assert list(train(ScriptedEngine(), numbered(3, 1), None, plan(epochs=0), Progress())) == []


def test_training_goes_on_after_the_completed_epochs():
    engine = ScriptedEngine([(1.0, 0)] * 2)
    reports = list(train(engine, numbered(1, 1), None, plan(epochs=5), Progress(epoch=3)))
    assert [report.epoch for report in reports] == [4, 4, 5, 5]


def test_evaluation_takes_the_mean_over_rows():
    engine = ScriptedEngine(evaluations=[(1.0, 3), (5.0, 1)])
    assert evaluate(engine, numbered(5, 4)) == ((4 * 1 + 1 * 5) / 5, 4 / 5)


# The best epoch


def test_the_parameters_of_the_epoch_with_the_smallest_loss_are_kept():
    progress, reports = one_row_epochs([3, 1, 2, 1, 5])
    assert (progress.best_epoch, progress.best_value) == (2, 1)
    assert progress.best_parameters.tolist() == [2]
    assert [report.improved for report in reports] == [True, True, False, False, False]


def test_the_parameters_of_the_epoch_with_the_largest_accuracy_are_kept():
    counts = [(9.0, 0), (9.0, 2), (1.0, 1), (1.0, 2)]
    progress, _ = one_row_epochs([1] * 4, counts, monitor="validation_accuracy")
    assert (progress.best_epoch, progress.best_value) == (2, 1.0)
    assert progress.best_parameters.tolist() == [2]


def test_the_parameters_of_the_epoch_with_the_smallest_error_are_kept():
    sums = [(9.0, 4.0), (9.0, 1.0), (1.0, 3.0), (1.0, 1.0)]
    progress, reports = one_row_epochs([1] * 4, sums, MAE, monitor="validation_mae")
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


def test_a_plan_that_keeps_nothing_still_notes_the_best_epoch():
    progress, _ = one_row_epochs([3, 1, 2], keep_best=False)
    assert progress.best_epoch == 2
    assert progress.best_parameters is None


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


def test_a_stop_takes_effect_after_the_step_in_the_middle_of_an_epoch():
    engine = ScriptedEngine([(1.0, 0)] * 9)
    progress = Progress()
    reports = list(
        train(
            engine,
            numbered(4, 1),
            None,
            plan(epochs=9),
            progress,
            stop_requested=lambda: len(engine.seen) == 6,
        )
    )
    assert reports[-1] == StepReport(epoch=2, batch=2, rows=2, loss=1.0)
    assert len(engine.seen) == 6
    assert (progress.epoch, progress.batch) == (1, 2)
    assert progress.best_epoch == 1
    assert progress.best_parameters.tolist() == [4]


def test_what_is_not_finite_in_a_step_ends_training_with_its_place():
    def steps():
        yield from [(1.0, 0)] * 3
        raise NotFinite("the loss is nan; try less")

    engine, progress = ScriptedEngine(steps()), Progress()
    with pytest.raises(DivergenceError) as caught:
        list(train(engine, numbered(3, 2), None, plan(epochs=3), progress))
    assert str(caught.value) == "epoch 2, batch 2: the loss is nan; try less"
    assert (progress.epoch, progress.batch, progress.best_epoch) == (1, 1, 1)


def test_weights_that_are_not_finite_at_the_end_of_an_epoch_end_training_with_their_place():
    engine, progress = ScriptedEngine([(1.0, 0)] * 4), Progress()

    def check():
        if len(engine.seen) == 4:
            raise NotFinite("the weights of layer 2 are not finite; try less")

    engine.check_finite = check
    with pytest.raises(DivergenceError) as caught:
        list(train(engine, numbered(3, 2), None, plan(epochs=3), progress))
    assert str(caught.value) == "epoch 2, batch 2: the weights of layer 2 are not finite; try less"
    assert (progress.epoch, progress.best_epoch) == (1, 1)


@pytest.mark.parametrize("monitor", ["train_loss", "validation_loss"])
def test_a_validation_loss_that_is_no_number_is_never_the_best(monitor):
    with pytest.raises(DivergenceError, match="epoch 1: the validation loss is nan"):
        one_row_epochs([1], [(nan, 0)], monitor=monitor)


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_giant_learning_rate_diverges_without_a_warning_but_with_its_place(activation, optimizer):
    engine, batches = xor(activation=activation, optimizer=optimizer)
    with pytest.raises(DivergenceError, match=r"^epoch \d+, batch \d+: the .*; try"):
        list(train(engine, batches, None, plan(epochs=20, learning_rate=1e30), Progress()))


# The order of rows


def rows_by_epoch(epochs=3, rows=10, batch_rows=4, **changes):
    """Return the batches, lists of row numbers, of every epoch."""
    engine = ScriptedEngine([(1.0, 0)] * 1000)
    list(
        train(engine, numbered(rows, batch_rows), None, plan(epochs=epochs, **changes), Progress())
    )
    batches = -(-rows // batch_rows)
    return [engine.seen[start : start + batches] for start in range(0, len(engine.seen), batches)]


def test_without_shuffling_the_rows_come_in_order():
    assert rows_by_epoch() == [[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]] * 3


def test_shuffling_gives_every_row_once_an_epoch_in_another_order_each():
    epochs = [np.concatenate(batches).tolist() for batches in rows_by_epoch(shuffle=True)]
    assert [sorted(rows) for rows in epochs] == [list(range(10))] * 3
    assert len({tuple(rows) for rows in epochs}) == 3


def test_the_order_depends_on_the_seed_and_the_epoch_alone():
    assert rows_by_epoch(shuffle=True) == rows_by_epoch(shuffle=True)
    assert rows_by_epoch(shuffle=True) != rows_by_epoch(shuffle=True, seed=1)
    engine = ScriptedEngine([(1.0, 0)] * 100)
    list(train(engine, numbered(10, 4), None, plan(epochs=3, shuffle=True), Progress(epoch=2)))
    assert [engine.seen] == rows_by_epoch(shuffle=True)[2:]


# With the real engine


def xor(*, seed=0, batch_rows=16, activation="tanh", optimizer="adam", dtype=np.float32):
    """Return an engine for noisy XOR and its batches."""
    layers = [Layer(2, 8, activation), Layer(8, 1, "sigmoid")]
    parameters = initial_parameters(layers, [("xavier_normal", {})] * 2, seed, dtype)
    settings = {
        "adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        "sgd": {"momentum": 0.0, "nesterov": False},
    }
    engine = NumpyEngine(
        Network(layers, parameters),
        Objective("sigmoid_cross_entropy", {}),
        optimizer=optimizer,
        settings=settings[optimizer],
        regularization=Regularization(),
        batch_rows=batch_rows,
    )
    split = load_xor(rows=100, noise=0.2, test=0, validation=0, seed=0).splits["train"]
    return engine, Batches(split, Scaling(), target_codes(2, 1, dtype), batch_rows)


def trained(seed):
    engine, batches = xor(seed=seed)
    reports = list(
        train(engine, batches, None, plan(epochs=3, shuffle=True, seed=seed), Progress())
    )
    losses = [report.loss for report in reports if isinstance(report, StepReport)]
    return losses, engine.parameters()


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    (losses, parameters), (same_losses, same_parameters) = trained(0), trained(0)
    other_losses, other_parameters = trained(1)
    assert losses == same_losses
    np.testing.assert_array_equal(parameters, same_parameters)
    assert losses != other_losses
    assert not np.array_equal(parameters, other_parameters)


def test_xor_is_learned():
    engine, batches = xor()
    *_, report = train(
        engine, batches, None, plan(epochs=60, learning_rate=0.05, shuffle=True), Progress()
    )
    assert report.metrics["train_accuracy"] > 0.95


def test_a_full_batch_takes_one_step_an_epoch_along_the_gradient_of_all_rows():
    engine, batches = xor(batch_rows=100, optimizer="sgd", dtype=np.float64)
    ((X, T),) = batches.in_order()
    X, T = X.tolist(), T.tolist()
    expected = engine.parameters()
    for _ in range(2):
        layers = reference_layers(Network(engine.network.layers, expected))
        loss = reference.loss_value(X, T, layers, "sigmoid_cross_entropy")
        gradient = reference.loss_gradients(X, T, layers, "sigmoid_cross_entropy")
        expected = expected - 0.5 * np.array(gradient)
    reports = list(train(engine, batches, None, plan(epochs=2, learning_rate=0.5), Progress()))
    assert [type(report) for report in reports] == [StepReport, EpochReport] * 2
    np.testing.assert_allclose(engine.parameters(), expected, rtol=1e-12, atol=1e-12)
    assert reports[-1].metrics["train_loss"] == pytest.approx(loss, rel=1e-12)


def test_the_gradient_norms_are_root_mean_squares_over_the_steps_of_the_epoch():
    engine, batches = xor(batch_rows=50, optimizer="sgd", dtype=np.float64)
    squares = []
    start = engine.parameters()
    for report in train(engine, batches, None, plan(epochs=1, learning_rate=0.5), Progress()):
        if isinstance(report, StepReport):
            change = (start - engine.parameters()) / 0.5
            squares.append([change[:24] @ change[:24], change[24:] @ change[24:]])
            start = engine.parameters()
    assert len(squares) == 2
    norms = [layer.gradient_norm for layer in report.layers]
    assert norms == pytest.approx(np.sqrt(np.mean(squares, axis=0)), rel=1e-9)


def test_saturation_is_that_of_the_first_batch_of_each_epoch_before_its_step():
    engine, batches = xor(batch_rows=50, optimizer="sgd", activation="sigmoid")
    X = next(batches.in_order())[0].copy()
    found, expected = [], [saturated(engine.network, X)]
    for report in train(engine, batches, None, plan(epochs=3, learning_rate=20.0), Progress()):
        if isinstance(report, EpochReport):
            found.append([layer.saturated for layer in report.layers])
            expected.append(saturated(engine.network, X))
    assert found == expected[:-1]
    assert found[0] == [0, 0]
    assert found[0] != found[1] != found[2]


def test_weight_decay_adds_its_share_to_the_gradient_of_the_weights_alone():
    engine, _ = xor(batch_rows=100, optimizer="sgd", dtype=np.float64)
    decayed = NumpyEngine(
        Network(engine.network.layers, engine.parameters() + 1.0),
        Objective("sigmoid_cross_entropy", {}),
        optimizer="sgd",
        settings={"momentum": 0.0, "nesterov": False},
        regularization=Regularization(l2=0.25),
        batch_rows=100,
    )
    plain = NumpyEngine(
        Network(engine.network.layers, engine.parameters() + 1.0),
        Objective("sigmoid_cross_entropy", {}),
        optimizer="sgd",
        settings={"momentum": 0.0, "nesterov": False},
        regularization=Regularization(),
        batch_rows=100,
    )
    before = [(each.W.copy(), each.b.copy()) for each in plain.network.arrays]
    X, T = np.ones((3, 2)), np.ones((3, 1))
    assert plain.step(X, T, 0.1) == decayed.step(X, T, 0.1)  # the loss is without the penalty
    for (W, b), one, other in zip(
        before, plain.network.arrays, decayed.network.arrays, strict=True
    ):
        np.testing.assert_allclose(one.W - other.W, 0.1 * 0.25 * W, atol=1e-12)
        np.testing.assert_allclose(one.b, other.b, atol=1e-12)
        assert b.any()


def test_evaluation_changes_nothing_that_training_depends_on():
    engine, batches = xor(batch_rows=EVALUATION_ROWS)
    list(train(engine, batches, None, plan(), Progress()))
    before = engine.state()
    loss, accuracy = evaluate(engine, batches)
    assert loss > 0
    assert 0 <= accuracy <= 1
    after = engine.state()
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])


def test_the_kept_parameters_are_a_copy_that_later_steps_leave_alone():
    engine, batches = xor()
    progress = Progress()
    copies = []
    for report in train(engine, batches, None, plan(epochs=2), progress):
        if isinstance(report, EpochReport) and report.epoch == 1:
            copies = [progress.best_parameters, engine.parameters()]
    np.testing.assert_array_equal(*copies)
    assert not np.array_equal(copies[0], engine.parameters())
