"""Images of the user's own: from folders to a model."""

from pathlib import Path

import numpy as np
import pytest

from nncli.artifact import read_model
from nncli.data.image_format import ImageFormat

Image = pytest.importorskip("PIL.Image", reason="the extra 'images' is not installed")

RANDOM = np.random.default_rng(3)
REST = "\nmodel: {hidden_layers: [8]}\ntraining: {epochs: 30, learning_rate: 0.01}\n"


def stroke(kind, size=(8, 6)):
    """Return a light stroke on a dark ground, upright or level."""
    picture = RANDOM.integers(0, 40, size, np.uint8)
    if kind == "level":
        picture[RANDOM.integers(2, size[0] - 2), 1:-1] = 250
    else:
        picture[1:-1, RANDOM.integers(2, size[1] - 2)] = 250
    return picture


def draw(folder, each=20, size=(8, 6), color=False):
    """Fill a folder with pictures of two classes."""
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
        "task     binary of class\n"
        "classes  level 20, upright 20\n"
        "rows     28 train, 4 validation, 8 test\n"
    )
    model = read_model(Path("run"))
    assert model.classes == ["level", "upright"]
    assert model.preprocessing.images == ImageFormat(8, 6, 1, "dark")
    assert model.preprocessing.columns == [f"pixel{n}" for n in range(48)]
    assert model.metrics["test"]["accuracy"] > 0.8
    assert nncli("eval", "run").code == 0
    assert "images          8 x 6 pixels, gray, dark background\n" in nncli("show", "run").out


def test_other_folders_are_brought_to_the_format_of_the_training_images(nncli, config, tmp_path):
    draw(tmp_path / "a", size=(8, 8))
    draw(tmp_path / "b", size=(16, 16), color=True, each=5)
    config("{train: a, test: b, validation: 0}")
    shown = nncli("data", "show", "c.yaml")
    assert shown.code == 0, shown.err
    assert "source   images\ntask     binary\ntarget   class\n" in shown.out
    assert "train  test\nrows                40    10\n" in shown.out


def test_size_and_color_are_those_that_the_config_says(nncli, config, tmp_path):
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
        ("{path: a, size: [4]}", "c.yaml:1:23: data.size: found a list; expected"),
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
    config("{path: a, test: 1, validation: 0}")

    def refusal():
        result = nncli("train", "c.yaml", "-o", "run")
        assert result.code == 1
        assert not Path("run").exists()
        return result.error

    (tmp_path / "a").mkdir()
    assert refusal() == "Error: a: has no folders; expected one for each class, with its images"
    draw(tmp_path / "a", each=1)
    assert refusal().startswith("Error: a: the class 'level' has 1 of the rows, too few to")
    (tmp_path / "a/empty").mkdir()
    assert refusal().startswith(f"Error: {Path('a/empty')}: is empty; expected PNG or JPEG images")
    (tmp_path / "a/empty/notes.png").write_text("no image at all")
    assert refusal().startswith(f"Error: {Path('a/empty/notes.png')}: is neither PNG nor JPEG")
