"""Real-world tables: the same commands work for every encoding and file format."""

import json
import sqlite3
from contextlib import closing

import pytest
import yaml

from tests.cli.test_own_table import TRAINING, rows_of

CITIES = ("Köln", "Zürich", "Málaga")


def rentals(rows=60):
    """Return the rows of a table, as dicts."""
    return [
        {"größe": row % 7 + 0.5, "city": CITIES[row % 3], "price": float(row % 7 + 5 * (row % 3))}
        for row in range(rows)
    ]


def csv_text(rows, delimiter=","):
    lines = [delimiter.join(rows[0]), *(delimiter.join(map(str, row.values())) for row in rows)]
    return "\n".join(lines) + "\n"


def check_all_commands(nncli, folder, name, more=None, note="", again=""):
    """Train on a file with a config of two keys, evaluate, predict, and write a config with init.

    Parameters
    ----------
    more : dict, optional
        Settings in addition to path and target, which the config of `init` must have too.
    note : str
        Note printed without these settings.
    again : str
        Note printed even with these settings.
    """
    data = {"path": name, "target": "price"}
    (folder / "c.yaml").write_text(yaml.safe_dump({"data": data}) + TRAINING, encoding="utf-8")
    trained = nncli("train", "c.yaml", "-o", "run", "-q")
    assert trained.code == 0, trained.err
    assert note in trained.err
    evaluated = nncli("eval", "run/weights.npz", "--data", name)
    assert evaluated.code == 0, evaluated.err
    assert nncli("data", "show", "c.yaml").code == 0
    predicted = nncli("predict", "run/weights.npz", name)
    assert predicted.code == 0, predicted.err
    begun = nncli("init", "csv", "--data", name, "--target", "price", "-o", "first.yaml")
    assert begun.code == 0, begun.err
    assert note in begun.err
    written = yaml.safe_load((folder / "first.yaml").read_text(encoding="utf-8"))
    for key, value in (more or {}).items():
        assert written["data"][key] == value
    repeated = nncli("train", "first.yaml", "training.epochs=1", "-o", "again", "-q")
    assert repeated.code == 0, repeated.err
    assert again in repeated.err if again else repeated.err == ""
    return rows_of(predicted.out)


@pytest.fixture
def expected(nncli, tmp_path):
    """Return the predictions for plain CSV."""
    (tmp_path / "plain.csv").write_text(csv_text(rentals()), encoding="utf-8")
    found = check_all_commands(nncli, tmp_path, "plain.csv")
    for name in ("run", "again"):
        (tmp_path / name).rename(tmp_path / f"plain-{name}")
    (tmp_path / "first.yaml").unlink()
    return found


@pytest.mark.parametrize(
    ("encoding", "said"), [("cp1252", "cp1252"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le")]
)
def test_every_command_reads_tables_in_other_encodings(nncli, tmp_path, expected, encoding, said):
    (tmp_path / "t.csv").write_text(csv_text(rentals(), ";"), encoding=encoding)
    more, note = {"encoding": said}, f"t.csv: read as {said if said == 'cp1252' else said.upper()}"
    assert check_all_commands(nncli, tmp_path, "t.csv", more, note) == expected


def test_predict_takes_the_encoding_of_training(nncli, tmp_path):
    text = csv_text(rentals()).replace("Málaga", "Łódź")
    (tmp_path / "t.csv").write_text(text, encoding="cp1250")
    (tmp_path / "u.csv").write_text(text, encoding="utf-8")
    data = "{path: t.csv, target: price, encoding: cp1250}"
    (tmp_path / "c.yaml").write_text(f"data: {data}\n{TRAINING}", encoding="utf-8")
    assert nncli("train", "c.yaml", "-o", "run", "-q").err == ""
    first, other = (nncli("predict", "run/weights.npz", name) for name in ("t.csv", "u.csv"))
    assert first.out == other.out
    assert first.err.startswith("Warning: t.csv: read as cp1250")
    assert other.err == ""


def test_an_unknown_encoding_is_refused_with_its_place(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(
        "data: {path: t.csv, target: price, encoding: windows}\n", encoding="utf-8"
    )
    assert 'data.encoding: found "windows"; expected an encoding' in nncli("train", "c.yaml").err


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_command_skips_lines_that_excel_and_others_put_on_top(
    nncli, tmp_path, expected, delimiter
):
    text = f"sep={delimiter}\n# made in spring\n{csv_text(rentals(), delimiter)}"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    note = "t.csv: skipped 1 comment line above the header"
    assert check_all_commands(nncli, tmp_path, "t.csv", note=note, again=note) == expected


def json_lines(rows, path):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def json_array(rows, path):
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def feather(rows, path):
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    from pyarrow import feather

    feather.write_feather(pyarrow.Table.from_pylist(rows), path)


def database(rows, path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('create table rides ("größe" real, city text, price real)')
        cells = [tuple(row.values()) for row in rows]
        connection.executemany("insert into rides values (?, ?, ?)", cells)


def workbook(rows, path):
    openpyxl = pytest.importorskip("openpyxl", reason="the extra 'excel' is not installed")
    book = openpyxl.Workbook()
    for row in ([*rows[0]], *([*each.values()] for each in rows)):
        book.active.append(row)
    book.save(path)


KINDS = {
    "t.xlsx": workbook,
    "t.db": database,
    "t.jsonl": json_lines,
    "t.json": json_array,
    "t.feather": feather,
}


@pytest.mark.parametrize("name", KINDS)
def test_every_command_reads_every_kind_of_file(nncli, tmp_path, expected, name):
    KINDS[name](rentals(), tmp_path / name)
    more, note = {"source": "table"}, ""
    if name == "t.db":
        more["table"], note = "rides", "t.db: reading the table 'rides'"
    assert check_all_commands(nncli, tmp_path, name, more, note) == expected


@pytest.mark.parametrize("out", [None, "first.yaml", "-"])
@pytest.mark.parametrize("name", ["t.csv", *KINDS])
def test_init_reads_standard_input_and_tells_where_to_save_it(nncli, tmp_path, name, out):
    write = KINDS.get(name, lambda rows, path: path.write_text(csv_text(rows), encoding="utf-8"))
    write(rentals(), tmp_path / name)
    options = [] if out is None else ["-o", out]
    content = (tmp_path / name).read_bytes()
    begun = nncli("init", "table", "--data", "-", "--target", "price", *options, stdin=content)
    assert begun.code == 0, begun.err
    saved = "first.csv" if out == "first.yaml" else "table.csv"
    assert f"standard input: the config has data.path: {saved}; save the rows there" in begun.err
    config = tmp_path / (out or "table.yaml")
    if out == "-":
        config = tmp_path / "table.yaml"
        config.write_text(begun.out, encoding="utf-8")
    (tmp_path / saved).write_bytes(content)
    trained = nncli("train", config.name, "training.epochs=1", "-q")
    assert (trained.code, trained.err) == (0, "")


def test_init_takes_no_images_from_standard_input(nncli):
    assert "--data: found '-'; expected a folder" in nncli("init", "images", "--data", "-").err


@pytest.mark.parametrize("template", ["table", "csv", "parquet"])
def test_every_name_of_a_table_takes_a_file_of_any_kind(nncli, tmp_path, template):
    json_lines(rentals(), tmp_path / "t.txt")
    found = nncli("init", template, "--data", "t.txt", "--target", "price", "-o", "-")
    assert yaml.safe_load(found.out)["data"]["source"] == "table"
