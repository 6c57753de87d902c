"""A fingerprint of a data set, which tells whether it is still the same."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import row_blocks
from nncli.data.dataset import Dataset


def fingerprint(dataset: Dataset) -> dict[str, str]:
    """Return a short text for the inputs, the targets, the rows and their weights of every split.

    They are checksums (CRC-32) of shape, type and numbers: quick, and enough to notice a change
    that nobody meant to hide. Arrays that splits share are read once.
    """
    known: dict[int, str] = {}
    found = {}
    for name, split in dataset.splits.items():
        for part in ("inputs", "targets", "rows", "weights"):
            array = getattr(split, part)
            if array is None:
                continue
            if id(array) not in known:
                known[id(array)] = _checksum(array)
            found[f"{name} {part}"] = known[id(array)]
    return found


def _checksum(array: NDArray[Any]) -> str:
    checksum = 0
    for _, block in row_blocks(array):
        checksum = zlib.crc32(np.ascontiguousarray(block).data, checksum)
    return f"{array.dtype.str} {array.shape} {checksum:08x}"
