import io
import struct
import tracemalloc
import warnings
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from nncli.base.storage.npy import parse_npy


def saved(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def with_header(text, values=bytes(24), version=1):
    """Return a .npy file with `text` as its header."""
    text = text.encode("latin1") + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + values


def header(descr="'<f4'", fortran_order="False", shape="(2, 3)"):
    return f"{{'descr': {descr}, 'fortran_order': {fortran_order}, 'shape': {shape}}}"


@given(
    st_numpy.arrays(
        st_numpy.scalar_dtypes(),
        st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    st.sampled_from("CF"),
)
def test_any_array_of_plain_values_is_read_back(array, order):
    array = np.asarray(array, order=order)
    found = parse_npy(saved(array))
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)


def test_the_array_is_read_only_and_uses_the_bytes_of_the_file():
    content = saved(np.arange(6.0))
    array = parse_npy(content)
    assert not array.flags.writeable
    assert np.shares_memory(array, np.frombuffer(content, np.uint8))


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_of_the_format_are_read(version):
    assert parse_npy(with_header(header(), version=version)).shape == (2, 3)


def test_a_file_from_python_2_is_read_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_npy(with_header(header(shape="(2L, 3L)"))).shape == (2, 3)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "damaged .npy header"),
        (b"\x93NUMPY", "damaged .npy header"),
        (b"\x93NUMPY\x01\x00\xff\xff{}", "damaged .npy header"),
        (b"\x93NUMPY\x03\x00" + saved(np.zeros(3))[8:], "damaged .npy header"),
        (with_header("{}"), "damaged .npy header"),
        (with_header("{'descr': ("), "damaged .npy header"),
        (with_header("'''"), "damaged .npy header"),
        (with_header("\0"), "damaged .npy header"),
        (with_header("1" * 5000), "damaged .npy header"),
        (with_header("(" * 9000), "damaged .npy header"),
        (with_header("-" * 9000 + "1"), "damaged .npy header"),
        (with_header(" " * 20_000 + header()), "damaged .npy header"),
        (with_header(header(descr="()")), "damaged .npy header"),
        (with_header(header(descr="5")), "damaged .npy header"),
        (with_header(header(descr="None")), "damaged .npy header"),
        (with_header(header(descr="''")), "damaged .npy header"),
        (with_header(header(descr="[('a',)]")), "damaged .npy header"),
        (with_header(header(descr="'V99999999999999'")), "damaged .npy header"),
        (with_header(header(descr="'(2,)f4'", shape="(3,)")), "damaged .npy header"),
        (with_header(header(descr="'(1,1)f4'", shape="(6,)")), "damaged .npy header"),
        (with_header(header(fortran_order="1")), "damaged .npy header"),
        (with_header(header(shape="[2, 3]")), "damaged .npy header"),
        (with_header(header(shape="(2.0, 3)")), "damaged .npy header"),
        (with_header(header(shape="(-2, -3)")), "impossible shape"),
        (with_header(header(shape="(True, 6)")), "impossible shape"),
        (
            with_header(header(shape="(7," + 31 * "1," + ")")),
            "has 24 bytes of values, which do not match its",
        ),
        (with_header(header(shape="(6," + 32 * "1," + ")")), "has 33 dimensions; expected 32 at"),
        (with_header(header(shape="(6," + 99 * "1," + ")")), "has 100 dimensions; expected 32 at"),
        (with_header(header(shape="(0, 9223372036854775807, 4)"), b""), "impossible shape"),
        (with_header(header(shape="(0, 99999999999999999999)"), b""), "impossible shape"),
        (with_header(header(descr="'|O'", shape="(3,)")), "Python objects"),
        (with_header(header(descr="'V0'")), "Python objects or empty values"),
        (saved(np.array([{}], object), allow_pickle=True), "Python objects"),
        (
            with_header(header(shape="(2, 4)")),
            "has 24 bytes of values, which do not match its shape (2, 4)",
        ),
        (saved(np.zeros(3))[:-1], "has 23 bytes of values"),
        (saved(np.zeros(3)) + b"\0", "has 25 bytes of values"),
    ],
    ids=count(),
)
def test_a_wrong_file_is_refused_in_a_few_words(content, problem):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared below
            parse_npy(content)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_false_giant_shape_is_refused_with_little_memory():
    content = with_header(header(shape=f"({2**40}, {2**20})"))
    tracemalloc.start()
    with pytest.raises(ValueError, match="has 24 bytes of values"):
        parse_npy(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def check_that_content_is_read_or_refused(content):
    found = None
    try:
        found = parse_npy(content)
    except ValueError as error:
        words = str(error)
    # The error has nncli's wording, not NumPy's.
    assert words.startswith(("has ", "holds ")) if found is None else found.ndim <= 32


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(content):
    check_that_content_is_read_or_refused(content)
    check_that_content_is_read_or_refused(b"\x93NUMPY\x01\x00" + content)


@given(st.text(st.characters(max_codepoint=255), max_size=40), st.integers(0, 24))
def test_any_header_is_read_or_refused(text, values):
    check_that_content_is_read_or_refused(with_header(text, bytes(values)))


@given(
    descr=st.sampled_from(["'<f4'", "'>i8'", "'|b1'", "'<U3'", "'<c8'", "'V4'", "'<M8[s]'"])
    | st.text("'<>|=fiubOSUVMm[]()0123456789,s ", max_size=8),
    fortran_order=st.sampled_from(["True", "False"]),
    shape=st.lists(st.integers(-1, 4) | st.integers() | st.integers(2**29, 2**70), max_size=4).map(
        lambda lengths: str(tuple(lengths))
    ),
    values=st.integers(0, 24),
)
def test_any_keys_of_a_header_are_read_or_refused(descr, fortran_order, shape, values):
    check_that_content_is_read_or_refused(
        with_header(header(descr, fortran_order, shape), bytes(values))
    )


@given(place=st.integers(0, 151), value=st.integers(0, 255))
def test_a_file_with_any_changed_byte_is_read_or_refused(place, value):
    content = bytearray(saved(np.zeros((2, 3), np.float32)))
    content[place] = value
    check_that_content_is_read_or_refused(bytes(content))
