"""The format of a network's images: size, channels and background.

The background is inferred from the border pixels of up to 1000 training images. It is ``dark`` if
their mean brightness is below a third in at least 95 % of the images, ``light`` if it is above two
thirds in as many, and else ``mixed``, as in photographs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from nncli.data.splits import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
else:
    Pixels = Any

Background = Literal["dark", "light", "mixed"]

BACKGROUNDS: tuple[Background, ...] = get_args(Background)
MOST_INPUTS = 1 << 20

_SAMPLE = 1000
_AGREEING = 0.95


@dataclass(frozen=True)
class ImageFormat:
    """The common format of a set of images.

    Attributes
    ----------
    height, width : int
        Size in pixels.
    channels : int
        1 for gray, 3 for red, green and blue.
    background : str
        Brightness of the border pixels: ``dark``, ``light`` or ``mixed``.
    """

    height: int
    width: int
    channels: int
    background: Background = "mixed"

    def __str__(self) -> str:
        color = "gray" if self.channels == 1 else "rgb"
        return f"{self.height} x {self.width} pixels, {color}, {self.background} background"

    @property
    def inputs(self) -> int:
        """The number of bytes per row of the data."""
        return self.height * self.width * self.channels

    @property
    def columns(self) -> list[str]:
        """The names of the columns: ``pixel0`` and so on, or ``pixel0_red`` for color images."""
        endings = ("",) if self.channels == 1 else ("_red", "_green", "_blue")
        pixels = range(self.height * self.width)
        return [f"pixel{pixel}{ending}" for pixel in pixels for ending in endings]

    @classmethod
    def of(cls, array: NDArray[Any]) -> ImageFormat | None:
        """Return the format of a byte array (N, height, width) or (N, height, width, 1 or 3).

        Return None for other arrays.
        """
        if array.dtype != np.uint8 or array.ndim < 3 or array.shape[3:] not in ((), (1,), (3,)):
            return None
        height, width, channels = (*array.shape[1:], 1)[:3]
        return cls(height, width, channels)

    def seen_in(self, images: Pixels, rows: Rows) -> ImageFormat:
        """Return the format with the background inferred from some rows of images (N, inputs)."""
        borders = self.borders(images[rows[:: -(-len(rows) // _SAMPLE)]]) / 255
        if (borders < 1 / 3).mean() >= _AGREEING:
            return replace(self, background="dark")
        return replace(
            self, background="light" if (borders > 2 / 3).mean() >= _AGREEING else "mixed"
        )

    def borders(self, rows: Pixels) -> NDArray[np.float64]:
        """Return the mean brightness (N,) of the border pixels of images, 0 to 255."""
        pictures = rows.reshape(-1, self.height, self.width, self.channels)
        outermost = np.ones((self.height, self.width), np.bool_)
        outermost[1:-1, 1:-1] = False
        return np.asarray(pictures[:, outermost].mean(axis=(1, 2)))


OF_MNIST = ImageFormat(28, 28, channels=1, background="dark")
