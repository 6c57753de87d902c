"""Decimal numbers from text, many at once: the same values as Python's ``float`` gives.

Eight digits are read as one 64-bit word and joined in three multiplications (D. Lemire, "Quickly
parsing eight digits", 2018). A number of up to 19 digits is then an integer m and a power of ten p:
m / p is rounded correctly when m < 2^53 and p <= 10^22, as both are exact (W. D. Clinger, "How to
read floating point numbers accurately", 1990). For a larger m, the remainder of the division, taken
exactly (T. J. Dekker, "A floating-point technique for extending the available precision", 1971),
corrects the quotient.
"""

import numpy as np
from numpy.typing import NDArray

PADDING = 32  # bytes before and after a text, as words are read across the edges of its cells

_MOST_DIGITS = 19
_SIGNS = np.array([1.0, -1.0])
_POWERS = np.array([10**digits for digits in range(_MOST_DIGITS + 1)], np.uint64)
# The low halves of the last n of eight bytes, which hold the last n digits.
_LAST_DIGITS = np.array(
    [int.from_bytes(bytes(8 - n) + b"\x0f" * n, "little") for n in range(9)]
    + [0x0F0F0F0F0F0F0F0F] * (_MOST_DIGITS - 8),
    np.uint64,
)


def find_marks(text: bytes) -> NDArray[np.intp]:
    """Return where a text is no digit, from the byte before it on.

    Parameters
    ----------
    text : bytes
        With `PADDING` zero bytes on either side, which are no digits.
    """
    data = np.frombuffer(text, np.uint8)
    data = data[PADDING - 1 : -PADDING]
    return np.flatnonzero((data - np.uint8(ord("0"))) > 9) + (PADDING - 1)


def parse_decimals(
    text: bytes, marks: NDArray[np.intp], before: NDArray[np.intp], after: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read cells of the form ``-123.45``, with sign and point optional.

    Parameters
    ----------
    text : bytes
        With `PADDING` bytes on either side.
    marks : array (M,)
        From `find_marks`.
    before, after : arrays (N,)
        Which of the marks stand just before and just after each cell.

    Returns
    -------
    values : array (N,)
        Exactly ``float(cell)``; NaN where a cell is empty, and where it is odd.
    odd : array (N,)
        Whether a cell has another form, more than 19 digits, or is too near to the middle of two
        numbers.
    """
    data = np.frombuffer(text, np.uint8)
    end = marks[after]
    start = marks[before] + 1
    inside = after - before - 1
    previous = marks[after - 1]
    pointed = data[previous] == ord(".")
    pointed &= inside > 0
    point = np.where(pointed, previous, end)
    negative = data[start] == ord("-")
    negative &= inside > 0
    start += negative
    whole, fraction = point - start, end - point
    fraction -= pointed
    digits = whole + fraction
    inside -= pointed
    inside -= negative
    odd = (inside != 0) | (digits > _MOST_DIGITS) | (digits <= 0)
    if odd.any():
        whole[odd], fraction[odd] = 0, 0
    words = _words(data)
    mantissa = _integers(words, point, whole)
    if fraction.any():
        mantissa *= _POWERS[fraction]
        mantissa += _integers(words, end, fraction)
    values, unsure = _quotients(mantissa, fraction)
    values *= _SIGNS[negative.view(np.uint8)]
    odd[unsure] = True
    values[odd] = np.nan
    odd &= start < end + negative  # an empty cell is missing, not odd
    return values, odd


def _integers(
    words: NDArray[np.uint64], end: NDArray[np.intp], length: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """Return the integers of `length` digits, 0 or more, that end before `end`."""
    total = _eight_digits(words[end - 8], length)
    for done in range(8, int(length.max()), 8):
        longer = np.flatnonzero(length > done)
        higher = _eight_digits(words[end[longer] - (8 + done)], length[longer] - done)
        higher *= np.uint64(10**done)
        total[longer] += higher
    return total


def _eight_digits(words: NDArray[np.uint64], length: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Return the integers that the last `length` bytes of each word spell; overwrites `words`."""
    words &= _LAST_DIGITS[length]
    words *= np.uint64(1 + (10 << 8))  # pairs of digits: 10 a + b
    words >>= np.uint64(8)
    words &= np.uint64(0x00FF00FF00FF00FF)
    words *= np.uint64(1 + (100 << 16))
    words >>= np.uint64(16)
    words &= np.uint64(0x0000FFFF0000FFFF)
    words *= np.uint64(1 + (10_000 << 32))
    words >>= np.uint64(32)
    return words


def _words(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return a view with the eight bytes from every place on, the first one lowest."""
    return np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))


def _quotients(
    mantissa: NDArray[np.uint64], digits: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return mantissa / 10^digits, correctly rounded, and where it may not be."""
    powers = _POWERS.astype(np.float64)[digits]
    values = mantissa.astype(np.float64)
    large = np.flatnonzero(mantissa > 1 << 53)
    if not len(large):
        values /= powers
        return values, large
    high, power = values[large], powers[large]
    low = (mantissa[large] - high.astype(np.uint64)).view(np.int64)
    values /= powers
    quotient = values[large]
    product, error = _exact_product(quotient, power)
    correction = ((high - product) - error + low) / power
    corrected = quotient + correction
    values[large] = corrected
    # Near the middle of two numbers, the last digits of the correction would decide.
    less, more = correction * (1 - 2.0**-40), correction * (1 + 2.0**-40)
    return values, large[quotient + less != quotient + more]


def _exact_product(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a b rounded, and what rounding dropped (Dekker)."""
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    product = a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two numbers of 26 bits or fewer whose sum is x."""
    scaled = x * (2.0**27 + 1)
    high = scaled - (scaled - x)
    return high, x - high
