"""Columns kept next to predictions have the same names and cells in every output."""

import csv
import io
import json

import numpy as np
import pytest

import nncli as api

CELLS = ["3", "-1.50", "007", "1e2", "3.0", "12345678901234567890"]
TARGETS = {
    "binary": {"y": lambda n: "xz"[n % 2]},
    "multiclass": {"y": lambda n: "xyz"[n % 3]},
    "regression": {"y": lambda n: n / 7},
    "regressions": {"y": lambda n: n / 7, "z": lambda n: -n},
    "multilabel": {"y": lambda n: n % 2, "z": lambda n: n % 3 // 2},
}
OFTEN_TAKEN = ["row", "fold", "target", "prediction"]


@pytest.fixture
def trained(nncli, tmp_path):
    """Return a function that trains on a table with an id, with or without folds."""

    def do(name, targets, run, *settings, rows=24):
        header = [name, "a", "b", *targets]
        lines = [
            [f"k{n}", n, CELLS[n % len(CELLS)], *(of(n) for of in targets.values())]
            for n in range(rows)
        ]
        with (tmp_path / "t.csv").open("w", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header, *lines])
        (tmp_path / "c.yaml").write_text(
            f"data: {{path: t.csv, target: [{', '.join(targets)}], id: {name},\n"
            "  columns: {a: number}}\n"
            "model: {hidden_layers: [2]}\ntraining: {epochs: 1}\n"
        )
        done = nncli("train", "c.yaml", "-q", "-o", run, *settings)
        assert done.code == 0, done.err

    return do


def columns_of(result):
    assert (result.code, result.err) == (0, "")
    rows = list(csv.reader(result.out.splitlines()))
    assert len({*rows[0]}) == len(rows[0])
    return dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))


def names_in_every_output(nncli, name):
    """Return the names of the id in predictions of every format and option."""
    keys = [f"k{n}" for n in range(24)]

    def the_one(columns):
        (found,) = (each for each, values in columns.items() if [*values] == keys)
        return found

    found = []
    for arguments in ((), ("--id", name), ("--proba",)):
        result = nncli("predict", "R", "t.csv", *arguments)
        if "--proba" not in arguments or result.code == 0:  # a regression has no probabilities
            found.append(the_one(columns_of(result)))
    lines = nncli("predict", "R", "t.csv", "--format", "jsonl").out.splitlines()
    objects = nncli("predict", "R", "t.csv", "--format", "json").out
    for rows in (map(json.loads, lines), json.loads(objects)):
        rows = list(rows)
        found.append(the_one({key: [row[key] for row in rows] for key in rows[0]}))
    (block,) = api.load("R").predictions("t.csv")
    found.append(the_one(block.columns()))
    parquet = pytest.importorskip("pyarrow.parquet")
    content = nncli("predict", "R", "t.csv", "--format", "parquet").raw
    found.append(the_one(parquet.read_table(io.BytesIO(content)).to_pydict()))
    return found, the_one


@pytest.mark.parametrize(
    ("task", "name"),
    [
        *(("binary", name) for name in (*OFTEN_TAKEN, "p_x", "p_y", "target_y", "id", "k")),
        *(("multilabel", name) for name in ("row", "p_y", "p_x", "target_y", "prediction_z")),
        *(("regressions", name) for name in ("fold", "p_y", "target_z", "prediction_y")),
        ("regression", "prediction"),
        ("multiclass", "p_z"),
    ],
)
def test_an_id_has_one_name_in_every_output(nncli, trained, tmp_path, task, name):
    trained(name, TARGETS[task], "R")
    found, the_one = names_in_every_output(nncli, name)
    trained(name, TARGETS[task], "F", "training.folds=2", "data.test=0")
    with (tmp_path / "F" / "predictions.csv").open(encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert len({*rows[0]}) == len(rows[0])
    found.append(the_one(dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))))
    predictions = api.cross_validate("c.yaml", {"training.folds": 2, "data.test": 0}).predictions
    found.append(the_one(predictions))
    assert len({*found}) == 1
    assert found[0] == name or found[0] == "id"
    assert (found[0] == "id") or name not in OFTEN_TAKEN
    assert found[0] == name or name not in ("k", "id")


