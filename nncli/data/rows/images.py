"""Images converted to the size, channels and polarity of a model's training images.

Polarity changes only for gray images, and only if all training images agree: if their background is
dark, an image whose border is light on average is inverted, and vice versa. A model of white digits
on black thus reads black digits on white paper. It is a guess, so a note reports it.
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
    """Yield an image, or the images of a folder and its subfolders.

    Each block has a column ``file`` with paths relative to `path`. A note reports inverted images.

    Raises
    ------
    DataError
        For the first file that is not an image, and as in `read_image`.
    """
    files = image_files(path)
    names = [
        as_text(file.relative_to(path).as_posix() if file != path else file.name) for file in files
    ]
    inverted, rows = 0, asked.rows or MOST_ROWS
    advance = (
        asked.advance if path.is_dir() else tell_nobody
    )  # an open file reports its own progress
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
    """Return the images and classes of a folder with one subfolder per class.

    `note` reports inverted images.

    Raises
    ------
    DataError
        As in `read_classes`, and for a subfolder that is not one of the classes.
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
    return (
        f"{path}: inverted {inverted} of {count(all_, 'image')} with a "
        f"{_OTHERS[format_.background]} background, as the training images have a "
        f"{format_.background} one; the first is {first}"
    )


def invert_others(pixels: Pixels, format_: ImageFormat) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Invert the images (N, I) of other polarity in place; return a mask (N,) of them."""
    others = np.zeros(len(pixels), np.bool_)
    if format_.channels == 1 and format_.background != "mixed":
        others = (format_.borders(pixels) > 127.5) == (format_.background == "dark")
        pixels[others] = 255 - pixels[others]
    return others
