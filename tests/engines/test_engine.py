"""A step of an engine: gradient with penalties, the perceptron learning rule, ten steps."""

from dataclasses import replace
from itertools import pairwise
from math import cos, pi

import numpy as np
import pytest

from nncli.base.clock import Clock
from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.batches import EVALUATION_ROWS, target_codes
from nncli.engines.choice import EngineError
from nncli.engines.engine import Sums
from nncli.engines.plain.engine import layers_of
from nncli.metrics.scores import MAE
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, parameter_count
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.nn.schedules import SCHEDULES, rate_function
from tests import reference
from tests.engines.engines import (
    arrays_of,
    copied,
    engine_of,
    every_engine,
    parameters_of,
    setup_of,
    take,
    with_plain,
)
from tests.memory import memory_of
from tests.nn.networks import (
    BUFFER_BYTES,
    HIDDEN,
    LOSS_AND_OUTPUT,
    ROWS,
    build_layers,
    corrupt,
    draw_case,
    numerical_gradient,
    objective,
    saturated,
)
from tests.nn.stretched import stretched_block

PENALTIES = {"l1": 0.02, "l2": 0.3}
ALL = range(ROWS)


def penalty(network, l1, l2):
    weights = network.weights(network.parameters)
    return sum(l1 * np.abs(W).sum() + l2 / 2 * (W**2).sum() for W in weights)


def check_engine_gradient(engine, hidden, loss, output):
    """Compare a step with learning rate 1 to central differences of loss and penalties."""
    network, X, T = draw_case((3, 5, 4, 3), hidden, output, loss)
    work, joined = network.workspace(ROWS), objective(loss)

    def value():
        network.logits(X, work)
        return joined(network, T, work) + penalty(network, **PENALTIES)

    numerical, before = numerical_gradient(network, value), network.parameters.copy()
    rows = np.concatenate([X, np.full((2 * ROWS, 3), np.nan)])
    targets = np.concatenate([T, np.full((2 * ROWS, 3), np.nan)])
    regularization = Regularization(**PENALTIES)
    setup = setup_of(network, rows, targets, loss, regularization=regularization)
    trained = engine_of(engine, setup)
    take(trained, ALL, rate=1.0)
    np.testing.assert_allclose(before - parameters_of(trained), numerical, rtol=1e-6, atol=1e-8)


@with_plain
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_gradient_with_penalties_of_a_short_batch_equals_central_differences(
    engine, hidden, loss, output
):
    check_engine_gradient(engine, hidden, loss, output)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_corrupted_derivative_is_found(hidden, monkeypatch):
    entry = ACTIVATIONS[hidden]

    def corrupted(dA, Z, A, out, **settings):
        entry.backward(dA, Z, A, out, **settings)
        corrupt(entry, out, 1e-3)

    monkeypatch.setitem(ACTIVATIONS, hidden, replace(entry, backward=corrupted))
    with pytest.raises(AssertionError):
        check_engine_gradient("numpy", hidden, *LOSS_AND_OUTPUT[0])


def perceptron(inputs, outputs, seed=0):
    random = np.random.default_rng(seed)
    return Network(block(inputs, outputs, "step"), random.normal(size=(inputs + 1) * outputs))


@with_plain
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("rate", [1.0, 0.1])
def test_a_step_on_one_row_is_the_perceptron_learning_rule(engine, outputs, rate):
    network, random = perceptron(4, outputs), np.random.default_rng(1)
    X, T = random.normal(size=(40, 4)), random.integers(0, 2, (40, outputs)).astype(float)
    trained = engine_of(engine, setup_of(network, X, T, "perceptron", batch_rows=1))
    wrong = 0
    for row, (x, t) in enumerate(zip(X, T, strict=True)):
        W, b = arrays_of(trained, network.layers).values()
        expected = []
        for unit in range(outputs):
            z = sum(W[i, unit] * x[i] for i in range(4)) + b[unit]
            error = t[unit] - (1.0 if z >= 0 else 0.0)
            wrong += error != 0
            new = [W[i, unit] + rate * (error * x[i]) for i in range(4)]
            expected.append([*new, b[unit] + rate * error])
        take(trained, [row], rate=rate)
        W, b = arrays_of(trained, network.layers).values()
        np.testing.assert_array_equal(np.vstack([W, b]).T, expected)
    assert 0 < wrong < 40 * outputs


