"""Images from PNG and JPEG files, with Pillow (the extra ``images``), as rows of bytes.

All images of a set have one size, that of the first unless another is asked for, and are gray or
color, again as the first. Gray images among color ones get three equal channels; color images
among gray ones are refused, unless gray is asked for. What is done to an image on the way:

- it is turned as its EXIF data say;
- it is brought to the size of the set, stretched where its proportions are others (bilinear);
- black-and-white becomes 0 and 255; a palette becomes its colors, gray if all are;
- an alpha channel that is opaque everywhere is dropped; any other is refused;
- of a JPEG with several pictures, as phones write them, the first is read;
- 16-bit, CMYK and animated images are refused, and files of other formats by their names.
"""

import io
import re
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError, os_errors_as
from nncli.base.extras import install_command
from nncli.base.paths import is_text
from nncli.data.files.image_format import MOST_INPUTS, ImageFormat
from nncli.data.files.input_file import Advance, InputFile, open_input, tell_nobody
from nncli.data.files.kinds import IMAGES, FileKind

if TYPE_CHECKING:
    from PIL import Image

Pixels = NDArray[np.uint8]

HEAD_BYTES = 1024
_MOST_PIXELS = 1 << 26
_CHANNELS = {"L": 1, "RGB": 3}
_NOT_OURS = {"thumbs.db", "desktop.ini"}  # hidden files of Windows
_GRAY_MODES = ("1", "L", "LA")
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")
_OTHER_FORMATS = {
    "a GIF image": rb"GIF8",
    "a WebP image": rb"RIFF....WEBP",
    "a BMP image": rb"BM....\0\0",
    "a TIFF image": rb"II[*+]\0|MM\0[*+]",
    "a HEIC or AVIF image": rb"....ftyp",
    "a JPEG 2000 image": rb"\0\0\0\x0cjP|\xff\x4f\xff\x51",
    "a JPEG XL image": rb"\0\0\0\x0cJXL|\xff\x0a",
    "an icon": rb"\0\0[\1\2]\0",
    "a Photoshop file": rb"8BPS",
    "a PDF document": rb"%PDF",
    "an SVG drawing": rb"(?:<\?xml.*)?<svg",
}
# What Pillow may raise for rubbish.
_OF_PILLOW = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, OverflowError,
              struct.error, zlib.error)  # fmt: skip


@dataclass(frozen=True)
class Images:
    """Images as rows.

    Attributes
    ----------
    rows : array (N, I) of uint8
        Row by row from the top, the channels of a pixel together.
    format : ImageFormat
    files : sequence of N Path
    """

    rows: Pixels
    format: ImageFormat
    files: Sequence[Path]


@dataclass(frozen=True)
class LabelledImages:
    """Images in a folder for each class.

    Attributes
    ----------
    images : Images
    classes : sequence of str
        The names of the folders, in alphabetical order.
    labels : array (N,) of intp
        The class of each image.
    """

    images: Images
    classes: Sequence[str]
    labels: NDArray[np.intp]


def read_classes(
    folder: Path, *, size: tuple[int, int] | None = None, channels: int | None = None
) -> LabelledImages:
    """Read a folder with a sub-folder for each class. Hidden files are passed over.

    Parameters
    ----------
    size : (height, width), optional
        What every image is brought to; by default all must have the size of the first.
    channels : 1 or 3, optional
        Gray or color; by default as the first image.

    Raises
    ------
    DataError
        Naming the folder or the file, what was found and what was expected.
    """
    files = {each.name: _files(each) for each in _folders(folder)}
    images = _read([file for group in files.values() for file in group], size, channels)
    labels = np.repeat(np.arange(len(files)), [len(group) for group in files.values()])
    return LabelledImages(images, list(files), labels)


def format_of(folder: Path) -> ImageFormat:
    """Return that of the first image of a folder with a sub-folder for each class.

    Errors as for `read_classes`.
    """
    first = _load(_files(_folders(folder)[0])[0])
    return ImageFormat(first.height, first.width, _CHANNELS[first.mode])


def image_files(path: Path) -> list[Path]:
    """Return the file itself, or the files of a folder and of the folders in it, in their order.

    Hidden files are passed over. Raises `DataError` for folders that are empty or deeper.
    """
    if not path.is_dir():
        return [path]
    if not (entries := _entries(path)):
        raise _empty(path)
    return [file for entry in entries for file in (_files(entry) if entry.is_dir() else [entry])]


def read_image(path: Path, format_: ImageFormat, advance: Advance = tell_nobody) -> Pixels:
    """Return an image of any size as a row (I,) of a set with this format.

    `advance` is told the bytes of the file; ``-`` is standard input.

    Raises
    ------
    DataError
        When it is no image, is damaged, or one of those that this module refuses.
    """
    row = _row(_load(path), format_)
    advance(0 if str(path) == "-" else path.stat().st_size)
    return row


def other_format(head: bytes) -> str | None:
    """Return what a file with this beginning is called, if it is an image that is not read."""
    found = (words for words, start in _OTHER_FORMATS.items() if re.match(start, head, re.DOTALL))
    return next(found, None)


def _entries(folder: Path) -> list[Path]:
    with os_errors_as(DataError, folder):
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return [
        entry
        for entry in entries
        if not entry.name.startswith(".") and entry.name.lower() not in _NOT_OURS
    ]


