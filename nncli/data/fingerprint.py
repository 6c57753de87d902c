"""Fingerprints of data sets, to detect changes."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import row_blocks
from nncli.data.dataset import Dataset
from nncli.data.splits import SPLITS

_NAMES = ("columns", "targets", "classes")
_ARRAYS = ("inputs", "targets", "rows", "weights")
PARTS = (*_NAMES, *(f"{split} {array}" for split in SPLITS for array in _ARRAYS))


def fingerprint(dataset: Dataset) -> dict[str, str]:
    """Return a short text for the names, and for each array of every split.

    The names are those of columns, targets and classes, in order; the arrays are inputs, targets,
    rows and weights. The text has the type, the shape and a CRC-32 checksum: fast, and enough to
    notice a change that nobody tried to hide. Arrays shared by splits are read once.
    """
    known: dict[int, str] = {}
    found = {part: _of_names(getattr(dataset, part)) for part in _NAMES}
    for name, split in dataset.splits.items():
        for part in _ARRAYS:
            array = getattr(split, part)
            if array is None:
                continue
            if id(array) not in known:
                known[id(array)] = _checksum(array)
            found[f"{name} {part}"] = known[id(array)]
    return found


def changed_parts(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the parts in which two fingerprints differ.

    Names are not compared if `before` has none, as in checkpoints of earlier versions.
    """
    compared = [part for part in {**now, **before} if part in before or part not in _NAMES]
    return [part for part in compared if before.get(part) != now.get(part)]


def changed_in_split(before: Mapping[str, str], dataset: Dataset, split: str) -> list[str]:
    """Return the parts of a split in which a data set differs from an earlier fingerprint.

    Weights are not compared.
    """
    alone = replace(dataset, splits={split: replace(dataset.splits[split], weights=None)})
    now = fingerprint(alone)
    return changed_parts({part: before[part] for part in now if part in before}, now)


def of_training_rows(known: Mapping[str, str], split: str) -> bool:
    """Return whether a split has exactly the training rows, by the fingerprint of its data."""
    parts = ("inputs", "targets", "rows")
    return all(known.get(f"{split} {part}") == known.get(f"train {part}", "") for part in parts)


def _of_names(names: Sequence[str]) -> str:
    return f"{len(names)} {zlib.crc32(json.dumps([*names]).encode()):08x}"


def _checksum(array: NDArray[Any]) -> str:
    checksum = 0
    for _, block in row_blocks(array):
        checksum = zlib.crc32(np.ascontiguousarray(block).data, checksum)
    return f"{array.dtype.str} {array.shape} {checksum:08x}"
