"""Numbers of the functions in `nncli.engines.compiled.vector_math`, for each precision.

The coefficients, lowest power first, are minimax fits: they minimize the largest relative error of
the function, where each fit says which. They were found by Remez exchange (Muller, Elementary
Functions, 3rd edition, 2016, section 3.6) in 60 digits, then rounded.
"""

from math import inf, log, nan
from typing import Any, NamedTuple

import numpy as np
from numba import types

from nncli.engines.compiled.float_bits import rounder

Number = np.floating[Any]


class Constants(NamedTuple):
    """Numbers of one precision; compiled code reads them as literals."""

    exp_highest: Number  # e^x is infinite from here
    exp_lowest: Number  # e^x is 0 from here
    tanh_highest: Number  # tanh(x / 2) is 1 from here
    tail_highest: Number  # Φ(-x) is 0 from here
    ln2_high: Number  # ln 2 in two parts; products of the first with exponents are exact
    ln2_low: Number
    tail_first: Number  # the constant term of the fit of Φ, in two parts
    tail_first_low: Number
    zero: Number
    quarter: Number
    half: Number
    one: Number
    two: Number
    four: Number
    eight: Number
    infinity: Number
    not_a_number: Number
    log2_e: Number
    rounder: Number  # see `float_bits.rounder`
    smallest_normal: Number
    shift: Number  # makes subnormal numbers normal
    shift_exponent: Number
    exp: tuple[Number, ...]
    tanh: tuple[Number, ...]
    log: tuple[Number, ...]
    softplus: tuple[Number, ...]
    tail: tuple[Number, ...]


# (e^r - 1 - r) / r² for |r| ≤ ln 2 / 2. The error is relative to e^r: 2^-28 and 2^-58.
_EXP_SINGLE = (4.999999347e-1, 1.666652063e-1, 4.166838358e-2, 8.368717775e-3, 1.381484055e-3)
_EXP = (
    5.000000000000010583e-1,
    1.666666666666640923e-1,
    4.166666666653042526e-2,
    8.333333333496368361e-3,
    1.388888894357828687e-3,
    1.984126950281104483e-4,
    2.480149313881301207e-5,
    2.755758944866911248e-6,
    2.763023786134519305e-7,
    2.499917164992921221e-8,
)

# The same for |r - 1/4| ≤ ln 2 / 2. The error is relative to e^r - 1: 2^-32 and 2^-62.
_TANH_SINGLE = (
    5.000000042e-1,
    1.666665992e-1,
    4.166625538e-2,
    8.340722939e-3,
    1.358964583e-3,
    2.460545929e-4,
)
_TANH = (
    5.000000000000000008e-1,
    1.666666666666664342e-1,
    4.166666666666717614e-2,
    8.333333333388288648e-3,
    1.388888888485662141e-3,
    1.984126966324483427e-4,
    2.480162046951804038e-5,
    2.75556003552169732e-6,
    2.760332445412010867e-7,
    2.436524009854459645e-8,
    2.624601527299202615e-9,
)

# (2 artanh(s) / s - 2) / s² in powers of s² ≤ (3 - 2 √2)². The error is relative to artanh(s):
# 2^-30 and 2^-59.
_LOG_SINGLE = (6.666677627e-1, 3.997754594e-1, 2.987173997e-1)
_LOG = (
    6.666666666666734368e-1,
    3.999999999941478699e-1,
    2.857142874238426156e-1,
    2.222219857187843657e-1,
    1.818356447305663964e-1,
    1.531404483795253179e-1,
    1.479602587164894747e-1,
)

# (2 artanh(q / 2) / q - 1) / q² in powers of q² ≤ 4/9. The error is relative to artanh(q / 2):
# 2^-28 and 2^-59.
_SOFTPLUS_SINGLE = (8.333302036e-2, 1.250672715e-2, 2.18764145e-3, 5.471086752e-4)
_SOFTPLUS = (
    8.333333333333288715e-2,
    1.250000000004847218e-2,
    2.232142855321762985e-3,
    4.340278115939907908e-4,
    8.877804922024434858e-5,
    1.878240767275119122e-5,
    4.059180220501812665e-6,
    9.235337780757623436e-7,
    1.591679501132028442e-7,
    8.110872369377804394e-8,
)

# (a + 4) e^(a²/2) Φ(-a) in powers of (4 - a) / (4 + a), without the constant term, for
# 0 ≤ a ≤ `tail_highest`. The error is relative to Φ(-a): 2^-30 and 2^-59.
_TAIL_SINGLE = (
    6.078966498e-1,
    3.871373186e-1,
    1.865215547e-1,
    6.03981482e-2,
    7.542904381e-3,
    -3.491296952e-3,
    -1.637084418e-3,
    1.709394788e-4,
    2.220542197e-4,
    -4.631676914e-5,
)
_TAIL = (
    6.078966419718920952e-1,
    3.871374007422148411e-1,
    1.865218579596586163e-1,
    6.03965748909196468e-2,
    7.540188966683540259e-3,
    -3.479692367019978528e-3,
    -1.630818456982704388e-3,
    1.333443081506076292e-4,
    2.310949307110124798e-4,
    -1.908229960517277395e-6,
    -3.51446677830763908e-5,
    7.165464299794205865e-7,
    5.920133592006196223e-6,
    -6.293706646933899191e-7,
    -1.021525989798870399e-6,
    2.71231912359616682e-7,
    1.550296038686723143e-7,
    -8.478019970537832494e-8,
    -1.345443578190215886e-8,
    1.922824939906274563e-8,
    -1.75723746566826259e-9,
    -2.416389010166027421e-9,
    6.70893264099229814e-10,
)


def _constants(
    dtype: type[Number], kind: types.Float, own: tuple[float, ...], *fits: tuple[float, ...]
) -> Constants:
    info = np.finfo(dtype)
    shared = (0, 1 / 4, 1 / 2, 1, 2, 4, 8, inf, nan, 1 / log(2), rounder(kind))
    numbers = (*own, *shared, info.smallest_normal, 2.0**info.nmant, info.nmant)
    values: list[Any] = [*map(dtype, numbers), *(tuple(map(dtype, fit)) for fit in fits)]
    return Constants(*values)


CONSTANTS = {
    types.float32: _constants(
        np.float32,
        types.float32,
        (
            *(89, -104, 20, 14.5),
            *(0.693359375, -2.12194440054690583e-4),
            *(7.552851312e-1, -1.265223389e-8),
        ),
        _EXP_SINGLE,
        _TANH_SINGLE,
        _LOG_SINGLE,
        _SOFTPLUS_SINGLE,
        _TAIL_SINGLE,
    ),
    types.float64: _constants(
        np.float64,
        types.float64,
        (
            *(710, -746, 40, 39),
            *(6.93147180369123816490e-1, 1.90821492927058770002e-10),
            *(7.552851304157514924e-1, -2.314241074e-17),
        ),
        _EXP,
        _TANH,
        _LOG,
        _SOFTPLUS,
        _TAIL,
    ),
}
