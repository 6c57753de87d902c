"""Targets next to predictions: ``predict --truth``; CSV for spreadsheets: ``--excel``."""

import csv
import io
import json

import numpy as np
import pytest

from nncli.model.formats import csv_of

parquet = pytest.importorskip("pyarrow.parquet", reason="the extra 'parquet' is not installed")

MIXED = [7 * n % 30 for n in range(30)]
TRAINING = "model: {hidden_layers: [2]}\ntraining: {epochs: 2}\n"


@pytest.fixture
def trained(nncli, tmp_path):
    """Return a function that trains on a table, into the run directory ``R``."""

    def do(columns, data):
        write(tmp_path / "t.csv", columns)
        (tmp_path / "c.yaml").write_text(f"data: {{path: t.csv, {data}}}\n{TRAINING}")
        assert nncli("train", "c.yaml", "-q", "-o", "R").code == 0
        return columns

    return do


def write(path, columns):
    path.write_bytes(csv_of([[*columns], *zip(*columns.values(), strict=True)]))


def read(raw, name):
    """Return the rows of predictions in a format, with unchanged values, blank ones as None."""
    if name == "csv":
        rows = csv.DictReader(io.StringIO(raw.decode(), newline=""))
        return [{key: each or None for key, each in row.items()} for row in rows]
    if name == "npy":
        records = np.load(io.BytesIO(raw), allow_pickle=False)
        return [dict(zip(records.dtype.names, row, strict=True)) for row in records.tolist()]
    if name == "parquet":
        return parquet.read_table(io.BytesIO(raw)).to_pylist()
    return json.loads(raw) if name == "json" else [json.loads(each) for each in raw.splitlines()]


every_format = pytest.mark.parametrize("name", ["csv", "json", "jsonl", "npy", "parquet"])


def number(value):
    return np.nan if value in (None, "") else float(value)


@every_format
def test_the_error_of_numbers_is_the_prediction_minus_the_target(nncli, trained, tmp_path, name):
    table = {"a": MIXED, "k": [*"uvw"] * 10, "y": [n / 3 for n in range(30)]}
    trained(table, "target: y")
    table["y"][1] = ""
    write(tmp_path / "new.csv", table)
    plain = read(nncli("predict", "R", "new.csv").raw, "csv")
    rows = read(nncli("predict", "R", "new.csv", "--truth", "--format", name).raw, name)
    assert [*rows[0]] == ["row", "target", "prediction", "error"]
    found = np.array([[number(each) for each in row.values()] for row in rows])
    np.testing.assert_array_equal(found[:, 1], [*map(number, table["y"])])
    np.testing.assert_array_equal(found[:, 2], [number(row["prediction"]) for row in plain])
    np.testing.assert_array_equal(found[:, 3], found[:, 2] - found[:, 1])


@every_format
def test_a_class_is_correct_or_not(nncli, trained, tmp_path, name):
    table = {"a": range(30), "k": [*"uvw"] * 10, "y": ["1", "2"] * 15}
    trained(table, "target: y, task: binary")
    table["y"] = ["1.0", "2", "", "other", *table["y"][4:]]
    write(tmp_path / "new.csv", table)
    ids = ("--id", "k", "--id", "a")
    rows = read(nncli("predict", "R", "new.csv", "--truth", *ids, "--format", name).raw, name)
    assert [*rows[0]] == ["row", "k", "a", "target", "prediction", "correct"]
    assert [row["target"] or None for row in rows[:4]] == ["1", "2", None, "other"]
    correct = [
        each if name == "csv" else None if each is None or each != each else str(bool(each)).lower()
        for each in (row["correct"] for row in rows)
    ]
    expected = [str(row["target"] == row["prediction"]).lower() for row in rows]
    assert correct == [*expected[:2], None, *expected[3:]]
    assert correct[3] == "false"


@every_format
def test_several_targets_have_one_error_each(nncli, trained, tmp_path, name):
    table = {"a": range(30), "p": [0, 1] * 15, "q": [1, 0, 1] * 10}
    trained(table, "target: [p, q]")
    table["p"][1] = table["q"][2] = ""
    write(tmp_path / "new.csv", table)
    rows = read(nncli("predict", "R", "new.csv", "--truth", "--format", name).raw, name)
    assert [*rows[0]][1:] == [
        f"{each}_{of}" for each in ("target", "prediction", "correct") for of in "pq"
    ]
    for of in "pq":
        for row, true in zip(rows, table[of], strict=True):
            found = row[f"target_{of}"], row[f"correct_{of}"]
            if true == "":
                assert all(each is None or each != each for each in found)
            else:
                assert int(found[0]) == true
                right = true == int(row[f"prediction_{of}"])
                assert str(found[1]).lower() in (str(right).lower(), str(float(right)))


