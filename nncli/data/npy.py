"""Read NumPy's ``.npy`` from bytes, believing only what the bytes really hold."""

import io
import math
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MAGIC = npy.MAGIC_PREFIX


def parse_npy(content: bytes) -> NDArray[Any]:
    """Return the array in a ``.npy`` file, read-only and without a copy.

    Raises
    ------
    ValueError
        In a few words: damaged header, objects, or more or fewer bytes than the shape needs.
    """
    stream = io.BytesIO(content)
    try:
        version = npy.read_magic(stream)
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        shape, fortran_order, dtype = read_header[version](stream)
    except (ValueError, KeyError, TypeError, SyntaxError, OverflowError, RecursionError) as error:
        raise ValueError("has a damaged .npy header") from error
    found = len(content) - stream.tell()
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError("holds Python objects or nothing, not numbers")
    if any(length < 0 for length in shape) or math.prod(shape) * dtype.itemsize != found:
        raise ValueError(f"has {found} bytes of values, not what its shape {shape} needs")
    flat = np.frombuffer(content, dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran_order else "C")
