"""Pack members into a zip file with Python's writer, in the layout of nncli's files.

So an attack can meet all requirements of nncli's reader except one.
"""

import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def packed(arrays: Mapping[str, Any]) -> bytes:
    """Return a zip file of arrays, each as saved by NumPy."""
    return zipped({f"{name}.npy": npy(array) for name, array in arrays.items()})


def npy(array: Any) -> bytes:
    """Return an array, possibly of objects, as a ``.npy`` file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def zipped(members: Mapping[str, bytes] | Sequence[tuple[str, bytes]], **changes: Any) -> bytes:
    """Return a zip file of `members`; `changes` set attributes of their `ZipInfo`."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")  # about duplicate names
        for name, content in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(entry(name, **changes), content)
    return stream.getvalue()


def entry(name: str, **changes: Any) -> zipfile.ZipInfo:
    """Return the entry of a member as nncli writes it, except for `changes`."""
    found = zipfile.ZipInfo(name)
    for key, value in {"create_system": 3, "external_attr": 0o100600 << 16, **changes}.items():
        setattr(found, key, value)
    return found


def unzipped(content: bytes) -> dict[str, bytes]:
    """Return the members of a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def overwrite(path: Path, content: bytes) -> None:
    """Replace the content of an existing file; truncating it first would cost milliseconds."""
    with path.open("r+b") as stream:
        stream.write(content)
        stream.truncate()
