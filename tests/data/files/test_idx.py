import gzip
import io
import math
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.array_file import read_array as read_idx
from nncli.data.files.idx import parse_idx

TYPES = {
    8: np.dtype(np.uint8),
    9: np.dtype(np.int8),
    11: np.dtype(np.int16),
    12: np.dtype(np.int32),
    13: np.dtype(np.float32),
    14: np.dtype(np.float64),
}
every_type = pytest.mark.parametrize("code", TYPES)


def header(code, *sizes):
    return struct.pack(f">HBB{len(sizes)}I", 0, code, len(sizes), *sizes)


def idx(code, array):
    return header(code, *array.shape) + array.astype(TYPES[code].newbyteorder(">")).tobytes()


def parse(content):
    return parse_idx(io.BytesIO(content), "file.idx")


def sample(code, shape):
    values = np.linspace(-100, 100, math.prod(shape)) + 0.5
    if TYPES[code].kind == "u":
        values = np.abs(values)
    elif TYPES[code].itemsize > 1:
        values = values * 300
    return values.reshape(shape).astype(TYPES[code])


EXAMPLE = idx(8, sample(8, (4, 3, 2)))


@every_type
@pytest.mark.parametrize(
    "shape", [(5,), (3, 4), (2, 3, 4), (1, 1, 1, 7), (0,), (0, 28, 28), (2,) * 8]
)
def test_an_array_of_any_type_and_shape_is_read_back(code, shape):
    array = sample(code, shape)
    found = parse(idx(code, array))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.shape == shape


@pytest.mark.parametrize("zipped", [False, True])
@every_type
def test_a_file_is_read_plain_or_gzipped_whatever_its_name(code, zipped, tmp_path):
    array = sample(code, (6, 5))
    content = idx(code, array)
    path = tmp_path / ("named-wrongly" if zipped else "named-wrongly.gz")
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    np.testing.assert_array_equal(read_idx(path), array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\0\0\x08", "not an IDX file"),
        (b"\x89PNG" + EXAMPLE, "; expected npy, npz or IDX"),
        (b"\1\0" + EXAMPLE[2:], "; expected npy, npz or IDX"),
        (b"\0\1" + EXAMPLE[2:], "; expected npy, npz or IDX"),
        (b"\0\0\x0a" + EXAMPLE[3:], "not an IDX file"),
        (b"\0\0\x0f" + EXAMPLE[3:], "not an IDX file"),
        (b"\0\0\x08\0" + EXAMPLE[4:], "0 dimensions"),
        (b"\0\0\x08\x09" + EXAMPLE[4:], "9 dimensions"),
        (EXAMPLE[:9], "ends inside the IDX header"),
        (EXAMPLE[:-1], "declares 24 bytes of values, but the file has only 23"),
        (EXAMPLE[:16], "declares 24 bytes of values, but the file has only 0"),
        (EXAMPLE + b"\0", "declares 24 bytes of values, but the file has more"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_reason(content, message, tmp_path):
    path = tmp_path / "images.idx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_directory_are_refused_with_their_path(tmp_path):
    for path in (tmp_path / "missing.idx", tmp_path):
        with pytest.raises(DataError, match="cannot be read") as caught:
            read_idx(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "sizes", [(2**32 - 1,), (2**31, 2**31), (2**32 - 1,) * 8, (60000, 2800, 2800)]
)
def test_false_giant_sizes_are_refused_with_little_memory(sizes, zipped, tmp_path):
    content = header(14, *sizes) + bytes(1000)
    path = tmp_path / "giant.idx"
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    tracemalloc.start()
    with pytest.raises(DataError, match="only 1000"):
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_any_cut_of_a_gzipped_file_is_refused(tmp_path):
    content = gzip.compress(EXAMPLE, mtime=0)
    path = tmp_path / "cut.gz"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DataError):
            read_idx(path)


def test_a_gzipped_file_with_false_blocks_or_checksum_or_rubbish_behind_it_is_refused(tmp_path):
    content = gzip.compress(EXAMPLE, mtime=0)
    false_blocks = content[:10] + b"\xff" + content[11:]
    for damaged in (false_blocks, content[:-8] + bytes(8), content + b"rubbish"):
        path = tmp_path / "damaged.gz"
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="damaged"):
            read_idx(path)


@given(st.integers(0, len(EXAMPLE) - 1))
def test_any_cut_of_a_file_is_refused(length):
    with pytest.raises(DataError):
        parse(EXAMPLE[:length])


def check_that_content_is_read_or_refused(read):
    try:
        array = read()
    except DataError:
        return
    assert array.dtype in TYPES.values()
    assert 1 <= array.ndim <= 8


@pytest.mark.parametrize("sizes", [(0, *[2**32 - 1] * 3), (*[2**31] * 3, 0)])
def test_giant_sizes_together_with_a_zero_are_refused(sizes):
    with pytest.raises(DataError, match=r"has the impossible shape \(.*\); get the file again"):
        parse(header(14, *sizes))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    check_that_content_is_read_or_refused(lambda: parse(content))


@given(
    code=st.sampled_from([*TYPES, 0, 10, 255]),
    sizes=st.lists(st.integers(0, 3) | st.integers(0, 2**32 - 1), max_size=9),
    values=st.binary(max_size=100),
)
def test_any_header_and_values_are_read_or_refused(code, sizes, values):
    check_that_content_is_read_or_refused(lambda: parse(header(code, *sizes) + values))


@given(st.integers(0, len(gzip.compress(EXAMPLE, mtime=0)) - 1), st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_gzipped_file_with_any_changed_byte_is_read_or_refused(tmp_path, place, value):
    content = bytearray(gzip.compress(EXAMPLE, mtime=0))
    content[place] = value
    path = tmp_path / "changed.gz"
    path.write_bytes(content)
    check_that_content_is_read_or_refused(lambda: read_idx(path))