def test_several_ids_keep_their_order_and_get_unique_names(nncli, trained):
    trained("row", {"y": lambda n: n / 7}, "R")
    found = columns_of(nncli("predict", "R", "t.csv", "--id", "b", "--id", "row", "--id", "y"))
    assert [*found] == ["row", "b", "id", "y", "prediction"]
    text = "row,id,prediction,a,b\nr,i,p,1,2\n"
    ids = [part for name in ("row", "id", "prediction", "row") for part in ("--id", name)]
    found = columns_of(nncli("predict", "R", "-", *ids, stdin=text.encode()))
    assert [*found] == ["row", "id_2", "id", "id_3", "prediction"]
    assert [found[name] for name in ("id_2", "id", "id_3")] == [("r",), ("i",), ("p",)]
    done = nncli("predict", "R", "t.csv", "--id", "a", "--id", "c")
    assert (done.code, done.err) == (1, "Error: t.csv: has no column 'c' to keep\n")


def test_a_kept_input_has_the_cells_of_the_file(nncli, trained):
    trained("k", {"y": lambda n: n / 7}, "R")
    plain = columns_of(nncli("predict", "R", "t.csv"))
    found = columns_of(nncli("predict", "R", "t.csv", "--id", "b", "--id", "a"))
    assert [*found["b"]] == CELLS * 4
    assert [*found["a"]] == [str(n) for n in range(24)]
    assert found["prediction"] == plain["prediction"]


@pytest.mark.parametrize(
    "cells", [("1.5", "-2", "1e1"), ("true", "False", "TRUE"), ("u", "v", "u")]
)
@pytest.mark.parametrize("blank", [False, True])
def test_keeping_columns_changes_no_prediction(nncli, tmp_path, cells, blank):
    """Keep numbers, Booleans and categories, with and without blank cells."""
    rows = [[cells[n % 3], n % 5, n] for n in range(30)]
    if blank:
        rows[4][0], rows[7][0] = "", "NA"
    lines = [["a", "b", "y"], *rows]
    (tmp_path / "t.csv").write_text("\n".join(",".join(map(str, row)) for row in lines) + "\n")
    (tmp_path / "c.yaml").write_text(
        "data: {path: t.csv, target: y, missing: auto, blanks: [NA]}\ntraining: {epochs: 2}\n"
    )
    assert nncli("train", "c.yaml", "-q", "-o", "R").code == 0
    plain = columns_of(nncli("predict", "R", "t.csv"))["prediction"]
    kept = columns_of(nncli("predict", "R", "t.csv", "--id", "a"))
    assert kept["prediction"] == plain
    assert [*kept["a"]] == [row[0].replace("NA", "") for row in rows]
    (tmp_path / "t.csv").write_text("a,b\nrubbish,1\n")
    results = [nncli("predict", "R", "t.csv", *ids) for ids in ((), ("--id", "a"))]
    assert results[0].code == results[1].code == (0 if "u" in cells else 1)
    if "u" not in cells:
        assert "rubbish" in results[1].error
        assert "line 2" in results[1].error


def test_a_frame_may_keep_its_inputs_too():
    frame = {"a": np.arange(6), "b": [*"uvuvuv"], "y": np.arange(6.0)}
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(frame)
    config = {"data": {"target": "y", "test": 0, "validation": 0}, "training": {"epochs": 1}}
    model = api.train(config, data=frame).model
    (plain,) = model.predictions(frame)
    (kept,) = model.predictions(frame, id_column=["a", "b"])
    assert kept.beside == {"a": [*"012345"], "b": [*"uvuvuv"]}
    np.testing.assert_array_equal(kept.predictions.values, plain.predictions.values)
