"""NumPy's ``.npy``, read from bytes, believing nothing."""

import io
import math
import warnings
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MAGIC = npy.MAGIC_PREFIX

# What Python's parser, which NumPy reads a header with, may raise for rubbish.
_OF_PARSER = (SyntaxError, TokenError, RecursionError, MemoryError)


def parse_npy(content: bytes) -> NDArray[Any]:
    """Return the array in a ``.npy`` file, read-only and without a copy.

    Raises
    ------
    ValueError
        In a few words: damaged header, objects, or more or fewer bytes than the shape needs.
    """
    stream = io.BytesIO(content)
    try:
        shape, fortran_order, dtype = _header(stream)
    except (*_OF_PARSER, ValueError, LookupError, TypeError, OverflowError) as error:
        raise ValueError("has a damaged .npy header") from error
    found = len(content) - stream.tell()
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError("holds Python objects or nothing, not numbers")
    if any(type(length) is not int or length < 0 for length in shape):
        raise ValueError(f"has the impossible shape {shape}")
    if math.prod(shape) * dtype.itemsize != found:
        raise ValueError(f"has {found} bytes of values, not what its shape {shape} needs")
    flat = np.frombuffer(content, dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran_order else "C")


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of files from Python 2, which it reads
        return read(stream)
