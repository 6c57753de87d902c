"""Numba's loops in the place of NumPy's passes; imported only where they are chosen.

Each function has the signature of the NumPy function that it replaces, whose docstring has the
equation, and gives the same numbers but for rounding. What is not here was no faster: see
ARCHITECTURE.md.

A loop works out a number in a variable of its own and stores it once: to read again what was just
stored makes an update three times as slow where a vector's memory is not aligned with the
processor's. Numbers that come from Python take the precision of the arrays first, as NumPy lets
them; in a loop they would make it one of float64.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nncli.engines import scores as metrics
from nncli.nn.entries import Array
from nncli.nn.kernels import Gather, Kernels, NarrowProducts
from nncli.nn.network import Network, Workspace

# NumPy's division by zero gives an infinity. Python's raises, and a loop that may raise is not
# turned into vector instructions.
_compiled = njit(cache=True, error_model="numpy")

# A sum becomes vector instructions only where its terms may be added in another order.
_compiled_sum = njit(cache=True, error_model="numpy", fastmath={"reassoc"})

# The types of numbers, in the processor's order of bytes, that Numba can read.
_READABLE = "?bBhHiIlLqQfd"


@_compiled
def _descend(w, g, rate):
    for i in range(w.size):
        w[i] -= rate * g[i]


@_compiled
def _descend_with_momentum(w, g, velocity, rate, momentum, nesterov):
    zero, smallest = w.dtype.type(0), np.finfo(w.dtype).tiny
    for i in range(w.size):
        v = momentum * velocity[i] + g[i]
        v = zero if abs(v) < smallest else v
        velocity[i] = v
        w[i] -= rate * (g[i] + momentum * v if nesterov else v)


def sgd(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    momentum: float,
    nesterov: bool,
) -> None:
    """Replace `nncli.nn.optimizers.sgd`."""
    number = parameters.dtype.type
    if momentum:
        _descend_with_momentum(
            parameters, gradient, slots[0], number(learning_rate), number(momentum), nesterov
        )
    else:
        _descend(parameters, gradient, number(learning_rate))


@_compiled
def _follow_means(w, g, means, squares, beta1, beta2, epsilon, rate, kept):
    zero, smallest = w.dtype.type(0), np.finfo(w.dtype).tiny
    for i in range(w.size):
        m = beta1 * means[i] + g[i]
        m = zero if abs(m) < smallest else m
        s = beta2 * squares[i] + g[i] * g[i]
        means[i] = m
        squares[i] = s
        w[i] = kept * w[i] - rate * (m / (np.sqrt(s) + epsilon))


def adam(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """Replace `nncli.nn.optimizers.adam`."""
    adamw(parameters, gradient, slots, scratch, learning_rate, step, beta1, beta2, epsilon, 0.0)


def adamw(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    """Replace `nncli.nn.optimizers.adamw`."""
    number = parameters.dtype.type
    mean_factor = (1 - beta1) / (1 - beta1**step)
    root_factor = sqrt((1 - beta2) / (1 - beta2**step))
    _follow_means(
        parameters,
        gradient,
        slots[0],
        slots[1],
        number(beta1),
        number(beta2),
        number(epsilon / root_factor),
        number(learning_rate * mean_factor / root_factor),
        number(1 - learning_rate * weight_decay),
    )


@_compiled
def _follow_by_all_squares(w, g, squares, rate, epsilon):
    for i in range(w.size):
        s = squares[i] + g[i] * g[i]
        squares[i] = s
        w[i] -= rate * (g[i] / (np.sqrt(s) + epsilon))


def adagrad(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    epsilon: float,
) -> None:
    """Replace `nncli.nn.optimizers.adagrad`."""
    number = parameters.dtype.type
    _follow_by_all_squares(parameters, gradient, slots[0], number(learning_rate), number(epsilon))


@_compiled
def _follow_by_mean_squares(w, g, squares, decay, share, rate, epsilon):
    for i in range(w.size):
        s = decay * squares[i] + share * (g[i] * g[i])
        squares[i] = s
        w[i] -= rate * (g[i] / (np.sqrt(s) + epsilon))


def rmsprop(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    decay: float,
    epsilon: float,
) -> None:
    """Replace `nncli.nn.optimizers.rmsprop`."""
    number = parameters.dtype.type
    _follow_by_mean_squares(
        parameters,
        gradient,
        slots[0],
        number(decay),
        number(1 - decay),
        number(learning_rate),
        number(epsilon),
    )


@_compiled
def _follow_means_ahead(
    w, g, means, squares, beta1, share1, beta2, share2, own, ahead, unbiased, rate, epsilon
):
    zero, smallest = w.dtype.type(0), np.finfo(w.dtype).tiny
    for i in range(w.size):
        m = beta1 * means[i] + share1 * g[i]
        m = zero if abs(m) < smallest else m
        s = beta2 * squares[i] + share2 * (g[i] * g[i])
        means[i] = m
        squares[i] = s
        w[i] -= rate * ((own * g[i] + ahead * m) / (np.sqrt(unbiased * s) + epsilon))


def nadam(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """Replace `nncli.nn.optimizers.nadam`."""
    number = parameters.dtype.type
    _follow_means_ahead(
        parameters,
        gradient,
        slots[0],
        slots[1],
        number(beta1),
        number(1 - beta1),
        number(beta2),
        number(1 - beta2),
        number((1 - beta1) / (1 - beta1**step)),
        number(beta1 / (1 - beta1 ** (step + 1))),
        number(1 / (1 - beta2**step)),
        number(learning_rate),
        number(epsilon),
    )


@_compiled_sum
def _subtract_largest(Z, T, gradient):
    """Write z less the largest of its row; return -Σ t times that."""
    value = Z.dtype.type(0)
    for row in range(Z.shape[0]):
        largest = Z[row, 0]
        for unit in range(1, Z.shape[1]):
            largest = max(largest, Z[row, unit])
        for unit in range(Z.shape[1]):
            z = Z[row, unit] - largest
            value -= T[row, unit] * z
            gradient[row, unit] = z
    return value


@_compiled_sum
def _divide_by_sum(T, gradient, share):
    """Turn e^z into (a - t) times `share`; return Σ ln of the rows' sums of e^z."""
    value = T.dtype.type(0)
    for row in range(T.shape[0]):
        total = T.dtype.type(0)
        for unit in range(T.shape[1]):
            total += gradient[row, unit]
        value += np.log(total)
        factor = share / total
        for unit in range(T.shape[1]):
            gradient[row, unit] = gradient[row, unit] * factor - share * T[row, unit]
    return value


def cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.cross_entropy`; NumPy's exp is a vector's, Numba's is not."""
    rows = len(Z)
    value = _subtract_largest(Z, T, gradient)
    np.exp(gradient, out=gradient)
    value += _divide_by_sum(T, gradient, gradient.dtype.type(1 / rows))
    return float(value) / rows


@_compiled
def _negate_size(Z, out):
    z, a = Z.reshape(Z.size), out.reshape(Z.size)
    for i in range(z.size):
        a[i] = -abs(z[i])


@_compiled_sum
def _compare_sigmoid(Z, T, gradient, exponentials, share):
    """Add up the loss, with e^-|z| in `exponentials` and ln(1 + that) in `gradient`."""
    zero, one = Z.dtype.type(0), Z.dtype.type(1)
    value = zero
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            z, t, e = Z[i, j], T[i, j], exponentials[i, j]
            value += ((one if z > 0 else zero) - t) * z + gradient[i, j]
            gradient[i, j] = ((one if z > 0 else e) / (one + e) - t) * share
    return value


def sigmoid_cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.sigmoid_cross_entropy`; the sigmoid uses the loss's e^-|z|."""
    rows = len(Z)
    Z, T, gradient, scratch = _by_row(Z, T, gradient, scratch)
    _negate_size(Z, scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=gradient)
    return float(_compare_sigmoid(Z, T, gradient, scratch, gradient.dtype.type(1 / rows))) / rows


@_compiled_sum
def _square_errors(A, T, gradient, slope):
    value = A.dtype.type(0)
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            error = A[i, j] - T[i, j]
            value += error * error
            gradient[i, j] = error * slope
    return value


def mean_squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.mean_squared_error`."""
    return _squares(A, T, gradient, factor=1 / A.size)


def squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.squared_error`."""
    return _squares(A, T, gradient, factor=1 / len(A))


def half_squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.half_squared_error`."""
    return _squares(A, T, gradient, factor=0.5 / len(A))


def _squares(A: Array, T: Array, gradient: Array, factor: float) -> float:
    A, T, gradient = _by_row(A, T, gradient)
    return float(_square_errors(A, T, gradient, gradient.dtype.type(2 * factor))) * factor


def _by_row(*arrays: Array) -> Sequence[Array]:
    """Return the arrays, or all transposed, so that the first lies row by row."""
    return arrays if arrays[0].flags.c_contiguous else [each.T for each in arrays]


