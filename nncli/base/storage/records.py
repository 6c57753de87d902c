"""Records with checksums, one after another in a file, in the format of TensorFlow (TFRecord).

A record is the length of its content (8 bytes), the checksum of the length (4 bytes), the content,
and the checksum of the content (4 bytes). The checksum is CRC-32C (RFC 3720, appendix B.4), masked:
rotated, plus a constant.
"""

import struct
from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78
_ONES = 0xFFFFFFFF
_MASK = 0xA282EAD8
_BLOCK = 1024  # bytes whose table is computed at once: tables of 1 MiB
_HEAD, _TAIL = struct.Struct("<QI"), struct.Struct("<I")


def record_of(content: bytes) -> bytes:
    """Return the record of some content."""
    length = struct.pack("<Q", len(content))
    head, tail = _TAIL.pack(_masked(length)), _TAIL.pack(_masked(content))
    return b"".join((length, head, content, tail))


def read_records(stream: BinaryIO, most_bytes: int) -> Iterator[bytes]:
    """Yield the content of each record.

    Ends before the first record that is incomplete, has a wrong checksum, or has more than
    `most_bytes`. Raises `OSError`.
    """
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        length, checksum = _HEAD.unpack(head)
        if length > most_bytes or _masked(head[:8]) != checksum:
            return
        content, tail = stream.read(length), stream.read(_TAIL.size)
        if tail != _TAIL.pack(_masked(content)):
            return
        yield content


def crc32c(content: bytes) -> int:
    """Return the CRC-32C of some bytes."""
    state = _ONES
    for start in range(0, len(content), _BLOCK):
        block = np.frombuffer(content[start : start + _BLOCK], np.uint8).copy()
        before = np.frombuffer(_TAIL.pack(state), np.uint8)
        count = min(len(block), len(before))
        block[:count] ^= before[:count]
        tables = _tables()[_BLOCK - len(block) :]
        found = np.bitwise_xor.reduce(tables[np.arange(len(block)), block])
        state = int(found) ^ (state >> 8 * count)
    return state ^ _ONES


def _masked(content: bytes) -> int:
    checksum = crc32c(content)
    return ((checksum >> 15 | checksum << 17) + _MASK) & _ONES


@cache
def _tables() -> NDArray[np.uint32]:
    """Return what each byte adds to the checksum of a block (places, 256); the last place is last.

    A byte that `k` others follow adds what it adds alone, shifted through `k` zero bytes.
    """
    alone: NDArray[np.uint32] = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        alone = np.where(alone & 1, (alone >> 1) ^ np.uint32(_POLYNOMIAL), alone >> 1)
    tables = np.empty((_BLOCK, 256), np.uint32)
    tables[-1] = alone
    for place in range(_BLOCK - 2, -1, -1):
        after = tables[place + 1]
        tables[place] = alone[after & 0xFF] ^ (after >> 8)
    return tables
