"""Images for a model that was trained on others: brought to their size, color and polarity.

Polarity is changed for gray images alone, and only where all training images are alike: on a dark
background, an image whose outermost pixels are light on average is inverted, and the other way
round. That is a guess, and said. So a black digit on white paper is what a model of white digits on
black has learned.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.errors import DataError
from nncli.base.notes import Note
from nncli.base.paths import as_text
from nncli.base.words import count
from nncli.data.files.image_format import ImageFormat, Pixels
from nncli.data.files.images import image_files, read_classes, read_image
from nncli.data.files.input_file import tell_nobody
from nncli.data.rows.blocks import MOST_ROWS, Asked, RowBlock

_OTHERS = {"dark": "light", "light": "dark"}


def image_blocks(path: Path, format_: ImageFormat, asked: Asked) -> Iterator[RowBlock]:
    """Yield an image, or the images of a folder and of the folders in it.

    The ``file`` of every image, below `path`, stands beside. A line tells if images were inverted.

    Raises
    ------
    DataError
        For the first file that is no image, and as `read_image`.
    """
    files = image_files(path)
    names = [
        as_text(file.relative_to(path).as_posix() if file != path else file.name) for file in files
    ]
    inverted, rows = 0, asked.rows or MOST_ROWS
    advance = asked.advance if path.is_dir() else tell_nobody  # an open file is told already
    for start in range(0, len(files), rows):
        part = files[start : start + rows]
        pixels = np.stack([read_image(file, format_, advance) for file in part])
        turned = invert_others(pixels, format_)
        if not inverted and turned.any():
            first = names[start + int(turned.argmax())]
        inverted += int(turned.sum())
        yield RowBlock(pixels, {"file": names[start : start + rows]})
    if inverted:
        asked.note(_words(path, format_, inverted, len(files), first))


def labelled_images(
    folder: Path, format_: ImageFormat, classes: Sequence[str], note: Note
) -> RowBlock:
    """Return the images of a folder with a sub-folder for each class, and their classes.

    `note` is told if images were inverted.

    Raises
    ------
    DataError
        As `read_classes`, and for a sub-folder that is none of the classes.
    """
    size = (format_.height, format_.width)
    found = read_classes(folder, size=size, channels=format_.channels)
    for name in found.classes:
        if name not in classes:
            raise DataError(
                f"{folder / name}: is not one of the model's classes: {', '.join(classes)}"
            )
    rows, files = found.images.rows, found.images.files
    turned = invert_others(rows, format_)
    if turned.any():
        first = files[int(turned.argmax())].relative_to(folder).as_posix()
        note(_words(folder, format_, int(turned.sum()), len(rows), first))
    numbers = np.array([classes.index(name) for name in found.classes], np.intp)
    return RowBlock(rows, targets=numbers[found.labels])


def _words(path: Path, format_: ImageFormat, inverted: int, all_: int, first: str) -> str:
    done = "was inverted, as it has" if inverted == 1 else "were inverted, as they have"
    return (
        f"{path}: {inverted} of {count(all_, 'image')} {done} a "
        f"{_OTHERS[format_.background]} background and the training images a "
        f"{format_.background} one; the first is {first}"
    )


def invert_others(pixels: Pixels, format_: ImageFormat) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Invert, in place, the images (N, I) of other polarity; return which they are, (N,)."""
    others = np.zeros(len(pixels), np.bool_)
    if format_.channels == 1 and format_.background != "mixed":
        others = (format_.borders(pixels) > 127.5) == (format_.background == "dark")
        pixels[others] = 255 - pixels[others]
    return others
