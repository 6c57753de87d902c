"""Optimizers against a second, scalar implementation.

Each expected path is computed with plain numbers from the equations of the paper, in their original
form:

- momentum (Polyak, 1964) by its heavy-ball form w_{t+1} = w_t - η g(w_t) + μ (w_t - w_{t-1});
- Nesterov's momentum (Sutskever, Martens, Dahl and Hinton, 2013, equations 3 and 4) with the
  gradient at θ + μ v: v ← μ v - η g(θ + μ v), θ ← θ + v. The optimizer keeps θ + μ v;
- Adam (Kingma and Ba, 2015, algorithm 1) line by line;
- AdamW (Loshchilov and Hutter, 2019, algorithm 2) with the decay and Adam's step in one line;
- NAdam (Dozat, 2016, algorithm 2) line by line, with the same μ in every step;
- AdaGrad (Duchi, Hazan and Singer, 2011, the diagonal version of section 1.1) with the squares of
  all gradients summed again in every step;
- RMSProp (Tieleman and Hinton, 2012, lecture 6e, slide 29) with the mean written as a sum of
  (1 - ρ) ρᵏ g² over the gradients k steps ago.
"""

from math import cos, sqrt

import numpy as np
import pytest

from nncli.nn.entries import Entry
from nncli.nn.optimizers import OPTIMIZERS
from tests.memory import memory_of
from tests.nn.strict import strict

START = [0.8, -1.5, 0.0, 3.0, 1e-4]
STEPS = 10


def slope(w):
    """Return the derivative of a scalar function that is neither linear nor symmetric."""
    return 0.7 * w + cos(2 * w) - 0.3


def decayed_slope(w):
    """Return the derivative with 0.05 w² added to the function: weight decay in the gradient."""
    return slope(w) + 0.1 * w


def plain_path(w, learning_rate):
    for _ in range(STEPS):
        w = w - learning_rate * slope(w)
        yield w


def heavy_ball_path(w, learning_rate, momentum):
    before = w
    for _ in range(STEPS):
        w, before = w - learning_rate * slope(w) + momentum * (w - before), w
        yield w


def nesterov_path(theta, learning_rate, momentum):
    v = 0.0
    for _ in range(STEPS):
        v = momentum * v - learning_rate * slope(theta + momentum * v)
        theta = theta + v
        yield theta + momentum * v


def adam_path(theta, learning_rate, beta1, beta2, epsilon, weight_decay=0.0, slope=slope):
    m = v = 0.0
    for t in range(1, STEPS + 1):
        g = slope(theta)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        theta = theta - learning_rate * (m_hat / (sqrt(v_hat) + epsilon) + weight_decay * theta)
        yield theta


def nadam_path(theta, learning_rate, beta1, beta2, epsilon, slope=slope):
    m = n = 0.0
    for t in range(1, STEPS + 1):
        g = slope(theta)
        g_hat = g / (1 - beta1**t)
        m = beta1 * m + (1 - beta1) * g
        m_hat = m / (1 - beta1 ** (t + 1))
        n = beta2 * n + (1 - beta2) * g**2
        n_hat = n / (1 - beta2**t)
        m_bar = (1 - beta1) * g_hat + beta1 * m_hat
        theta = theta - learning_rate * m_bar / (sqrt(n_hat) + epsilon)
        yield theta


def adagrad_path(x, learning_rate, epsilon):
    gradients = []
    for _ in range(STEPS):
        gradients.append(slope(x))
        x = x - learning_rate * gradients[-1] / (epsilon + sqrt(sum(g**2 for g in gradients)))
        yield x


def rmsprop_path(w, learning_rate, decay, epsilon):
    gradients = []
    for _ in range(STEPS):
        gradients.append(slope(w))
        ago = enumerate(reversed(gradients))
        mean_square = sum((1 - decay) * decay**k * g**2 for k, g in ago)
        w = w - learning_rate * gradients[-1] / (sqrt(mean_square) + epsilon)
        yield w


ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
PATHS = [
    ("sgd", {}, plain_path, {}),
    ("sgd", {"momentum": 0.9}, heavy_ball_path, {"momentum": 0.9}),
    ("sgd", {"momentum": 0.5}, heavy_ball_path, {"momentum": 0.5}),
    ("sgd", {"momentum": 0.9, "nesterov": True}, nesterov_path, {"momentum": 0.9}),
    ("sgd", {"momentum": 0.01, "nesterov": True}, nesterov_path, {"momentum": 0.01}),
    ("adam", {}, adam_path, ADAM),
    ("adam", {"beta1": 0.5, "beta2": 0.9}, adam_path, ADAM | {"beta1": 0.5, "beta2": 0.9}),
    ("adam", {"beta1": 0.0, "beta2": 0.0}, adam_path, ADAM | {"beta1": 0.0, "beta2": 0.0}),
    ("adam", {"epsilon": 0.1}, adam_path, ADAM | {"epsilon": 0.1}),
    ("adagrad", {}, adagrad_path, {"epsilon": 1e-8}),
    ("adagrad", {"epsilon": 0.1}, adagrad_path, {"epsilon": 0.1}),
    ("rmsprop", {}, rmsprop_path, {"decay": 0.9, "epsilon": 1e-8}),
    ("rmsprop", {"decay": 0.5, "epsilon": 0.1}, rmsprop_path, {"decay": 0.5, "epsilon": 0.1}),
    ("adamw", {}, adam_path, ADAM | {"weight_decay": 0.01}),
    ("adamw", {"weight_decay": 0.0}, adam_path, ADAM),
    (
        "adamw",
        {"weight_decay": 0.3, "beta1": 0.5, "beta2": 0.9, "epsilon": 0.1},
        adam_path,
        {"weight_decay": 0.3, "beta1": 0.5, "beta2": 0.9, "epsilon": 0.1},
    ),
    ("nadam", {}, nadam_path, ADAM),
    ("nadam", {"beta1": 0.5, "beta2": 0.9}, nadam_path, ADAM | {"beta1": 0.5, "beta2": 0.9}),
    ("nadam", {"epsilon": 0.1}, nadam_path, ADAM | {"epsilon": 0.1}),
]


