"""What a file is: it shows in its first bytes, whatever its name says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nncli.base.storage.regular_file import open_regular

FileKind = Literal["gzip", "parquet", "npy", "zip", "idx", "png", "jpeg", "excel"]


@dataclass(frozen=True)
class Signature:
    """How files of a kind are told from others.

    Attributes
    ----------
    words : str
        What such a file is called in messages.
    starts : tuple of bytes
        What it may begin with.
    endings : tuple of str
        What its name may end in, in lower case, where a name is to tell.
    """

    words: str
    starts: tuple[bytes, ...]
    endings: tuple[str, ...] = ()


SIGNATURES: Mapping[FileKind, Signature] = {
    "gzip": Signature("gzip data", (b"\x1f\x8b",)),
    "parquet": Signature("a Parquet file", (b"PAR1",), (".parquet",)),
    "npy": Signature("a NumPy array", (b"\x93NUMPY",)),
    # A member, the end of an empty archive, and a part of a divided one.
    "zip": Signature(
        "an archive, such as npz or an Excel workbook",
        (b"PK\3\4", b"PK\5\6", b"PK\7\x08"),
        (".npz",),
    ),
    "idx": Signature("an IDX file", (b"\0\0",)),
    # Without the line ends that follow: where these were changed on the way, it is a damaged image.
    "png": Signature("a PNG image", (b"\x89PNG",), (".png",)),
    "jpeg": Signature("a JPEG image", (b"\xff\xd8\xff",), (".jpg", ".jpeg")),
    "excel": Signature("an Excel workbook", (b"\xd0\xcf\x11\xe0",)),
}
IMAGES: tuple[FileKind, ...] = ("png", "jpeg")
HEAD_BYTES = max(len(start) for each in SIGNATURES.values() for start in each.starts)


def kind_of_head(head: bytes) -> FileKind | None:
    """Return the kind of a file that begins with `HEAD_BYTES` such bytes; None for text."""
    return next((kind for kind, each in SIGNATURES.items() if head.startswith(each.starts)), None)


def kind_of_file(path: Path) -> FileKind | None:
    """Return the kind of a file as it lies there, gzipped or not. Raises `OSError`."""
    with open_regular(path) as stream:
        return kind_of_head(stream.read(HEAD_BYTES))


def kind_of_name(path: Path) -> FileKind | None:
    """Return the kind that a name promises."""
    ending = path.suffix.lower()
    return next((kind for kind, each in SIGNATURES.items() if ending in each.endings), None)
