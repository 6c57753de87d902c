"""nncli's own ``.npz`` files: written in exactly one way, and read only in that form.

`numpy.load` reads them like any other. Names and arrays determine every byte: the writer uses
neither the clock nor the platform. The reader reconstructs the bytes around each array and compares
them. So it accepts a file only if it is, byte for byte, what `write_npz` writes for the returned
arrays. Every byte of a member counts in a checksum. Checksums, names and lengths are all stored
twice, so no two such files differ in a single byte, and none is a prefix of another.
"""

import math
import os
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any

import numpy as np
from numpy.lib.format import MAGIC_PREFIX
from numpy.typing import NDArray

from nncli.base.errors import OutputError
from nncli.base.storage.directory import Place
from nncli.base.storage.files import atomic_write
from nncli.base.storage.regular_file import open_regular

LARGEST_FILE = 2**32 - 1  # bytes; larger zip files need other records
MOST_MEMBERS = 2**16 - 1

_VERSION, _UNIX, _MIDNIGHT, _FIRST_OF_1980 = 20, 3, 0, 1 << 5 | 1
_READ_AND_WRITE = 0o100600 << 16

# Signature, version, flags, method, time, date, CRC-32, compressed size, size, lengths of the name
# and of the extra field.
_LOCAL = struct.Struct("<4s5H3L2H")
# Signature, version and system of the writer, the fields above from the version on, length of the
# comment, disk, internal and external attributes, offset of the local header.
_CENTRAL = struct.Struct("<4s2B5H3L5H2L")
# Signature, two disk numbers, members on this disk and on all, size and offset of the directory,
# length of the comment.
_END = struct.Struct("<4s4H2LH")
_LOCAL_SIGNATURE = b"PK\3\4"

_NAME = re.compile(rb"[A-Za-z0-9_]{1,60}\.npy")
_TYPES = ("|b1", "|u1", "<i4", "<i8", "<f4", "<f8")
_TEXT = re.compile(r"<U[1-9][0-9]{0,7}")
_NPY_VERSION = b"\1\0"
_LONGEST_NPY_HEADER = 256
_NPY_HEADER = re.compile(
    rb"\{'descr': '([^']{1,12})', 'fortran_order': (False|True), 'shape': "
    rb"\(((?:[0-9]{1,10}(?:, [0-9]{1,10}){0,2},?)?)\), \} *\n"
)


def write_npz(place: Place, arrays: Mapping[str, NDArray[Any]], *, replace: bool = True) -> None:
    """Write arrays of numbers or text to `place`, uncompressed and atomically.

    Parameters
    ----------
    arrays : mapping of str to array
        Names of ASCII letters, digits and ``_``; arrays of boolean, uint8, int32, int64, float32,
        float64 or text, with at most three dimensions.

    Raises
    ------
    OutputError
        If the file cannot be written, or would be larger than 4 GiB.
    """
    total = sum(array.nbytes for array in arrays.values())
    if total + (len(arrays) + 1) * 1024 > LARGEST_FILE:
        raise OutputError(f"{place}: would have {total:,} bytes; an .npz can have at most 4 GiB; "
                          "use smaller layers, or training.precision: float32")  # fmt: skip
    with atomic_write(place, replace=replace) as stream:
        for part in npz_parts(arrays):
            stream.write(part)


def npz_parts(arrays: Mapping[str, NDArray[Any]]) -> Iterator[bytes | memoryview]:
    """Yield the content of the file that `write_npz` writes, in parts."""
    members: list[_Member] = []
    offset = 0
    for name, array in arrays.items():
        values = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        header, data = _npy_header(values.dtype, values.shape), _as_bytes(values)
        checksum = zlib.crc32(data, zlib.crc32(header))
        member = _Member(f"{name}.npy".encode(), checksum, len(header) + len(data), offset)
        yield from (member.local_header, header, data)
        offset += len(member.local_header) + member.size
        members.append(member)
    yield _directory(members, offset)


def read_own_npz(place: Place) -> dict[str, NDArray[Any]]:
    """Return the arrays by name, in order, from a file written by `write_npz`.

    Memory use is bounded by the actual size of the file. Text is valid Unicode.

    Raises
    ------
    OSError
        If the file is missing, not a regular file, or cannot be read.
    ValueError
        With a short reason, if the file is damaged or not exactly as `write_npz` writes it.
    """
    with open_regular(place) as stream:
        return parse_own_npz(stream, os.fstat(stream.fileno()).st_size)


def parse_own_npz(stream: BufferedIOBase, size: int) -> dict[str, NDArray[Any]]:
    """Return the arrays in a stream of `size` bytes; see `read_own_npz`."""
    arrays: dict[str, NDArray[Any]] = {}
    members: list[_Member] = []
    start = _start(stream, size)
    offset = 0
    while start[:4] == _LOCAL_SIGNATURE and len(members) < MOST_MEMBERS:
        member, array = _read_member(stream, start, offset, size)
        if member.array_name in arrays:
            raise ValueError(f"has the member {member.array_name} twice")
        arrays[member.array_name] = array
        members.append(member)
        offset = stream.tell()
        start = stream.read(_LOCAL.size)
    directory = _directory(members, offset)
    if start + stream.read(len(directory)) != directory:
        raise ValueError("has a zip directory that nncli does not write, or is truncated")
    return arrays


