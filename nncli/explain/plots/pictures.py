"""Small pictures side by side in one axes, which is much faster than an axes each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.files.image_format import ImageFormat

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_GAP = 0.12  # between pictures, as a fraction of their size
_TITLE = 0.16  # height of the room for a line above a picture, as a fraction of its width
_TALLEST = 4  # height by width of the room for a picture; narrower pictures are in its middle
_ABOVE = 0.03  # between a picture and its title, as a fraction of its width


def draw_pictures(
    axes: "Axes",
    pictures: NDArray[Any],
    columns: int,
    titles: Sequence[str] = (),
    **settings: Any,
) -> "AxesImage":
    """Draw pictures (N, height, width) or (N, height, width, 3), row by row, and return the image.

    Parameters
    ----------
    titles : sequence of str
        Lines above the pictures; empty for none.
    settings : keyword arguments
        For `imshow`.
    """
    count, height, width = pictures.shape[:3]
    lines = max((title.count("\n") + 1 for title in titles), default=0)
    room = max(width, height // _TALLEST)
    across = room + max(1, round(_GAP * room))
    down = height + max(1, round(_GAP / 2 * height + _TITLE * lines * room))
    rows = -(-count // columns)
    gap = np.nan if pictures.ndim == 3 else 1.0  # transparent, or white between colors
    canvas = np.full((rows * down, columns * across, *pictures.shape[3:]), gap)
    for number, picture in enumerate(pictures):
        top = number // columns * down + down - height
        left = number % columns * across + (room - width) // 2
        canvas[top : top + height, left : left + width] = picture
        if titles:
            axes.text(
                left + (width - 1) / 2, top - 0.5 - _ABOVE * room, titles[number],
                ha="center", va="bottom",
                fontsize=7.5, linespacing=1.05,
            )  # fmt: skip
    shown = np.ma.masked_invalid(canvas) if pictures.ndim == 3 else canvas
    axes.set_axis_off()
    return axes.imshow(shown, interpolation="nearest", **settings)


def size_of_pictures(
    images: ImageFormat, count: int, columns: int, lines: int, inches: float
) -> float:
    """Return the height in inches of `draw_pictures` at a width of `inches`."""
    a_picture = inches / columns / (1 + _GAP)
    rows, shape = -(-count // columns), min(images.height / images.width, _TALLEST)
    return rows * a_picture * (shape * (1 + _GAP / 2) + _TITLE * lines)


def pictures_of(inputs: NDArray[Any], images: ImageFormat) -> NDArray[Any]:
    """Return rows (N, inputs) of bytes as pictures from 0 to 1, gray (N, h, w) or color."""
    shape: tuple[int, ...] = (len(inputs), images.height, images.width)
    if images.channels > 1:
        shape = (*shape, images.channels)
    return inputs.reshape(shape) / 255.0
