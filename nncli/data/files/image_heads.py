"""Compare the images of a folder by their heads, without decoding them."""

import warnings
from contextlib import suppress
from pathlib import Path

from nncli.data.files.image_format import ImageFormat
from nncli.data.files.images import OF_PILLOW, image_files

_ORIENTATION, _FIRST_ON_ITS_SIDE = 0x0112, 5  # Exif


def differences(folder: Path, found: ImageFormat) -> tuple[bool, bool]:
    """Return whether any image in a folder has another size, or is color while `found` is gray.

    Only the heads of files are read, and damaged files are ignored: training reports them.
    """
    sized = colored = False
    for file in image_files(folder):
        if (head := _head(file)) is not None:
            size, is_color = head
            sized |= size != (found.height, found.width)
            colored |= is_color and found.channels == 1
        if sized and (colored or found.channels > 1):
            break
    return sized, colored


def _head(path: Path) -> tuple[tuple[int, int], bool] | None:
    """Return the height and width of an image, and whether it is surely a color image."""
    from PIL import Image

    with suppress(*OF_PILLOW), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path, formats=["PNG", "JPEG"]) as image:
            is_turned = image.getexif().get(_ORIENTATION, 1) >= _FIRST_ON_ITS_SIDE
            size = image.size if is_turned else image.size[::-1]
            return size, image.mode.startswith("RGB")
    return None
