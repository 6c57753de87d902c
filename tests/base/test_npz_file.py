import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from nncli.base.errors import OutputError
from nncli.base.storage.npz_file import LARGEST_FILE, read_own_npz, write_npz
from tests.attacks.packing import npy, overwrite, packed, unzipped, zipped

ARRAYS = {
    "metadata": np.array("größe 😀"),
    "W1": np.arange(6, dtype=np.float32).reshape(2, 3),
    "slots": np.empty((0, 7)),
    "steps": np.array(3),
    "cube": np.zeros((1, 2, 3), bool),
}

types = st.sampled_from(["?", "u1", "<i4", "<i8", "<f4", "<f8"]).map(np.dtype)
some_arrays = st.dictionaries(
    st.text("Wb_19", min_size=1, max_size=8),
    st_numpy.arrays(types, st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    .map(np.array)
    .filter(lambda text: text.dtype.itemsize > 0),
    max_size=3,
).filter(bool)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "arrays.npz"


def written(path, arrays):
    write_npz(path, arrays)
    return path.read_bytes()


@given(some_arrays, st.sampled_from("CF"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arrays_are_read_back_and_zipfile_and_numpy_write_the_same_bytes(path, arrays, order):
    arrays = {name: np.asarray(array, order=order) for name, array in arrays.items()}
    content = written(path, arrays)
    found = read_own_npz(path)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
    assert content == packed({name: np.asarray(each, order="C") for name, each in arrays.items()})


def test_numpy_reads_what_is_written(path):
    write_npz(path, ARRAYS)
    with np.load(path, allow_pickle=False) as file:
        found = dict(file)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


def test_big_endian_arrays_are_written_little_endian(path):
    write_npz(path, {"a": np.array([1.0, 2.0], ">f8")})
    assert read_own_npz(path)["a"].dtype.str == "<f8"


def test_arrays_that_are_read_can_be_changed_and_share_nothing(path):
    write_npz(path, ARRAYS)
    one, other = read_own_npz(path), read_own_npz(path)
    one["W1"][:] = 9
    assert other["W1"][0, 1] == 1


def test_more_than_fits_is_refused_before_anything_is_written(path):
    giant = np.broadcast_to(np.float32(0), (LARGEST_FILE // 4, 1))
    with pytest.raises(OutputError, match="at most 4 GiB"):
        write_npz(path, {"W1": giant})
    assert list(path.parent.iterdir()) == []


def test_every_single_byte_that_is_changed_removed_or_added_is_refused(path):
    content = written(path, ARRAYS)
    for place in range(len(content)):
        before, byte, after = content[:place], content[place], content[place + 1 :]
        for damaged in (
            before + bytes([byte ^ 1 << place % 8]) + after,
            before + bytes([255 - byte]) + after,
            before + after,
            before + bytes([byte]) + content[place:],
            before,
        ):
            if damaged != content:
                overwrite(path, damaged)
                with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
                    read_own_npz(path)
    path.write_bytes(content)
    assert read_own_npz(path).keys() == ARRAYS.keys()


MEMBERS = {"a.npy": npy(np.zeros((2, 3), np.float32))}
GOOD = zipped(MEMBERS)


def text_of(*code_points):
    """Return a member with a text of these code points, valid or not."""
    header = f"{{'descr': '<U{len(code_points)}', 'fortran_order': False, 'shape': (), }}"
    values = struct.pack(f"<{len(code_points)}I", *code_points)
    return zipped({"a.npy": npy_file(header, values)})


def npy_file(header, values=bytes(24)):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + values


def array_of(descr="<f4", order="False", shape="(2, 3)", values=bytes(24)):
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    return zipped({"a.npy": npy_file(header, values)})


def put(place, value, content=GOOD):
    return content[:place] + value + content[place + len(value) :]


CENTRAL = GOOD.index(b"PK\1\2")
END = GOOD.index(b"PK\5\6")

WRONG = {
    "nothing": (b"", "is empty"),
    "text": (b"hello", "is not an .npz file"),
    "a zip without members": (b"PK\5\6" + bytes(18), "is not an .npz file"),
    "bytes before": (b"#!/bin/sh\n" + GOOD, "is not an .npz file"),
    "a byte behind": (GOOD + b"\0", "a zip directory that nncli"),
    "a comment": (put(END + 20, b"\2\0") + b"hi", "a zip directory that nncli"),
    "a comment of a member": (zipped(MEMBERS, comment=b"hi"), "a zip directory that nncli"),
    "an extra field": (zipped(MEMBERS, extra=b"\1\0\0\0"), "a zip header of a that nncli"),
    "a date": (zipped(MEMBERS, date_time=(2024, 5, 6, 7, 8, 9)), "a zip header of a that nncli"),
    "a version": (zipped(MEMBERS, extract_version=45), "a zip header of a that nncli"),
    "a version of the writer": (zipped(MEMBERS, create_version=63), "a zip directory that nncli"),
    "another system": (zipped(MEMBERS, create_system=0), "a zip directory that nncli"),
    "a link": (zipped(MEMBERS, external_attr=0o120777 << 16), "a zip directory that nncli"),
    "internal attributes": (zipped(MEMBERS, internal_attr=1), "a zip directory that nncli"),
    "another disk": (put(END + 4, b"\1"), "a zip directory that nncli"),
    "deflated": (zipped(MEMBERS, compress_type=8), "is compressed"),
    "a flag for encryption": (put(6, b"\1"), "is compressed, encrypted"),
    "a flag for UTF-8": (put(7, b"\x08"), "is compressed, encrypted"),
    "a flag for a data descriptor": (put(6, b"\x08"), "is compressed, encrypted"),
    "a flag in the directory": (put(CENTRAL + 8, b"\1"), "a zip directory that nncli"),
    "a path": (zipped({"../a.npy": MEMBERS["a.npy"]}), "unexpected member '../a.npy'"),
    "an absolute path": (zipped({"/a.npy": MEMBERS["a.npy"]}), "unexpected member"),
    "a drive": (zipped({"C:a.npy": MEMBERS["a.npy"]}), "unexpected member"),
    "a directory": (zipped({"a.npy/": b""}), "unexpected member"),
    "no name": (zipped({"": MEMBERS["a.npy"]}), "unexpected member ''"),
    "a long name": (zipped({"a" * 60_000 + ".npy": MEMBERS["a.npy"]}), "unexpected member 'aaa"),
    "a name with an escape": (zipped({"\x1b[2J.npy": b""}), r"unexpected member '\x1b[2J.npy'"),
    "another ending": (zipped({"a.NPY": MEMBERS["a.npy"]}), "unexpected member 'a.NPY'"),
    "a member twice": (zipped([*MEMBERS.items()] * 2), "has the member a twice"),
    "another name in the directory": (put(CENTRAL + 46, b"b"), "a zip directory that nncli"),
    "another checksum": (put(14, b"\0\0\0\0"), "a is damaged: its checksum is wrong"),
    "another checksum there": (put(CENTRAL + 16, b"\0\0\0\0"), "a zip directory that nncli"),
    "a giant size": (put(18, b"\xff\xff\xff\x7f" * 2), "is truncated in a"),
    "two sizes": (put(18, b"\1"), "a zip header of a that nncli"),
    "a size less": (put(18, struct.pack("<2L", 151, 151)), "has 23 bytes of values"),
    "another place": (put(CENTRAL + 42, b"\1"), "a zip directory that nncli"),
    "a local header only": (GOOD[:30], "unexpected member ''"),
    "half a local header": (GOOD[:20], "is truncated"),
    "without a directory": (GOOD[:CENTRAL], "or is truncated"),
    "an empty member": (zipped({"a.npy": b""}), "damaged .npy header"),
    "a .npy of version 2": (zipped({"a.npy": put(6, b"\2", MEMBERS["a.npy"])}), "damaged .npy"),
    "a long .npy header": (zipped({"a.npy": put(8, b"\xff\xff", MEMBERS["a.npy"])}), "damaged"),
    "a short .npy header": (zipped({"a.npy": put(8, b"\1\0", MEMBERS["a.npy"])}), "damaged"),
    "a code in the .npy header": (array_of("<f4'.__class__+'"), "damaged .npy header"),
    "keys in another order": (
        zipped({"a.npy": npy_file("{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4', }")}),
        "damaged .npy header",
    ),
    "no space before the end": (
        zipped({"a.npy": npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}")}),
        "damaged .npy header",
    ),
    "Fortran order": (array_of(order="True"), "a is in Fortran order"),
    "an order that is none": (array_of(order="1"), "damaged .npy header"),
    "float16": (array_of("<f2", shape="(2, 6)"), "the type '<f2'"),
    "big-endian": (array_of(">f4"), "the type '>f4'"),
    "objects": (array_of("|O"), "the type '|O'"),
    "records": (array_of("V4"), "the type 'V4'"),
    "dates": (array_of("<M8[D]"), "the type '<M8[D]'"),
    "text of length 0": (array_of("<U0"), "the type '<U0'"),
    "text of giant length": (array_of("<U99999999", shape="()"), "has 24 bytes of values"),
    "longer text than NumPy has": (array_of("<U999999999", shape="()"), "the type '<U999999999'"),
    "a giant shape": (array_of(shape="(9999999999, 9999999999)"), "has 24 bytes of values"),
    "a shape that overflows": (
        array_of(shape="(4294967296, 4294967296, 16)"),
        "has 24 bytes of values",
    ),
    "a shape that overflows beside 0": (
        array_of(shape="(0, 9999999999, 9999999999)", values=b""),
        "impossible shape",
    ),
    "a length of 11 digits": (array_of(shape="(10000000000,)"), "damaged .npy header"),
    "four dimensions": (array_of(shape="(1, 1, 2, 3)"), "damaged .npy header"),
    "a shape below 0": (array_of(shape="(-2, -3)"), "damaged .npy header"),
    "a shape with a 0 before it": (array_of(shape="(02, 3)"), "damaged .npy header"),
    "a shape without its comma": (array_of(shape="(6)"), "damaged .npy header"),
    "a shape of Arabic digits": (array_of(shape="(٢, 3)"), "damaged .npy header"),
    "a value too few": (array_of(values=bytes(20)), "has 20 bytes of values"),
    "a value too many": (array_of(values=bytes(28)), "has 28 bytes of values"),
    "a character beyond Unicode": (text_of(0x110000), "a has invalid characters"),
    "a character of all ones": (text_of(65, 0xFFFFFFFF), "a has invalid characters"),
    "half a character": (text_of(0xD800), "a has invalid characters"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_nncli_does_not_write_is_refused_in_a_few_words(path, name):
    content, words = WRONG[name]
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared below
        read_own_npz(path)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 120


def test_the_wrong_files_start_from_one_that_is_read(path):
    for content in (GOOD, array_of(), text_of(65, 66)):
        path.write_bytes(content)
        assert list(read_own_npz(path)) == ["a"]


def test_a_changed_array_with_its_right_checksum_is_read(path):
    """The reader only detects damage; detecting forged numbers needs checksums stored elsewhere."""
    forged = bytearray(GOOD)
    place = CENTRAL - 4
    forged[place : place + 4] = struct.pack("<f", 5)
    checksum = struct.pack("<L", zlib.crc32(forged[30 + len("a.npy") : CENTRAL]))
    forged[14:18] = forged[CENTRAL + 16 : CENTRAL + 20] = checksum
    path.write_bytes(forged)
    assert read_own_npz(path)["a"][1, 2] == 5


def test_a_directory_and_a_missing_file_are_errors_of_the_system(path):
    with pytest.raises(FileNotFoundError):
        read_own_npz(path)
    with pytest.raises(OSError, match=r"."):
        read_own_npz(path.parent)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_reading_does_not_wait_for_a_pipe_without_a_writer(path):
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        read_own_npz(path)


@pytest.mark.skipif(os.name != "posix", reason="there are no such devices here")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_not_read(path, device):
    path.symlink_to(device)
    with pytest.raises(OSError, match="not a regular file"):
        read_own_npz(path)


def test_a_sparse_file_beyond_the_limit_is_refused_at_once(path):
    with path.open("wb") as stream:
        stream.write(GOOD)
        stream.truncate(LARGEST_FILE + 1)
    with pytest.raises(ValueError, match="4,294,967,296 bytes; nncli writes at most 4 GiB"):
        read_own_npz(path)


def test_the_members_are_what_a_zip_program_sees(path):
    members = unzipped(written(path, ARRAYS))
    assert list(members) == [f"{name}.npy" for name in ARRAYS]
