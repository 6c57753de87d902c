"""Files that resemble other kinds: folders, arrays and tables next to each other, odd endings."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

import nncli as api
from nncli.data.files.csv_text import clean_text
from nncli.data.files.input_file import open_input

ROWS = 12


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore::nncli.NncliWarning")
@pytest.mark.parametrize("classes", [("n=1", "n=2"), ("a", "b")])
def test_images_whose_folders_look_like_parts_of_a_table(directory, classes):
    image = pytest.importorskip("PIL.Image", reason="the extra 'images' is not installed")
    for number, name in enumerate(classes):
        (directory / "img" / name).mkdir(parents=True)
        for each in range(ROWS):
            pixels = np.full((4, 4), 20 * number + each, np.uint8)
            image.fromarray(pixels).save(directory / "img" / name / f"{each}.png")
    model = api.train(
        {"data": {"source": "images", "path": "img"}, "training": {"epochs": 1}}
    ).model
    assert model.evaluate("img").rows == 2 * ROWS
    assert len(model.predict("img")) == 2 * ROWS


def test_arrays_with_a_table_before_them_are_predicted_and_evaluated():
    X, y = np.arange(2.0 * ROWS).reshape(ROWS, 2), np.arange(ROWS) % 2
    np.savez("plain.npz", X=X, y=y)
    with zipfile.ZipFile("plain.npz") as plain, zipfile.ZipFile("rows.npz", "w") as archive:
        archive.writestr("readme.csv", "a,b\n1,2\n")
        for name in plain.namelist():
            archive.writestr(name, plain.read(name))
    model = api.train({"data": {"path": "rows.npz"}, "training": {"epochs": 1}}).model
    assert model.evaluate("rows.npz").rows == len(model.predict("rows.npz")) == ROWS


@pytest.mark.parametrize("cell", [date(2020, 1, 2), datetime(2020, 1, 2, 3)])
def test_an_id_of_dates_is_read_from_every_format(cell):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rows = [{"when": cell, "x": n, "y": n / 3} for n in range(ROWS)]
    config = {"data": {"target": "y", "id": "when"}, "training": {"epochs": 1}}
    frame = pandas.DataFrame(rows)
    model = api.train(config, data=frame).model
    for form in (rows, frame, frame.astype({"when": object})):
        (block,) = model.predictions(form)
        assert block.columns()["when"] == [str(cell)] * ROWS
    assert api.train(config, data=rows).metrics == api.train(config, data=frame).metrics


@pytest.mark.parametrize("text", [b"\x1a", b"\x1a\n"])
def test_many_end_marks_are_scanned_once(directory, text):
    content = b"a,b\n" + b"1,2\n" + text * 200_000
    (directory / "t.csv").write_bytes(content + b"x,2\n")
    with open_input(Path("t.csv")) as file:
        pieces = [*clean_text(file, 1 << 17)]
    assert b"".join(pieces) == content + b"x,2\n"


def test_a_run_does_not_resume_from_other_first_weights(directory):
    config = {"data": {"source": "gate"}, "model": {"hidden_layers": [2]}}
    for name in ("a", "b"):
        api.train({**config, "seed": ord(name), "training": {"epochs": 1}}, out=name)
    first = {"model.initial_weights": str(directory / "a" / "weights.npz")}
    api.train(config, {**first, "training.epochs": 2}, out="run")
    other = {"model.initial_weights": str(directory / "b" / "weights.npz")}
    with pytest.raises(api.ConfigError, match=r"model\.initial_weights (was|has changed)"):
        api.resume("run", {**other, "training.epochs": 4})
    assert api.resume("run", {"training.epochs": 4}).model.training["epochs"] == 4


def test_a_given_kind_of_a_code_column_is_kept(directory):
    lines = "".join(f"{n},0{n % 2 + 1}\n" for n in range(40))
    (directory / "t.csv").write_text("x,y\n" + lines, encoding="utf-8")
    data = {"path": "t.csv", "target": "y"}
    for columns, classes in (({}, ["01", "02"]), ({"y": "number"}, ["1", "2"])):
        config = {"data": {**data, "columns": columns}, "training": {"epochs": 1}}
        assert api.train(config).model.classes == classes