def test_a_file_without_the_target_is_refused_by_its_name(nncli, trained, tmp_path):
    trained({"a": range(30), "y": [n / 3 for n in range(30)]}, "target: y")
    write(tmp_path / "new.csv", {"a": [1, 2], "Y": [3, 4]})
    done = nncli("predict", "R", "new.csv", "--truth", "-o", "p.csv")
    assert (done.code, done.error) == (
        1,
        "Error: new.csv: has no column 'y' to compare with; add it, or predict without it",
    )
    assert not (tmp_path / "p.csv").exists()
    assert nncli("predict", "R", "new.csv").code == 0


def test_a_target_may_be_kept_as_an_id_too(nncli, trained):
    table = trained({"a": range(30), "y": [f"{n}.50" for n in range(30)]}, "target: y")
    rows = read(nncli("predict", "R", "t.csv", "--truth", "--id", "y").raw, "csv")
    assert [row["y"] for row in rows] == table["y"]
    assert [float(row["target"]) for row in rows] == [*map(float, table["y"])]


def test_names_of_error_columns_are_reserved(nncli, trained):
    trained({"a": range(30), "error": range(30, 60), "y": [n / 3 for n in range(30)]}, "target: y")
    with_truth = nncli("predict", "R", "t.csv", "--truth", "--id", "error").raw
    assert with_truth.startswith(b"row,id,target,prediction,error\n0,30,")
    assert nncli("predict", "R", "t.csv", "--id", "error").raw.startswith(b"row,error,prediction\n")


def test_arrays_have_their_targets_next_to_predictions(nncli, trained, tmp_path):
    X, y = np.arange(60.0).reshape(30, 2), np.array([0, 1] * 15)
    np.savez(tmp_path / "t.npz", X=X, y=y)
    np.save(tmp_path / "X.npy", X)
    (tmp_path / "c.yaml").write_text(f"data: {{path: t.npz}}\n{TRAINING}")
    assert nncli("train", "c.yaml", "-q", "-o", "R").code == 0
    rows = read(nncli("predict", "R", "t.npz", "--truth").raw, "csv")
    assert [int(row["target"]) for row in rows] == y.tolist()
    refused = nncli("predict", "R", "X.npy", "--truth")
    assert refused.code == 1
    assert refused.error.startswith("Error: X.npy: has no labels")


SIGNS = ["=1+1", "+41 79", "-x", "@SUM(A1)", "\tx", "-", "a=b", "-5", "+1.5e3", "3"]


def test_a_spreadsheet_runs_no_text_as_a_formula(nncli, trained, tmp_path):
    table = {"a": range(30), "=k": SIGNS * 3, "y": [n - 15 for n in range(30)]}
    trained(table, "target: y, id: =k")
    raw = nncli("predict", "R", "t.csv", "--excel").raw
    assert raw.startswith(b"\xef\xbb\xbfrow,'=k,prediction\n")
    rows = read(raw.removeprefix(b"\xef\xbb\xbf"), "csv")
    plain = read(nncli("predict", "R", "t.csv").raw, "csv")
    assert [row["prediction"] for row in rows] == [row["prediction"] for row in plain]
    for row, cell in zip(rows, SIGNS * 3, strict=True):
        quoted = cell.strip()[0] in "=+-@" and cell not in ("-5", "+1.5e3")
        assert row["'=k"] == "'" * quoted + cell.strip()
    assert plain[0]["=k"] == "=1+1"


def test_only_csv_is_for_spreadsheets(nncli, trained):
    trained({"a": range(30), "y": [n / 3 for n in range(30)]}, "target: y")
    for arguments in (("--format", "json"), ("-o", "p.json")):
        done = nncli("predict", "R", "t.csv", "--excel", *arguments)
        assert (done.code, done.error) == (
            2,
            "Error: --excel: is for CSV; found the format json; remove one of them",
        )
