"""Images as text: drawn with block characters, or as a matrix of numbers."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

_SHADES = " ░▒▓█"
_TOP, _BOTTOM = "▀", "▄"
_LETTERS = " .:-=+*#%@"

PICTURE_SIGNS = _SHADES + _TOP + _BOTTOM
"""All characters of `drawn`, unless it is restricted to ASCII."""

_LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601
_CONTRAST = 0.5  # from here on, the two pixels of a character differ
_CHANNELS = ("red", "green", "blue")


def drawn(pixels: NDArray[np.uint8], width: int, *, inverted: bool, ascii_only: bool) -> list[str]:
    """Return an image as lines of at most `width` characters, with two pixels per character.

    Bright pixels are filled.

    Parameters
    ----------
    pixels : array (height, width, channels)
    inverted : bool
        Whether dark pixels are filled instead, as of dark shapes on a light background.
    """
    gray = pixels[..., 0] if pixels.shape[2] == 1 else pixels @ np.array(_LUMA)
    filled = _shrunk(np.asarray(gray, np.float64) / 255, width)
    filled = 1 - filled if inverted else filled
    if len(filled) % 2:
        filled = np.vstack([filled, np.zeros((1, filled.shape[1]))])
    pairs = zip(filled[::2], filled[1::2], strict=True)
    return [
        "".join(
            _sign(top, bottom, ascii_only=ascii_only)
            for top, bottom in zip(*(row.tolist() for row in rows), strict=True)
        ).rstrip()
        for rows in pairs
    ]


def matrices(pixels: NDArray[np.uint8], width: int) -> Iterator[str]:
    """Yield the numbers of an image as lines; matrices wider than `width` are cut into parts."""
    at_once = max(1, width // 4)
    for channel, first in product(range(pixels.shape[2]), range(0, pixels.shape[1], at_once)):
        part = pixels[:, first : first + at_once, channel]
        name = f"{_CHANNELS[channel]}, " if pixels.shape[2] > 1 else ""
        yield f"{name}columns {first} to {first + part.shape[1] - 1}:"
        for row in part.tolist():
            yield "".join(f"{value:4d}" for value in row)


def _shrunk(gray: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the means of squares of pixels, so that the image has at most `width` columns."""
    size = -(-gray.shape[1] // width)
    if size == 1:
        return gray
    edges = [range(0, length, size) for length in gray.shape]
    sums = np.add.reduceat(np.add.reduceat(gray, edges[0], axis=0), edges[1], axis=1)
    counts = [np.diff([*edge, length]) for edge, length in zip(edges, gray.shape, strict=True)]
    return np.asarray(sums / np.outer(*counts))


def _sign(top: float, bottom: float, *, ascii_only: bool) -> str:
    mean = (top + bottom) / 2
    if ascii_only:
        return _LETTERS[min(int(mean * len(_LETTERS)), len(_LETTERS) - 1)]
    if abs(top - bottom) >= _CONTRAST:
        return _TOP if top > bottom else _BOTTOM
    return _SHADES[round(mean * (len(_SHADES) - 1))]