def _folders(folder: Path) -> list[Path]:
    folders = [entry for entry in _entries(folder) if _is_folder(entry)]
    for entry in folders:
        if not is_text(entry.name):
            raise DataError(
                f"{entry}: its name is not UTF-8 text, as that of a class is; rename the folder"
            )
    if not folders:
        raise DataError(f"{folder}: has no folders; expected one for each class, with its images")
    return folders


def _is_folder(entry: Path) -> bool:
    if entry.is_dir():
        return True
    raise DataError(
        f"{entry}: is a file beside the folders of the classes; expected folders only; move it "
        "into the folder of its class, or away"
    )


def _files(folder: Path) -> list[Path]:
    files = _entries(folder)
    if not files:
        raise _empty(folder)
    for file in files:
        if file.is_dir():
            raise DataError(
                f"{file}: is a folder among images; expected PNG or JPEG images; move it away"
            )
    return files


def _empty(folder: Path) -> DataError:
    return DataError(f"{folder}: is empty; expected PNG or JPEG images; add some or remove it")


def _read(files: Sequence[Path], size: tuple[int, int] | None, channels: int | None) -> Images:
    first = _load(files[0])
    height, width = size or (first.height, first.width)
    format_ = ImageFormat(height, width, channels or _CHANNELS[first.mode])
    if format_.inputs > MOST_INPUTS:
        raise DataError(
            f"{files[0]}: {width} x {height} pixels make {format_.inputs} inputs; expected up to "
            f"{MOST_INPUTS}; say data.size: [height, width] with a smaller size"
        )
    rows = np.empty((len(files), format_.inputs), np.uint8)
    for row, file in zip(rows, files, strict=True):
        image = _load(file)
        _check_like_first(image, file, format_, files[0], size is not None, channels is not None)
        row[:] = _row(image, format_)
    return Images(rows, format_, files)


def _check_like_first(
    image: "Image.Image", file: Path, format_: ImageFormat, first: Path, sized: bool, colored: bool
) -> None:
    if not sized and (image.height, image.width) != (format_.height, format_.width):
        raise DataError(
            f"{file}: has {image.width} x {image.height} pixels; expected {format_.width} x "
            f"{format_.height}, as {first}; say data.size: [height, width] to bring all to one size"
        )
    if not colored and _CHANNELS[image.mode] > format_.channels:
        raise DataError(
            f"{file}: is a color image; expected gray, as {first}; say data.color: gray or rgb"
        )


def _row(image: "Image.Image", format_: ImageFormat) -> Pixels:
    image = image.convert("L" if format_.channels == 1 else "RGB")
    size = (format_.width, format_.height)
    if image.size != size:
        image = image.resize(size, _pillow().Resampling.BILINEAR)
    return np.asarray(image).reshape(-1)


def _load(path: Path) -> "Image.Image":
    """Return an image that is gray (mode L) or in color (RGB)."""
    with open_input(path) as file:
        if file.kind not in IMAGES:
            if words := other_format(file.head(HEAD_BYTES)):
                raise DataError(
                    f"{file.name}: is {words}; expected PNG or JPEG; convert it, or move it away"
                )
            raise DataError(
                f"{file.name}: is neither PNG nor JPEG, as it starts with {file.head(8)!r}; "
                "expected an image; move it away or convert it"
            )
        if file.kind == "png" and file.head(25)[24:] == b"\x10":
            raise DataError(f"{file.name}: has 16 bits a channel; expected 8; convert it")
        return _decoded(file, file.kind)


def _decoded(file: InputFile, kind: FileKind) -> "Image.Image":
    pillow = _pillow()
    source = io.BytesIO(file.read()) if file.path is None else file.path
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are checked here, and of metadata
            with pillow.open(source, formats=[kind.upper()]) as image:
                _check_header(image, file.name)
                return _plain(image, file.name)
    except pillow.DecompressionBombError as error:
        raise _too_large(file.name) from error
    except _OF_PILLOW as error:
        raise DataError(f"{file.name}: is cut or damaged ({error}); get it again") from error


def _check_header(image: "Image.Image", name: str) -> None:
    """Check what is known before pixels are unpacked."""
    if image.width * image.height > _MOST_PIXELS:
        raise _too_large(name)
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise DataError(f"{name}: is animated; expected one picture; save one frame of it")
    if image.mode not in _MODES:
        raise DataError(
            f"{name}: has the color mode {image.mode}; expected gray or RGB; convert it"
        )


def _plain(image: "Image.Image", name: str) -> "Image.Image":
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    has_palette, is_gray = turned.mode == "P", turned.mode in _GRAY_MODES
    if "transparency" in image.info or turned.mode in ("LA", "RGBA"):
        turned = turned.convert("LA" if is_gray else "RGBA")
        if turned.getchannel("A").getextrema() != (255, 255):
            raise DataError(
                f"{name}: has transparent pixels; expected an opaque image; put it on a background"
            )
    if is_gray:
        return turned.convert("L")
    color = turned.convert("RGB")
    return color.convert("L") if has_palette and _all_gray(color) else color


def _all_gray(color: "Image.Image") -> bool:
    red, green, blue = (np.asarray(channel) for channel in color.split())
    return np.array_equal(red, green) and np.array_equal(red, blue)


def _too_large(name: str) -> DataError:
    return DataError(f"{name}: has more than {_MOST_PIXELS} pixels; make it smaller")


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise DataError(
            "images are read with Pillow, which is not installed; get it with: "
            + install_command("images")
        ) from error
    return Image