@_compiled
def _add_and_rectify_rows(Z, b, A):
    for row in range(Z.shape[0]):
        for unit in range(Z.shape[1]):
            z = Z[row, unit] + b[unit]
            Z[row, unit] = z
            A[row, unit] = Z.dtype.type(0) if z <= 0 else z  # keeps what is not a number


@_compiled
def _add_and_rectify_columns(Z, b, A):
    for unit in range(Z.shape[0]):
        for row in range(Z.shape[1]):
            z = Z[unit, row] + b[unit]
            Z[unit, row] = z
            A[unit, row] = Z.dtype.type(0) if z <= 0 else z


def add_bias_and_relu(Z: Array, b: Array, A: Array) -> None:
    """Add the bias, and write what `nncli.nn.activations.relu` does."""
    if Z.flags.c_contiguous:
        _add_and_rectify_rows(Z, b, A)
    else:
        _add_and_rectify_columns(Z.T, b, A.T)


@_compiled
def _add_and_bend_rows(Z, b, A, slope):
    for row in range(Z.shape[0]):
        for unit in range(Z.shape[1]):
            z = Z[row, unit] + b[unit]
            Z[row, unit] = z
            A[row, unit] = z if z > 0 else slope * z


@_compiled
def _add_and_bend_columns(Z, b, A, slope):
    for unit in range(Z.shape[0]):
        for row in range(Z.shape[1]):
            z = Z[unit, row] + b[unit]
            Z[unit, row] = z
            A[unit, row] = z if z > 0 else slope * z


def add_bias_and_leaky_relu(Z: Array, b: Array, A: Array, slope: float) -> None:
    """Add the bias, and write what `nncli.nn.activations.leaky_relu` does."""
    if Z.flags.c_contiguous:
        _add_and_bend_rows(Z, b, A, Z.dtype.type(slope))
    else:
        _add_and_bend_columns(Z.T, b, A.T, Z.dtype.type(slope))


# The loops over rows are the inner ones: narrow arrays lie column by column.


@_compiled
def _narrow_forward(A, W, b, Z):
    for unit in range(Z.shape[1]):
        bias, weight = b[unit], W[0, unit]
        for row in range(Z.shape[0]):
            Z[row, unit] = bias + A[row, 0] * weight
        for before in range(1, A.shape[1]):
            weight = W[before, unit]
            for row in range(Z.shape[0]):
                Z[row, unit] += A[row, before] * weight


@_compiled_sum
def _narrow_gradients(A, dZ, dW, db):
    for unit in range(dZ.shape[1]):
        total = dZ.dtype.type(0)
        for row in range(dZ.shape[0]):
            total += dZ[row, unit]
        db[unit] = total
        for before in range(A.shape[1]):
            total = dZ.dtype.type(0)
            for row in range(dZ.shape[0]):
                total += A[row, before] * dZ[row, unit]
            dW[before, unit] = total


@_compiled
def _narrow_backward(dZ, W, dA):
    for before in range(dA.shape[1]):
        weight = W[before, 0]
        for row in range(dZ.shape[0]):
            dA[row, before] = dZ[row, 0] * weight
        for unit in range(1, dZ.shape[1]):
            weight = W[before, unit]
            for row in range(dZ.shape[0]):
                dA[row, before] += dZ[row, unit] * weight


@_compiled
def _count_right_sides(Z, T, nothing):
    count = 0
    for row in range(Z.shape[0]):
        count += (Z[row, 0] > nothing) == (T[row, 0] == 1)
    return count


@_compiled
def _count_largest(Z, T):
    count = 0
    for row in range(Z.shape[0]):
        chosen = right = 0
        for unit in range(1, Z.shape[1]):
            if Z[row, unit] > Z[row, chosen]:
                chosen = unit
            if T[row, unit] > T[row, right]:
                right = unit
        count += chosen == right
    return count


def correct_rows(network: Network, T: Array, work: Workspace) -> float:
    """Replace `nncli.engines.scores.correct_rows`."""
    Z = work.Z[-1]
    if Z.shape[1] == 1:
        return float(_count_right_sides(Z, T, metrics.nothing(Z)))
    return float(_count_largest(Z, T))


# In place: an output that is one of the inputs, but is not known to be, stops vector instructions.


@_compiled
def _keep_where_positive(gradient, A):
    g, a = gradient.reshape(A.size), A.reshape(A.size)
    for i in range(a.size):
        g[i] *= a.dtype.type(a[i] > 0)


@_compiled
def _multiply_where_negative(gradient, Z, slope):
    g, z = gradient.reshape(Z.size), Z.reshape(Z.size)
    for i in range(z.size):
        g[i] *= z.dtype.type(1) if z[i] > 0 else slope


