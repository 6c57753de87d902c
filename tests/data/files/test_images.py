import io
import os
import struct
import sys
import zlib

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.base.extras import install_command
from nncli.data.files import images
from nncli.data.files.image_format import ImageFormat
from nncli.data.files.images import image_files, read_classes, read_image

Image = pytest.importorskip("PIL.Image", reason="the extra 'images' is not installed")

GRAY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOR = np.arange(36, dtype=np.uint8).reshape(3, 4, 3) * 7


def save(path, array, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path, **options)
    return path


def refusal(read, path, **options):
    with pytest.raises(DataError) as caught:
        read(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def pictures(tmp_path):
    """Return the folder of the only class of an image set."""
    path = tmp_path / "set" / "class"
    path.mkdir(parents=True)
    return path


def read_images(path, **options):
    """Read the image set of a folder, or of a file in it."""
    folder = path if path.is_dir() else path.parent
    return read_classes(folder.parent, **options).images


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "data" / "cat" / "1.png", GRAY)
    save(tmp_path / "data" / "cat" / "2.PNG", 255 - GRAY, format="PNG")
    save(tmp_path / "data" / "dog" / "b.png", GRAY.T.reshape(3, 4))
    return tmp_path / "data"


# Accepted images


def test_a_folder_for_each_class_becomes_rows_and_classes(folder):
    found = read_classes(folder)
    assert found.classes == ["cat", "dog"]
    assert found.labels.tolist() == [0, 0, 1]
    assert found.images.format == ImageFormat(3, 4, 1)
    assert [file.name for file in found.images.files] == ["1.png", "2.PNG", "b.png"]
    expected = [GRAY, 255 - GRAY, GRAY.T.reshape(3, 4)]
    np.testing.assert_array_equal(found.images.rows, [each.ravel() for each in expected])
    assert found.images.rows.dtype == np.uint8


def test_hidden_files_are_skipped(folder):
    for name in (".DS_Store", "cat/.hidden", "dog/Thumbs.db"):
        (folder / name).write_bytes(b"rubbish")
    (folder / ".git").mkdir()
    assert len(read_classes(folder).labels) == 3


def test_one_image_and_folders_of_them_are_found_for_prediction(folder):
    assert image_files(folder / "cat" / "1.png") == [folder / "cat" / "1.png"]
    assert image_files(folder / "cat") == [folder / "cat" / "1.png", folder / "cat" / "2.PNG"]
    assert [file.name for file in image_files(folder)] == ["1.png", "2.PNG", "b.png"]
    save(folder / "a.png", GRAY)
    assert [file.name for file in image_files(folder)] == ["a.png", "1.png", "2.PNG", "b.png"]


def test_an_image_is_converted_to_a_format(folder):
    path = save(folder / "a.png", np.full((10, 20, 3), 60, np.uint8))
    assert read_image(path, ImageFormat(2, 3, 1)).tolist() == [60] * 6
    assert read_image(path, ImageFormat(2, 3, 3)).tolist() == [60] * 18
    same = read_image(folder / "cat" / "1.png", ImageFormat(3, 4, 1))
    assert same.tolist() == GRAY.ravel().tolist()


def test_a_jpeg_is_read_whatever_its_name(pictures):
    path = save(pictures / "picture.png", np.full((8, 8, 3), 100, np.uint8), format="JPEG")
    found = read_images(path)
    assert found.format == ImageFormat(8, 8, 3)
    assert np.abs(found.rows.astype(int) - 100).max() <= 2


@pytest.mark.parametrize(
    ("array", "mode", "expected"),
    [
        (GRAY > 100, None, (GRAY > 100) * 255),
        (np.dstack([GRAY, np.full_like(GRAY, 255)]), None, GRAY),
        (np.dstack([COLOR, np.full_like(GRAY, 255)]), None, COLOR),
        (COLOR, None, COLOR),
    ],
    ids=["black and white", "opaque gray", "opaque color", "color"],
)
def test_other_modes_are_converted_to_gray_or_color(pictures, array, mode, expected):
    found = read_images(save(pictures / "a.png", array, mode))
    np.testing.assert_array_equal(found.rows[0], np.ravel(expected))


@pytest.mark.parametrize(("colors", "channels"), [([9, 9, 9, 70, 70, 70], 1), ([9, 1, 2], 3)])
def test_a_palette_becomes_its_colors(pictures, colors, channels):
    picture = Image.new("P", (2, 2))
    picture.putpalette(colors)
    picture.save(pictures / "a.png")
    assert read_images(pictures / "a.png").rows.tolist() == [colors[:channels] * 4]


def test_an_image_is_turned_as_its_exif_data_say(pictures):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    found = read_images(save(pictures / "a.png", GRAY, exif=exif))
    np.testing.assert_array_equal(found.rows[0], GRAY[::-1, ::-1].ravel())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "MPO"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_gives_the_picture_as_it_is_seen(pictures, kind, orientation):
    seen = np.zeros((16, 24), np.uint8)
    seen[:8, :8] = 255  # one white corner, the upper left
    back = [lambda a: a, np.fliplr, lambda a: np.rot90(a, 2), np.flipud, np.transpose,
            np.rot90, lambda a: np.rot90(a, 2).T, lambda a: np.rot90(a, -1)]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(back[orientation - 1](seen))
    found = read_images(save(pictures / "a", stored, format=kind, exif=exif))
    assert found.format == ImageFormat(16, 24, 1)
    assert np.abs(found.rows[0].astype(int) - seen.ravel()).max() < 30


