"""Elementary functions for compiled loops, which LLVM turns into vector code.

For `np.exp` Numba calls the C library, one number at a time. These functions have no branch and no
call, so that a loop over slices computes as many numbers at once as the processor can:

    @njit
    def exponentials(X, out):
        for i in range(len(X)):
            out[i] = exp(X[i])

Only compiled code can call them. Their precision is that of the argument, float32 or float64. The
largest errors, in units in the last place (ulp), over all numbers:

| | exp | sigmoid | tanh | log | softplus | normal_cdf |
|---|---|---|---|---|---|---|
| float32 | 1.0 | 2.0 | 1.6 | 0.9 | 2.2 | 2.6 |
| float64 | 1.1 | 2.1 | 1.7 | 0.9 | 1.8 | 2.2 |

NaN gives NaN, and an infinity gives the limit. Results below the normal numbers are subnormal, as
in the C library. The bits of a result do not depend on its place in the loop or on the caller's
`fastmath`, only on whether the processor has FMA.
"""

from typing import Any

from numba.extending import overload

from nncli.engines.compiled.float_bits import (
    choose,
    mantissa_and_exponent,
    multiply_add,
    polynomial,
    power,
    powers,
    upper_half,
    with_sign,
)
from nncli.engines.compiled.vector_constants import CONSTANTS

# With `fastmath`, which callers would pass on, LLVM could cancel the two steps that round.
_OPTIONS: Any = {"fastmath": False, "error_model": "numpy", "forceinline": True}


def exp(x):
    """Return e^x.

    x = n ln 2 + r with |r| ≤ ln 2 / 2, so that e^x = 2^n (1 + w); w = e^r - 1 is a polynomial.
    """
    raise NotImplementedError


@overload(exp, jit_options=_OPTIONS)
def _exp(x):
    c = CONSTANTS[x]

    def code(x):
        x = choose(x > c.exp_highest, c.exp_highest, x)  # keeps NaN
        x = choose(x < c.exp_lowest, c.exp_lowest, x)
        t, r = _reduced(x, x)
        w = multiply_add(r * r, polynomial(r, c.exp), r)
        up, down, _ = powers(t)
        return multiply_add(up, w, up) * down

    return code


def sigmoid(x):
    """Return 1 / (1 + e^-x), from the 2^n and w of `exp`: 1 + e^-x is rounded only once."""
    raise NotImplementedError


@overload(sigmoid, jit_options=_OPTIONS)
def _sigmoid(x):
    c = CONSTANTS[x]

    def code(x):
        x = choose(x < c.exp_lowest, c.exp_lowest, x)
        x = -choose(x > -c.exp_lowest, -c.exp_lowest, x)
        t, r = _reduced(x, x)
        w = multiply_add(r * r, polynomial(r, c.exp), r)
        up, _, inverse = powers(t)
        return inverse / (multiply_add(up, w, inverse) + up)

    return code


def tanh(x):
    """Return tanh(x) = y / (y + 2) with the sign of x, where y = e^(2|x|) - 1.

    y = 2^n w + 2^n - 1, with the n and w of `exp`. Here -0.1 < r < 0.6, so that n = 0 and y = w for
    small x. There y / (y + 2) = h - h y / (y + 2) with h = y / 2 is more accurate.
    """
    raise NotImplementedError


@overload(tanh, jit_options=_OPTIONS)
def _tanh(x):
    c = CONSTANTS[x]

    def code(x):
        a = c.two * abs(x)
        a = choose(a > c.tanh_highest, c.tanh_highest, a)
        t, r = _reduced(a, a - c.quarter)
        w = multiply_add(r * r, polynomial(r, c.tanh), r)
        p = power(t)
        y = multiply_add(p, w, p - c.one)
        quotient = y / (y + c.two)
        h = c.half * y
        return with_sign(choose(y < c.one, multiply_add(-h, quotient, h), quotient), x)

    return code


def log(x):
    """Return ln x.

    x = 2^k m with √½ ≤ m < √2, and ln x = k ln 2 + ln m. With f = m - 1 and s = f / (2 + f),
    ln m = 2 artanh(s) = f - h + s (h + z R), where h = f² / 2 and R is a polynomial of z = s²
    (Ng, `e_log.c` of Sun's fdlibm, 1993).
    """
    raise NotImplementedError


