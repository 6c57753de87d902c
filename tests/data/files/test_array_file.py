import gzip
import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.data.files.array_file import arrays_in, inputs_and_targets, read_array, read_arrays
from nncli.data.files.input_file import open_input
from nncli.data.rows.blocks import Asked
from nncli.data.rows.reading import Taken, read_rows

ROWS = np.arange(6.0).reshape(3, 2)


def refusal(read, *arguments):
    with pytest.raises(DataError) as caught:
        read(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "input"


@pytest.mark.parametrize("order", "CF")
def test_an_npy_file_is_mapped_and_not_read(path, order):
    rows = np.asarray(np.arange(2_000_000.0).reshape(-1, 4), order=order)
    with path.open("wb") as stream:
        np.save(stream, rows)
    tracemalloc.start()
    found = read_array(path)
    blocks = read_rows(Taken(["a", "b", "c", "d"]), path, Asked(print, rows=5000))
    for start, block in enumerate(blocks):
        np.testing.assert_array_equal(block.inputs[:5], rows[5000 * start :][:5])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20 < rows.nbytes
    assert not found.flags.writeable
    np.testing.assert_array_equal(found, rows)


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.array(5.0), np.arange(4)], ids=str)
def test_arrays_of_any_shape_are_read_plain_and_gzipped(path, array):
    stream = io.BytesIO()
    np.save(stream, array)
    for content in (stream.getvalue(), gzip.compress(stream.getvalue(), mtime=0)):
        path.write_bytes(content)
        found = read_array(path)
        assert (found.shape, found.dtype) == (array.shape, array.dtype)
        np.testing.assert_array_equal(found, array)


def test_a_file_with_several_arrays_is_refused_with_their_names(path):
    with path.open("wb") as stream:
        np.savez(stream, first=ROWS, second=ROWS[0])
    assert refusal(read_array, path) == (
        f"{path}: has the arrays first, second; expected one array; for several in one file, use "
        "the source npz"
    )
    with path.open("wb") as stream:
        np.savez(stream, first=ROWS)
    np.testing.assert_array_equal(read_array(path), ROWS)


def read_x_and_y(path):
    with open_input(path) as file:
        return inputs_and_targets(arrays_in(file), file.name)


def test_inputs_and_targets_are_x_and_y_of_equal_length(path):
    with path.open("wb") as stream:
        np.savez_compressed(stream, X=ROWS, y=np.arange(3), other=np.arange(9))
    X, y = read_x_and_y(path)
    np.testing.assert_array_equal(X, ROWS)
    assert y.tolist() == [0, 1, 2]
    with path.open("wb") as stream:
        np.savez(stream, X=ROWS, y=np.arange(4))
    assert refusal(read_x_and_y, path) == (f"{path}: 3 rows in X, 4 in y; expected equal numbers")
    with path.open("wb") as stream:
        np.savez(stream, X=ROWS)
    assert refusal(read_x_and_y, path) == (f"{path}: has the arrays X; expected the arrays X and y")


def read_x(path):
    return read_arrays(path)["X"]


def test_pickled_objects_are_never_loaded(path):
    with path.open("wb") as stream:
        np.savez(stream, X=np.array([{}], object), y=np.arange(1))
    assert refusal(read_x, path) == f"{path}: X holds Python objects or empty values, not numbers"


def test_a_member_that_promises_too_much_is_refused_with_little_memory(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", b"\x93NUMPY" + bytes(1000))
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\1\2")
    struct.pack_into("<I", content, central + 24, 2**31)  # the uncompressed size
    path.write_bytes(content)
    tracemalloc.start()
    assert "X declares 2147483648 bytes, more than its" in refusal(read_x, path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_text_is_not_an_array(path):
    path.write_text("x,y\n1,2\n")
    assert refusal(read_array, path) == (
        f"{path}: is not a file of arrays; expected npy, npz or IDX; for a table, use a table "
        "source"
    )


def test_a_gzip_bomb_of_the_length_that_it_promises_is_refused(path):
    def read(path):
        with open_input(path, bomb_bytes=2_000_000) as file:
            return arrays_in(file)

    path.write_bytes(
        gzip.compress(struct.pack(">HBBI", 0, 8, 1, 30_000_000) + bytes(30_000_000), mtime=0)
    )
    tracemalloc.start()
    assert "unpacks to more than 500 times its size" in refusal(read, path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20