@with_plain
@pytest.mark.parametrize("targets", [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]])
def test_a_perceptron_learns_a_gate_that_can_be_separated_and_then_stays(engine, targets):
    X, T = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array(targets, float)
    network = perceptron(2, 1)
    trained = engine_of(engine, setup_of(network, X, T.reshape(4, 1), "perceptron", batch_rows=1))
    for _ in range(50):
        before = parameters_of(trained)
        take(trained, [0], [1], [2], [3], rate=0.5)
    learned = Network(network.layers, parameters_of(trained))
    outputs = learned.outputs(X, learned.workspace(4))
    np.testing.assert_array_equal(outputs[:, 0], targets)
    np.testing.assert_array_equal(learned.parameters, before)


@with_plain
def test_ten_steps_with_a_schedule_and_weight_decay_follow_the_equations(engine):
    """Follow w ← w - η(t) ((w x + b - t) x + λ w) and b ← b - η(t) (w x + b - t) in floats."""
    network = Network(block(1, 1, "identity"), np.array([0.7, -0.2]))
    X, T = np.arange(10).reshape(10, 1) * 0.3 - 1, np.arange(10).reshape(10, 1) * 0.5
    setup = setup_of(
        network, X, T, "half_squared_error", regularization=Regularization(l2=0.1), batch_rows=1
    )
    trained = engine_of(engine, setup)
    rate = rate_function("cosine", SCHEDULES["cosine"].complete({}), 0.3, 10)
    w, b = 0.7, -0.2
    for epoch in range(10):
        x, t = 0.3 * epoch - 1, 0.5 * epoch
        take(trained, [epoch], rate=rate(epoch, 1.0))
        eta, error = 0.3 * (1 + cos(pi * epoch / 10)) / 2, w * x + b - t
        w, b = w - eta * (error * x + 0.1 * w), b - eta * error
        np.testing.assert_allclose(parameters_of(trained), [w, b], rtol=1e-12)


@with_plain
def test_ten_steps_with_learned_slopes_equal_plain_python(engine):
    network, X, T = draw_case((3, 5, 4, 2), "prelu", "sigmoid", "sigmoid_cross_entropy")
    for name in ("slope1", "slope2"):
        network.arrays[name].fill(0.25)
    expected = network.parameters.copy()
    trained = engine_of(engine, setup_of(network, X, T, "sigmoid_cross_entropy"))
    for _ in range(10):
        layers = layers_of(Network(network.layers, expected))
        gradient = reference.loss_gradients(X.tolist(), T.tolist(), layers, "sigmoid_cross_entropy")
        expected -= 0.5 * np.array(gradient)
        take(trained, ALL, rate=0.5)
    np.testing.assert_allclose(parameters_of(trained), expected, rtol=1e-10, atol=1e-12)
    views = arrays_of(trained, network.layers)
    for name in ("slope1", "slope2"):
        assert (views[name] != 0.25).all()
        assert len(set(views[name].tolist())) == len(views[name])


