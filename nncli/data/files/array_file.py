"""Arrays from ``.npy``, ``.npz`` and IDX files, detected by their first bytes.

An uncompressed ``.npy`` file is memory-mapped, not read.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage import npy
from nncli.base.words import count
from nncli.data.files.idx import parse_idx
from nncli.data.files.input_file import InputFile, open_input
from nncli.data.files.values import without_longdouble

Numbers = NDArray[Any]

_COMPRESSIONS_OF_NUMPY = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# What zipfile may raise for invalid files; OSError for offsets outside the file.
_OF_ZIPFILE = (
    zipfile.BadZipFile, zlib.error, EOFError, OverflowError, RuntimeError, ValueError, OSError
)  # fmt: skip
_MOST_DEFLATED = 1032  # the largest compression ratio of deflate


def read_array(path: Path) -> Numbers:
    """Return the only array in a file.

    Raises
    ------
    DataError
        When the file cannot be read, or does not have exactly one array.
    """
    with open_input(path) as file:
        arrays = _expected(file)
        if len(arrays) != 1:
            raise DataError(
                f"{file.name}: has {named(arrays)}; expected one array; for several in one file, "
                "use the source npz"
            )
        return next(iter(arrays.values()))


def read_arrays(path: Path) -> "Npz":
    """Return the arrays of an ``.npz`` file by name, each read on access.

    Raises
    ------
    DataError
        When the file is missing, damaged or not ``.npz``; on access, when an array does not have
        plain values.
    """
    with open_input(path) as file:
        return Npz(file)


def arrays_in(file: InputFile) -> "Mapping[str, Numbers] | None":
    """Return the arrays of an open file by name (empty for a single array); None for text.

    Raises
    ------
    DataError
        When the file is damaged, or an array does not have plain values.
    """
    if file.kind == "npy":
        return {"": _npy(file)}
    if file.kind == "zip":
        return Npz(file)
    return {"": parse_idx(file, file.name)} if file.kind == "idx" else None


def inputs_and_targets(arrays: Mapping[str, Numbers], name: str) -> tuple[Numbers, Numbers]:
    """Return the arrays X and y, of equal length. Raises `DataError`."""
    if not {"X", "y"} <= arrays.keys():
        raise DataError(f"{name}: has {named(arrays)}; expected the arrays X and y")
    X, y = arrays["X"], arrays["y"]
    if X.ndim and y.ndim and len(X) != len(y):
        raise DataError(
            f"{name}: {count(len(X), 'row')} in X, {len(y)} in y; expected equal numbers"
        )
    return X, y


def named(arrays: Mapping[str, Numbers]) -> str:
    """Return the names of arrays for a message."""
    return "the arrays " + ", ".join(arrays) if arrays else "no arrays"


class Npz(Mapping[str, Numbers]):
    """The arrays of an ``.npz`` file, each read on access.

    Folders, files of other kinds, and hidden files, which other programs add, are ignored.
    """

    def __init__(self, file: InputFile) -> None:
        self._name = file.name
        self._source = io.BytesIO(file.read()) if file.path is None else file.path
        with self._opened() as archive:
            entries = archive.infolist()
        self._entries = {
            entry.filename.removesuffix(".npy"): entry
            for entry in entries
            if entry.filename.endswith(".npy") and not _is_hidden(entry.filename)
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, key: str) -> Numbers:
        entry = self._entries[key]
        if entry.compress_type not in _COMPRESSIONS_OF_NUMPY:
            raise DataError(f"{self._name}: {key} has a compression that NumPy does not use")
        if entry.file_size > _MOST_DEFLATED * entry.compress_size:
            raise DataError(
                f"{self._name}: {key} declares {entry.file_size} bytes, more than its "
                f"{entry.compress_size} can hold; get the file again"
            )
        with self._opened() as archive:
            content = archive.read(entry)
        try:
            return without_longdouble(npy.parse_npy(content))
        except ValueError as error:
            raise DataError(f"{self._name}: {key} {error}") from error

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self._source) as archive:
                yield archive
        except _OF_ZIPFILE as error:
            raise DataError(
                f"{self._name}: is not an .npz file, or is truncated or damaged; get the file again"
            ) from error


def _is_hidden(name: str) -> bool:
    """Return whether an entry is a hidden file, such as ``__MACOSX/._X.npy``."""
    return name.rpartition("/")[2].startswith(".")


def _expected(file: InputFile) -> Mapping[str, Numbers]:
    arrays = arrays_in(file)
    if arrays is None:
        raise DataError(
            f"{file.name}: is not a file of arrays; expected npy, npz or IDX; for a table, use a "
            "table source"
        )
    return arrays


def _npy(file: InputFile) -> Numbers:
    try:
        if file.path is None:
            return without_longdouble(npy.parse_npy(file.read()))
        return without_longdouble(npy.map_npy(file.path))
    except ValueError as error:
        raise DataError(f"{file.name}: {error}") from error
