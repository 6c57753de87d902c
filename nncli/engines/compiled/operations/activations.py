"""Activation functions; see `nncli.nn.activation_functions`.

Most are computed in place, because their derivative follows from their value; others keep Z. The
integers after those of `blocks`: the offset of A, that of dA, which becomes dZ, that of Z, and the
place in `numbers` of the parameter.
"""

from numba.extending import register_jitable

from nncli.engines.compiled import vector_math
from nncli.engines.compiled.float_bits import choose
from nncli.engines.compiled.operations.blocks import FIRST_OFFSET, elements, line

A = FIRST_OFFSET
GRADIENT = A + 1
Z = A + 2
PARAMETER = A + 3

_DENSITY = 0.3989422804014327  # of the normal distribution at 0: 1 / √(2π)
_FAR = 60.0  # the density is 0 from here on, in both precisions; squares of much larger z overflow
_SELU_SLOPE, _SELU_LIMIT = 1.0507009873554805, 1.7580993408473766

# Without it, LLVM calls such long functions, one number at a time.
_inlined = register_jitable(forceinline=True)


def _forward(function, field):
    """Return an operation that writes A = g(Z); `field` is `A` if it replaces Z, else `Z`."""

    def forward(memory, source, where, state, numbers, step, shard, first, last):
        parameter = type(memory[0])(numbers[where[PARAMETER]])
        from_, to, begin, end = elements(where, state, first, last)
        for outer in range(from_, to):
            z = line(memory, where, field, outer, begin)
            a = line(memory, where, A, outer, begin)
            for i in range(end - begin):
                a[i] = function(z[i], parameter)

    return forward


def _backward(slope, field):
    """Return an operation that replaces dA by dZ = dA · g'; `field` is what g' is computed from."""

    def backward(memory, source, where, state, numbers, step, shard, first, last):
        parameter = type(memory[0])(numbers[where[PARAMETER]])
        from_, to, begin, end = elements(where, state, first, last)
        for outer in range(from_, to):
            given = line(memory, where, field, outer, begin)
            d = line(memory, where, GRADIENT, outer, begin)
            for i in range(end - begin):
                d[i] = d[i] * slope(given[i], parameter)

    return backward


# Each function of a number and the parameter p returns g or g'. Python numbers are converted to the
# precision of the number, or the loop would compute in float64. NaN stays NaN.


@register_jitable
def _kept(is_kept, z, other):
    """Return z or another number, to write to the place of z.

    A choice of z itself would become a masked store, which is slow on some processors.
    """
    return choose(is_kept, z + type(z)(0), other)


@register_jitable
def _relu(z, p):
    return _kept(not z < 0, z, type(z)(0))


@register_jitable
def _relu_slope(a, p):
    number = type(a)
    return number(1) if a > 0 else number(0)


@register_jitable
def _step(z, p):
    number = type(z)
    return number(1) if z >= 0 else (number(0) if z < 0 else z)


@register_jitable
def _step_slope(a, p):
    return type(a)(0)


@register_jitable
def _leaky_relu(z, p):
    return _kept(z > 0, z, p * z)


@register_jitable
def _leaky_relu_slope(a, p):
    return type(a)(1) if a > 0 else p


@register_jitable
def _sigmoid(z, p):
    return vector_math.sigmoid(z)


@register_jitable
def _sigmoid_slope(a, p):
    return a * (type(a)(1) - a)


@register_jitable
def _tanh(z, p):
    return vector_math.tanh(z)


@register_jitable
def _tanh_slope(a, p):
    return type(a)(1) - a * a


@register_jitable
def _silu(z, p):
    return z * vector_math.sigmoid(z)


@register_jitable
def _silu_slope(z, p):
    s = vector_math.sigmoid(z)
    return s * (type(z)(1) + z * (type(z)(1) - s))


@register_jitable
def _gelu(z, p):
    return z * vector_math.normal_cdf(z)


@_inlined
def _gelu_slope(z, p):
    number = type(z)
    near = min(abs(z), number(_FAR))
    density = number(_DENSITY) * vector_math.exp(number(-0.5) * near * near)
    return vector_math.normal_cdf(z) + z * density


@register_jitable
def _exponential_minus_1(z):
    """Return e^z - 1 for z up to 0: 2 t / (1 - t) with t = tanh(z / 2), which is precise near 0."""
    number = type(z)
    t = vector_math.tanh(number(0.5) * z)
    return number(2) * t / (number(1) - t)


@register_jitable
def _elu(z, p):
    return _kept(z > 0, z, p * _exponential_minus_1(min(z, type(z)(0))))


@register_jitable
def _elu_slope(a, p):
    return type(a)(1) if a > 0 else a + p


@register_jitable
def _selu(z, p):
    below = type(z)(_SELU_LIMIT) * _exponential_minus_1(min(z, type(z)(0)))
    return type(z)(_SELU_SLOPE) * z if z > 0 else below


@register_jitable
def _selu_slope(a, p):
    return type(a)(_SELU_SLOPE) if a > 0 else a + type(a)(_SELU_LIMIT)


@_inlined
def _softplus(z, p):
    return vector_math.softplus(z)


@register_jitable
def _softplus_slope(z, p):
    return vector_math.sigmoid(z)


@register_jitable
def _softsign(z, p):
    return z / (type(z)(1) + abs(z))


@register_jitable
def _softsign_slope(z, p):
    inverse = type(z)(1) / (type(z)(1) + abs(z))
    return inverse * inverse


@register_jitable
def _sqlu(z, p):
    number = type(z)
    half = number(0.5) * min(max(z, number(-2)), number(0)) + number(1)
    return z if z > 0 else p * (half * half - number(1))


@register_jitable
def _sqlu_slope(z, p):
    number = type(z)
    below = p * (number(1) + number(0.5) * min(max(z, number(-2)), number(0)))
    return number(1) if z > 0 else below


@_inlined
def _mish(z, p):
    return z * vector_math.tanh(_softplus(z, p))


@_inlined
def _mish_slope(z, p):
    t = vector_math.tanh(_softplus(z, p))
    return t + z * (type(z)(1) - t * t) * vector_math.sigmoid(z)


step, step_backward = _forward(_step, A), _backward(_step_slope, A)
relu, relu_backward = _forward(_relu, A), _backward(_relu_slope, A)
leaky_relu, leaky_relu_backward = _forward(_leaky_relu, A), _backward(_leaky_relu_slope, A)
elu, elu_backward = _forward(_elu, A), _backward(_elu_slope, A)
selu, selu_backward = _forward(_selu, A), _backward(_selu_slope, A)
sigmoid, sigmoid_backward = _forward(_sigmoid, A), _backward(_sigmoid_slope, A)
tanh, tanh_backward = _forward(_tanh, A), _backward(_tanh_slope, A)
softplus, softplus_backward = _forward(_softplus, Z), _backward(_softplus_slope, Z)
softsign, softsign_backward = _forward(_softsign, Z), _backward(_softsign_slope, Z)
sqlu, sqlu_backward = _forward(_sqlu, Z), _backward(_sqlu_slope, Z)
silu, silu_backward = _forward(_silu, Z), _backward(_silu_slope, Z)
gelu, gelu_backward = _forward(_gelu, Z), _backward(_gelu_slope, Z)
mish, mish_backward = _forward(_mish, Z), _backward(_mish_slope, Z)
copied_sigmoid = _forward(_sigmoid, Z)
