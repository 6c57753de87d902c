"""Dirty tables: `init` and a config of two keys interpret them alike, and print the same notes."""

import csv

import pytest
import yaml

from nncli.model.model_file import read_model
from tests.cli.test_own_table import TRAINING, rows_of

PRICES = [n % 7 / 2 + n % 3 for n in range(60)]


@pytest.fixture
def table(nncli, tmp_path):
    """Return a function that writes a table, and trains on it both ways.

    It returns the notes, which are the same for both, and the data section that `init` writes.
    """

    def do(columns, quiet=True, /, **more):
        for name in ("short", "written", "i.yaml"):
            if (tmp_path / name).exists():
                (tmp_path / name).rename(tmp_path / f"{name}-{len([*tmp_path.iterdir()])}")
        columns = {"x": [n % 7 / 2 for n in range(60)], **columns, "price": PRICES}
        write(tmp_path / "t.csv", columns)
        data = yaml.safe_dump({"data": {"path": "t.csv", "target": "price", **more}})
        (tmp_path / "c.yaml").write_text(data + TRAINING, encoding="utf-8")
        short = nncli("train", "c.yaml", "-q", "-o", "short")
        assert short.code == 0, short.err
        begun = nncli("init", "csv", "--data", "t.csv", "--target", "price", "-o", "i.yaml")
        assert begun.code == 0, begun.err
        assert more or short.err == begun.err
        trained = nncli("train", "i.yaml", "training.epochs=1", "-q", "-o", "written")
        assert (trained.code, trained.err if quiet else "") == (0, "")
        models = [read_model(tmp_path / run).preprocessing for run in ("short", "written")]
        assert more or models[0].encoding.columns == models[1].encoding.columns
        written = yaml.safe_load((tmp_path / "i.yaml").read_text(encoding="utf-8"))
        return short.err.removeprefix("Warning: "), written["data"]

    return do


def write(path, columns):
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([[*columns], *zip(*columns.values(), strict=True)])


@pytest.mark.parametrize("word", ["NA", "?", "null", "-", "."])
def test_words_for_missing_values_among_numbers_and_booleans_are_blanks(table, word):
    age = [word if n % 5 else n % 8 for n in range(60)]  # even in most of the cells
    note, data = table({"age": age, "member": [word, "true", "false"] * 20})
    assert note == (
        f"t.csv: column age: 48 missing values ({word}) take the median of the training rows; to "
        f"change this, set data.columns\nWarning: t.csv: column member: 20 missing values ({word}) "
        "get an indicator input; to change this, set data.columns\n"
    )
    assert data["blanks"] == [word]
    assert data["columns"] == {
        "x": "number",
        "age": {"kind": "number", "missing": "median"},
        "member": {"kind": "boolean", "missing": "indicator"},
    }


def test_the_words_for_blanks_can_be_set(nncli, table):
    age = {"age": ["NA", 1, 2] * 20}
    assert table(age, missing="auto", blanks=["NA"])[0] == ""
    assert table(age, columns={"age": {"missing": "mean"}}, blanks=["NA"])[0] == ""
    assert table(age, columns={"age": "category"})[0] == ""
    refused = nncli("train", "c.yaml", "data.missing=error", "data.columns={}")
    assert "line 2, column age: is blank; expected a number" in refused.error


def test_words_for_blanks_stay_text_in_text_columns_unless_set(table, tmp_path):
    region = ["NA", "EU", "AS"] * 20
    note, data = table({"region": region, "n": ["NA", 1, 2] * 20, "m": ["?", 1, 2] * 20}, False)
    assert (
        "t.csv: column region: 'NA' is treated as a category; if it means a missing value, set "
        "data.blanks: [NA]\n"
    ) in note
    assert data["blanks"] == ["?"]  # as NA would be blank in the text column too
    assert read_model(tmp_path / "short").preprocessing.columns[1:4] == [
        "region=AS", "region=EU", "region=NA",
    ]  # fmt: skip
    table({"region": region}, blanks=["NA"])
    assert read_model(tmp_path / "short").preprocessing.columns[1:] == [
        "region=AS", "region=EU", "region is blank",
    ]  # fmt: skip


@pytest.mark.parametrize("cells", [[""], ["NA"], ["", "NA", "?"]])
def test_a_blank_column_is_left_out(table, cells):
    note, data = table({"void": [cells[n % len(cells)] for n in range(60)]})
    assert note == (
        "t.csv: column void: left out because every value in the training rows is missing; to use "
        "it, fill it\n"
    )
    assert data["drop"] == ["void"]


IDS = {
    "nr": range(1, 61),
    "anything": range(1000, 1060),
    "name": [f"Person {n}" for n in range(60)],
    "url": [f"http://a.b/{n}" for n in range(60)],
}


