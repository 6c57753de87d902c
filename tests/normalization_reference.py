"""Normalized layers in plain Python floats, row by row: the reference for the fast code.

- Batch normalization follows algorithm 1 of Ioffe and Szegedy (2015), and its derivative the
  equations of their section 3 in the original form. The running statistics follow step 10 of their
  algorithm 2, with the unbiased variance m/(m - 1) σ².
- Layer normalization follows equations 3 and 4 of Ba, Kiros and Hinton (2016); its derivative uses
  the full Jacobian of a row.
- Momentum has the heavy-ball form (Polyak, 1964); Adam follows algorithm 1 of Kingma and Ba (2015).

Activations and losses come from `tests.reference`. A layer is a `Normalized`; arrays have the names
of `weights.npz`.
"""

from math import sqrt
from typing import Any, NamedTuple

from tests.reference import ACTIVATIONS, BY_SLOPE, LOSSES


class Normalized(NamedTuple):
    """A layer with its arrays as nested lists by name, without the layer's number."""

    kind: str  # none, layer_norm or batch_norm
    activation: str
    parameters: dict[str, float]
    arrays: dict[str, Any]
    epsilon: float = 1e-5
    momentum: float = 0.1


def mean_and_variance(numbers):
    mean = sum(numbers) / len(numbers)
    return mean, sum((each - mean) ** 2 for each in numbers) / len(numbers)


def normalized(numbers, mean, variance, epsilon):
    return [(each - mean) / sqrt(variance + epsilon) for each in numbers]


def through_a_batch(x, by_hat, epsilon):
    """Return ∂L/∂x from ∂L/∂x̂ for the values of a unit, one per row."""
    m = len(x)
    mean, variance = mean_and_variance(x)
    root = sqrt(variance + epsilon)
    by_variance = sum(
        g * (each - mean) * (-1 / 2) * (variance + epsilon) ** (-3 / 2)
        for g, each in zip(by_hat, x, strict=True)
    )
    by_mean = sum(g * -1 / root for g in by_hat)
    by_mean += by_variance * sum(-2 * (each - mean) for each in x) / m
    return [
        g / root + by_variance * 2 * (each - mean) / m + by_mean / m
        for g, each in zip(by_hat, x, strict=True)
    ]


def through_a_row(a, by_hat, epsilon):
    """Return ∂L/∂a for the sums of a row from ∂L/∂â, with â = (a - μ) / σ.

    ∂â_i/∂a_j = (δ_ij - 1/H) / σ - (a_i - μ) / σ² · ∂σ/∂a_j, with ∂σ/∂a_j = (a_j - μ) / (H σ).
    """
    H = len(a)
    mean, variance = mean_and_variance(a)
    sigma = sqrt(variance + epsilon)

    def jacobian(i, j):
        by_sigma = (a[j] - mean) / (H * sigma)
        return ((i == j) - 1 / H) / sigma - (a[i] - mean) / sigma**2 * by_sigma

    return [sum(by_hat[i] * jacobian(i, j) for i in range(H)) for j in range(H)]


