"""Handwritten numbers and dates: the whole column decides how they and later rows are read."""

import json
import sqlite3
from contextlib import closing
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.dates import Order, moment_in, order_of
from nncli.data.files.table import Table
from nncli.data.files.value_cells import Place, cells_of
from nncli.data.rows.blocks import Asked
from nncli.data.rows.reading import Taken, read_rows
from nncli.data.tables.choices import Choices
from nncli.data.tables.tabular import dataset_of, prepared
from nncli.data.tables.targets import Targets


def understood(tmp_path, cells, *, more=None, delimiter=";", **said):
    """Return how the column c of a file is interpreted, next to y."""
    path = tmp_path / "t.csv"
    columns = {"c": cells, **(more or {})}
    rows = [delimiter.join(columns) + delimiter + "y"]
    for n, row in enumerate(zip(*columns.values(), strict=True)):
        rows.append(delimiter.join([*map(str, row), str(n % 4 + n % 3)]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    shares = {"test": None, "validation": None}
    return prepared(path, shares, Choices(["y"], **said), 0)


def numbers(found, name="c"):
    return found.table.columns[name].astype(np.float64).tolist()


FORMS = {
    "currency": (["$20.00", "$5", "$1,250.5", "-$3", "($4)"], [20, 5, 1250.5, -3, -4], "."),
    "currency behind": (["20 €", "5,50 €", "1.250 €", "-3 €"], [20, 5.5, 1250, -3], ","),
    "percent": (["10%", "0 %", "2.5%", "-1%"], [10, 0, 2.5, -1], "."),
    "thousands": (["999", "1,004", "1,004,000"], [999, 1004, 1004000], "."),
    "thousands alone": (["1,004", "2,500"], [1004, 2500], "."),
    "apostrophes": (["1'004", "2", "1'000'000.5"], [1004, 2, 1000000.5], "."),
    "spaces": (["1 004", "2", "1\u202f000\u00a0000"], [1004, 2, 1000000], "."),
    "decimal commas": (["3,5", "4", "-0,25"], [3.5, 4, -0.25], ","),
    "both": (["1.004,50", "3", "1.000"], [1004.5, 3, 1000], ","),
    "one comma tells": (["1,004", "2,5"], [1.004, 2.5], ","),
    "one point tells": (["1,004", "2.5"], [1004, 2.5], "."),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("blank", ["", "NA", "-"])
def test_a_column_in_one_notation_is_a_number(tmp_path, name, blank):
    cells, expected, form = FORMS[name]
    found = understood(tmp_path, [*cells, blank, *cells * 4])
    assert numbers(found) == pytest.approx([*expected, np.nan, *expected * 4], nan_ok=True)
    assert found.encoding.forms["c"] == form
    (column,) = found.encoding.columns
    assert (column.kind, column.missing, found.choices.id) == ("number", "median", None)
    assert any("column c: read as numbers" in note for note in found.notes)


def test_given_settings_override_the_inferred_notation(tmp_path):
    cells = ["1,004", "2,500"] * 5
    assert numbers(understood(tmp_path, cells, decimal=","))[:2] == [1.004, 2.5]
    assert numbers(understood(tmp_path, cells, decimal="."))[:2] == [1004, 2500]
    assert numbers(understood(tmp_path, cells, columns={"c": {"kind": "number"}}))[0] == 1004
    found = understood(tmp_path, cells, columns={"c": {"kind": "category"}})
    assert found.encoding.columns[0].categories == ("1,004", "2,500")
    plain = understood(tmp_path, ["1.004", "500"] * 5, decimal=",")
    assert numbers(plain)[:2] == [1004, 500]
    assert numbers(understood(tmp_path, ["1.004", "500"] * 5))[:2] == [1.004, 500]
    assert numbers(understood(tmp_path, ["1.5", "2.25"] * 5, decimal=","))[:2] == [1.5, 2.25]


def test_another_column_reveals_the_decimal_mark_of_a_file(tmp_path):
    cells, more = ["1.004", "500"] * 5, {"d": ["3,5", "1,25"] * 5, "e": ["1,004", "2,500"] * 5}
    found = understood(tmp_path, cells, more=more)
    assert found.decimal == ","
    assert [numbers(found, name)[:2] for name in "cde"] == [[1004, 500], [3.5, 1.25], [1.004, 2.5]]
    found = understood(tmp_path, ["1.23456", "500"] * 5, more=more)
    assert found.decimal is None
    assert [numbers(found, name)[:2] for name in "ce"] == [[1.23456, 500], [1004, 2500]]


def test_a_text_among_amounts_is_reported_and_makes_no_id(tmp_path):
    cells = [f"${n}.50" for n in range(30)]
    found = understood(tmp_path, [*cells, "gone"], more={"d": [1, 2, 3] * 10 + [1]})
    assert (found.roles["c"], found.choices.id) == ("left out", None)
    assert "column c: left out because 'gone' (line 32) is not a number" in "".join(found.notes)
    found = understood(tmp_path, ["$1", "$2", "gone", "$1"] * 5)
    assert found.encoding.columns[0].kind == "category"
    told = "column c: read as categories because 'gone' (line 4) is not a number"
    assert told in found.notes[0]


@pytest.mark.parametrize("form", ["${}", "{}%", "{} EUR"])
def test_amounts_that_count_up_are_not_an_id(tmp_path, form):
    found = understood(tmp_path, [form.format(n) for n in range(30)], more={"d": [1, 2, 3] * 10})
    assert (found.choices.id, found.encoding.columns[0].kind) == (None, "number")


def test_a_text_among_dates_is_reported_and_makes_no_id(tmp_path):
    cells = [*(f"2020-03-{n + 1:02}" for n in range(29)), "soon"]
    found = understood(tmp_path, cells, more={"d": [1, 2, 3] * 10})
    assert (found.roles["c"], found.choices.id) == ("left out", None)
    assert "left out because 'soon' (line 31) is not a date" in "".join(found.notes)
    found = understood(tmp_path, cells, blanks=["soon"])
    assert found.encoding.columns[0].kind == "date"


def test_currencies_and_a_missing_percent_sign_are_reported(tmp_path):
    assert "($, €, which are not converted)" in understood(tmp_path, ["$1", "5 €"] * 5).notes[0]
    found = understood(tmp_path, ["10%", "0.1"] * 5)
    assert "in percent, even without the sign" in found.notes[0]


@pytest.mark.parametrize("sign", ["${}", "{} €", "{}%", "{}"])
@pytest.mark.parametrize("mark", [".", ","])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_column_in_any_notation_equals_plain_numbers(tmp_path_factory, sign, mark, data):
    """A notation changes only the text: numbers, inputs and single rows stay the same."""
    hundredths = st.integers(-10_000_000, 10_000_000)
    values = [each / 100 for each in data.draw(st.lists(hundredths, min_size=12, max_size=12))]
    values[0] = 1234567.25  # which reveals the notation
    folder = tmp_path_factory.mktemp("forms")
    plain = understood(folder, values)
    found = understood(folder, [sign.format(written(each, mark)) for each in values])
    assert numbers(found) == numbers(plain) == values
    dataset = dataset_of(found, {})
    inputs = dataset.splits["train"].inputs
    assert inputs.tolist() == dataset_of(plain, {}).splits["train"].inputs.tolist()
    row = data.draw(st.integers(0, 11))
    alone = folder / "alone.csv"
    alone.write_text(f"c;z\n{sign.format(written(values[row], mark))};1\n", encoding="utf-8")
    assert read_again(dataset, alone) == [[values[row]]]


def written(number, mark):
    text = f"{number:,.2f}"
    return text if mark == "." else text.translate({44: ".", 46: ","})


def read_again(dataset, rows):
    taken = Taken(dataset.columns, dataset.encoding)
    notes = []
    blocks = [block.inputs for block in read_rows(taken, rows, Asked(notes.append))]
    return np.concatenate(blocks).tolist()


def notes_of(dataset, rows, **asked):
    notes = []
    [*read_rows(Taken(dataset.columns, dataset.encoding), rows, Asked(notes.append, **asked))]
    return notes


# Dates


@pytest.mark.parametrize("missing", ["auto", "median", "indicator"])
def test_a_later_text_that_is_not_a_date_is_reported_with_its_place(tmp_path, missing):
    cells = [f"{1990 + n % 9}-03-04" for n in range(30)]
    said = {"c": {"kind": "date", "missing": missing}}
    dataset = dataset_of(understood(tmp_path, [*cells, ""], columns=said), {})
    later = tmp_path / "later.csv"
    later.write_text("c;y\n1994-03-04;1\nNA;1\n;1\nfoo;\nfoo;1\n1;1\n", encoding="utf-8")
    told = "3 cells are not dates and are treated as missing: c 'foo' (line 5) and others"
    assert told in "".join(notes_of(dataset, later))
    with pytest.raises(DataError, match=r"c 'foo' \(line 5\)|line 3, column c: is blank"):
        notes_of(dataset, later, strict=True)
    later.write_text("c;y\n1994-03-04;1\nfoo;1\n", encoding="utf-8")
    told = "1 cell is not a date and is treated as missing: c 'foo' (line 3)"
    assert notes_of(dataset, later) == [f"{later}: {told}"]
    with pytest.raises(DataError, match=r"'foo'"):
        notes_of(dataset, later, strict=True)


def test_rows_without_a_target_do_not_shift_the_reported_place(tmp_path):
    cells = [f"{1990 + n % 9}-03-04" for n in range(30)]
    dataset = dataset_of(understood(tmp_path, cells), {})
    later = tmp_path / "later.csv"
    later.write_text("c;y\nbar;\n1994-03-04;1\nfoo;1\n", encoding="utf-8")
    targets = Targets("regression", ["y"], [])
    told = "".join(notes_of(dataset, later, targets=targets))
    assert "1 cell is not a date and is treated as missing: c 'foo' (line 4)" in told


def test_with_missing_error_a_text_that_is_not_a_date_is_named(tmp_path):
    said = {"c": {"kind": "date", "missing": "error"}}
    cells = [f"{1990 + n % 9}-03-04" for n in range(30)]
    wrong = "column c: found 'foo'; expected a date; correct it"
    with pytest.raises(DataError, match=f"line 4, {wrong}"):
        dataset_of(understood(tmp_path, [*cells[:2], "foo", *cells], columns=said), {})
    dataset = dataset_of(understood(tmp_path, cells, columns=said), {})
    later = tmp_path / "later.csv"
    later.write_text("c\n1994-03-04\nfoo\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"line 3, {wrong}"):
        notes_of(dataset, later)


@pytest.mark.parametrize(
    ("texts", "order", "is_open"),
    [
        (["31/12/1999", "01/02/2000"], "dmy", False),
        (["12/31/1999", "01/02/2000"], "mdy", False),
        (["01/02/2000", "03/04/2000"], "mdy", True),
        (["01.02.2000", "03.04.2000"], "dmy", True),
        (["2000-02-01", "1 Feb 2000"], "dmy", False),
    ],
)
def test_a_column_reveals_the_order_of_day_and_month(texts, order, is_open):
    assert order_of(texts) == (order, is_open)


@pytest.mark.parametrize("texts", [["31/12/1999", "12/31/1999"], ["2020-13-01"], ["x"]])
def test_some_texts_are_no_dates_in_any_order(texts):
    assert order_of(texts) is None


LOOKS = [
    "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d %b %Y", "%B %d, %Y", "%d-%b-%y", "%Y/%m/%d",
]  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
@given(day=st.dates(date(1970, 1, 1), date(2067, 12, 31)), clock=st.times() | st.none())
def test_a_date_is_read_as_it_is_written(look, day, clock):
    order: Order = "mdy" if look.startswith("%m") else "dmy"
    moment = datetime.combine(day, clock or time())
    text = moment.strftime(look) + (f" {clock:%H:%M:%S.%f}" if clock else "")
    read = moment_in(text, order)
    assert read is not None
    assert abs(read - moment) < timedelta(microseconds=2)


MOMENTS = [datetime(2020 + n % 3, n % 12 + 1, n % 28 + 1, n % 24, 30) for n in range(30)]


def test_dates_become_their_varying_parts(tmp_path):
    found = understood(tmp_path, [f"{each:%Y-%m-%d %H:%M}" for each in MOMENTS])
    (column,) = found.encoding.columns
    pairs = [f"c.{part}.{end}" for part in ("month", "weekday", "hour") for end in ("sin", "cos")]
    assert column.inputs == ["c.year", *pairs]
    assert column.scaled == [True] + [False] * 6
    row = dataset_of(found, {}).splits["train"].inputs[1]
    angles = [2 * np.pi * part for part in (1 / 12, MOMENTS[1].weekday() / 7, 1.5 / 24)]
    expected = [wave(each) for each in angles for wave in (np.sin, np.cos)]
    assert row.tolist() == pytest.approx([2021, *expected], abs=1e-6)
    days = understood(tmp_path, [f"2020-03-{n + 1}" for n in range(30)])
    assert days.encoding.columns[0].inputs == ["c.days", "c.weekday.sin", "c.weekday.cos"]
    clock = understood(tmp_path, [f"{n % 24}:15" for n in range(30)])
    assert clock.encoding.columns[0].inputs == ["c.hour.sin", "c.hour.cos"]


def test_a_date_that_is_blank_or_unreadable_takes_the_median(tmp_path):
    dataset = dataset_of(understood(tmp_path, [f"{1990 + n % 9}-03-04" for n in range(30)]), {})
    later = tmp_path / "later.csv"
    later.write_text("c;z\n1994-03-04;1\n;1\nsoon;1\nNA;1\n", encoding="utf-8")
    rows = read_again(dataset, later)
    assert rows[1] == rows[2] == rows[3]
    assert 1990 < rows[1][0] < 1998


def test_the_order_of_dates_can_be_set(tmp_path):
    cells = ["01/02/2000", "03/04/2001"] * 5
    found = understood(tmp_path, cells)
    assert found.table.columns["c"].astype(str)[0] == "2000-01-02T00:00:00.000000"
    assert "set data.columns: {c: {kind: date, order: dmy}} or data.columns" in found.notes[0]
    found = understood(tmp_path, cells, columns={"c": {"kind": "date", "order": "dmy"}})
    assert found.table.columns["c"].astype(str)[0] == "2000-02-01T00:00:00.000000"
    with pytest.raises(DataError, match="expected a date"):
        understood(tmp_path, [1, 2] * 5, columns={"c": {"kind": "date"}})


@pytest.mark.parametrize("form", ["parquet", "feather", "pandas", "polars", "rows", "zone"])
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_typed_dates_give_the_inputs_of_their_text(tmp_path_factory, form, data):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    dates = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1))
    moments = data.draw(st.lists(dates, min_size=12, max_size=12))
    moments = [each.replace(microsecond=0) for each in moments]
    folder = tmp_path_factory.mktemp("dates")
    table = {"c": moments, "y": [n % 4 + n % 3 for n in range(12)]}
    source = typed(pyarrow, table, form, folder)
    text = understood(folder, [each.isoformat(" ") for each in moments])
    of_types = prepared(source, {}, Choices(["y"]), 0)
    one, other = dataset_of(text, {}), dataset_of(of_types, {})
    assert one.columns == other.columns
    inputs = one.splits["train"].inputs.tolist()
    assert inputs == other.splits["train"].inputs.tolist()
    again = read_again(other, folder / "t.csv")
    assert np.allclose(again, inputs, atol=1e-6)
    assert read_again(one, folder / "t.csv") == again


def typed(pyarrow, table, form, folder):
    from nncli.data.memory.forms import form_of

    if form == "rows":
        rows = zip(*table.values(), strict=True)
        return form_of([dict(zip(table, row, strict=True)) for row in rows])
    if form in ("pandas", "polars"):
        library = pytest.importorskip(form, reason=f"{form} is not installed")
        return form_of(library.DataFrame(table))
    if form == "zone":
        moments = pyarrow.array(table["c"], pyarrow.timestamp("us", "+02:00"))
        shifted = [each - timedelta(hours=2) for each in table["c"]]  # converted to UTC
        moments = pyarrow.array(shifted, pyarrow.timestamp("us")).cast(moments.type)
        table = {**table, "c": moments}
    path = folder / "t.file"
    if form == "feather":
        from pyarrow import feather

        feather.write_feather(pyarrow.table(table), path)
    else:
        from pyarrow import parquet

        parquet.write_table(pyarrow.table(table), path)
    return path


def test_values_keep_their_types_where_they_are_asked_for_as_written():
    place = Place("t", "c", str)
    cells = cells_of(["1,5", 2.5, None, "nan"], place, "written")
    assert cells.tolist() == ["1,5", 2.5, None, None]
    assert Table("t", {"c": cells_of([date(2020, 1, 2), None], place)}, str).kind("c") == "date"


def stored(folder, columns):
    """Return files that contain only text, by their format."""
    paths = {"sqlite": folder / "t.db", "json lines": folder / "t.jsonl"}
    with closing(sqlite3.connect(paths["sqlite"])) as connection, connection:
        connection.execute(f"create table t ({', '.join(f'{each} text' for each in columns)})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"insert into t values ({marks})", zip(*columns.values(), strict=True)
        )
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    paths["json lines"].write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    from pyarrow import parquet

    paths["parquet"] = folder / "t.parquet"
    parquet.write_table(pyarrow.table(columns), paths["parquet"])
    openpyxl = pytest.importorskip("openpyxl", reason="the extra 'excel' is not installed")
    book, paths["xlsx"] = openpyxl.Workbook(), folder / "t.xlsx"
    for row in (columns, *zip(*columns.values(), strict=True)):
        book.active.append([*row])
    book.save(paths["xlsx"])
    return paths


def text_columns():
    return {
        "a": [f"{n * 7 % 50}.5" if n % 9 else " " for n in range(60)],
        "b": ["1962"] * 30 + [f"{n}" for n in range(30)],
        "code": ["007", "012", "100"] * 20,
        "y": [str(n * n % 7 + n / 2) for n in range(60)],
    }


@pytest.mark.parametrize("form", ["sqlite", "json lines", "parquet", "xlsx"])
def test_plain_numbers_in_text_are_numbers_in_every_file(tmp_path, form):
    columns = text_columns()
    path = stored(tmp_path, columns)[form]
    shares = {"test": None, "validation": None}
    found = prepared(path, shares, Choices(["y"]), 0)
    kinds = {each.name: each.kind for each in found.encoding.columns}
    assert kinds == {"a": "number", "b": "number", "code": "category"}
    assert found.targets.task == "regression"
    expected = [float(each) if each.strip() else np.nan for each in columns["a"]]
    assert numbers(found, "a") == pytest.approx(expected, nan_ok=True)
    assert any("a" in note and "read as numbers" in note for note in found.notes)
    said = {"a": {"kind": "category"}, "b": {"kind": "category"}}
    found = prepared(path, shares, Choices(["y"], columns=said), 0)
    assert {each.kind for each in found.encoding.columns} == {"category"}


def test_text_of_two_plain_numbers_is_a_class_as_in_csv(tmp_path):
    columns = {**text_columns(), "y": ["0", "1", "1"] * 20}
    for path in stored(tmp_path, columns).values():
        found = prepared(path, {}, Choices(["y"]), 0)
        assert (found.targets.task, found.targets.classes) == ("binary", ["0", "1"])


def test_rows_of_any_format_are_what_was_learned_of_text(tmp_path):
    columns = text_columns()
    paths = stored(tmp_path, columns)
    dataset = dataset_of(prepared(paths["sqlite"], {}, Choices(["y"]), 0), {})
    expected = read_again(dataset, paths["sqlite"])
    for path in paths.values():
        np.testing.assert_array_equal(read_again(dataset, path), expected)
    row = {"a": " ", "b": "1962", "code": "007"}
    np.testing.assert_array_equal(read_again(dataset, [row]), expected[:1])
    csv = tmp_path / "t.csv"
    csv.write_text("a,b,code\n,1962,007\n", encoding="utf-8")
    np.testing.assert_array_equal(read_again(dataset, csv), expected[:1])


def test_a_category_of_plain_numbers_stays_one(tmp_path):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    frame = pandas.DataFrame({"a": ["1", "2", "3"] * 20, "y": np.arange(60) / 2})
    frame.astype({"a": "category"}).to_parquet(tmp_path / "t.parquet")
    found = prepared(tmp_path / "t.parquet", {}, Choices(["y"]), 0)
    assert (found.encoding.columns[0].kind, found.encoding.forms) == ("category", {})


ODD = ["unknown", "see note", "tbd", "so: what?", "[gone]", "-lost-", "none of it"]


@pytest.mark.parametrize("form", ["csv", "sqlite", "json lines", "parquet", "xlsx"])
@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("is_money", [False, True])
def test_one_note_has_all_texts_that_are_not_numbers_and_its_advice_works(
    tmp_path, form, number, is_money
):
    cells = [f"${n}.5" if is_money else f"{n}.5" for n in range(60)]
    cells[9 : 9 + 2 * number] = ODD[:number] * 2
    columns = {"a": cells, "b": ["x", "z"] * 30, "y": [str(n % 7 + n / 2) for n in range(60)]}
    if form == "csv":
        path = tmp_path / "t.csv"
        path.write_text("\n".join(map(";".join, [columns, *zip(*columns.values(), strict=True)])))
    else:
        path = stored(tmp_path, columns)[form]
    found = prepared(path, {}, Choices(["y"]), 0)
    (note,) = [each for each in found.notes if "column a: " in each]
    assert "'unknown' (" in note
    assert repr(ODD[min(number, 5) - 1]) in note
    assert (" and " + str(number - 5) + " more" in note) == (number > 5)
    said = yaml.safe_load("{" + note.split("set data.")[1].split(" if ")[0] + "}")
    assert [*said] == (["columns"] if number > 5 else ["blanks"])
    if number > 5:
        said["columns"] = {"a": {"kind": said["columns"]["a"]}}
    found = prepared(path, {}, Choices(["y"], **said), 0)
    kinds = {each.name: each.kind for each in found.encoding.columns}
    assert kinds["a"] == ("category" if number > 5 else "number")


def test_a_refusal_has_all_texts_of_a_target_that_are_not_numbers(tmp_path):
    path = tmp_path / "t.csv"
    odd = {5: "unknown", 9: "tbd", 30: "tbd"}
    path.write_text("a,y\n" + "".join(f"{n % 9},{odd.get(n, n / 2)}\n" for n in range(60)))
    with pytest.raises(DataError, match=r"line 7, .* data.blanks: \[unknown, tbd\] if they mean"):
        prepared(path, {}, Choices(["y"]), 0)


def lines_of(tmp_path, more, **said):
    found = understood(tmp_path, [*range(0, 30, 2), *range(0, 30, 2)], more=more, **said)
    return [each.removeprefix(f"{tmp_path / 't.csv'}: ") for each in found.notes]


def test_columns_that_are_read_alike_are_one_line(tmp_path):
    columns = {f"p{n}": [f"${n}.{row % 7}" for row in range(30)] for n in range(12)}
    (line,) = lines_of(tmp_path, columns)
    assert line == (
        "columns p0, p1, p2, p3, p4, p5, p6, p7, p8, p9 and 2 more: read as numbers without the "
        "currency ($); for example, '$0.0' (line 2) is 0 in p0; to change this for one, set "
        "data.columns: {p0: category}"
    )


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["$0.00", "$1,234.50"], "separators, without the currency ($); for example, '$1,234.50' "
                                 "(line 3)"),
        (["2", "27'000"], "with thousands separators ('); for example, '27'000' (line 3) is 27000"),
        (["2", "27 000"], "with thousands separators (a space); for example, '27 000' (line 3) is "
                          "27000"),
        (["2", "27,000"], "with thousands separators; for example, '27,000' (line 3) is 27000; to "
                          "change this, set data.decimal: ',' for 27, or data"),
        (["10:30", "11:45:10"], "read as dates or times; for example, '10:30' (line 2) is "
                                "10:30:00; to"),
        (["1970-01-01", "1971-01-01"], "example, '1970-01-01' (line 2) is 1970-01-01 00:00:00; to"),
    ],
)  # fmt: skip
def test_an_example_shows_the_decimal_point(tmp_path, cells, words):
    (line,) = lines_of(tmp_path, {"d": cells * 15})
    assert words.replace("'27'000'", repr("27'000")) in line


