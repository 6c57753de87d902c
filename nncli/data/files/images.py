"""Images from PNG and JPEG files, with Pillow (the extra ``images``), as rows of bytes.

All images of a set have the size of the first, or a given size, and are gray or color like the
first. Gray images among color ones get three equal channels; color images among gray ones are
refused, unless gray is requested. Each image is converted:

- it is rotated according to its EXIF data;
- it is resized to the size of the set (bilinear, without keeping proportions);
- black and white become 0 and 255; a palette is replaced by its colors, gray if all are;
- an opaque alpha channel is dropped; any other is refused;
- of a JPEG with several pictures, as phones write them, the first is read;
- 16-bit, CMYK and animated images are refused, and files of other formats by name.
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
# What Pillow may raise for invalid files.
OF_PILLOW = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, OverflowError,
              struct.error, zlib.error)  # fmt: skip


@dataclass(frozen=True)
class Images:
    """Images as rows.

    Attributes
    ----------
    rows : array (N, I) of uint8
        Pixels row by row from the top, with interleaved channels.
    format : ImageFormat
    files : sequence of N Path
    """

    rows: Pixels
    format: ImageFormat
    files: Sequence[Path]


@dataclass(frozen=True)
class LabelledImages:
    """Images in one folder per class.

    Attributes
    ----------
    images : Images
    classes : sequence of str
        Names of the folders, sorted.
    labels : array (N,) of intp
        Class of each image.
    """

    images: Images
    classes: Sequence[str]
    labels: NDArray[np.intp]


def read_classes(
    folder: Path, *, size: tuple[int, int] | None = None, channels: int | None = None
) -> LabelledImages:
    """Read a folder with one subfolder per class, ignoring hidden files.

    Parameters
    ----------
    size : (height, width), optional
        Size to resize all images to; by default all must have the size of the first.
    channels : 1 or 3, optional
        Gray or color; by default like the first image.

    Raises
    ------
    DataError
        When a folder or file is invalid.
    """
    files = {each.name: _files(each) for each in _folders(folder)}
    images = _read([file for group in files.values() for file in group], size, channels)
    labels = np.repeat(np.arange(len(files)), [len(group) for group in files.values()])
    return LabelledImages(images, list(files), labels)


def format_of(folder: Path) -> ImageFormat:
    """Return the format of the first image in a folder with one subfolder per class.

    Errors are as in `read_classes`.
    """
    first = _load(_files(_folders(folder)[0])[0])
    return ImageFormat(first.height, first.width, _CHANNELS[first.mode])


def image_files(path: Path) -> list[Path]:
    """Return the file itself, or the sorted files of a folder and its subfolders.

    Hidden files are ignored. Raises `DataError` for empty or more deeply nested folders.
    """
    if not path.is_dir():
        return [path]
    if not (entries := _entries(path)):
        raise _empty(path)
    return [file for entry in entries for file in (_files(entry) if entry.is_dir() else [entry])]


def read_image(path: Path, format_: ImageFormat, advance: Advance = tell_nobody) -> Pixels:
    """Read an image of any size as a row (I,) of this format.

    `advance` is called with the size of the file; ``-`` is standard input.

    Raises
    ------
    DataError
        When the file is not an image, damaged or unsupported.
    """
    row = _row(_load(path), format_)
    advance(0 if str(path) == "-" else path.stat().st_size)
    return row


def other_format(head: bytes) -> str | None:
    """Return the name of an unsupported image format with these first bytes, if known."""
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
                f"{entry}: has a name that is not UTF-8, so it cannot be a class; rename it"
            )
    if not folders:
        raise DataError(f"{folder}: has no subfolders; expected one per class, with its images")
    return folders


def _is_folder(entry: Path) -> bool:
    if entry.is_dir():
        return True
    raise DataError(
        f"{entry}: is a file next to the class folders; expected folders only; move it into the "
        "folder of its class, or elsewhere"
    )


def _files(folder: Path) -> list[Path]:
    files = _entries(folder)
    if not files:
        raise _empty(folder)
    for file in files:
        if file.is_dir():
            raise DataError(
                f"{file}: is a folder among images; expected PNG or JPEG images; move it elsewhere"
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
            f"{MOST_INPUTS}; set data.size: [height, width] to a smaller size"
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
            f"{format_.height}, as in {first}; set data.size: [height, width] to resize all images"
        )
    if not colored and _CHANNELS[image.mode] > format_.channels:
        raise DataError(
            f"{file}: is a color image; expected gray, as in {first}; set data.color: gray or rgb"
        )


def _row(image: "Image.Image", format_: ImageFormat) -> Pixels:
    image = image.convert("L" if format_.channels == 1 else "RGB")
    size = (format_.width, format_.height)
    if image.size != size:
        image = image.resize(size, _pillow().Resampling.BILINEAR)
    return np.asarray(image).reshape(-1)


def _load(path: Path) -> "Image.Image":
    """Read an image in gray (mode L) or color (RGB)."""
    with open_input(path) as file:
        if file.kind not in IMAGES:
            if words := other_format(file.head(HEAD_BYTES)):
                raise DataError(
                    f"{file.name}: is {words}; expected PNG or JPEG; convert it, or move it "
                    "elsewhere"
                )
            raise DataError(
                f"{file.name}: is not a PNG or JPEG image; convert it, or move it elsewhere"
            )
        if file.kind == "png" and file.head(25)[24:] == b"\x10":
            raise DataError(f"{file.name}: has 16 bits per channel; expected 8; convert it")
        return _decoded(file, file.kind)


def _decoded(file: InputFile, kind: FileKind) -> "Image.Image":
    pillow = _pillow()
    source = io.BytesIO(file.read()) if file.path is None else file.path
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes, which are checked here, and metadata
            with pillow.open(source, formats=[kind.upper()]) as image:
                _check_header(image, file.name)
                return _plain(image, file.name)
    except pillow.DecompressionBombError as error:
        raise _too_large(file.name) from error
    except OF_PILLOW as error:
        raise DataError(f"{file.name}: is truncated or damaged ({error}); get it again") from error


def _check_header(image: "Image.Image", name: str) -> None:
    """Check the properties known before decoding."""
    if image.width * image.height > _MOST_PIXELS:
        raise _too_large(name)
    if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise DataError(f"{name}: is animated; expected a single image; save one frame")
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
                f"{name}: has transparent pixels; expected an opaque image; add a background"
            )
    if is_gray:
        return turned.convert("L")
    color = turned.convert("RGB")
    return color.convert("L") if has_palette and _all_gray(color) else color


def _all_gray(color: "Image.Image") -> bool:
    red, green, blue = (np.asarray(channel) for channel in color.split())
    return np.array_equal(red, green) and np.array_equal(red, blue)


def _too_large(name: str) -> DataError:
    return DataError(f"{name}: has more than {_MOST_PIXELS} pixels; resize it")


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise DataError(
            "images are read with Pillow, which is not installed; get it with: "
            + install_command("images")
        ) from error
    return Image
