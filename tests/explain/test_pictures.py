"""Images as text."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.explain.pictures import PICTURE_SIGNS, drawn, matrices


def image(rows):
    return np.array(rows, np.uint8)[..., None]


def lines_of(rows, width=80, *, inverted=False, ascii_only=False):
    return drawn(image(rows), width, inverted=inverted, ascii_only=ascii_only)


def test_a_character_is_two_pixels():
    assert lines_of([[255, 255, 0, 128], [255, 0, 255, 128]]) == ["█▀▄▒"]
    assert lines_of([[255, 0]]) == ["▀"]
    assert lines_of([[0, 0], [0, 0], [0, 255]]) == ["", " ▀"]


def test_dark_shapes_on_a_light_background_are_filled():
    assert lines_of([[0, 255], [0, 255]], inverted=True) == ["█"]


def test_gray_is_shaded():
    grays = [0, 64, 128, 191, 255]
    assert lines_of([grays, grays]) == [" ░▒▓█"]
    assert lines_of([grays, grays], ascii_only=True) == [" :+#@"]


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([1, 3]), st.booleans())
def test_no_line_is_too_long(height, width, channels, ascii_only):
    pixels = np.full((height, width, channels), 200, np.uint8)
    lines = drawn(pixels, 80, inverted=False, ascii_only=ascii_only)
    assert max(map(len, lines)) <= 80
    size = -(-width // 80)
    assert len(lines) == ceil(ceil(height / size) / 2)
    assert "".join(lines).isascii() == ascii_only
    assert ascii_only or {*"".join(lines)} <= {*PICTURE_SIGNS}


def test_a_wide_image_is_shrunk_by_means():
    wide = np.zeros((4, 160), np.uint8)
    wide[:, :80] = 255
    assert lines_of(wide) == ["█" * 40]


@pytest.mark.parametrize("width", [28, 80, 200])
def test_matrices_have_every_number(width):
    pixels = image(np.arange(28 * 28).reshape(28, 28) % 256)
    numbers = {}
    for line in matrices(pixels, width):
        assert len(line) <= width
        if line.startswith("columns"):
            first = int(line.split()[1])
            row = 0
            continue
        for at, value in enumerate(line.split()):
            numbers[row, first + at] = int(value)
        row += 1
    assert numbers == {(r, c): pixels[r, c, 0] for r in range(28) for c in range(28)}


def test_each_channel_has_a_matrix():
    pixels = np.array([[[1, 2, 3]]], np.uint8)
    assert [*matrices(pixels, 80)] == [
        "red, columns 0 to 0:", "   1", "green, columns 0 to 0:", "   2",
        "blue, columns 0 to 0:", "   3",
    ]  # fmt: skip
