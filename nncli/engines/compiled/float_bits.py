"""Operations on floating-point numbers, for compiled code, that become vector instructions.

Each works for float32 and float64 and is written in LLVM's language, because Numba would turn
32-bit integers into 64-bit ones, and a choice between two numbers into a branch. None has a branch,
so that a loop of them is vectorized.
"""

import struct

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


class _Format:
    """The bits of a floating-point type."""

    def __init__(self, number, mantissa, exponent, code):
        self.number, self.word = number, ir.IntType(1 + exponent + mantissa)
        self.mantissa, self.bias, self.code = mantissa, 2 ** (exponent - 1) - 1, code

    def integer(self, value):
        return ir.Constant(self.word, value)

    def bits_of(self, value):
        """Return the bits of a number as an integer constant."""
        return self.integer(int.from_bytes(struct.pack("<" + self.code, value), "little"))


_FORMATS = {
    types.float32: _Format(ir.FloatType(), 23, 8, "f"),
    types.float64: _Format(ir.DoubleType(), 52, 11, "d"),
}


@intrinsic
def multiply_add(typingctx, a, b, c):
    """Return a b + c, with one rounding if the processor can (FMA), else with two."""

    def code(context, builder, signature, arguments):
        return _multiply_add(builder, *arguments)

    return a(a, a, a), code


def _multiply_add(builder, a, b, c):
    return _call(builder, "llvm.fmuladd", [a, b, c])


def _call(builder, intrinsic_name, arguments):
    kind = arguments[0].type
    form = ir.FunctionType(kind, [kind] * len(arguments))
    function = builder.module.declare_intrinsic(intrinsic_name, [kind], form)
    return builder.call(function, arguments)


@intrinsic
def polynomial(typingctx, x, coefficients):
    """Return c₀ + c₁ x + c₂ x² + ... by Horner's method; `coefficients` is a tuple."""

    def code(context, builder, signature, arguments):
        x, coefficients = arguments
        each = [builder.extract_value(coefficients, i) for i in range(signature.args[1].count)]
        result = each.pop()
        while each:
            result = _multiply_add(builder, result, x, each.pop())
        return result

    return x(x, coefficients), code


@intrinsic
def choose(typingctx, condition, one, other):
    """Return `one` if the condition holds, else `other`."""

    def code(context, builder, signature, arguments):
        return builder.select(*arguments)

    return one(types.boolean, one, one), code


@intrinsic
def with_sign(typingctx, x, sign):
    """Return |x| with the sign of `sign`."""

    def code(context, builder, signature, arguments):
        return _call(builder, "llvm.copysign", arguments)

    return x(x, x), code


@intrinsic
def upper_half(typingctx, x):
    """Return x without the lower half of its digits, so that the square of the result is exact."""
    form = _FORMATS[x]

    def code(context, builder, signature, arguments):
        word = builder.bitcast(arguments[0], form.word)
        kept = builder.and_(word, form.integer(-(1 << (form.mantissa // 2 + 1))))
        return builder.bitcast(kept, form.number)

    return x(x), code


@intrinsic
def mantissa_and_exponent(typingctx, x):
    """Return m and k, both as numbers: x = m 2^k, √½ ≤ m < √2; x is positive and normal."""
    form = _FORMATS[x]

    def code(context, builder, signature, arguments):
        lowest, shift = form.bits_of(0.5**0.5), form.integer(form.mantissa)
        word = builder.bitcast(arguments[0], form.word)
        word = builder.add(word, builder.sub(form.bits_of(1.0), lowest))
        digits = builder.and_(word, form.integer((1 << form.mantissa) - 1))
        m = builder.bitcast(builder.add(digits, lowest), form.number)
        # 2^mantissa plus an integer has the integer in its last bits.
        k = builder.or_(builder.lshr(word, shift), form.bits_of(2.0**form.mantissa))
        bias = ir.Constant(form.number, 2.0**form.mantissa + form.bias)
        k = builder.fsub(builder.bitcast(k, form.number), bias)
        return context.make_tuple(builder, signature.return_type, [m, k])

    return types.UniTuple(x, 2)(x), code


def rounder(dtype):
    """Return the number that rounds: t = x + rounder is an integer n plus it, n ≈ x.

    The last bits of t are n plus twice the bias of exponents, from which `power` makes 2^n.
    """
    form = _FORMATS[dtype]
    return 1.5 * 2**form.mantissa + 2 * form.bias


@intrinsic
def power(typingctx, t):
    """Return 2^n, a normal number, of t = n + `rounder`."""
    form = _FORMATS[t]

    def code(context, builder, signature, arguments):
        word = builder.bitcast(arguments[0], form.word)
        biased = builder.sub(word, form.integer(form.bias))
        return builder.bitcast(builder.shl(biased, form.integer(form.mantissa)), form.number)

    return t(t), code


@intrinsic
def powers(typingctx, t):
    """Return 2^⌈n/2⌉, 2^⌊n/2⌋ and 2^-⌊n/2⌋ of t = n + `rounder`.

    Multiplying by both halves also reaches subnormal numbers and infinity, for which 2^n itself is
    too small or too large.
    """
    form = _FORMATS[t]

    def code(context, builder, signature, arguments):
        word = builder.bitcast(arguments[0], form.word)
        low = builder.lshr(word, form.integer(1))
        biased = builder.sub(word, low), low, builder.sub(form.integer(2 * form.bias), low)
        parts = [builder.shl(each, form.integer(form.mantissa)) for each in biased]
        parts = [builder.bitcast(each, form.number) for each in parts]
        return context.make_tuple(builder, signature.return_type, parts)

    return types.UniTuple(t, 3)(t), code