def label(name, settings):
    return "-".join([name, *(f"{key}={value}" for key, value in settings.items())])


every_path = pytest.mark.parametrize(
    ("name", "settings", "path", "constants"),
    PATHS,
    ids=[label(name, settings) for name, settings, _, _ in PATHS],
)
every_setting = pytest.mark.parametrize(
    ("name", "settings"),
    [each[:2] for each in PATHS],
    ids=[label(*each[:2]) for each in PATHS],
)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def updates(name, settings, parameters, gradient_of, learning_rate, steps):
    """Take steps on `parameters` in place; yield after each."""
    optimizer = OPTIMIZERS[name]
    settings = optimizer.complete(settings)
    slots = np.zeros((optimizer.slots, len(parameters)), parameters.dtype)
    scratch = np.full_like(parameters, np.nan)
    for step in range(1, steps + 1):
        gradient = gradient_of(parameters)
        optimizer.update(parameters, gradient, slots, scratch, learning_rate, step, **settings)
        yield parameters


def slopes(w):
    return np.array([slope(each) for each in w.tolist()], w.dtype)


def test_every_optimizer_and_each_of_its_settings_has_a_path():
    assert {name for name, *_ in PATHS} == set(OPTIMIZERS)
    for name, entry in OPTIMIZERS.items():
        tried = {key for each, settings, *_ in PATHS if each == name for key in settings}
        assert tried == set(entry.parameters)


@every_path
@pytest.mark.parametrize("learning_rate", [0.001, 0.3])
def test_ten_steps_follow_the_equations(name, settings, path, constants, learning_rate):
    expected = zip(*(path(w, learning_rate, **constants) for w in START), strict=True)
    found = updates(name, settings, np.array(START), slopes, learning_rate, STEPS)
    for values, parameters in zip(expected, found, strict=True):
        np.testing.assert_allclose(parameters, values, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "path"), [("adam", adam_path), ("nadam", nadam_path)], ids=["adam", "nadam"]
)
def test_ten_steps_with_weight_decay_in_the_gradient_follow_the_equations(name, path):
    expected = zip(*(path(w, 0.1, **ADAM, slope=decayed_slope) for w in START), strict=True)
    found = updates(name, {}, np.array(START), lambda w: slopes(w) + 0.1 * w, 0.1, STEPS)
    for values, parameters in zip(expected, found, strict=True):
        np.testing.assert_allclose(parameters, values, rtol=1e-10, atol=1e-14)


def test_adamw_decays_every_parameter_by_the_same_share_whatever_its_gradient():
    settings = {"weight_decay": 0.2}
    decayed, plain = np.array([2.0, -3.0]), np.array([2.0, -3.0])
    next(updates("adamw", settings, decayed, lambda w: np.array([1e-3, 1e3]), 0.1, 1))
    next(updates("adam", {}, plain, lambda w: np.array([1e-3, 1e3]), 0.1, 1))
    np.testing.assert_allclose(decayed - plain, -0.1 * 0.2 * np.array([2.0, -3.0]), rtol=1e-12)


@every_path
def test_ten_float32_steps_follow_the_equations_roughly(name, settings, path, constants):
    expected = [list(path(w, 0.05, **constants))[-1] for w in START]
    parameters = np.array(START, np.float32)
    *_, last = updates(name, settings, parameters, slopes, 0.05, STEPS)
    np.testing.assert_allclose(last, expected, rtol=1e-4, atol=1e-5)


RATES = {"adagrad": 1.0}