@pytest.mark.parametrize("name", IDS)
def test_a_column_of_unique_names_is_an_id(nncli, table, name):
    note, data = table({name: IDS[name]})
    used = "used as data.id, not as an input, because it "
    assert note.startswith(f"t.csv: column {name}: {used}")
    kind = "category" if name in ("name", "url") else "number"
    assert note.endswith(f"to use it, set data.columns: {{{name}: {kind}}}\n")
    assert (data["id"], data["drop"]) == (name, [])
    rows = rows_of(nncli("predict", "short", "t.csv").out)
    assert [row[name] for row in rows] == [*map(str, IDS[name])]
    assert "data.id" not in table({name: IDS[name]}, columns={name: kind})[0]


def test_other_ids_are_dropped_and_a_set_id_stays(table):
    columns = {"name": IDS["name"], "url": IDS["url"], "nr": IDS["nr"]}
    note, data = table(columns)
    assert (data["id"], data["drop"]) == ("name", ["url", "nr"])
    assert note.count("left out because it ") == 2
    assert table(columns, id="url")[0].count("left out because it ") == 2


@pytest.mark.parametrize(
    "cells",
    [[1, *range(3, 62)], [*range(59), 59.5], range(60, 0, -1), range(0, 120, 2)],
    ids=["a step", "no whole number", "down", "by two"],
)
def test_other_numbers_stay_inputs(table, cells):
    note, data = table({"id": cells})
    assert (note, data["columns"]["id"], data["id"]) == ("", "number", None)


def test_a_row_number_is_seen_where_rows_have_no_target(nncli, tmp_path):
    write(tmp_path / "t.csv", {"n": range(1, 31), "x": [1, 2, 3] * 10, "y": [4, "NA", 5] * 10})
    begun = nncli("init", "csv", "--data", "t.csv", "--target", "y")
    assert (begun.code, "column n: used as data.id" in begun.err) == (0, True)


DATES = [
    "{:02} Mar 1990", "Mar {}, 1990", "{}. März 1990", "1990-03-{:02}", "1990-03-{:02}T10:00:00Z",
    "{}/3/1990", "{}-Mar-90", "Mon, {:02} Mar 2020 12:00:00 GMT", "10:{:02}", "10:{:02} PM",
]  # fmt: skip


@pytest.mark.parametrize("form", DATES)
def test_dates_as_text_are_inputs_and_no_id(table, form):
    note, data = table({"day": [form.format(n % 27 + 1) for n in range(60)]})
    assert note.startswith("t.csv: column day: read as dates or times; for example, '")
    assert note.endswith("; to change this, set data.columns: {day: category}\n")
    assert (data["id"], data["drop"], data["columns"]["day"]) == (None, [], "date")


def test_texts_that_only_look_like_dates_are_left_out_and_not_an_id(table):
    note, data = table({"day": [f"2020-{n % 15 + 1}-{n % 28 + 1}" for n in range(60)]})
    assert note.startswith("t.csv: column day: left out because its texts look like dates or times")
    assert note.endswith("set data.columns: {day: date}, which treats other text as missing\n")
    assert (data["id"], data["drop"]) == (None, ["day"])


