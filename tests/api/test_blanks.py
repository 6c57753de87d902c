"""`blanks`: text, or numbers, which stand for their text and their value."""

import json

import numpy as np
import pytest

import nncli

SETTINGS = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
DATA = {"target": "y", "missing": "auto"}
ROWS = [
    {"a": -999 if n % 5 == 0 else n, "c": ["red", "-999", "blue"][n % 3], "y": n % 7 / 2}
    for n in range(40)
]


def table_of(form, directory):
    """Return the same table in a form, and its settings for the config."""
    if form == "csv":
        lines = [",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in ROWS)]
        (directory / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return None, {"path": str(directory / "t.csv")}
    if form == "parquet":
        pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(ROWS), directory / "t.parquet")
        return None, {"path": str(directory / "t.parquet")}
    if form == "dicts":
        return ROWS, {}
    return pytest.importorskip(form, reason=f"{form} is not installed").DataFrame(ROWS), {}


@pytest.mark.parametrize("form", ["csv", "parquet", "dicts", "pandas", "polars"])
@pytest.mark.parametrize("number", [-999, np.int64(-999)])
def test_a_number_means_what_its_text_means(tmp_path, form, number):
    rows, data = table_of(form, tmp_path)
    results = [
        nncli.train({"data": {**DATA, **data, "blanks": [each]}, **SETTINGS}, data=rows)
        for each in ("-999", number)
    ]
    encodings = [each.model.preprocessing.encoding for each in results]
    assert encodings[0] == encodings[1]
    assert encodings[1].columns[0].fill > 0  # the median excludes -999
    assert encodings[1].columns[1].categories == ("blue", "red")
    assert results[1].config["data"]["blanks"] == ["-999"]


@pytest.mark.parametrize(
    ("text", "expected"), [("-999", ["-999"]), ("-9.5", ["-9.5"]), ("[0, NA]", ["0", "NA"])]
)
def test_a_number_needs_no_quotes_in_the_config(text, expected):
    text = text if text.startswith("[") else f"[{text}]"
    loaded = nncli.load_config({"data": {"path": "t.csv", "target": "y"}}, [f"data.blanks={text}"])
    assert loaded.config.data.blanks == expected
    assert nncli.load_config(loaded.config).config.data.blanks == expected


@pytest.mark.parametrize("found", ["null", "True", ".nan", "[1]"])
def test_invalid_blanks_are_refused_with_a_remedy(found):
    with pytest.raises(nncli.ConfigError) as caught:
        nncli.load_config({"data": {"path": "t.csv", "target": "y"}}, [f"data.blanks=[{found}]"])
    assert str(caught.value).startswith("command line: data.blanks[0]: found ")
    assert str(caught.value).endswith(
        "; expected text or a number; put words like this in quotes: 'null'"
    )


def test_the_schema_accepts_text_and_numbers():
    schema = json.dumps(nncli.config_schema())
    assert '"blanks": {"default": [], "description": "cell values that count as missing' in schema
    assert '"items": {"anyOf": [{"type": "string"}, {"type": "number"}]}' in schema


def test_the_data_set_counts_the_blank_cells_of_its_columns(directory):
    rows = [f"{'' if n % 4 == 0 else n},{'red' if n % 5 else ''},{n},{n % 2}" for n in range(40)]
    (directory / "t.csv").write_text("\n".join(["a,b,c,y", *rows]) + "\n", encoding="utf-8")
    config = {"data": {"source": "csv", "path": "t.csv", "target": "y"}}
    assert dict(nncli.load_data(config).blanks) == {"a": 10, "b": 8}