def test_a_column_that_contradicts_data_decimal_is_reported(tmp_path):
    columns = {"d": ["$2,834.88", "$1.50"] * 15, "e": ["1,004", "2,5"] * 15}
    first, second = lines_of(tmp_path, columns, decimal=",")
    told = "although they do not fit data.decimal: ','; for example, '$2,834.88'"
    assert told in first
    assert "column e: read as numbers with a decimal comma" in second
    assert "data.decimal" not in second


def test_a_later_number_with_the_other_mark_is_reported_with_the_right_one(tmp_path):
    dataset = dataset_of(understood(tmp_path, ["3,5", "1,25"] * 15), {})
    later = tmp_path / "later.csv"
    later.write_text("c;y\n3.5;1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"found '3.5'; .* with the decimal mark ',', .*write 3,5"):
        notes_of(dataset, later)


def test_blank_cells_that_are_filled_alike_are_one_line(tmp_path):
    more = {f"x{n}": ["NA" if n % 2 else "", *range(29)][::-1] for n in range(12)}
    (line,) = lines_of(tmp_path, more)
    assert line == (
        "missing values take the median of the training rows: x0 1, x1 1 (NA), x2 1, x3 1 (NA), x4 "
        "1, x5 1 (NA), x6 1, x7 1 (NA), x8 1, x9 1 (NA) and 2 more; to change this, set "
        "data.columns"
    )
    said = {name: {"missing": "median"} for name in more}
    assert lines_of(tmp_path, more, columns=said) == []


def test_words_in_text_are_reported_in_the_plural(tmp_path):
    columns = {"d": ["-", "a", "n/a"] * 10, "e": ["b", "-", "b"] * 10}
    (line,) = lines_of(tmp_path, columns)
    assert line == (
        "columns d, e: '-', 'n/a' are treated as categories; if they mean missing values, set "
        'data.blanks: ["-", "n/a"]'
    )
