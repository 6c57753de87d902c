"""The plain engine's definitions in the forms that tests compare fast code with.

The engine has activations and losses of one number, and takes cross-entropies of weighted sums.
This module has activations of a row with their full Jacobian, cross-entropies of outputs in their
published form, and the loss and gradient of a batch. A row is a list of floats. The parameter
`slope` of units that learn it is a list with one number for each unit, or one number for all.
"""

from functools import partial
from math import log

from nncli.engines.plain.activations import ACTIVATIONS as OF_A_UNIT
from nncli.engines.plain.activations import normalized_sigmoid, sigmoid, softmax
from nncli.engines.plain.descent import flat
from nncli.engines.plain.losses import LOSSES as OF_AN_OUTPUT
from nncli.engines.plain.losses import row_loss
from nncli.engines.plain.network import backward, forward, output_gradient, zeros_like


def _at(unit, parameters):
    """Return the parameters of a unit."""
    return {key: each[unit] if isinstance(each, list) else each for key, each in parameters.items()}


def _unit_by_unit(entry):
    """Return the activation of a row and its Jacobian."""

    def activation(row, **parameters):
        return [entry.function(z, **_at(j, parameters)) for j, z in enumerate(row)]

    def jacobian(row, **parameters):
        slopes = [entry.derivative(z, **_at(j, parameters)) for j, z in enumerate(row)]
        size = range(len(row))
        return [[slopes[i] if i == j else 0.0 for j in size] for i in size]

    return activation, jacobian


def _softmax_jacobian(row):
    a, size = softmax(row), range(len(row))
    return [[a[i] * (1 - a[i]) if i == j else -a[i] * a[j] for j in size] for i in size]


def _normalized_sigmoid_jacobian(row):
    s, size = [sigmoid(z) for z in row], range(len(row))
    total, slopes = sum(s), [each * (1 - each) for each in s]
    # The quotient rule: of aᵢ = sᵢ / total, the total and, for i = j, sᵢ depend on z of unit j.
    return [[((i == j) * total - s[i]) * slopes[j] / total**2 for j in size] for i in size]


# name: (activation of a row, Jacobian [i][j] = ∂aᵢ/∂zⱼ)
ACTIVATIONS = {
    **{name: _unit_by_unit(entry) for name, entry in OF_A_UNIT.items()},
    "softmax": (softmax, _softmax_jacobian),
    "normalized_sigmoid": (normalized_sigmoid, _normalized_sigmoid_jacobian),
}
# name: ∂a/∂slope of a unit with a learned slope
BY_SLOPE = {"prelu": lambda z: min(0.0, z)}


def _over_outputs(name):
    """Return loss and derivatives of a row."""

    def loss(a, t, **parameters):
        return row_loss(name, a, t, **parameters)[0]

    def by_output(a, t, **parameters):
        return row_loss(name, a, t, **parameters)[1]

    return loss, by_output


def _binary(a, t):
    return -sum(ti * log(ai) + (1 - ti) * log(1 - ai) for ai, ti in zip(a, t, strict=True))


def _binary_derivative(a, t):
    return [(1 - ti) / (1 - ai) - ti / ai for ai, ti in zip(a, t, strict=True)]


def _categorical(a, t):
    return -sum(ti * log(ai) for ai, ti in zip(a, t, strict=True))


def _categorical_derivative(a, t):
    return [-ti / ai for ai, ti in zip(a, t, strict=True)]


# name: (loss of a row, its derivative by each activation)
LOSSES = {
    **{name: _over_outputs(name) for name in OF_AN_OUTPUT},
    "sigmoid_cross_entropy": (_binary, _binary_derivative),
    "cross_entropy": (_categorical, _categorical_derivative),
}
# The perceptron criterion Σ |z| over wrong outputs (Bishop, 2006, equation 4.54) needs the distance
# of a weighted sum from 0, which the step function discards.
OF_SUMS = {"perceptron"}


def outputs(rows, layers):
    """Return the activations of the last layer for every row."""
    return [forward(layers, row).outputs[-1] for row in rows]


def logits(rows, layers):
    """Return the weighted sums of the last layer for every row."""
    return [forward(layers, row).sums[-1] for row in rows]


def loss_value(rows, targets, layers, loss, **parameters):
    """Return the mean loss over rows."""
    values = (logits if loss in OF_SUMS else outputs)(rows, layers)
    function = partial(LOSSES[loss][0], **parameters)
    return sum(map(function, values, targets)) / len(rows)


def loss_gradients(rows, targets, layers, loss, **parameters):
    """Return ∂(mean loss)/∂parameters as a flat list: W row by row, b and slopes of each layer."""
    gradients = [zeros_like(layer.arrays) for layer in layers]
    for row, target in zip(rows, targets, strict=True):
        done = forward(layers, row)
        _, dz = output_gradient(layers[-1], done, target, loss, parameters)
        backward(layers, row, done, dz, gradients)
    return [value / len(rows) for value in flat(gradients)]
