"""Tables with currency, percent, separators, decimal commas and dates, from `init` to `eval`."""

import csv
import json
from datetime import datetime

import pytest
import yaml

from nncli.model.model_file import read_model
from tests.cli.test_own_table import TRAINING, rows_of

ROWS = 120
PLAIN = {
    "age": [round(30 + n * 7 % 50 + n % 10 / 10, 1) for n in range(ROWS)],
    "color": [("green", "blue", "red")[n % 3] for n in range(ROWS)],
}
PRICE = [round(100 + n * 13 % 80 + n % 10 / 10, 1) for n in range(ROWS)]
CASES = {
    "thousands": ("income", [f"{500 + 9 * n:,}" for n in range(ROWS)]),
    "currency": ("cost", [f"${20 + 1.37 * n:.2f}" for n in range(ROWS)]),
    "percent": ("rate", [f"{n % 37}%" for n in range(ROWS)]),
}


@pytest.fixture
def both(nncli, tmp_path):
    """Return a function that writes t.csv and trains on it with a short config and with `init`."""

    def do(columns, delimiter=",", encoding="utf-8"):
        with (tmp_path / "t.csv").open("w", encoding=encoding, newline="") as stream:
            rows = [[*columns], *zip(*columns.values(), strict=True)]
            csv.writer(stream, delimiter=delimiter).writerows(rows)
        text = "data: {path: t.csv, target: price}\n" + TRAINING
        (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
        short = nncli("train", "c.yaml", "-q", "-o", "short")
        begun = nncli("init", "csv", "--data", "t.csv", "--target", "price", "-o", "i.yaml")
        assert (short.code, begun.code, short.err) == (0, 0, begun.err)
        trained = nncli("train", "i.yaml", "-q", "-o", "written", "training.epochs=1")
        assert trained.code == 0, trained.err
        models = [read_model(tmp_path / run).preprocessing.encoding for run in ("short", "written")]
        assert models[0] == models[1]
        written = yaml.safe_load((tmp_path / "i.yaml").read_text(encoding="utf-8"))
        return begun.err, written["data"], models[0]

    return do


def predictions(result):
    return [row["prediction"] for row in rows_of(result.out)]


@pytest.mark.parametrize("case", CASES)
def test_numbers_in_other_notations_are_inputs(nncli, tmp_path, both, case):
    name, cells = CASES[case]
    note, data, encoding = both({**PLAIN, "price": PRICE, name: cells})
    assert f"column {name}: read as numbers" in note
    assert (data["columns"][name], data["id"], data["drop"]) == ("number", None, [])
    assert encoding.columns[-1].inputs == [name]
    assert data.get("decimal") == ("." if case in ("thousands", "currency") else None)
    assert nncli("eval", "short", "--data", "t.csv").code == 0
    every = predictions(nncli("predict", "short", "t.csv"))
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    for row in (0, 57, 119):
        (tmp_path / "one.csv").write_text(f"{lines[0]}\n{lines[row + 1]}\n", encoding="utf-8")
        assert predictions(nncli("predict", "short", "one.csv")) == [every[row]]
    refused = "$5,5,5" if case == "currency" else "many"
    (tmp_path / "one.csv").write_text(f'age,color,{name}\n1,red,"{refused}"\n', encoding="utf-8")
    failed = nncli("predict", "short", "one.csv")
    assert f"line 2, column {name}: found '{refused}'; expected a finite number" in failed.error


def test_a_target_of_money_is_a_regression(nncli, both):
    note, data, encoding = both({**PLAIN, "price": [f"${each}" for each in PRICE]})
    assert "column price: read as numbers without the currency ($); for example, '$" in note
    assert "set data.task: multiclass" in note
    assert (data["task"], encoding.forms) == ("regression", {"price": "."})
    found = nncli("eval", "short", "--data", "t.csv", "--json")
    assert found.code == 0
    assert 0 < json.loads(found.out)["metrics"]["mae"] < 1000


def test_a_target_of_few_distinct_amounts_is_a_regression_too(both):
    assert both({**PLAIN, "price": [f"${n % 3}" for n in range(ROWS)]})[1]["task"] == "regression"


def test_a_german_workbook_as_csv(nncli, both):
    cells = {name: [str(each).replace(".", ",") for each in PLAIN["age"]] for name in ("age",)}
    prices = [f"{1000 + each:,.2f}".translate({44: ".", 46: ","}) for each in PRICE]
    city = [("Bonn", "K\xf6ln")[n % 2] for n in range(ROWS)]
    columns = {**cells, "city": city, "visits": [n % 9 for n in range(ROWS)], "price": prices}
    note, data, encoding = both(columns, delimiter=";", encoding="cp1252")
    assert (data["encoding"], data["decimal"], data["task"]) == ("cp1252", ",", "regression")
    read = "column age: read as numbers with a decimal comma"
    assert f"{read}; for example, '30,0' (line 2) is 30" in note
    assert encoding.forms == {"age": ",", "visits": ",", "price": ","}
    assert nncli("eval", "short").code == 0
    first = float(predictions(nncli("predict", "short", "t.csv"))[0])
    assert 1000 < first < 1400


DAYS = [datetime(1990 + n % 20, n % 12 + 1, n % 28 + 1) for n in range(ROWS)]


@pytest.mark.parametrize("form", ["%d %b %Y", "%Y-%m-%d", "%d/%m/%Y"])
def test_dates_are_inputs(nncli, tmp_path, both, form):
    note, data, encoding = both({**PLAIN, "price": PRICE, "day": [f"{e:{form}}" for e in DAYS]})
    assert "column day: read as dates or times; for example, '" in note
    assert (data["columns"]["day"], data["id"], data["drop"]) == ("date", None, [])
    parts = ["day.year", *(f"day.{p}.{e}" for p in ("month", "weekday") for e in ("sin", "cos"))]
    assert encoding.columns[-1].inputs == parts
    assert "day.month.sin" in nncli("show", "short", "--json").out
    (tmp_path / "one.csv").write_text("age,color,day\n40,red,\n40,red,soon\n", encoding="utf-8")
    found = nncli("predict", "short", "one.csv")
    first, other = predictions(found)
    assert (found.code, first) == (0, other)
    assert "1 missing value where the training data has none: day 1" in found.err
    assert "1 cell is not a date and is treated as missing: day 'soon' (line 3)" in found.err


def test_the_same_dates_in_parquet_give_the_same_model(nncli, tmp_path, both):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    both({**PLAIN, "price": PRICE, "day": [f"{each:%Y-%m-%d}" for each in DAYS]})
    parquet.write_table(pyarrow.table({**PLAIN, "price": PRICE, "day": DAYS}), tmp_path / "t.pq")
    (tmp_path / "p.yaml").write_text("data: {path: t.pq, target: price}\n" + TRAINING)
    trained = nncli("train", "p.yaml", "-q", "-o", "typed")
    assert (trained.code, trained.err) == (0, "")
    begun = nncli("init", "parquet", "--data", "t.pq", "--target", "price", "-o", "j.yaml")
    assert begun.code == 0, begun.err
    assert nncli("train", "j.yaml", "-q", "-o", "again", "training.epochs=1").code == 0
    of_text, of_types = (read_model(tmp_path / run) for run in ("short", "typed"))
    assert of_text.preprocessing == of_types.preprocessing
    tables = [("short", "t.pq"), ("short", "t.csv"), ("typed", "t.pq"), ("typed", "t.csv")]
    outputs = [nncli("predict", *each).out for each in tables]
    assert outputs[0] == outputs[1]
    assert outputs[2] == outputs[3]