@every_engine
@pytest.mark.parametrize("hidden", ["tanh", "prelu"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_steady_step_allocates_no_arrays(engine, hidden, optimizer):
    layers = build_layers((120, 150, 130), hidden, "sigmoid")
    flat = np.random.default_rng(3).normal(0, 0.1, parameter_count(layers)).astype(np.float32)
    X, T = np.ones((400, 120), np.float32), np.ones((400, 130), np.float32)
    trained = engine_of(
        engine,
        setup_of(
            Network(layers, flat),
            X,
            T,
            "sigmoid_cross_entropy",
            optimizer=optimizer,
            batch_rows=200,
        ),
    )
    batches, sums = np.arange(400).reshape(2, 200), Sums()
    trained.steps(batches, [0.01] * 2, sums)
    left, peak = memory_of(lambda: trained.steps(batches, [0.01] * 2, sums))
    assert peak < BUFFER_BYTES + 8000 < 120 * 150 * 4
    assert left < 4000


@every_engine
def test_steps_with_penalties_allocate_no_arrays(engine):
    layers = build_layers((120, 150, 130), "tanh", "sigmoid")
    flat = np.random.default_rng(3).normal(0, 0.1, parameter_count(layers)).astype(np.float32)
    X, T = np.ones((200, 120), np.float32), np.ones((200, 130), np.float32)
    network, regularization = Network(layers, flat), Regularization(**PENALTIES)
    trained = engine_of(
        engine, setup_of(network, X, T, "sigmoid_cross_entropy", regularization=regularization)
    )
    batches, sums = np.arange(200).reshape(1, 200), Sums()
    trained.steps(batches, [0.01], sums)
    _, peak = memory_of(lambda: trained.steps(batches, [0.01], sums))
    assert peak < BUFFER_BYTES + 8000 < 120 * 150 * 4


@with_plain
@pytest.mark.parametrize("settings", [{"l1": 0.02}, {"l2": 0.3}, PENALTIES])
def test_the_penalty_is_summed_over_the_rows_of_steps_before_their_updates(engine, settings):
    network, X, T = draw_case((3, 5, 4, 3), "prelu", "identity", "squared_error")
    regularization = Regularization(**settings)
    setup = setup_of(network, X, T, "squared_error", regularization=regularization)
    trained, sums, expected = engine_of(engine, setup), Sums(), 0.0
    for rows in ([0, 1], [2], [3, 1, 0]):
        now = Network(network.layers, parameters_of(trained))
        expected += len(rows) * penalty(now, **{"l1": 0, "l2": 0, **settings})
        take(trained, rows, rate=0.1, sums=sums)
        assert sums.penalty == pytest.approx(expected, rel=1e-12)


@every_engine
def test_without_penalties_their_sum_is_0(engine):
    network, X, T = draw_case((3, 4, 2), "tanh", "identity", "squared_error")
    regularization = Regularization(clip_norm=1.0, clip_value=0.5, max_norm=1.0)
    setup = setup_of(
        network,
        X,
        T,
        "squared_error",
        optimizer="adamw",
        settings={"weight_decay": 0.5},
        regularization=regularization,
    )
    assert take(engine_of(engine, setup), ALL, ALL).penalty == 0


@every_engine
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_clips_the_gradient_and_then_limits_the_norms(engine, optimizer):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "identity", "squared_error")
    found = []
    for regularization in (Regularization(clip_norm=1e-3, max_norm=0.5), Regularization()):
        setup = setup_of(
            copied(network),
            X,
            T,
            "squared_error",
            optimizer=optimizer,
            regularization=regularization,
        )
        trained = engine_of(engine, setup)
        found.append((take(trained, ALL), parameters_of(trained)))
    (clipped, short), (unclipped, parameters) = found
    for W in network.weights(short):
        assert (np.sqrt((W**2).sum(axis=0)) <= 0.5 * (1 + 1e-12)).all()
    assert (short != parameters).any()
    # The reported norms are those before clipping.
    assert clipped.layers() == unclipped.layers()


@with_plain
def test_the_statistics_are_those_of_the_sums_that_a_call_adds_to(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    network.parameters *= 4
    trained = engine_of(engine, setup_of(network, X, T, "sigmoid_cross_entropy"))
    before = saturated(network, X)
    sums = take(trained, ALL, ALL, ALL, rate=1.0)
    after = saturated(Network(network.layers, parameters_of(trained)), X)
    assert sums.steps == 3
    assert [layer.saturated for layer in sums.layers()] == before != after
    assert all(layer.gradient_norm > 0 for layer in sums.layers())
    anew = take(trained, ALL, rate=1.0)
    assert [layer.saturated for layer in anew.layers()] == after
    assert anew.steps == 1


def test_without_steps_there_are_no_norms_and_no_saturation():
    none = Sums(squared_norms=[0.0] * 3, saturated=[None] * 3)
    assert [tuple(layer) for layer in none.layers()] == [(0.0, None)] * 3
    assert Sums().layers() == []


@with_plain
def test_the_norms_are_root_mean_squares_of_the_steps_of_gradient_descent(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    trained = engine_of(engine, setup_of(network, X, T, "sigmoid_cross_entropy"))
    sums, squares, before = Sums(), [], parameters_of(trained)
    for _ in range(3):
        take(trained, ALL, rate=0.5, sums=sums)
        change = (before - parameters_of(trained)) / 0.5
        squares.append([change[each.where] @ change[each.where] for each in network.blocks])
        before = parameters_of(trained)
    norms = [layer.gradient_norm for layer in sums.layers()]
    assert norms == pytest.approx(np.sqrt(np.mean(squares, axis=0)), rel=1e-9)


@with_plain
def test_measuring_saturation_changes_no_step(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    often, once = (
        engine_of(engine, setup_of(copied(network), X, T, "sigmoid_cross_entropy"))
        for _ in range(2)
    )
    apart = [take(often, ALL) for _ in range(3)]  # only the first step of each `Sums` measures
    together = take(once, ALL, ALL, ALL)
    np.testing.assert_array_equal(parameters_of(often), parameters_of(once))
    assert sum(each.loss for each in apart) == together.loss
    assert sum(each.score for each in apart) == together.score


@every_engine
@pytest.mark.parametrize("rates", [(), (0.5, 0.5)])
def test_units_that_dropout_leaves_out_count_by_their_activation(engine, rates):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "identity", "squared_error")
    expected = saturated(network, X)[0]
    trained = engine_of(engine, setup_of(network, X, T, "squared_error", dropout=rates))
    first, _, output = take(trained, ALL).layers()
    assert (first.saturated, output.saturated) == (expected, None)
    assert expected > 0


@every_engine
def test_a_clipped_step_of_gradient_descent_has_the_length_of_the_norm(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "identity", "squared_error")
    setup = setup_of(network, X, T, "squared_error", regularization=Regularization(clip_norm=1e-3))
    trained = engine_of(engine, setup)
    before = parameters_of(trained)
    take(trained, ALL)
    assert np.linalg.norm(parameters_of(trained) - before) == pytest.approx(1e-4, rel=1e-9)


@with_plain
def test_the_loss_excludes_the_penalty_which_only_affects_the_gradient_of_weights(engine):
    network, X, T = draw_case((3, 5, 4, 3), "prelu", "sigmoid", "sigmoid_cross_entropy")
    found = []
    for l2 in (0.0, 0.25):
        setup = setup_of(
            copied(network), X, T, "sigmoid_cross_entropy", regularization=Regularization(l2=l2)
        )
        trained = engine_of(engine, setup)
        sums = take(trained, ALL)
        found.append((sums.loss, sums.score, arrays_of(trained, network.layers)))
    (*plain, one), (*decayed, other) = found
    assert plain == decayed
    for name, before in network.arrays.items():
        share = 0.1 * 0.25 if name.startswith("W") else 0.0
        np.testing.assert_allclose(one[name] - other[name], share * before, atol=1e-12)
        assert before.any()


@every_engine
def test_missing_connections_stay_missing(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    network.connect_partially({"W2": np.arange(20).reshape(5, 4) % 3 > 0})
    trained = engine_of(engine, setup_of(network, X, T, "sigmoid_cross_entropy", optimizer="adam"))
    before = parameters_of(trained)
    take(trained, ALL, ALL, ALL)
    np.testing.assert_array_equal(parameters_of(trained) != before, network.mask == 1)
    assert not arrays_of(trained, network.layers)["W2"].ravel()[::3].any()


@every_engine
def test_a_rows_weight_scales_its_gradient_and_neither_loss_nor_score(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    weights, changes, sums = np.array([0.0, 1.0, 2.5, 0.5]), [], []
    for row in ALL:
        alone = engine_of(engine, setup_of(copied(network), X, T, "sigmoid_cross_entropy"))
        sums.append(take(alone, [row]))
        changes.append(parameters_of(alone) - network.parameters)
    split = replace(whole(X, T), weights=weights)
    weighted = engine_of(
        engine, setup_of(copied(network), X, T, "sigmoid_cross_entropy", training=split)
    )
    found = take(weighted, ALL)
    expected = network.parameters + weights @ np.array(changes) / ROWS
    np.testing.assert_allclose(parameters_of(weighted), expected, rtol=1e-12)
    assert found.loss == pytest.approx(sum(each.loss for each in sums), rel=1e-12)
    assert found.score == sum(each.score for each in sums)


# Evaluation


def validating(engine, rows, **others):
    """Return network, engine, inputs and targets, with `rows` validation rows."""
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "softmax", "cross_entropy")
    random = np.random.default_rng(5)
    held_out, targets = random.normal(size=(rows, 3)), np.eye(3)[random.integers(0, 3, rows)]
    setup = setup_of(network, X, T, "cross_entropy", validation=whole(held_out, targets), **others)
    return network, engine_of(engine, setup), held_out, targets


@with_plain
@pytest.mark.parametrize("rows", [1, 7, EVALUATION_ROWS, EVALUATION_ROWS + 1, 1234])
def test_evaluation_takes_the_mean_over_all_validation_rows(engine, rows):
    network, trained, X, T = validating(engine, rows)
    loss, accuracy = trained.evaluate()
    work = network.workspace(rows)
    chosen = network.logits(X, work).argmax(axis=1)
    assert accuracy == (chosen == T.argmax(axis=1)).mean()
    assert loss == pytest.approx(objective("cross_entropy")(network, T, work), rel=1e-12)
    assert type(loss) is type(accuracy) is float


@every_engine
def test_evaluation_changes_nothing_that_training_depends_on(engine):
    _, trained, *_ = validating(engine, 20, optimizer="adam", dropout=(0.5, 0.5))
    take(trained, ALL, [0, 1])
    before = trained.state()
    first, second = trained.evaluate(), trained.evaluate()
    assert first == second
    after = trained.state()
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])


@with_plain
def test_a_score_of_outputs_is_that_of_the_activated_logits(engine):
    layers = block(2, 3, "tanh")
    random = np.random.default_rng(3)
    network = Network(layers, random.normal(size=9))
    X, T = random.normal(size=(5, 2)), random.normal(size=(5, 3))
    split = whole(X, T)
    trained = engine_of(
        engine, setup_of(network, X, T, "squared_error", score=MAE, validation=split)
    )
    errors = np.abs(network.outputs(X, network.workspace(5)) - T).mean(axis=1)
    assert trained.evaluate()[1] == pytest.approx(errors.mean(), rel=1e-12)
    assert take(trained, range(5)).score == pytest.approx(errors.sum(), rel=1e-12)


# Snapshots and states


@every_engine
def test_a_snapshot_and_a_state_are_copies(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    trained = engine_of(engine, setup_of(network, X, T, "sigmoid_cross_entropy", optimizer="adam"))
    snapshot, state = trained.snapshot(), trained.state()
    kept = {name: each.copy() for name, each in (snapshot | state).items()}
    assert list(snapshot) == ["parameters", "state"]
    assert snapshot.keys() < state.keys()
    take(trained, ALL, ALL)
    for name, each in (snapshot | state).items():
        np.testing.assert_array_equal(each, kept[name])
    assert not np.array_equal(parameters_of(trained), snapshot["parameters"])
    snapshot["parameters"][:] = 0
    assert parameters_of(trained).any()


def test_the_compiled_engine_refuses_kinds_of_layers_that_it_does_not_know():
    layers = [*stretched_block(3, 4, "tanh"), *block(4, 2, "sigmoid")]
    network = Network(layers, np.ones(parameter_count(layers)))
    X, T = np.ones((ROWS, 3)), np.ones((ROWS, 2))
    with pytest.raises(EngineError, match="compiled does not support stretched; use numpy"):
        engine_of("compiled", setup_of(network, X, T, "sigmoid_cross_entropy"))


def test_additional_state_of_layers_is_part_of_snapshot_and_state():
    engine = "numpy"
    layers = [*stretched_block(3, 4, "tanh"), *block(4, 2, "sigmoid")]
    random = np.random.default_rng(7)
    X, T = random.normal(size=(ROWS, 3)), random.random((ROWS, 2))
    flat, setups = random.normal(size=parameter_count(layers)), []
    for _ in range(2):
        network = Network(layers, flat.copy())
        setups.append(
            setup_of(network, X, T, "sigmoid_cross_entropy", validation=whole(X, T), dropout=[0.5])
        )
    first, second = (engine_of(engine, setup) for setup in setups)
    take(first, ALL, [0, 1, 2])
    first.evaluate()
    assert first.snapshot()["state"].tolist() == [7 + 4 + 3]  # the number of rows in its steps
    second.restore(first.state())
    take(first, ALL)
    take(second, ALL)
    assert second.snapshot()["state"].tolist() == [7 + 4 + 3 + 4]
    np.testing.assert_array_equal(parameters_of(first), parameters_of(second))
    assert (parameters_of(first)[network.blocks[0].where] != flat[network.blocks[0].where]).all()


@every_engine
@pytest.mark.parametrize("name", ["parameters", "state", "slots", "steps"])
def test_a_foreign_state_is_refused_and_changes_nothing(engine, name):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    trained = engine_of(engine, setup_of(network, X, T, "sigmoid_cross_entropy", optimizer="adam"))
    take(trained, ALL)
    own, before = trained.state(), parameters_of(trained)
    changed = {each: array + array.dtype.type(1) for each, array in own.items()}
    without = {each: array for each, array in changed.items() if each != name}
    longer = {**changed, name: np.zeros((*own[name].shape, 2), own[name].dtype)}
    other = {**changed, name: own[name].astype(np.float16)}
    for state in (without, longer, other):
        with pytest.raises(ValueError, match=f"^has no {name} of shape"):
            trained.restore(state)
    np.testing.assert_array_equal(parameters_of(trained), before)


@every_engine
def test_inputs_are_scaled_and_rounded_and_classes_become_their_codes(engine):
    layers = build_layers((2, 4, 1), "tanh", "sigmoid")
    random = np.random.default_rng(6)
    network = Network(layers, random.normal(size=parameter_count(layers)).astype(np.float32))
    X, y = random.integers(0, 256, (9, 2)).astype(np.uint8), random.integers(0, 2, 9)
    given = (X / 255).astype(np.float32)
    codes = target_codes(2, 1, np.float32)
    setups = [
        setup_of(
            copied(network),
            X,
            codes,
            "sigmoid_cross_entropy",
            training=whole(X, y),
            codes=codes,
            scaling=Scaling(0.0, 1 / 255),
        ),
        setup_of(copied(network), given, codes[y], "sigmoid_cross_entropy"),
    ]
    found = []
    for setup in setups:
        trained = engine_of(engine, setup)
        take(trained, range(9), [0, 5, 3])
        found.append(parameters_of(trained))
    np.testing.assert_array_equal(*found)


@every_engine
def test_a_pool_gives_the_rows_that_its_places_name(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    plain, pooled = (
        engine_of(engine, setup_of(copied(network), X, T, "sigmoid_cross_entropy"))
        for _ in range(2)
    )
    pool = np.array([3, 1, 2])
    pooled.hold(pool)
    sums = take(pooled, [2, 0], [1])
    assert sums == take(plain, [2, 3], [1])
    pooled.hold(None)
    sums = take(pooled, [2, 0])
    assert sums == take(plain, [2, 0])
    np.testing.assert_array_equal(parameters_of(pooled), parameters_of(plain))


@every_engine
def test_the_clock_measures_the_phases_of_a_step_and_an_evaluation(engine):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    clock, split = Clock(), whole(X, T)
    trained = engine_of(
        engine, setup_of(network, X, T, "sigmoid_cross_entropy", validation=split), clock
    )
    take(trained, ALL)
    phases = ["data", "forward", "loss", "backward", "update"]
    if engine == "compiled":  # which takes many steps in one call
        phases = ["steps"]
    assert list(clock.seconds) == phases
    trained.evaluate()
    assert list(clock.seconds) == [*phases, "validation"]
    assert all(seconds > 0 for seconds in clock.seconds.values())
    times = [sum(clock.seconds.values()), clock.total]
    assert all(before <= after for before, after in pairwise(times))
