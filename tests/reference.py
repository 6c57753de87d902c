"""A slow multilayer perceptron in plain Python floats: what the fast code must equal.

It loops over rows and units and follows the chain rule literally: the loss is always
differentiated by the output activations, and these by the weighted sums with the whole Jacobian.
Nothing is stable for large numbers, and nothing is fast.

A row is a list of floats. A layer is ``(W, b, activation, parameters)`` with `W` a list of rows,
one for each input, and `b` a list.
"""

from math import exp, log, tanh


def _unit_by_unit(function, derivative):
    """Return activation and Jacobian of a function of one number."""

    def activation(row, **parameters):
        return [function(z, **parameters) for z in row]

    def jacobian(row, **parameters):
        size = range(len(row))
        return [[derivative(row[i], **parameters) if i == j else 0.0 for j in size] for i in size]

    return activation, jacobian


def _sigmoid(z):
    return 1 / (1 + exp(-z))


def _sigmoid_derivative(z):
    return exp(-z) / (1 + exp(-z)) ** 2


def _relu(z):
    return z if z > 0 else 0.0


def _relu_derivative(z):
    return 1.0 if z > 0 else 0.0


def _leaky_relu(z, slope):
    return z if z > 0 else slope * z


def _leaky_relu_derivative(z, slope):
    return 1.0 if z > 0 else slope


def _softmax(row):
    total = sum(exp(z) for z in row)
    return [exp(z) / total for z in row]


def _softmax_jacobian(row):
    a = _softmax(row)
    size = range(len(row))
    return [[a[i] * (1 - a[i]) if i == j else -a[i] * a[j] for j in size] for i in size]


# name: (activation of a row, Jacobian [i][j] = ∂aᵢ/∂zⱼ)
ACTIVATIONS = {
    "identity": _unit_by_unit(lambda z: z, lambda z: 1.0),
    "sigmoid": _unit_by_unit(_sigmoid, _sigmoid_derivative),
    "tanh": _unit_by_unit(tanh, lambda z: 1 - tanh(z) ** 2),
    "relu": _unit_by_unit(_relu, _relu_derivative),
    "leaky_relu": _unit_by_unit(_leaky_relu, _leaky_relu_derivative),
    "softmax": (_softmax, _softmax_jacobian),
}


def _squared(a, t):
    return sum((ai - ti) ** 2 for ai, ti in zip(a, t, strict=True)) / len(a)


def _squared_derivative(a, t):
    return [2 * (ai - ti) / len(a) for ai, ti in zip(a, t, strict=True)]


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
    "mean_squared_error": (_squared, _squared_derivative),
    "sigmoid_cross_entropy": (_binary, _binary_derivative),
    "cross_entropy": (_categorical, _categorical_derivative),
}


def forward_row(x, layers):
    """Return the weighted sums and the activations of every layer for one row."""
    zs, activations = [], []
    before = x
    for weights, biases, name, parameters in layers:
        z = []
        for unit, bias in enumerate(biases):
            z.append(bias + sum(before[i] * weights[i][unit] for i in range(len(before))))
        before = ACTIVATIONS[name][0](z, **parameters)
        zs.append(z)
        activations.append(before)
    return zs, activations


def gradients_row(x, t, layers, loss):
    """Return ∂(loss of one row)/∂W and ∂/∂b of every layer."""
    zs, activations = forward_row(x, layers)
    by_activation = LOSSES[loss][1](activations[-1], t)
    gradients = []
    for index in reversed(range(len(layers))):
        weights, _, name, parameters = layers[index]
        jacobian = ACTIVATIONS[name][1](zs[index], **parameters)
        units = range(len(zs[index]))
        dz = [sum(by_activation[i] * jacobian[i][j] for i in units) for j in units]
        before = activations[index - 1] if index else x
        gradients.insert(0, ([[a * dz[j] for j in units] for a in before], dz))
        by_activation = [sum(dz[j] * row[j] for j in units) for row in weights]
    return gradients


def outputs(rows, layers):
    """Return the activations of the last layer for every row."""
    return [forward_row(row, layers)[1][-1] for row in rows]


def logits(rows, layers):
    """Return the weighted sums of the last layer for every row."""
    return [forward_row(row, layers)[0][-1] for row in rows]


def loss_value(rows, targets, layers, loss):
    """Return the mean over rows of the loss."""
    each = [LOSSES[loss][0](a, t) for a, t in zip(outputs(rows, layers), targets, strict=True)]
    return sum(each) / len(each)


def loss_gradients(rows, targets, layers, loss):
    """Return ∂(mean loss)/∂parameters as one flat list: layer by layer, W row by row, then b."""
    total = None
    for row, target in zip(rows, targets, strict=True):
        flat = []
        for by_weights, by_biases in gradients_row(row, target, layers, loss):
            flat += [value for line in by_weights for value in line] + by_biases
        total = flat if total is None else [a + b for a, b in zip(total, flat, strict=True)]
    return [value / len(rows) for value in total]