@pytest.mark.parametrize("row", [0, 50])
@pytest.mark.parametrize("rows", [60, 5000])
def test_numbers_with_another_text_among_them_are_categories(nncli, tmp_path, row, rows):
    cells = ["rotary" if 0 <= n - (rows - 10 - row) < 9 else 4 + n % 3 for n in range(rows)]
    write(
        tmp_path / "t.csv",
        {"c": cells, "x": [n % 3 for n in range(rows)], "y": [1.5, 2] * (rows // 2)},
    )
    note = (
        f"Warning: t.csv: column c: read as categories because 'rotary' (line {rows - 8 - row}) is "
        "not a number; set data.blanks: [rotary] if it means a missing value, or data.columns: "
        "{c: category}\n"
    )
    data = "data: {path: t.csv, target: y}\n"
    (tmp_path / "c.yaml").write_text(f"{data}training: {{epochs: 1}}\n", encoding="utf-8")
    begun = nncli("init", "csv", "--data", "t.csv", "--target", "y", "-o", "i.yaml")
    assert (begun.code, begun.err) == (0, note)
    assert nncli("train", "c.yaml", "-q", "-o", "short").err == note
    assert nncli("train", "i.yaml", "-q", "-o", "written", "training.epochs=1").err == ""
    assert nncli("train", "i.yaml", "-q", "--dry-run", "data.blanks=[rotary]",
                 "data.columns={c: number}").code == 0  # fmt: skip
    assert read_model(tmp_path / "short").preprocessing.columns[:4] == [
        "c=4", "c=5", "c=6", "c=rotary",
    ]  # fmt: skip


def test_a_table_without_usable_inputs_is_refused_in_one_line(nncli, tmp_path):
    write(tmp_path / "t.csv", {"who": IDS["name"], "y": PRICES})
    begun = nncli("init", "csv", "--data", "t.csv", "--target", "y")
    assert begun.error == (
        "Error: t.csv: has no input column, only 'y'; column who: it has 60 different texts in 60 "
        "rows, like names or free text"
    )


def test_a_row_number_is_an_input_if_it_is_the_only_one(nncli, tmp_path):
    write(tmp_path / "t.csv", {"t": range(60), "y": PRICES})
    (tmp_path / "c.yaml").write_text("data: {path: t.csv, target: y}\n" + TRAINING)
    assert nncli("train", "c.yaml", "-q").err == ""


@pytest.fixture
def run(nncli, tmp_path):
    """Return the run directory of a model trained without blank cells."""
    rows = range(60)
    write(tmp_path / "t.csv", {
        "age": [n % 11 for n in rows], "color": ["red", "blue", "green"] * 20,
        "member": ["true", "false"] * 30, "price": PRICES,
    })  # fmt: skip
    (tmp_path / "c.yaml").write_text("data: {path: t.csv, target: price}\n" + TRAINING)
    assert nncli("train", "c.yaml", "-q", "-o", "R").err == ""
    return "R"


def test_a_blank_where_training_had_none_is_predicted_and_counted(nncli, run, tmp_path):
    median = read_model(tmp_path / run).preprocessing.encoding.columns[0].fill
    text = f"age,color,member\n{median},red,true\n,red,true\nNA,,\n"
    found = nncli("predict", run, "-", stdin=text.encode())
    assert (found.code, found.err) == (
        0,
        "Warning: standard input: 4 missing values where the training data has none: age 2, color "
        "1, member 1 (first: line 3); numbers take the median of the training rows, categories "
        "have all inputs 0; --strict refuses them\n",
    )
    known, blank, _ = rows_of(found.out)
    assert known == blank | {"row": "0"}
    refused = nncli("predict", run, "-", "--strict", stdin=text.encode())
    assert refused.error.startswith(
        "Error: standard input: line 3, column age: is blank; expected a number"
    )
    assert nncli("predict", run, "t.csv", "--strict").code == 0


def test_blanks_are_counted_in_evaluation_too(nncli, run, tmp_path):
    (tmp_path / "new.csv").write_text("age,color,member,price\n,red,true,3\n4,,true,2\n")
    found = nncli("eval", run, "--data", "new.csv")
    told = "2 missing values where the training data has none"
    assert (found.code, found.err.count(told)) == (0, 1)
    assert nncli("eval", run, "--data", "new.csv", "--strict").code == 1


def test_classes_that_differ_only_in_case_are_reported(nncli, tmp_path):
    write(tmp_path / "t.csv", {"x": [1, 2, 3] * 20, "y": ["Yes", "yes ", "no"] * 20})
    begun = nncli("init", "csv", "--data", "t.csv", "--target", "y")
    assert "classes differ only in case, white space or Unicode form: 'Yes' = 'yes'" in begun.err


def test_a_class_that_is_a_word_for_a_blank_cell_is_named(nncli, tmp_path):
    rows = "".join(f"{n % 7},{('a', 'b', 'NA')[n % 3]}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("x,y\n" + rows, encoding="utf-8")
    done = nncli("init", "table", "--data", "t.csv", "--target", "y", "-o", "-")
    assert "column y: 'NA' is treated as a class" in done.err
    assert "set data.blanks: [NA]" in done.err
    done = nncli("init", "table", "--data", "t.csv", "--target", "y", "-o", "-", "data.blanks=[NA]")
    assert "task: binary" in done.out
    assert "treated as a class" not in done.err


def test_a_decimal_comma_is_written_to_the_config(nncli, tmp_path):
    rows = "".join(f"{n % 7},{n % 5};{n % 2}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("x;y\n" + rows, encoding="utf-8")
    done = nncli("init", "table", "--data", "t.csv", "--target", "y", "-o", "-", "data.decimal=,")
    assert done.code == 0, done.err
    assert "decimal: ','" in done.out


def test_categories_that_differ_only_in_case_are_named(table):
    cells = ["yes", "Yes", "no"] * 20
    note, _ = table({"a": cells, "b": ["x ", "X", "y"] * 20, "n": range(0, 180, 3)})
    assert note.count("categories differ only in case, white space or Unicode form: ") == 1
    assert "'Yes' = 'yes'" in note
    assert "spell them alike if they are the same category" in note
