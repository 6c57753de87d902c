"""A slow multilayer perceptron in plain Python floats: the reference for the fast code.

It loops over rows and units and applies the chain rule literally: the derivative of the loss is
always taken by the output activations, and theirs by the weighted sums with the full Jacobian. Only
the losses in `OF_SUMS` are defined on the weighted sums. Definitions and derivatives have their
published form. The code is neither stable for large numbers nor fast.

A row is a list of floats. A layer is ``(W, b, activation, parameters)`` with `W` a list of rows,
one for each input, and `b` a list. If units learn their slopes, the parameter `slope` is a list
with one number for each unit, or one number for all.
"""

from math import e, erfc, exp, log, log1p, pi, sqrt, tanh


def _unit_by_unit(function, derivative):
    """Return activation and Jacobian for a scalar function."""

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


def _slopes(slope, row):
    return slope if isinstance(slope, list) else [slope] * len(row)


def _prelu(row, slope):
    return [max(0.0, z) + p * min(0.0, z) for z, p in zip(row, _slopes(slope, row), strict=True)]


def _prelu_jacobian(row, slope):
    slopes, size = _slopes(slope, row), range(len(row))
    by_own_sum = [1.0 if z > 0 else p for z, p in zip(row, slopes, strict=True)]
    return [[by_own_sum[i] if i == j else 0.0 for j in size] for i in size]


def _elu(z, alpha):
    return z if z > 0 else alpha * (exp(z) - 1)


def _elu_derivative(z, alpha):
    return 1.0 if z > 0 else alpha * exp(z)


def selu_constants():
    """Return λ and α: for normal z, selu(z) has mean 0 and variance 1 (Klambauer et al., 2017).

    With E[max(z, 0)] = 1 / √(2π), E[eᶻ; z < 0] = √e Φ(-1) and E[e²ᶻ; z < 0] = e² Φ(-2).
    """
    once, twice = sqrt(e) * erfc(1 / sqrt(2)) / 2, e**2 * erfc(sqrt(2)) / 2
    alpha = 1 / sqrt(2 * pi) / (1 / 2 - once)
    return 1 / sqrt(1 / 2 + alpha**2 * (twice - 2 * once + 1 / 2)), alpha


def _selu(z):
    scale, alpha = selu_constants()
    return scale * _elu(z, alpha)


def _selu_derivative(z):
    scale, alpha = selu_constants()
    return scale * _elu_derivative(z, alpha)


def _normal_distribution(z):
    return erfc(-z / sqrt(2)) / 2


def _gelu_derivative(z):
    return _normal_distribution(z) + z * exp(-(z**2) / 2) / sqrt(2 * pi)


def _sqlu(z, alpha):
    if z > 0:
        return z
    return alpha * (z + z**2 / 4) if z >= -2 else -alpha


def _sqlu_derivative(z, alpha):
    if z > 0:
        return 1.0
    return alpha * (1 + z / 2) if z >= -2 else 0.0


def _silu(z):
    return z * _sigmoid(z)


def _silu_derivative(z):
    return _sigmoid(z) * (1 + z * (1 - _sigmoid(z)))


def _mish(z):
    return z * tanh(log1p(exp(z)))


def _mish_derivative(z):
    above = 4 * (z + 1) + 4 * exp(2 * z) + exp(3 * z) + exp(z) * (4 * z + 6)
    below = 2 * exp(z) + exp(2 * z) + 2
    return exp(z) * above / below**2


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
    "prelu": (_prelu, _prelu_jacobian),
    "step": _unit_by_unit(lambda z: 1.0 if z > 0 else 0.0, lambda z: 0.0),
    "elu": _unit_by_unit(_elu, _elu_derivative),
    "selu": _unit_by_unit(_selu, _selu_derivative),
    "gelu": _unit_by_unit(lambda z: z * _normal_distribution(z), _gelu_derivative),
    "softplus": _unit_by_unit(lambda z: log1p(exp(z)), _sigmoid),
    "softsign": _unit_by_unit(lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "sqlu": _unit_by_unit(_sqlu, _sqlu_derivative),
    "silu": _unit_by_unit(_silu, _silu_derivative),
    "mish": _unit_by_unit(_mish, _mish_derivative),
    "softmax": (_softmax, _softmax_jacobian),
}
# name: ∂a/∂slope of a unit with a learned slope
BY_SLOPE = {"prelu": lambda z: min(0.0, z)}


