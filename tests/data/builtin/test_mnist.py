import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from nncli.base.errors import DownloadError
from nncli.data.builtin.mnist import MIRRORS, PARTS, load_arrays, load_mnist
from tests.offline import go_offline

ORIGINALS = Path(__file__).parents[3].parent / "shared" / "mnist"
TRAIN_LABELS = PARTS["train_labels"]

needs_originals = pytest.mark.skipif(
    not ORIGINALS.is_dir(), reason=f"the files of MNIST are not in {ORIGINALS}"
)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Make every mirror unreachable."""
    go_offline(monkeypatch)


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    """Set NNCLI_CACHE to a new directory and return its subdirectory for MNIST."""
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path))
    directory = tmp_path / "mnist"
    directory.mkdir()
    return directory


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory):
    """Return a cache with the original files and, from a first load, the unpacked ones."""
    cache = tmp_path_factory.mktemp("cache")
    shutil.copytree(ORIGINALS, cache / "mnist", copy_function=shutil.copyfile)
    (cache / "mnist").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNCLI_CACHE", str(cache))
        go_offline(patch)  # makes every missing file an error
        load_arrays()
    return cache / "mnist"


@pytest.fixture
def cache(unpacked, empty_cache):
    """Return a cache in which a test may replace files, but not write into them."""
    for path in unpacked.iterdir():
        os.link(path, empty_cache / path.name)
    return empty_cache


def replace(path, content):
    path.unlink()
    path.write_bytes(content)


def flip_last_byte(path):
    content = path.read_bytes()
    replace(path, content[:-1] + bytes([content[-1] ^ 1]))


def remove(cache, names):
    for name in names:
        (cache / name).unlink()


def place(part, directory):
    file = part.compressed
    return f"{directory / file.name} ({file.size_bytes} bytes, SHA-256 {file.sha256})"


def labels_of(split):
    return split.targets[split.rows]


@needs_originals
def test_the_arrays_have_the_shapes_and_the_first_labels_of_mnist(cache):
    arrays = load_arrays()
    assert {name: array.shape for name, array in arrays.items()} == {
        "train_images": (60_000, 28, 28),
        "train_labels": (60_000,),
        "test_images": (10_000, 28, 28),
        "test_labels": (10_000,),
    }
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.uint8)}
    assert arrays["train_labels"][:5].tolist() == [5, 0, 4, 1, 9]
    assert arrays["test_labels"][:5].tolist() == [7, 2, 1, 0, 4]


@needs_originals
def test_the_images_are_whole_and_in_place(cache):
    arrays = load_arrays()
    # The commonly quoted mean of the training images.
    assert arrays["train_images"].mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert not arrays["test_images"][:, [0, -1], 0].any()  # corners are background


@needs_originals
def test_the_arrays_are_read_only(cache):
    for array in load_arrays().values():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@needs_originals
def test_the_data_set_has_three_splits_and_copies_nothing(cache):
    dataset = load_mnist(validation=5000, seed=0)
    assert {name: len(split) for name, split in dataset.splits.items()} == {
        "train": 55_000,
        "validation": 5_000,
        "test": 10_000,
    }
    train, validation = dataset.splits["train"], dataset.splits["validation"]
    assert train.inputs is validation.inputs
    assert (train.inputs.shape, train.inputs.dtype) == ((60_000, 784), np.uint8)
    assert dataset.task == "multiclass"
    assert len(dataset.columns) == 784
    assert dataset.classes == tuple("0123456789")
    assert np.array_equal(np.sort(np.concatenate([train.rows, validation.rows])), range(60_000))


@needs_originals
def test_the_validation_rows_are_stratified_and_depend_on_the_seed_alone(cache):
    first, same, other = (
        load_mnist(validation=5000, seed=seed).splits["validation"] for seed in (0, 0, 1)
    )
    expected = np.bincount(first.targets) * (5000 / 60_000)
    assert np.all(np.abs(np.bincount(labels_of(first)) - expected) < 1)
    assert np.array_equal(first.rows, same.rows)
    assert not np.array_equal(first.rows, other.rows)


@needs_originals
def test_the_unpacked_files_suffice(cache):
    remove(cache, [part.compressed.name for part in PARTS.values()])
    assert len(load_mnist(validation=5000, seed=0).splits["test"]) == 10_000


@needs_originals
def test_the_files_put_there_by_hand_suffice(cache):
    remove(cache, [part.unpacked.name for name, part in PARTS.items() if name != "train_images"])
    digits = np.bincount(load_arrays()["train_labels"]).tolist()
    assert digits == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    for part in PARTS.values():
        assert (cache / part.unpacked.name).stat().st_size == part.unpacked.size_bytes


@needs_originals
@pytest.mark.parametrize("spoil", [flip_last_byte, lambda path: replace(path, b"")])
def test_a_damaged_unpacked_file_is_replaced(cache, spoil):
    path = cache / TRAIN_LABELS.unpacked.name
    good = path.read_bytes()
    spoil(path)
    assert load_arrays()["train_labels"].tobytes() == good[8:]
    assert path.read_bytes() == good


@needs_originals
def test_a_file_that_cannot_be_unpacked_to_the_cache_is_unpacked_in_memory(cache):
    path = cache / TRAIN_LABELS.unpacked.name
    path.unlink()
    path.mkdir()  # stands for a read-only cache, as root can write anywhere
    labels = load_arrays()["train_labels"]
    assert labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert labels.shape == (60_000,)
    assert not [path for path in cache.iterdir() if path.suffix == ".tmp"]


@needs_originals
@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (
            flip_last_byte,
            "; the existing train-labels-idx1-ubyte.gz is wrong: it has a different SHA-256",
        ),
        (Path.unlink, ""),
    ],
)
def test_a_damaged_or_missing_file_is_named_when_offline(cache, spoil, found):
    (cache / TRAIN_LABELS.unpacked.name).unlink()
    spoil(cache / TRAIN_LABELS.compressed.name)
    with pytest.raises(DownloadError) as caught:
        load_mnist(validation=5000, seed=0)
    assert str(caught.value) == (
        f"train-labels-idx1-ubyte.gz: download failed ({MIRRORS[0]}: cannot be reached; "
        f"{MIRRORS[1]}: cannot be reached). Without a network, download from "
        f"{MIRRORS[0]} on another machine and copy the files here: "
        f"{place(TRAIN_LABELS, cache)}{found}"
    )


def test_with_an_empty_cache_the_error_has_the_places_of_all_four_files(empty_cache):
    with pytest.raises(DownloadError) as caught:
        load_mnist(validation=5000, seed=0)
    places = [place(part, empty_cache) for part in PARTS.values()]
    assert str(caught.value).endswith("copy the files here: " + ", ".join(places))
    assert "\n" not in str(caught.value)
    assert list(empty_cache.iterdir()) == []


@needs_originals
def test_the_original_files_are_the_ones_that_the_code_knows():
    sums = dict(
        reversed(line.split(maxsplit=1))
        for line in (ORIGINALS / "SHA256SUMS").read_text().splitlines()
    )
    for part in PARTS.values():
        file = part.compressed
        assert sums[file.name] == file.sha256
        assert (ORIGINALS / file.name).stat().st_size == file.size_bytes


def test_the_mirrors_use_https():
    assert MIRRORS == (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