@every_setting
def test_a_quadratic_is_minimized(name, settings):
    curvature = np.array([0.5, 1.0, 4.0])
    lowest = np.array([1.0, -2.0, 0.5])
    parameters = np.zeros(3)
    rate = RATES.get(name, 0.05)
    for _ in updates(name, settings, parameters, lambda w: curvature * (w - lowest), rate, 1500):
        pass
    # With a short memory of squares, Adam and RMSProp oscillate around the minimum.
    tolerance = rate if "beta2" in settings or name == "rmsprop" else 1e-6
    if decay := OPTIMIZERS[name].complete(settings).get("weight_decay", 0):
        # The pull of the decay plus a step of at most the learning rate.
        tolerance = 2 * decay * np.abs(lowest).max() + rate
    np.testing.assert_allclose(parameters, lowest, atol=tolerance)


def rosenbrock_gradient(w):
    x, y = w
    return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])


@pytest.mark.parametrize(
    ("name", "settings", "learning_rate", "steps"),
    [
        ("sgd", {}, 1e-3, 20_000),
        ("sgd", {"momentum": 0.9}, 5e-4, 5_000),
        ("sgd", {"momentum": 0.9, "nesterov": True}, 5e-4, 5_000),
        ("adam", {}, 0.02, 5_000),
        ("adamw", {"weight_decay": 0.0}, 0.02, 5_000),
        ("nadam", {}, 0.02, 5_000),
        ("adagrad", {}, 0.5, 10_000),
        ("rmsprop", {}, 1e-3, 10_000),
    ],
)
def test_the_valley_of_rosenbrock_is_followed_to_its_end(name, settings, learning_rate, steps):
    parameters = np.array([-1.2, 1.0])
    for _ in updates(name, settings, parameters, rosenbrock_gradient, learning_rate, steps):
        pass
    np.testing.assert_allclose(parameters, [1, 1], atol=0.01)


@every_setting
@both_precisions
def test_an_update_allocates_nothing(name, settings, dtype):
    optimizer = OPTIMIZERS[name]
    complete = optimizer.complete(settings)
    parameters, gradient = np.ones(100_000, dtype), np.ones(100_000, dtype)
    slots, scratch = np.zeros((optimizer.slots, 100_000), dtype), np.empty(100_000, dtype)
    optimizer.update(parameters, gradient, slots, scratch, 0.1, 1, **complete)
    _, peak = memory_of(
        lambda: optimizer.update(parameters, gradient, slots, scratch, 0.1, 2, **complete)
    )
    assert peak < 4096


@every_setting
@both_precisions
def test_an_update_works_in_place_and_in_its_precision(name, settings, dtype):
    optimizer = OPTIMIZERS[name]
    parameters = np.ones(4, dtype)
    gradient = np.full(4, 0.5, dtype)
    slots, scratch = np.zeros((optimizer.slots, 4), dtype), np.full(4, np.nan, dtype)
    arrays = map(strict, (parameters, gradient, slots, scratch))
    result = optimizer.update(*arrays, 0.1, 1, **optimizer.complete(settings))
    assert result is None
    assert parameters.dtype == slots.dtype == dtype
    assert (parameters < 1).all()


@every_setting
@both_precisions
def test_a_parameter_without_gradient_stays_unchanged(name, settings, dtype):
    parameters = np.array([1.5, -2.0], dtype)
    gradients = lambda w: np.array([0, 1], w.dtype)  # noqa: E731
    *_, last = updates(name, settings, parameters, gradients, 0.1, 3)
    decay = OPTIMIZERS[name].complete(settings).get("weight_decay", 0)
    kept = 1.5 * (1 - 0.1 * decay) ** 3
    assert last[0] == pytest.approx(kept, rel=1e-6 if decay else 0, abs=0)
    assert last[1] < -2


@every_setting
def test_the_learning_rate_may_change_from_step_to_step(name, settings):
    optimizer = OPTIMIZERS[name]
    complete = optimizer.complete(settings)
    parameters, slots, scratch = np.ones(3), np.zeros((optimizer.slots, 3)), np.empty(3)
    optimizer.update(parameters, np.ones(3), slots, scratch, 0.1, 1, **complete)
    kept = parameters.copy()
    optimizer.update(parameters, np.ones(3), slots, scratch, 0.0, 2, **complete)
    np.testing.assert_array_equal(parameters, kept)
    optimizer.update(parameters, np.ones(3), slots, scratch, 0.1, 3, **complete)
    assert (parameters < kept).all()


@pytest.mark.parametrize("entry", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_defaults_of_an_optimizer_do_not_conflict(entry):
    assert isinstance(entry, Entry)
    assert entry.conflict is None or entry.conflict(entry.complete({})) is None


def test_nesterov_without_momentum_is_a_conflict():
    conflict = OPTIMIZERS["sgd"].conflict
    assert "momentum" in conflict({"momentum": 0.0, "nesterov": True})
    assert conflict({"momentum": 0.9, "nesterov": True}) is None
    assert conflict({"momentum": 0.9, "nesterov": False}) is None