def _over_outputs(function, derivative, factor):
    """Return loss and derivative for factor(outputs) Σ function(output, target)."""

    def loss(a, t, **parameters):
        pairs = zip(a, t, strict=True)
        return factor(len(a)) * sum(function(ai, ti, **parameters) for ai, ti in pairs)

    def by_output(a, t, **parameters):
        pairs = zip(a, t, strict=True)
        return [factor(len(a)) * derivative(ai, ti, **parameters) for ai, ti in pairs]

    return loss, by_output


def _mean(outputs):
    return 1 / outputs


def _sum(outputs):
    return 1.0


def _sign(number):
    return (number > 0) - (number < 0)


def _square(a, t):
    return (a - t) ** 2


def _square_derivative(a, t):
    return 2 * (a - t)


def _huber(a, t, delta):
    error = abs(a - t)
    return error**2 / 2 if error <= delta else delta * (error - delta / 2)


def _huber_derivative(a, t, delta):
    return a - t if abs(a - t) <= delta else delta * _sign(a - t)


def _hinge_derivative(a, t):
    return -t if t * a < 1 else 0.0


def _misclassified(z, t):
    return (z > 0) != (t == 1)


def _criterion(z, t):
    return abs(z) if _misclassified(z, t) else 0.0


def _criterion_derivative(z, t):
    return float(_sign(z)) if _misclassified(z, t) else 0.0


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
    "mean_squared_error": _over_outputs(_square, _square_derivative, _mean),
    "squared_error": _over_outputs(_square, _square_derivative, _sum),
    "half_squared_error": _over_outputs(_square, _square_derivative, lambda outputs: 0.5),
    "mean_absolute_error": _over_outputs(
        lambda a, t: abs(a - t), lambda a, t: float(_sign(a - t)), _mean
    ),
    "huber": _over_outputs(_huber, _huber_derivative, _mean),
    "hinge": _over_outputs(lambda a, t: max(0.0, 1 - t * a), _hinge_derivative, _sum),
    "perceptron": _over_outputs(_criterion, _criterion_derivative, _sum),
    "sigmoid_cross_entropy": (_binary, _binary_derivative),
    "cross_entropy": (_categorical, _categorical_derivative),
}
# The perceptron criterion Σ |z| over wrong outputs (Bishop, 2006, equation 4.54) needs the distance
# of a weighted sum from 0, which the step function discards.
OF_SUMS = {"perceptron"}


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


def gradients_row(x, t, layers, loss, parameters):
    """Return ∂(loss of one row)/∂W, ∂/∂b and ∂/∂slope, possibly empty, of every layer."""
    zs, activations = forward_row(x, layers)
    outputs = (zs if loss in OF_SUMS else activations)[-1]
    by_activation = LOSSES[loss][1](outputs, t, **parameters)
    gradients = []
    for index in reversed(range(len(layers))):
        weights, _, name, settings = layers[index]
        units = range(len(zs[index]))
        if loss in OF_SUMS and index == len(layers) - 1:
            dz = by_activation
        else:
            jacobian = ACTIVATIONS[name][1](zs[index], **settings)
            dz = [sum(by_activation[i] * jacobian[i][j] for i in units) for j in units]
        before = activations[index - 1] if index else x
        by_slope = []
        if name in BY_SLOPE:
            by_slope = [by_activation[j] * BY_SLOPE[name](zs[index][j]) for j in units]
        gradients.insert(0, ([[a * dz[j] for j in units] for a in before], dz, by_slope))
        by_activation = [sum(dz[j] * row[j] for j in units) for row in weights]
    return gradients


def outputs(rows, layers):
    """Return the activations of the last layer for every row."""
    return [forward_row(row, layers)[1][-1] for row in rows]


def logits(rows, layers):
    """Return the weighted sums of the last layer for every row."""
    return [forward_row(row, layers)[0][-1] for row in rows]


def loss_value(rows, targets, layers, loss, **parameters):
    """Return the mean loss over rows."""
    values = (logits if loss in OF_SUMS else outputs)(rows, layers)
    function = LOSSES[loss][0]
    each = [function(a, t, **parameters) for a, t in zip(values, targets, strict=True)]
    return sum(each) / len(each)


def loss_gradients(rows, targets, layers, loss, **parameters):
    """Return ∂(mean loss)/∂parameters as a flat list: W row by row, b and slopes of each layer."""
    total = None
    for row, target in zip(rows, targets, strict=True):
        flat = []
        for by_weights, *others in gradients_row(row, target, layers, loss, parameters):
            flat += [value for part in (*by_weights, *others) for value in part]
        total = flat if total is None else [a + b for a, b in zip(total, flat, strict=True)]
    return [value / len(rows) for value in total]
