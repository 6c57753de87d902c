"""MNIST: 70,000 grayscale images of handwritten digits, 28 by 28 (LeCun, Cortes, Burges)."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nncli.base.errors import OutputError
from nncli.base.storage.files import atomic_write
from nncli.data.builtin.cache import cache_directory, ensure_files
from nncli.data.builtin.download import RemoteFile, has_content
from nncli.data.dataset import Dataset
from nncli.data.division import Fold
from nncli.data.files.image_format import OF_MNIST
from nncli.data.splits import in_order, whole
from nncli.data.splitting import divide

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAIN_ROWS = 60_000
PIXELS = OF_MNIST.inputs
CLASSES = tuple("0123456789")

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


@dataclass(frozen=True)
class Part:
    """One array of the data set: its compressed and unpacked files, and its shape."""

    compressed: RemoteFile
    unpacked: RemoteFile
    shape: tuple[int, ...]


PARTS: dict[str, Part] = {
    "train_images": Part(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        RemoteFile(
            "train-images-idx3-ubyte",
            47_040_016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        (60_000, 28, 28),
    ),
    "train_labels": Part(
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        RemoteFile(
            "train-labels-idx1-ubyte",
            60_008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        (60_000,),
    ),
    "test_images": Part(
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte",
            7_840_016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        (10_000, 28, 28),
    ),
    "test_labels": Part(
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte",
            10_008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        (10_000,),
    ),
}


def load_mnist(
    *, validation: int | float, seed: int, fold: Fold | None = None, progress: bool = False
) -> Dataset:
    """Load the data set from the cache, downloading it first if needed.

    The images stay bytes of shape (N, 784), memory-mapped from the cached file.

    Parameters
    ----------
    progress : bool
        Whether to show a progress bar while downloading.

    Raises
    ------
    DownloadError
        When the data set is not in the cache and cannot be downloaded.
    """
    arrays = load_arrays(progress=progress)
    train = whole(arrays["train_images"].reshape(-1, PIXELS), arrays["train_labels"])
    divided = divide(train, {"validation": validation}, seed, CLASSES, "mnist", fold)
    splits = {name: train.part(which) for name, which in divided.items()}
    splits["test"] = whole(arrays["test_images"].reshape(-1, PIXELS), arrays["test_labels"])
    return Dataset(
        task="multiclass",
        columns=OF_MNIST.columns,
        targets=("digit",),
        classes=CLASSES,
        splits=in_order(splits),
        images=OF_MNIST,
    )


def mnist_directory() -> Path:
    """Return the directory of the data set; users may place its files there themselves."""
    return cache_directory() / "mnist"


def in_cache() -> bool:
    """Return whether the cache has the whole data set, judging by file names and sizes."""

    def is_there(file: RemoteFile) -> bool:
        path = mnist_directory() / file.name
        return path.is_file() and path.stat().st_size == file.size_bytes

    return all(is_there(part.compressed) or is_there(part.unpacked) for part in PARTS.values())


def load_arrays(*, progress: bool = False) -> dict[str, NDArray[np.uint8]]:
    """Return the four arrays, named as in `PARTS`, read-only.

    They are memory-mapped from unpacked files in the cache, which the first call writes; every
    call checks the SHA-256. If the cache is not writable, arrays are unpacked in memory.

    Raises
    ------
    DownloadError
        When files are missing and cannot be downloaded; the message names all of them.
    """
    directory = mnist_directory()
    packed = {
        name: part
        for name, part in PARTS.items()
        if not has_content(directory / part.unpacked.name, part.unpacked)
    }
    files = [part.compressed for part in packed.values()]
    ensure_files(files, directory, MIRRORS, progress=progress)
    return {
        name: _unpack(part, directory) if name in packed else _map(part, directory)
        for name, part in PARTS.items()
    }


def _unpack(part: Part, directory: Path) -> NDArray[np.uint8]:
    compressed = directory / part.compressed.name
    try:
        with gzip.open(compressed) as source, atomic_write(directory / part.unpacked.name) as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except OutputError:  # the cache is not writable
        content = gzip.decompress(compressed.read_bytes())
        offset = _header_bytes(part)
        return np.frombuffer(content, np.uint8, offset=offset).reshape(part.shape)
    return _map(part, directory)


def _map(part: Part, directory: Path) -> NDArray[np.uint8]:
    path = directory / part.unpacked.name
    offset = _header_bytes(part)
    return np.asarray(np.memmap(path, np.uint8, mode="r", offset=offset, shape=part.shape))


def _header_bytes(part: Part) -> int:
    """Return the length of an IDX header: a magic number, then one size per dimension."""
    return 4 + 4 * len(part.shape)