@overload(log, jit_options=_OPTIONS)
def _log(x):
    c = CONSTANTS[x]

    def code(x):
        subnormal = x < c.smallest_normal
        m, k = mantissa_and_exponent(choose(subnormal, x * c.shift, x))
        k -= choose(subnormal, c.shift_exponent, c.zero)
        f = m - c.one
        h = c.half * f * f
        s = f / (c.two + f)
        z = s * s
        inner = multiply_add(z, polynomial(z, c.log), h)
        small = multiply_add(s, inner, k * c.ln2_low)
        y = k * c.ln2_high - ((h - small) - f)
        y = choose(x < c.infinity, y, x)  # keeps NaN
        return choose(x > c.zero, y, choose(x == c.zero, -c.infinity, c.not_a_number))

    return code


def softplus(x):
    """Return ln(1 + e^x), which is max(x, 0) + ln(1 + e) with e = e^-|x|.

    ln(1 + e) = 2 artanh(q / 2), where q = e / (1 + e / 2), is q plus a polynomial.
    """
    raise NotImplementedError


@overload(softplus, jit_options=_OPTIONS)
def _softplus(x):
    c = CONSTANTS[x]

    def code(x):
        e = exp(-abs(x))
        d = multiply_add(c.half, e, c.one)
        d_low = multiply_add(c.half, e, c.one - d)  # the rounding error of d
        q = e / d
        z = q * q
        y = multiply_add(q, multiply_add(z, polynomial(z, c.softplus), -d_low), q)
        return choose(x > c.zero, x, c.zero) + y

    return code


def normal_cdf(x):
    """Return Φ(x), the normal distribution function, also accurate where it is close to 0.

    With a = |x|, Φ(-a) = e^(-a²/2) P / (a + 4), where P is a polynomial of (4 - a) / (4 + a)
    (Schonfelder, Chebyshev Expansions for the Error and Related Functions, 1978). To avoid
    rounding a², a is cut in two: a² = h² + (a - h)(a + h). Names in `_low` are rounding errors of
    the sums and products before them; they are added to the last sum.
    """
    raise NotImplementedError


@overload(normal_cdf, jit_options=_OPTIONS)
def _normal_cdf(x):
    c = CONSTANTS[x]

    def code(x):
        a = abs(x)
        a = choose(a > c.tail_highest, c.tail_highest, a)
        h = upper_half(a)
        square, rest = -c.half * h * h, -c.half * (a - h) * (a + h)
        t, r = _reduced(square, square + rest)
        r += rest
        w = multiply_add(r * r, polynomial(r, c.exp), r)

        d = a + c.four
        added = d - a
        d_low = (a - (d - added)) + (c.four - added)
        q = c.one / d
        q_low = multiply_add(-d_low, q, multiply_add(-d, q, c.one))  # relative to q
        u = multiply_add(c.eight * q, q_low, c.eight * q - c.one)
        u_low = multiply_add(c.eight * q, q_low, c.eight * q - c.one - u)
        others = polynomial(u, c.tail)
        p = multiply_add(u, others, c.tail_first)
        p_low = multiply_add(u, others, c.tail_first - p)
        p_low += multiply_add(u_low, u + others, c.tail_first_low)  # u + others: about P'(u)
        y = q * p
        y_low = multiply_add(q, p_low, multiply_add(q, p, -y))

        up, down, _ = powers(t)
        tail = (y + multiply_add(y, w, multiply_add(y, q_low, y_low))) * up * down
        return choose(x < c.zero, tail, c.one - tail)

    return code


def _reduced(x, near):
    """Return t = n + `rounder` and r = x - n ln 2, where n is the integer closest to near / ln 2.

    ln 2 has two parts (Cody and Waite, Software Manual for the Elementary Functions, 1980).
    """
    raise NotImplementedError


@overload(_reduced, jit_options=_OPTIONS)
def _reduced_code(x, near):
    c = CONSTANTS[x]

    def code(x, near):
        t = multiply_add(near, c.log2_e, c.rounder)
        n = t - c.rounder
        r = multiply_add(n, -c.ln2_high, x)
        return t, multiply_add(n, -c.ln2_low, r)

    return code