def several_pictures(stream, array, *others):
    """Write a JPEG like those of phones, with a preview or depth map after the image."""
    more = [Image.fromarray(other) for other in others]
    Image.fromarray(array).save(stream, "MPO", save_all=True, append_images=more)


@pytest.mark.parametrize("array", [GRAY, COLOR], ids=["gray", "color"])
def test_of_a_jpeg_with_several_pictures_the_first_is_read(pictures, array):
    save(pictures / "one.jpg", array, quality=75)
    if int(Image.__version__.partition(".")[0]) < 11:
        pytest.skip("this Pillow cannot read several pictures that it writes")
    with (pictures / "several.jpg").open("wb") as stream:
        several_pictures(stream, array, 255 - array, array[:2, :2])
    with Image.open(pictures / "several.jpg") as picture:
        assert picture.n_frames == 3
    one, several = read_images(pictures).rows
    np.testing.assert_array_equal(several, one)


def with_transparency(picture, transparency):
    stream = io.BytesIO()
    picture.save(stream, "PNG", transparency=transparency)
    return stream.getvalue()


def in_palette(array, colors):
    picture = Image.frombytes("P", array.shape[::-1], array.tobytes())
    picture.putpalette([value for color in colors for value in color])
    return picture


SHADES = [(9, 9, 9), (70, 70, 70), (200, 200, 200)]
COLORS = [(9, 0, 0), (70, 80, 90), (200, 0, 200)]
PLACES = np.array([[0, 1], [1, 0]], np.uint8)


@pytest.mark.parametrize("colors", [SHADES, COLORS])
@pytest.mark.parametrize("transparency", [None, 2, bytes([255, 255, 0]), bytes([255] * 3)])
def test_a_palette_may_have_transparency_that_no_pixel_uses(pictures, colors, transparency):
    picture = in_palette(PLACES, colors)
    (pictures / "a.png").write_bytes(with_transparency(picture, transparency))
    channels = 1 if colors is SHADES else 3
    expected = np.array(colors, np.uint8)[PLACES][..., :channels]
    np.testing.assert_array_equal(read_images(pictures).rows[0], expected.ravel())


@pytest.mark.parametrize("transparency", [0, bytes([255, 128]), bytes([0])])
def test_a_palette_with_transparent_pixels_is_refused(pictures, transparency):
    picture = in_palette(PLACES, SHADES)
    (pictures / "a.png").write_bytes(with_transparency(picture, transparency))
    assert "a.png: has transparent pixels" in refusal(read_images, pictures)


@pytest.mark.parametrize(
    ("array", "unused", "used"),
    [(GRAY, 1, 20), (COLOR, (1, 1, 1), (0, 7, 14)), (GRAY > 100, None, 0)],
    ids=["gray", "color", "black and white"],
)
def test_a_transparent_color_matters_where_a_pixel_has_it(pictures, array, unused, used):
    picture = Image.fromarray(array)
    (pictures / "a.png").write_bytes(with_transparency(picture, used))
    assert "a.png: has transparent pixels" in refusal(read_images, pictures)
    if unused is not None:
        (pictures / "a.png").write_bytes(with_transparency(picture, unused))
        np.testing.assert_array_equal(read_images(pictures).rows[0], array.ravel())


def test_gray_images_among_color_ones_get_three_channels(pictures):
    save(pictures / "1.png", COLOR)
    save(pictures / "2.png", GRAY)
    found = read_images(pictures)
    np.testing.assert_array_equal(found.rows[1], np.dstack([GRAY] * 3).ravel())


def test_a_size_and_channels_that_are_asked_for_are_given(pictures):
    save(pictures / "1.png", GRAY)
    save(pictures / "2.png", np.full((10, 20, 3), 60, np.uint8))
    found = read_images(pictures, size=(5, 6), channels=1)
    assert found.format == ImageFormat(5, 6, 1)
    assert set(found.rows[1].tolist()) == {60}


# Refusals


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(
        ">I", zlib.crc32(name + content))  # fmt: skip


def png(width, height, depth=8, kind=0, values=b""):
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(values)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def animated():
    stream = io.BytesIO()
    frames = [Image.fromarray(GRAY), Image.fromarray(255 - GRAY)]
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def saved(array, kind="PNG", **options):
    stream = io.BytesIO()
    Image.fromarray(array, **options).save(stream, kind)
    return stream.getvalue()


def cmyk():
    stream = io.BytesIO()
    Image.new("CMYK", (4, 4)).save(stream, "JPEG")
    return stream.getvalue()


def other(kind):
    stream = io.BytesIO()
    Image.fromarray(COLOR).save(stream, kind)
    return stream.getvalue()


