"""User images: from folders to a model."""

import csv
import io
import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from nncli.data.files.image_format import ImageFormat
from nncli.model.model_file import read_model

Image = pytest.importorskip("PIL.Image", reason="the extra 'images' is not installed")

RANDOM = np.random.default_rng(3)
REST = "\nmodel: {hidden_layers: [8]}\ntraining: {epochs: 30, learning_rate: 0.01}\n"


def stroke(kind, size=(8, 6)):
    """Return a light stroke on a dark background, vertical or horizontal."""
    picture = RANDOM.integers(0, 40, size, np.uint8)
    if kind == "level":
        picture[RANDOM.integers(2, size[0] - 2), 1:-1] = 250
    else:
        picture[1:-1, RANDOM.integers(2, size[1] - 2)] = 250
    return picture


def draw(folder, each=20, size=(8, 6), color=False):
    """Fill a folder with images of two classes."""
    for kind in ("level", "upright"):
        (folder / kind).mkdir(parents=True)
        for number in range(each):
            picture = stroke(kind, size)
            picture = np.dstack([picture] * 3) if color else picture
            Image.fromarray(picture).save(folder / kind / f"{number:02}.png")


@pytest.fixture
def config(tmp_path):
    def write(data):
        (tmp_path / "c.yaml").write_text(f"data: {data}{REST}", encoding="utf-8")

    return write


def test_a_folder_alone_is_enough(nncli, config, tmp_path):
    draw(tmp_path / "strokes")
    config("strokes")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 0
    assert result.err.startswith(
        "task     binary of class\nclasses  level: 20 rows, upright: 20 rows\n"
        "rows     32 train, 8 test\n"
    )
    model = read_model(Path("run"))
    assert model.classes == ["level", "upright"]
    assert model.preprocessing.images == ImageFormat(8, 6, 1, "dark")
    assert model.preprocessing.columns == [f"pixel{n}" for n in range(48)]
    assert model.metrics["test"]["accuracy"] > 0.8
    assert nncli("eval", "run").code == 0
    assert "images          8 x 6 pixels, gray, dark background\n" in nncli("show", "run").out


def test_other_folders_are_converted_to_the_format_of_the_training_images(nncli, config, tmp_path):
    draw(tmp_path / "a", size=(8, 8))
    draw(tmp_path / "b", size=(16, 16), color=True, each=5)
    config("{train: a, test: b, validation: 0}")
    shown = nncli("data", "show", "c.yaml")
    assert shown.code == 0, shown.err
    assert "source   images\ntask     binary\ntarget   class\n" in shown.out
    assert re.search(r" train +test\nrows +40 +10\n", shown.out)


def test_size_and_color_can_be_set(nncli, config, tmp_path):
    draw(tmp_path / "a", size=(8, 8))
    config("{source: images, path: a, size: [4, 5], color: rgb}")
    assert nncli("train", "-q", "c.yaml", "training.epochs=1", "-o", "run").code == 0
    model = read_model(Path("run"))
    assert model.preprocessing.images == ImageFormat(4, 5, 3, "dark")
    assert model.preprocessing.columns[:4] == ["pixel0_red", "pixel0_green", "pixel0_blue",
                                               "pixel1_red"]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("{path: a, size: [4]}", "c.yaml:1:23: data.size: found a list; expected at least 2 items"),
        ("{path: a, size: [0, 4]}", "c.yaml:1:24: data.size[0]: found 0; expected 1 or more"),
        ("{path: a, color: green}", "c.yaml:1:24: data.color: found \"green\"; expected 'gray', "),
        ("{path: a, target: kind}", "c.yaml:1:17: data.target: unknown key; did you mean 'test'?"),
    ],
)
def test_what_is_wrong_in_the_config_has_its_place(nncli, config, tmp_path, data, problem):
    draw(tmp_path / "a", each=1)
    config(data)
    result = nncli("train", "c.yaml")
    assert result.code == 2
    assert result.error.startswith(problem)


def test_wrong_folders_are_one_line_and_leave_no_run(nncli, config, tmp_path):
    config("{path: a, test: 1, validation: 0, rare: error}")

    def refusal():
        result = nncli("train", "c.yaml", "-o", "run")
        assert result.code == 1
        assert not Path("run").exists()
        return result.error

    (tmp_path / "a").mkdir()
    assert refusal() == "Error: a: has no subfolders; expected one per class, with its images"
    draw(tmp_path / "a", each=1)
    assert refusal().startswith("Error: a: class 'level' has 1 row, too few to")
    (tmp_path / "a/empty").mkdir()
    assert refusal().startswith(f"Error: {Path('a/empty')}: is empty; expected PNG or JPEG images")
    (tmp_path / "a/empty/notes.png").write_text("no image at all")
    assert refusal() == (
        f"Error: {Path('a/empty/notes.png')}: is not a PNG or JPEG image; convert it, or "
        "move it elsewhere"
    )


