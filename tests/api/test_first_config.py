"""Any table that `nncli init` accepts trains, with its config and with one of two keys."""

import csv

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

import nncli
from nncli.config.first_config import first_config

QUICK = {"training.epochs": 1, "model.hidden_layers": [2]}

# Steps of 1e-4: where all training rows are within 1e-179, any other row overflows and is refused.
floats = st.integers(-(10**6), 10**6).map(lambda each: f"{each / 10**4:.4g}")
whole = st.integers(-5, 200).map(str)
booleans = st.sampled_from(["true", "false"])
words = st.sampled_from(["NA", "?", "", "nan", "null", "-", "."])
categories = st.sampled_from(["red", "green", "blue", "NA", "None"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
CELLS = [
    *(floats, whole, booleans, categories, texts),
    *(floats | words, whole | words, booleans | words, categories | st.just("")),
    *(words, st.just("7"), st.just("x"), st.just("")),
    *(floats | st.sampled_from(["rotary", "n.a."]), whole | st.just("twelve")),
    *(st.sampled_from(["1e400", "5", "6"]), st.sampled_from(["$5", "5", "1,004"])),
]
NAMES = st.sampled_from(["id", "a b", "x: 1", "null", "", "Unnamed: 0", "#", "p=q", "'", "é", "NA"])


def counted(cell, row):
    """Return the cell of a row in a column of distinct values."""
    return {"n": f"{row + 3}", "t": f"name {row}", "d": f"{row % 28 + 1:02} Mar 1990"}[cell]


@st.composite
def tables(draw):
    """Return the lines of a table: a target y, and columns of every kind."""
    rows = draw(st.integers(2, 40))
    names = draw(st.lists(NAMES | texts, min_size=1, max_size=4, unique_by=str.strip))
    columns = {}
    for name in names:
        cells = draw(st.sampled_from([*CELLS, *"ntd"]))
        if isinstance(cells, str):
            columns[name] = [counted(cells, row) for row in range(rows)]
        else:
            columns[name] = draw(st.lists(cells, min_size=rows, max_size=rows))
    if draw(st.booleans()):
        columns["tame"] = [str(row % 7 / 2) for row in range(rows)]
    target = draw(st.sampled_from([floats, booleans, categories, floats | words, whole]))
    columns["y"] = draw(st.lists(target, min_size=rows, max_size=rows))
    return [[*columns], *zip(*columns.values(), strict=True)]


def ignore(line):
    assert "\n" not in line.rstrip("\n")


def few(*cells):
    return [["tame", "y"], *cells]


@settings(max_examples=60, suppress_health_check=[*HealthCheck])
@given(tables())
@example(few(("1.5", "2.5"), ("2.5", "1")))
@example(few(("0", "true"), ("2.225e-308", "false")))
@example(few(*[("NA", "1.5"), ("2.5", "1")] * 10))
def test_what_init_accepts_trains(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("table")
    path, config = folder / "t.csv", folder / "c.yaml"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    short = {"data": {"path": str(path), "target": "y"}}
    try:
        found = first_config("table", data=path, target="y", path=config, note=ignore)
    except nncli.NncliError as error:
        event(f"refused: {str(error).replace(str(path), '')[:40]}")
        with pytest.raises(nncli.NncliError):
            nncli.train(short, QUICK, note=ignore)
        return
    event("trained")
    found.path.write_text(found.text, encoding="utf-8")
    written = nncli.train(found.path, QUICK, note=ignore).model
    model = nncli.train(short, QUICK, note=ignore).model
    assert written.preprocessing.columns == model.preprocessing.columns
    assert written.preprocessing.encoding.columns == model.preprocessing.encoding.columns
    rows = len([*written.predict(path, note=ignore)])
    assert rows == len(lines) - 1 == len([*model.predict(path, note=ignore)])