OTHERS = [
    ("a GIF image", other("GIF")),
    ("a BMP image", other("BMP")),
    ("a TIFF image", other("TIFF")),
    ("an icon", other("ICO")),
    ("a PDF document", b"%PDF-1.7\n"),
    ("a WebP image", b"RIFF\x24\0\0\0WEBPVP8 "),
    ("a HEIC or AVIF image", b"\0\0\0\x18ftypheic\0\0\0\0"),
    ("a HEIC or AVIF image", b"\0\0\0\x1cftypavif\0\0\0\0"),
    ("a JPEG 2000 image", b"\0\0\0\x0cjP  \r\n\x87\n"),
    ("a JPEG XL image", b"\xff\x0a\0\0"),
    ("a JPEG XL image", b"\0\0\0\x0cJXL \r\n\x87\n"),
    ("a Photoshop file", b"8BPS\0\1"),
    ("an SVG drawing", b'<svg xmlns="http://www.w3.org/2000/svg">'),
    ("an SVG drawing", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">'),
]


@pytest.mark.parametrize(("words", "content"), OTHERS)
@pytest.mark.parametrize("name", ["a.png", "b.jpg", "c"])
def test_an_unsupported_format_is_named(pictures, name, words, content):
    path = pictures / name
    path.write_bytes(content)
    assert refusal(read_images, path) == (
        f"{path}: is {words}; expected PNG or JPEG; convert it, or move it elsewhere"
    )


BIG = saved(np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"hello, world", "is not a PNG or JPEG image; convert it"),
        (BIG[: len(BIG) // 2], "is truncated or damaged ("),
        (BIG[:20], "is truncated or damaged ("),
        (BIG[:200] + bytes(40) + BIG[240:], "is truncated or damaged ("),
        (saved(COLOR, "JPEG")[:-200], "is truncated or damaged ("),
        (png(60_000, 60_000), "has more than 67108864 pixels; resize it"),
        (png(9_000, 9_000), "has more than 67108864 pixels; resize it"),
        (png(2, 2, 16, 0, bytes(10)), "has 16 bits per channel; expected 8; convert it"),
        (png(2, 2, 16, 2, bytes(26)), "has 16 bits per channel; expected 8; convert it"),
        (saved(np.dstack([COLOR, GRAY])), "has transparent pixels; expected an opaque image"),
        (saved(np.dstack([GRAY, GRAY])), "has transparent pixels; expected an opaque image"),
        (animated(), "is animated; expected a single image; save one frame"),
        (cmyk(), "has the color mode CMYK; expected gray or RGB; convert it"),
        (saved(np.zeros((1100, 1000), np.uint8)), "1000 x 1100 pixels make 1100000 inputs; expected"
         " up to 1048576; set data.size: [height, width] to a smaller size"),
    ],
)  # fmt: skip
def test_a_wrong_image_is_one_line_with_the_file(pictures, content, problem):
    path = pictures / "picture.png"
    path.write_bytes(content)
    message = refusal(read_images, path)
    assert message.startswith(f"{path}: ")
    assert message.removeprefix(f"{path}: ").startswith(problem)


def test_images_unlike_the_first_are_refused_unless_asked_for(pictures):
    first = save(pictures / "1.png", GRAY)
    second = save(pictures / "2.png", COLOR)
    assert refusal(read_images, pictures) == (
        f"{second}: is a color image; expected gray, as in {first}; set data.color: gray or rgb"
    )
    save(second, GRAY.T)
    assert refusal(read_images, pictures) == (
        f"{second}: has 3 x 4 pixels; expected 4 x 3, as in {first}; set data.size: [height, "
        "width] to resize all images"
    )


def test_wrong_folders_are_refused(tmp_path):
    assert refusal(read_classes, tmp_path / "no").endswith(
        "no: cannot be read (no such file or directory)"
    )
    assert refusal(read_classes, tmp_path) == (
        f"{tmp_path}: has no subfolders; expected one per class, with its images"
    )
    (tmp_path / "cat").mkdir()
    assert refusal(read_classes, tmp_path) == (
        f"{tmp_path / 'cat'}: is empty; expected PNG or JPEG images; add some or remove it"
    )
    assert "is empty; expected PNG or JPEG" in refusal(image_files, tmp_path / "cat")
    (tmp_path / "cat" / "sub").mkdir()
    assert "sub: is a folder among images; expected" in refusal(read_classes, tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    assert "notes.txt: is a file next to the class folders" in refusal(read_classes, tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
def test_links_in_a_circle_and_pipes_are_refused(folder):
    (folder / "cat" / "up").symlink_to(folder)
    assert "up: is a folder among images" in refusal(read_classes, folder)
    (folder / "cat" / "up").unlink()
    (folder / "cat" / "me").symlink_to(folder / "cat" / "me")
    assert "me: cannot be read (too many levels" in refusal(read_classes, folder)
    (folder / "cat" / "me").unlink()
    os.mkfifo(folder / "cat" / "pipe")
    assert "pipe: is a pipe or a device; expected a file" in refusal(read_classes, folder)


def test_without_pillow_the_command_to_install_it_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert refusal(images.read_classes, folder) == (
        "images are read with Pillow, which is not installed; get it with: "
        + install_command("images")
    )