def write_image(path, size, mode="L", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size).save(path, **options)


def test_init_warns_when_it_resizes_images_or_removes_their_color(nncli, tmp_path):
    for number in range(4):
        write_image(tmp_path / "a" / "x" / f"{number}.png", (9, 8))
        write_image(tmp_path / "a" / "y" / f"{number}.png", (9, 8))
    init = ("init", "images", "--data", "a", "-o", "-")
    assert nncli(*init).err == ""
    write_image(tmp_path / "a" / "y" / "other.jpg", (8, 9))
    sizes = (
        "Warning: a: images have different sizes; all are resized to 8 x 9 (height x width), the "
        "size of the first; to change this, set data.size\n"
    )
    assert nncli(*init).err == sizes
    write_image(tmp_path / "a" / "y" / "red.png", (9, 8), "RGB")
    color = (
        "Warning: a: some images are in color; all are converted to gray, as the first is gray; "
        "to change this, set data.color: rgb\n"
    )
    assert nncli(*init).err == sizes + color
    assert nncli(*init, "data.size=[4, 4]", "data.color=rgb").err == ""


def test_init_compares_sizes_as_images_are_shown(nncli, tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    write_image(tmp_path / "a" / "x" / "0.jpg", (9, 8))
    write_image(tmp_path / "a" / "y" / "0.jpg", (8, 9), exif=turned)
    (tmp_path / "a" / "y" / "1.jpg").write_bytes(b"hello")  # training reports it
    assert nncli("init", "images", "--data", "a", "-o", "-").err == ""


# Prediction


@pytest.fixture
def model(nncli, config, tmp_path):
    """Return the run directory of a model that classifies all strokes correctly."""
    draw(tmp_path / "strokes", each=40)
    config("strokes")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    return "run"


def rows_of(text):
    return list(csv.DictReader(text.splitlines()))


def test_a_folder_is_predicted_with_the_name_of_every_file(nncli, model, tmp_path):
    found = rows_of(nncli("predict", model, "strokes").out)
    names = [f"{kind}/{n:02}.png" for kind in ("level", "upright") for n in range(40)]
    assert [row["file"] for row in found] == names
    assert np.mean([row["prediction"] in row["file"] for row in found]) > 0.9
    part = nncli("predict", model, Path("strokes/level"), "--format", "jsonl").out.splitlines()
    assert json.loads(part[3]) == {"row": 3, "file": "03.png", "prediction": "level"}
    one = nncli("predict", model, Path("strokes/level/03.png"), "--proba")
    assert (one.code, one.err) == (0, "")
    assert list(rows_of(one.out)[0]) == ["row", "file", "prediction", "p_level", "p_upright"]


def test_images_of_another_size_color_and_polarity_are_converted(nncli, model, tmp_path):
    plain = rows_of(nncli("predict", model, "strokes", "--proba").out)
    for path in (tmp_path / "strokes").rglob("*.png"):
        other = Image.fromarray(255 - np.asarray(Image.open(path)))
        other = other.resize((60, 80), 0) if path.parent.name == "level" else other
        other.convert("RGB").save(path)
    result = nncli("predict", model, "strokes", "--proba")
    assert result.err == (
        "Warning: strokes: inverted 80 of 80 images with a light background, as the training "
        "images have a dark one; the first is level/00.png\n"
    )
    found = rows_of(result.out)
    assert [row["prediction"] for row in found] == [row["prediction"] for row in plain]
    assert found[40:] == plain[40:]  # not resized, so the pixels are the same


def test_pixels_of_images_are_predicted_from_arrays_and_tables_too(nncli, model, tmp_path):
    names = [f"pixel{n}" for n in range(48)]
    pixels = np.stack([stroke("level") for _ in range(5)])
    np.save("new.npy", pixels)
    order = RANDOM.permutation(48)
    lines = [",".join(names[n] for n in order)]
    lines += [",".join(str(picture[n]) for n in order) for picture in pixels.reshape(5, 48)]
    Path("new.csv").write_text("\n".join(lines), encoding="utf-8")
    found = nncli("predict", model, "new.npy", "--proba").out
    assert nncli("predict", model, "new.csv", "--proba").out == found
    assert found.startswith("row,prediction,p_level,p_upright\n0,")


def test_a_model_of_784_numbers_reads_images_like_mnist(nncli, config, tmp_path):
    digits = RANDOM.integers(0, 30, (40, 784), np.uint8)
    digits[20:, 300:500] = 255
    np.savez("rows.npz", X=digits, y=np.repeat([0, 1], 20))
    config("{path: rows.npz, scale: unit}")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    Image.fromarray(255 - digits[30].reshape(28, 28)).save("one.png")
    result = nncli("predict", "run", "one.png")
    assert result.out == "row,file,prediction\n0,one.png,1\n"
    assert result.err == (
        "Warning: one.png: the model has no image format for its 784 inputs; assuming that of "
        "MNIST: 28 x 28 pixels, gray, dark background\n"
        "Warning: one.png: inverted 1 of 1 image with a light background, as the training images "
        "have a dark one; the first is one.png\n"
    )


def damaged():
    stream = io.BytesIO()
    Image.fromarray(RANDOM.integers(0, 256, (60, 60), np.uint8)).save(stream, "PNG")
    return stream.getvalue()[:-300]


def bomb():
    parts = [b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)]
    parts += [b"IDAT" + zlib.compress(b""), b"IEND"]
    chunks = [
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (damaged(), "is truncated or damaged ("),
        (bomb(), "has more than 67108864 pixels; resize it"),
        (b"hello", "is not a PNG or JPEG image; convert it, or move it elsewhere"),
        (b"", "is empty"),
    ],
    ids=["damaged", "bomb", "text", "empty"],
)
def test_a_wrong_image_alone_or_among_others_is_one_line_and_leaves_no_file(
    nncli, model, tmp_path, content, problem
):
    image = Path("strokes/upright/30.png")
    (tmp_path / image).write_bytes(content)
    before = {*tmp_path.iterdir()}
    for given in ("strokes", image):
        result = nncli("predict", model, given, "-o", "p.csv")
        assert result.code == 1
        assert result.error.startswith(f"Error: {image}: {problem}")
        assert {*tmp_path.iterdir()} == before


