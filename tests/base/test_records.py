"""Records have the format and the checksums of TensorFlow's, and damaged ones end the reading."""

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.storage.records import crc32c, read_records, record_of

MANY = 1 << 20


def bit_by_bit(content):
    """Return the CRC-32C as the RFC defines it."""
    state = 0xFFFFFFFF
    for byte in content:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("content", "checksum"),
    [
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"123456789", 0xE3069283),
        (b"", 0),
    ],
)
def test_checksums_are_those_of_the_rfc(content, checksum):
    assert crc32c(content) == checksum


@given(st.binary(max_size=40))
def test_checksums_of_short_contents(content):
    assert crc32c(content) == bit_by_bit(content)


@pytest.mark.parametrize("size", [1023, 1024, 1025, 1027, 1028, 2047, 2048, 5000])
def test_checksums_of_contents_with_several_blocks(size):
    content = bytes(each * each % 251 for each in range(size))
    assert crc32c(content) == bit_by_bit(content)


@given(st.lists(st.binary(max_size=2000), max_size=5))
def test_records_are_read_as_they_were_written(contents):
    stream = BytesIO(b"".join(map(record_of, contents)))
    assert [*read_records(stream, MANY)] == contents


def test_a_record_has_masked_checksums_of_its_length_and_content():
    record = record_of(b"123456789")
    length, first = struct.unpack("<QI", record[:12])
    assert (length, record[12:-4]) == (9, b"123456789")
    for content, found in ((record[:8], first), (record[12:-4], *struct.unpack("<I", record[-4:]))):
        plain = bit_by_bit(content)
        rotated = (plain >> 15 | plain << 17) & 0xFFFFFFFF
        assert found == (rotated + 0xA282EAD8) % 2**32


def test_reading_ends_before_a_record_that_is_cut_anywhere():
    first, second = record_of(b"first"), record_of(b"second")
    for end in range(len(first), len(first + second)):
        assert [*read_records(BytesIO((first + second)[:end]), MANY)] == [b"first"]


def test_reading_ends_before_a_record_with_any_wrong_bit():
    first, second, third = map(record_of, (b"first", b"second", b"third"))
    for place in range(8 * len(second)):
        wrong = bytearray(second)
        wrong[place // 8] ^= 1 << place % 8
        assert [*read_records(BytesIO(first + wrong + third), MANY)] == [b"first"]


def test_a_record_that_is_too_long_is_not_read():
    stream = BytesIO(record_of(b"12345") + record_of(b"123456"))
    assert [*read_records(stream, 5)] == [b"12345"]
