"""IDX, the file format of MNIST: a magic number, big-endian sizes, then the values.

The magic number is two zero bytes, a type code and the number of dimensions
(Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits").
"""

import math
import struct
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.npy import addressable

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_DIMENSIONS = 8


class Readable(Protocol):
    """A source of bytes that returns fewer than requested only at its end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, up to `size`."""


def parse_idx(stream: Readable, name: str) -> NDArray[Any]:
    """Parse IDX from a binary stream.

    Memory is bounded by the actual content of the stream, not by the sizes in the header.

    Parameters
    ----------
    name : str
        Name of the stream in messages.

    Raises
    ------
    DataError
        When the stream is not IDX, or its length does not match the header.
    """
    head = stream.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES:
        raise DataError(
            f"{name}: is not an IDX file, which starts with the bytes 0, 0 and a known type"
        )
    dimensions = head[3]
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise DataError(f"{name}: has {dimensions} dimensions; expected 1 to 8")
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{name}: ends inside the IDX header; get the file again")
    shape = struct.unpack(f">{dimensions}I", sizes)
    dtype = np.dtype(_TYPES[head[2]])
    expected = math.prod(shape) * dtype.itemsize
    content = _read_at_most(stream, expected + 1)
    if len(content) != expected:
        found = "more" if len(content) > expected else f"only {len(content)}"
        raise DataError(
            f"{name}: the header declares {expected} bytes of values, but the file has {found}; "
            "get the file again"
        )
    if not addressable(shape, dtype):
        raise DataError(f"{name}: has the impossible shape {shape}; get the file again")
    array = np.frombuffer(content, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_at_most(stream: Readable, size: int) -> bytearray:
    """Read up to `size` bytes in pieces, so that a wrong size allocates nothing."""
    content = bytearray()
    while len(content) < size and (piece := stream.read(min(1 << 20, size - len(content)))):
        content += piece
    return content