def test_an_unsupported_image_format_is_named(nncli, model, tmp_path):
    Image.new("L", (6, 8)).save(tmp_path / "a.gif")
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0")
    for name, words in (("a.gif", "a GIF image"), ("b.heic", "a HEIC or AVIF image")):
        assert nncli("predict", model, name).error == (
            f"Error: {name}: is {words}; expected PNG or JPEG; convert it, or move it elsewhere"
        )


def test_an_empty_folder_and_images_for_a_table_are_one_line(nncli, model, weights, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none/.hidden").write_text("")
    assert nncli("predict", model, "none").error == (
        "Error: none: is empty; expected PNG or JPEG images; add some or remove it"
    )
    assert nncli("predict", weights, "strokes").error == (
        "Error: strokes: holds images; the model takes 2 numbers per row: 'x1', 'x2'"
    )
    picture = Path("strokes/level/00.png")
    assert nncli("predict", model, "-", stdin=picture.read_bytes()).error == (
        "Error: standard input: is an image; pass its file name instead"
    )


def test_a_labelled_folder_is_evaluated(nncli, model, tmp_path):
    draw(tmp_path / "other", each=10, size=(16, 12))
    result = nncli("eval", model, "--data", "other", "--json")
    assert (result.code, result.err) == (0, "")
    found = json.loads(result.out)
    predicted = rows_of(nncli("predict", model, "other").out)
    hits = [row["prediction"] == row["file"].split("/")[0] for row in predicted]
    assert (found["rows"], found["metrics"]["accuracy"]) == (20, np.mean(hits))
    (tmp_path / "other/level").rename(tmp_path / "other/flat")
    assert nncli("eval", model, "--data", "other").error == (
        f"Error: {Path('other/flat')}: is not one of the model's classes: level, upright"
    )


def test_init_writes_a_config_for_a_folder(nncli, tmp_path):
    draw(tmp_path / "strokes")
    result = nncli("init", "images", "--data", "strokes")
    assert (result.code, result.out) == (
        0,
        "Wrote strokes.yaml. Next:\n  nncli train strokes.yaml\n",
    )
    text = (tmp_path / "strokes.yaml").read_text(encoding="utf-8")
    assert "  path: strokes\n" in text
    assert "  size: [8, 6]\n" in text
    assert "  color: gray\n" in text
    assert nncli("train", "-q", "strokes.yaml", "training.epochs=1").code == 0
    refused = nncli("init", "images")
    assert (refused.code, refused.error) == (
        2,
        "Error: images needs --data with the folder; its subfolders are the classes",
    )