@_compiled
def _multiply_by_slope_of_sigmoid(gradient, A):
    g, a = gradient.reshape(A.size), A.reshape(A.size)
    for i in range(a.size):
        g[i] *= a[i] * (a.dtype.type(1) - a[i])


@_compiled
def _multiply_by_slope_of_tanh(gradient, A):
    g, a = gradient.reshape(A.size), A.reshape(A.size)
    for i in range(a.size):
        g[i] *= a.dtype.type(1) - a[i] * a[i]


def relu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Replace `nncli.nn.activations.relu_backward`."""
    _in_place(_keep_where_positive, dA, A, out)


def leaky_relu_backward(dA: Array, Z: Array, A: Array, out: Array, slope: float) -> None:
    """Replace `nncli.nn.activations.leaky_relu_backward`."""
    _in_place(_multiply_where_negative, dA, Z, out, Z.dtype.type(slope))


def sigmoid_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Replace `nncli.nn.activations.sigmoid_backward`."""
    _in_place(_multiply_by_slope_of_sigmoid, dA, A, out)


def tanh_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Replace `nncli.nn.activations.tanh_backward`."""
    _in_place(_multiply_by_slope_of_tanh, dA, A, out)


def _in_place(
    multiply: Callable[..., None], dA: Array, saved: Array, out: Array, *numbers: np.floating[Any]
) -> None:
    if out is not dA:
        np.copyto(out, dA)
    multiply(*_by_row(out, saved), *numbers)


@_compiled
def _take_scaled(inputs, rows, scale, out):
    for i in range(rows.size):
        row = rows[i]
        for j in range(out.shape[1]):
            out[i, j] = out.dtype.type(inputs[row, j]) * scale[j]


@_compiled
def _take_shifted(inputs, rows, offset, scale, out):
    for i in range(rows.size):
        row = rows[i]
        for j in range(out.shape[1]):
            shifted = offset.dtype.type(inputs[row, j]) - offset[j]
            out[i, j] = out.dtype.type(shifted) * scale[j]


@_compiled
def _take_codes(classes, rows, codes, out):
    for i in range(rows.size):
        chosen = classes[rows[i]]
        for j in range(out.shape[1]):
            out[i, j] = codes[chosen, j]


def input_gather(inputs: NDArray[Any], offset: Array, scale: Array) -> Gather | None:
    """Return what gathers inputs in one pass: see `Kernels`."""
    if not _readable(inputs):
        return None
    inputs = np.asarray(inputs)  # Numba takes long over the type of a memmap
    columns = inputs.shape[1:]
    scales = np.ascontiguousarray(np.broadcast_to(scale, columns))
    if not offset.any():
        return lambda rows, X: _take_scaled(inputs, rows, scales, X)
    offsets = np.ascontiguousarray(np.broadcast_to(offset, columns))
    return lambda rows, X: _take_shifted(inputs, rows, offsets, scales, X)


def target_gather(targets: NDArray[Any], codes: Array) -> Gather | None:
    """Return what gathers targets in one pass: see `Kernels`."""
    if not _readable(targets):
        return None
    targets = np.asarray(targets)
    if targets.ndim == 1:
        return lambda rows, T: _take_codes(targets, rows, codes, T)
    ones = np.ones(targets.shape[1], codes.dtype)
    return lambda rows, T: _take_scaled(targets, rows, ones, T)


def _readable(array: NDArray[Any]) -> bool:
    return array.dtype.isnative and array.dtype.char in _READABLE


FAST = Kernels(
    name="numba",
    optimizers={
        "sgd": sgd,
        "adam": adam,
        "adamw": adamw,
        "adagrad": adagrad,
        "rmsprop": rmsprop,
        "nadam": nadam,
    },
    losses={
        "cross_entropy": cross_entropy,
        "sigmoid_cross_entropy": sigmoid_cross_entropy,
        "mean_squared_error": mean_squared_error,
        "squared_error": squared_error,
        "half_squared_error": half_squared_error,
    },
    biased_forward={"relu": add_bias_and_relu, "leaky_relu": add_bias_and_leaky_relu},
    backward={
        "relu": relu_backward,
        "leaky_relu": leaky_relu_backward,
        "sigmoid": sigmoid_backward,
        "tanh": tanh_backward,
    },
    scores={metrics.correct_rows: correct_rows},
    narrow=NarrowProducts(_narrow_forward, _narrow_gradients, _narrow_backward),
    input_gather=input_gather,
    target_gather=target_gather,
)
