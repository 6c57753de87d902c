"""Parse many decimal numbers at once, with the same values as Python's ``float``.

Eight digits are read as one 64-bit word and joined in three multiplications (D. Lemire, "Quickly
parsing eight digits", 2018). A number of up to 19 digits is then an integer m and a power of ten p:
m / p is rounded correctly when m < 2^53 and p <= 10^22, as both are exact (W. D. Clinger, "How to
read floating point numbers accurately", 1990). For a larger m, the remainder of the division, taken
exactly (T. J. Dekker, "A floating-point technique for extending the available precision", 1971),
corrects the quotient.
"""

import numpy as np
from numpy.typing import NDArray

PADDING = 32  # bytes before and after a text, since words extend beyond cells

_MOST_DIGITS = 19
_POWERS = np.array([10**digits for digits in range(_MOST_DIGITS + 1)], np.uint64)
_FLOAT_POWERS = _POWERS.astype(np.float64)
# Masks of the low halves of the last n of eight bytes: the last n digits.
_LAST_DIGITS = np.array(
    [int.from_bytes(bytes(8 - n) + b"\x0f" * n, "little") for n in range(9)]
    + [0x0F0F0F0F0F0F0F0F] * (_MOST_DIGITS - 8),
    np.uint64,
)


def find_marks(text: bytes) -> NDArray[np.intp]:
    """Return the positions of bytes that are not digits, starting just before the text.

    Parameters
    ----------
    text : bytes
        Text with `PADDING` zero bytes on either side.
    """
    data = np.frombuffer(text, np.uint8)
    marks = np.flatnonzero((data - np.uint8(ord("0"))) > 9)
    return marks[PADDING - 1 : len(marks) - PADDING]


def parse_decimals(
    text: bytes, marks: NDArray[np.intp], before: NDArray[np.intp], after: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Parse cells of the form ``-123.45``, with optional sign and point.

    Parameters
    ----------
    text : bytes
        Text with `PADDING` bytes on either side.
    marks : array (M,)
        Result of `find_marks`.
    before, after : arrays (N,)
        Indices of the marks just before and after each cell.

    Returns
    -------
    values : array (N,)
        Exactly ``float(cell)``; NaN for empty and odd cells.
    odd : array (N,)
        Whether a cell has another form, more than 19 digits, or is too close to the midpoint of
        two floats.
    """
    data = np.frombuffer(text, np.uint8)
    end, previous = marks[after], marks[after - 1]
    start = marks[before] + 1
    # For an empty cell, both bytes are the marks around it, neither a point nor a sign.
    pointed = data[previous] == ord(".")
    negative = data[start] == ord("-")
    start += negative
    point = np.where(pointed, previous, end)
    whole, fraction = point - start, end - point
    fraction -= pointed
    others = after - before - 1
    others -= pointed
    others -= negative
    digits = whole + fraction
    not_read = (others != 0) | (digits > _MOST_DIGITS) | (digits <= 0)
    apart = np.flatnonzero(not_read)
    whole[apart], fraction[apart] = 0, 0
    mantissa = _integers(data, point, whole)
    if fraction.any():
        mantissa *= _POWERS[fraction]
        mantissa += _integers(data, end, fraction)
    values, unsure = _quotients(mantissa, fraction)
    values[apart], values[unsure] = np.nan, np.nan
    not_read[apart] = start[apart] < end[apart] + negative[apart]  # an empty cell is not odd
    not_read[unsure] = True
    return np.where(negative, -values, values), not_read


def _integers(
    data: NDArray[np.uint8], end: NDArray[np.intp], length: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """Return the integers of `length` digits (0 or more) that end before `end`."""
    most = int(length.max(initial=0))
    if most <= 1:
        return (data[end - 1] & np.uint8(0x0F)) * (length > 0).astype(np.uint64)
    words = _words(data)
    total = _eight_digits(words[end - 8], length)
    for done in range(8, most, 8):
        longer = np.flatnonzero(length > done)
        if 2 * len(longer) > len(length):  # cheaper than selecting the longer ones
            higher = _eight_digits(words[end - (8 + done)], np.maximum(length - done, 0))
            higher *= np.uint64(10**done)
            total += higher
        else:
            higher = _eight_digits(words[end[longer] - (8 + done)], length[longer] - done)
            higher *= np.uint64(10**done)
            total[longer] += higher
    return total


def _eight_digits(words: NDArray[np.uint64], length: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Return the integers in the last `length` bytes of each word; overwrites `words`."""
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
    """Return a view of the eight bytes from each position on, as little-endian words."""
    return np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))


def _quotients(
    mantissa: NDArray[np.uint64], digits: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return mantissa / 10^digits, correctly rounded, and the indices of possible exceptions."""
    high, power = mantissa.astype(np.float64), _FLOAT_POWERS[digits]
    quotient = high / power
    if int(mantissa.max(initial=0)) <= 1 << 53:
        return quotient, np.empty(0, np.intp)
    low = (mantissa - high.astype(np.uint64)).view(np.int64)
    product, error = _exact_product(quotient, power)
    correction = ((high - product) - error + low) / power
    # Near a midpoint of two floats, the last digits of the correction would decide.
    less, more = correction * (1 - 2.0**-40), correction * (1 + 2.0**-40)
    return quotient + correction, np.flatnonzero(quotient + less != quotient + more)


def _exact_product(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rounded product of a and b, and the rounding error (Dekker)."""
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    product = a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two numbers of 26 bits or fewer whose sum is x."""
    scaled = x * (2.0**27 + 1)
    high = scaled - (scaled - x)
    return high, x - high