def columns(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def sums_of(rows, arrays):
    """Return the weighted sums of every row."""
    W, b = arrays["W"], arrays["b"]
    return [
        [b[unit] + sum(x * w[unit] for x, w in zip(row, W, strict=True)) for unit in range(len(b))]
        for row in rows
    ]


def hats(layer, Z, *, training):
    """Return the normalized sums of every row; in training, update the running statistics."""
    if layer.kind == "layer_norm":
        return [normalized(row, *mean_and_variance(row), layer.epsilon) for row in Z]
    arrays, found = layer.arrays, []
    for unit, column in enumerate(columns(Z)):
        mean, variance = arrays["running_mean"][unit], arrays["running_variance"][unit]
        if training:
            kept, m = 1 - layer.momentum, len(column)
            mean_before, variance_before = mean, variance
            mean, variance = mean_and_variance(column)
            unbiased = m / (m - 1) * variance
            arrays["running_mean"][unit] = kept * mean_before + layer.momentum * mean
            arrays["running_variance"][unit] = kept * variance_before + layer.momentum * unbiased
        found.append(normalized(column, mean, variance, layer.epsilon))
    return columns(found)


class Pass(NamedTuple):
    """Values of a layer, row by row: inputs, sums, normalized sums, activation inputs, outputs."""

    X: list
    Z: list
    hat: list
    S: list
    A: list


def settings(layer):
    """Return the parameters of the activation; learned slopes replace the first one."""
    learned = {name: layer.arrays[name] for name in ("slope",) if name in layer.arrays}
    return layer.parameters | learned


def forward(rows, layers, *, training=False):
    """Return a `Pass` for each layer."""
    passes = []
    for layer in layers:
        hat = Z = S = sums_of(rows, layer.arrays)
        if layer.kind != "none":
            hat = hats(layer, Z, training=training)
            gain, shift = layer.arrays["gain"], layer.arrays["shift"]
            S = [
                [g * n + s for g, n, s in zip(gain, row, shift, strict=True)]
                for row in hat
            ]  # fmt: skip
        A = [ACTIVATIONS[layer.activation][0](row, **settings(layer)) for row in S]
        passes.append(Pass(rows, Z, hat, S, A))
        rows = A
    return passes


def outputs(rows, layers):
    """Return the outputs of the network in inference."""
    return forward(rows, layers)[-1].A


def gradients(rows, targets, layers, loss):
    """Return the gradient of the mean loss in a training step, as a mapping for each layer."""
    passes = forward(rows, layers, training=True)
    by_activations = [
        [each / len(rows) for each in LOSSES[loss][1](a, t)]
        for a, t in zip(passes[-1].A, targets, strict=True)
    ]
    found = []
    for layer, done in zip(reversed(layers), reversed(passes), strict=True):
        gradient, by_activations = _through_layer(layer, done, by_activations)
        found.insert(0, gradient)
    return found


def _through_layer(layer, done, by_activations):
    """Return the gradients by a layer's arrays and by its inputs."""
    units, gradient = range(len(done.S[0])), {}
    by_sums = []
    for s, by_a in zip(done.S, by_activations, strict=True):
        jacobian = ACTIVATIONS[layer.activation][1](s, **settings(layer))
        by_sums.append([sum(by_a[i] * jacobian[i][j] for i in units) for j in units])
    if "slope" in layer.arrays:
        rule, pairs = BY_SLOPE[layer.activation], [*zip(by_activations, done.S, strict=True)]
        gradient["slope"] = [sum(by_a[j] * rule(s[j]) for by_a, s in pairs) for j in units]
    if layer.kind != "none":
        pairs = [*zip(by_sums, done.hat, strict=True)]
        gradient["gain"] = [sum(by_s[j] * hat[j] for by_s, hat in pairs) for j in units]
        gradient["shift"] = [sum(by_s[j] for by_s in by_sums) for j in units]
        by_sums = _through_normalization(layer, done.Z, by_sums)
    inputs, pairs = range(len(done.X[0])), [*zip(done.X, by_sums, strict=True)]
    gradient["W"] = [[sum(x[i] * by_z[j] for x, by_z in pairs) for j in units] for i in inputs]
    gradient["b"] = [sum(by_z[j] for by_z in by_sums) for j in units]
    if layer.kind == "batch_norm":  # the mean cancels the bias
        gradient["b"] = [0.0 for _ in units]
    W = layer.arrays["W"]
    return gradient, [[sum(W[i][j] * by_z[j] for j in units) for i in inputs] for by_z in by_sums]


def _through_normalization(layer, Z, by_sums):
    by_hat = [
        [g * each for g, each in zip(layer.arrays["gain"], row, strict=True)] for row in by_sums
    ]
    if layer.kind == "layer_norm":
        pairs = zip(Z, by_hat, strict=True)
        return [through_a_row(z, by, layer.epsilon) for z, by in pairs]
    pairs = zip(columns(Z), columns(by_hat), strict=True)
    return columns([through_a_batch(z, by, layer.epsilon) for z, by in pairs])


def heavy_ball(rate, momentum):
    """Return a function that takes a number's gradient in each step and returns its change."""
    last = 0.0

    def change(g, step):
        nonlocal last
        last = momentum * last - rate * g
        return last

    return change


def adam(rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Return a function like that of `heavy_ball`, for Adam."""
    m = v = 0.0

    def change(g, step):
        nonlocal m, v
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        return -rate * (m / (1 - beta1**step)) / (sqrt(v / (1 - beta2**step)) + epsilon)

    return change


def train(batches, layers, loss, optimizer):
    """Take a step on each batch (rows, targets); call `optimizer` once for every number."""
    optimizers = {}
    for step, (rows, targets) in enumerate(batches, 1):
        for number, gradient in enumerate(gradients(rows, targets, layers, loss)):
            for name, by_array in gradient.items():
                array = layers[number].arrays[name]
                for place, g in _numbers(by_array):
                    change = optimizers.setdefault((number, name, place), optimizer())
                    _at(array, place[:-1])[place[-1]] += change(g, step)


def _numbers(nested, place=()):
    """Yield the numbers of nested lists with their indices."""
    for index, each in enumerate(nested):
        if isinstance(each, list):
            yield from _numbers(each, (*place, index))
        else:
            yield (*place, index), each


def _at(nested, place):
    for index in place:
        nested = nested[index]
    return nested
