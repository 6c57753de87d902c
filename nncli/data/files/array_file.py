"""Arrays from ``.npy``, ``.npz`` and IDX files: what a file is shows in its first bytes.

An ``.npy`` file that is not compressed is mapped into memory, not read.
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
# What zipfile may raise for rubbish; OSError for places that no file has.
_OF_ZIPFILE = (
    zipfile.BadZipFile, zlib.error, EOFError, OverflowError, RuntimeError, ValueError, OSError
)  # fmt: skip
_MOST_DEFLATED = 1032  # to 1: no deflated bytes hold more


def read_array(path: Path) -> Numbers:
    """Return the one array in a file.

    Raises
    ------
    DataError
        When the file cannot be read, or holds no array or several.
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
    """Return the arrays of an ``.npz`` by name, each read when it is asked for.

    Raises
    ------
    DataError
        When the file is missing, damaged or no ``.npz``; later, when an array that is
        asked for holds no plain values.
    """
    with open_input(path) as file:
        return Npz(file)


def arrays_in(file: InputFile) -> "Mapping[str, Numbers] | None":
    """Return the arrays of an open file by name, the only one by an empty name; None for text.

    Raises
    ------
    DataError
        When the file is damaged, or its arrays hold no plain values.
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
    """The arrays of an ``.npz`` file, each read when it is asked for.

    Folders and files of other kinds in the archive are passed over, and so are those that are
    hidden, which other programs add.
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
            raise DataError(f"{self._name}: {key} is compressed in a way that NumPy does not use")
        if entry.file_size > _MOST_DEFLATED * entry.compress_size:
            raise DataError(
                f"{self._name}: {key} promises {entry.file_size} bytes, more than its "
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
                f"{self._name}: is not an .npz file, or is cut or damaged; get the file again"
            ) from error


def _is_hidden(name: str) -> bool:
    """Return whether an entry is a hidden file, as ``__MACOSX/._X.npy`` is."""
    return name.rpartition("/")[2].startswith(".")


def _expected(file: InputFile) -> Mapping[str, Numbers]:
    arrays = arrays_in(file)
    if arrays is None:
        raise DataError(
            f"{file.name}: neither npy, npz nor IDX: it starts with {file.head(4)!r}; for a table, "
            "use a source for tables"
        )
    return arrays


def _npy(file: InputFile) -> Numbers:
    try:
        if file.path is None:
            return without_longdouble(npy.parse_npy(file.read()))
        return without_longdouble(npy.map_npy(file.path))
    except ValueError as error:
        raise DataError(f"{file.name}: {error}") from error
