"""``nncli data show --row`` and `nncli.data_row`: one row of the data."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nncli as library
from nncli.cli.output import seen_width

TABLE = "data: {path: rows.csv, target: kind, id: name, drop: [note], test: 0.25}\n"


@pytest.fixture
def table(tmp_path):
    """Return a config for a table whose rows without a target are left out."""
    lines = ["name,color,size,note,kind"]
    for row in range(40):
        color, kind = ("red", "green", "blue", "")[row % 4], ("", "no", "yes")[row % 3]
        lines.append(f"R{row},{color},{row / 8},-,{kind}")
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text(TABLE, encoding="utf-8")
    return "c.yaml"


@pytest.mark.parametrize("row", [1, 2, 4, 38])
def test_the_cells_of_a_row_are_next_to_the_inputs_they_become(nncli, table, row):
    done = nncli("data", "show", table, "--row", row)
    assert done.code == 0
    head, body = done.out.split("\n\n")
    pairs = dict(line.split() for line in head.splitlines())
    assert pairs["row"] == str(row)
    assert pairs["kind"] == ("", "no", "yes")[row % 3]
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in body.splitlines()}
    color = ("red", "green", "blue", "")[row % 4]
    assert lines["name"] == f"R{row} (id)"
    assert lines["size"] == f"{row / 8} size {row / 8:g}"
    assert lines["note"] == "- (dropped)"
    shown = f"color={color}" if color else "color is blank"
    assert lines["color"] == f"{color} {shown} 1, 3 others 0".strip()
    assert max(map(len, done.out.splitlines())) <= 80


def test_rows_are_counted_as_in_an_export(nncli, table):
    data = library.load_data(table)
    for name, split in data.splits.items():
        row = int(data.numbers[split.rows[0]])
        found = library.data_row(table, row)
        assert (found.split, found.row) == (name, row)
        assert [*found.inputs.values()] == split.inputs[split.rows[0]].tolist()
        assert found.target == {"kind": data.classes[split.targets[split.rows[0]]]}


@pytest.mark.parametrize("options", [("--row", "0"), ("--row", "40"), ("--row", "99999")])
def test_a_row_that_is_not_there_is_one_line(nncli, table, options):
    done = nncli("data", "show", table, *options)
    assert done.code == 2
    assert "the data has no such row; rows are counted from 0 in their file" in done.error


def test_a_row_of_a_split_is_one_of_its_own_array(nncli):
    test = library.load_data({"data": "xor"}).splits["test"]
    found = library.data_row({"data": "xor"}, 3, split="test")
    assert [*found.inputs.values()] == test.inputs[3].tolist()
    done = nncli("data", "show", "xor", "--row", "3", "--split", "held_out")
    assert "the data has no held_out rows; choose --split train or test" in done.error


@pytest.mark.parametrize("option", [("--matrix",), ("--split", "test")])
def test_options_of_a_row_need_one(nncli, option):
    done = nncli("data", "show", "xor", *option)
    assert done.code == 2
    assert f"{option[0]}: is for a row; give --row N, too" in done.error


def test_only_images_have_a_matrix(nncli):
    assert nncli("data", "show", "xor", "--row", "0", "--matrix").error == (
        "Error: --matrix: is for images; the rows of this data are not images; remove it"
    )


LONG = "a very long column name that goes on and on"


@pytest.mark.parametrize("name", [LONG, "名" * 40, "short"])
def test_long_names_are_cut_and_values_are_not(nncli, tmp_path, name):
    lines = [f"{name},{name} again,{name} number {LONG},kind"]
    for row in range(40):
        color = ("red", "green", "blue")[row % 3]
        lines.append(f"{color} {name},{row % 7},{row}.515625,{row % 2}")
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    config = f"data: {{path: rows.csv, target: kind, columns: {{'{name} again': category}}}}\n"
    (tmp_path / "c.yaml").write_text(config, encoding="utf-8")
    done = nncli("data", "show", "c.yaml", "--row", "12")
    assert done.code == 0
    assert max(map(seen_width, done.out.splitlines())) <= 80
    lines = done.out.split("\n\n")[1].splitlines()
    assert lines[1].endswith(" 1, 2 others 0")
    assert lines[2].endswith(" 1, 6 others 0")
    assert lines[3].endswith(" 12.5156")


def test_a_row_of_another_split_is_named(nncli, table):
    found = library.data_row(table, 1)
    other = next(name for name in ("train", "test") if name != found.split)
    done = nncli("data", "show", table, "--row", "1", "--split", other)
    assert done.code == 2
    assert done.error == (
        f"Error: --row 1: is a {found.split} row, not a {other} row; use --split {found.split}"
    )
    done = nncli("data", "show", table, "--row", "0", "--split", "test")
    assert "--row 0: the test rows have no such row; rows are counted from 0" in done.error


def test_an_image_of_a_folder_is_drawn(nncli, tmp_path):
    for label in ("a", "b"):
        (tmp_path / "images" / label).mkdir(parents=True)
        for number in range(4):
            pixels = np.zeros((4, 4), np.uint8)
            pixels[:, number if label == "a" else 3 - number] = 255
            Image.fromarray(pixels).save(tmp_path / "images" / label / f"{number}.png")
    Path("c.yaml").write_text("data: {path: images, test: 0}\n", encoding="utf-8")
    drawing = nncli("data", "show", "c.yaml", "--row", "1").out.split("\n\n")[1]
    assert drawing == " █\n █\n"
    matrix = nncli("data", "show", "c.yaml", "--row", "1", "--matrix").out.split("\n\n")[1]
    assert matrix == "columns 0 to 3:\n" + "   0 255   0   0\n" * 4


def test_a_digit_is_drawn_on_80_columns(nncli, with_mnist):
    done = nncli("data", "show", "mnist", "--row", "0")
    assert "digit  5" in done.out
    lines = done.out.split("\n\n", 1)[1].split("\n")
    assert len(lines) == 15
    assert max(map(len, lines)) <= 28
    assert "█" in done.out
    numbers = nncli("data", "show", "mnist", "--row", "0", "--matrix").out
    pixels = library.data_row({"data": "mnist"}, 0).image
    lines = numbers.split("\n\n")[1].splitlines()
    found = [int(each) for line in lines if ":" not in line for each in line.split()]
    assert (len(found), sum(found)) == (784, pixels.sum())
