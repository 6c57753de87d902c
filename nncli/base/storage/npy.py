"""Read or map untrusted ``.npy`` files."""

import io
import math
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, Literal

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nncli.base.storage.mapping import MappedFile

_MOST_DIMENSIONS = 32  # half of NumPy's limit

# NumPy reads headers with Python's parser, which may raise these for invalid input.
_OF_PARSER = (SyntaxError, TokenError, RecursionError, MemoryError)


def parse_npy(content: bytes) -> NDArray[Any]:
    """Return the array in a ``.npy`` file, read-only and without a copy.

    Raises
    ------
    ValueError
        With a short reason: damaged header, objects, or a size that does not match the shape.
    """
    stream = io.BytesIO(content)
    shape, order, dtype = _checked_header(stream, len(content))
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape, order=order)


def map_npy(path: Path) -> NDArray[Any]:
    """Return the array in a ``.npy`` file, read-only and mapped by a `MappedFile`.

    Raises
    ------
    ValueError
        As for `parse_npy`.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        shape, order, dtype = _checked_header(stream, size)
        if math.prod(shape) == 0:  # nothing to map
            return np.empty(shape, dtype, order)
        mapped = MappedFile.of(stream, path)
        return np.ndarray(shape, dtype, mapped, stream.tell(), order=order)


def addressable(shape: Sequence[int], dtype: np.dtype[Any]) -> bool:
    """Return whether NumPy allows a shape; it limits the size of empty arrays, too."""
    return math.prod(max(length, 1) for length in shape) * dtype.itemsize <= sys.maxsize


def _checked_header(
    stream: IO[bytes], size: int
) -> tuple[tuple[int, ...], Literal["C", "F"], np.dtype[Any]]:
    try:
        shape, fortran_order, dtype = _header(stream)
    except (*_OF_PARSER, ValueError, LookupError, TypeError, OverflowError) as error:
        raise ValueError("has a damaged .npy header") from error
    if dtype.subdtype is not None:  # array-valued items: NumPy writes these as extra dimensions
        raise ValueError("has a damaged .npy header")
    found = size - stream.tell()
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError("holds Python objects or empty values, not numbers")
    if len(shape) > _MOST_DIMENSIONS:
        raise ValueError(f"has {len(shape)} dimensions; expected {_MOST_DIMENSIONS} at most")
    if any(type(length) is not int or length < 0 for length in shape):
        raise ValueError(f"has the impossible shape {shape}")
    if math.prod(shape) * dtype.itemsize != found:
        raise ValueError(f"has {found} bytes of values, which do not match its shape {shape}")
    if not addressable(shape, dtype):
        raise ValueError(f"has the impossible shape {shape}")
    return shape, "F" if fortran_order else "C", dtype


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy reads files from Python 2, but warns
        return read(stream)