@dataclass(frozen=True)
class _Member:
    """The fields that determine the two headers of a member of the zip file."""

    name: bytes
    checksum: int
    size: int
    offset: int

    @property
    def array_name(self) -> str:
        return self.name.decode().removesuffix(".npy")

    @property
    def local_header(self) -> bytes:
        return _LOCAL.pack(_LOCAL_SIGNATURE, _VERSION, *self._common) + self.name

    @property
    def central_header(self) -> bytes:
        fixed = _CENTRAL.pack(
            b"PK\1\2", _VERSION, _UNIX, _VERSION, *self._common,
            0, 0, 0, _READ_AND_WRITE, self.offset,
        )  # fmt: skip
        return fixed + self.name

    @property
    def _common(self) -> tuple[int, ...]:
        stored = flags = extra = 0
        when = (_MIDNIGHT, _FIRST_OF_1980)
        sizes = (self.size, self.size)
        return (flags, stored, *when, self.checksum, *sizes, len(self.name), extra)


def _directory(members: Iterable[_Member], offset: int) -> bytes:
    """Return the central directory, which follows the members."""
    headers = [member.central_header for member in members]
    size, count = sum(map(len, headers)), len(headers)
    return b"".join(headers) + _END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)


def _npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the header of an array in C order, padded to 64 bytes as the format requires."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    before = len(MAGIC_PREFIX) + len(_NPY_VERSION) + 2
    text += b" " * (-(before + len(text) + 1) % 64) + b"\n"
    return MAGIC_PREFIX + _NPY_VERSION + struct.pack("<H", len(text)) + text


def _as_bytes(array: NDArray[Any]) -> memoryview:
    """Return the memory of an array in C order."""
    return array.reshape(-1).view(np.uint8).data


def _start(stream: BufferedIOBase, size: int) -> bytes:
    """Return the first bytes of a file that nncli may have written."""
    if size == 0:
        raise ValueError("is empty")
    if size > LARGEST_FILE:
        raise ValueError(f"has {size:,} bytes; nncli writes at most 4 GiB")
    start = stream.read(_LOCAL.size)
    if start[:4] != _LOCAL_SIGNATURE:
        raise ValueError("is not an .npz file, or is damaged")
    return start


def _read_member(
    stream: BufferedIOBase, start: bytes, offset: int, size: int
) -> tuple[_Member, NDArray[Any]]:
    """Read the member whose local header, at `offset`, has the fixed part `start`."""
    if len(start) < _LOCAL.size:
        raise ValueError("is truncated")
    _, _, flags, method, _, _, checksum, _, length, name_length, _ = _LOCAL.unpack(start)
    if method or flags:
        raise ValueError("is compressed, encrypted, or was not written by nncli")
    raw_name = stream.read(min(name_length, size))
    if not _NAME.fullmatch(raw_name):
        raise ValueError(f"has the unexpected member {raw_name[:60].decode('ascii', 'replace')!r}")
    member = _Member(raw_name, checksum, length, offset)
    if start + raw_name != member.local_header:
        raise ValueError(
            f"has a zip header of {member.array_name} that nncli does not write: not an unchanged "
            "file of nncli"
        )
    if length > size - stream.tell():
        raise ValueError(f"is truncated in {member.array_name}")
    header, dtype, shape = _read_npy_header(stream, member.array_name)
    if math.prod(shape) * dtype.itemsize != length - len(header):
        raise ValueError(
            f"{member.array_name} has {length - len(header)} bytes of values, which do not match "
            f"its shape {shape}"
        )
    return member, _read_values(stream, member, header, dtype, shape)


def _read_npy_header(
    stream: BufferedIOBase, name: str
) -> tuple[bytes, np.dtype[Any], tuple[int, ...]]:
    before = stream.read(len(MAGIC_PREFIX) + len(_NPY_VERSION) + 2)
    if before[:-2] != MAGIC_PREFIX + _NPY_VERSION:
        raise ValueError(f"{name} has a damaged .npy header")
    text = stream.read(min(struct.unpack("<H", before[-2:])[0], _LONGEST_NPY_HEADER))
    found = _NPY_HEADER.fullmatch(text)
    if not found:
        raise ValueError(f"{name} has a damaged .npy header")
    type_name = found[1].decode("latin-1")
    if type_name not in _TYPES and not _TEXT.fullmatch(type_name):
        raise ValueError(f"{name} has the type {type_name!r}, which nncli does not write")
    if found[2] == b"True":
        raise ValueError(f"{name} is in Fortran order; nncli writes C order")
    dtype = np.dtype(type_name)
    shape = tuple(int(length) for length in re.findall(rb"[0-9]+", found[3]))
    if before + text != _npy_header(dtype, shape):
        raise ValueError(f"{name} has a damaged .npy header")
    return before + text, dtype, shape


def _read_values(
    stream: BufferedIOBase,
    member: _Member,
    header: bytes,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
) -> NDArray[Any]:
    data = np.empty(member.size - len(header), np.uint8)
    if stream.readinto(data.data) != len(data):
        raise ValueError(f"is truncated in {member.array_name}")
    if zlib.crc32(data.data, zlib.crc32(header)) != member.checksum:
        raise ValueError(f"{member.array_name} is damaged: its checksum is wrong")
    if dtype.kind == "U":
        _check_characters(data, member.array_name)
    try:
        return data.view(dtype).reshape(shape)
    except ValueError as error:  # lengths that overflow, next to a length of 0
        raise ValueError(f"{member.array_name} has the impossible shape {shape}") from error


def _check_characters(data: NDArray[np.uint8], name: str) -> None:
    """Reject invalid code points, which would cause a `SystemError` in NumPy."""
    try:
        str(data.data, "utf-32-le")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} has invalid characters") from error
