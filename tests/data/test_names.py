"""Column names: which ones count as missing, and which ones a model file cannot store."""

import string

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nncli
from nncli.base.errors import DataError
from nncli.base.words import yaml_key
from nncli.data.names import check_names, named_columns

NO_NAMES = [
    "",
    "  ",
    "\xa0",
    "Unnamed: 0",
    "Unnamed: 17",
    "Unnamed: 0.1",
    "Unnamed: 0.1.1",
    "Unnamed: 1_level_1",
    "__index_level_0__",
    "__index_level_1__",
]
NAMES = ["index", "level_0", "X", "0", "Unnamed", "unnamed: 0", "Unnamed: x", "Unnamed: 0 kg", "id"]
MODEL = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}


@pytest.mark.parametrize("name", NO_NAMES)
def test_an_unnamed_column_is_left_out_and_reported(name):
    kept, (line,) = named_columns("t.csv", ["a", name, "b"])
    assert kept == ["a", "b"]
    called = repr(name) if name.strip() else "2"
    of_pandas = f" (pandas calls it {called})" if name.strip() else ""
    assert line == (
        f"t.csv: column {called}: left out; a column without a name{of_pandas} is usually a row "
        f"index; to use it, name it, or set data.columns: {{{yaml_key(name)}: number}}"
    )
    assert named_columns("t.csv", ["a", name], chosen=[name]) == (["a", name], [])


@pytest.mark.parametrize("name", NAMES)
def test_every_other_name_is_kept(name):
    assert named_columns("t.csv", [name, "b"]) == ([name, "b"], [])


def test_several_columns_without_names_share_a_line():
    kept, (line,) = named_columns("t.csv", ["", "a", "Unnamed: 2", ""])
    assert kept == ["a"]
    assert line.startswith(
        "t.csv: column 1, column 'Unnamed: 2', column 4: left out; a column without a name "
        "(pandas calls it 'Unnamed: 2') is usually a row index; "
    )
    assert line.endswith("; to use them, name them")  # two names are the same
    _, (line,) = named_columns("t.csv", ["", "a", "Unnamed: 2"])
    assert line.endswith(
        '; to use them, name them, or set data.columns: {"": number, "Unnamed: 2": number}'
    )


texts = st.text(max_size=30) | st.text("a \n\t\0\x85\u2028\ufeff'\"{}[]:#,=?-~", max_size=30)


@settings(max_examples=12)
@given(texts.filter(lambda name: name not in ("x", "y")), st.sampled_from(["input", "id", "drop"]))
@example("\ud800", "input")
@example("y" * 100_000, "input")
@example("z" * 5_000_000, "input")
@example("z" * 2_000_000, "drop")
@example("true", "id")
@example("a\u2028b", "drop")
def test_a_name_is_refused_before_training_or_can_be_saved_and_read(tmp_path_factory, name, role):
    rows = [{"x": n % 7, name: n * n, "y": 2 * n} for n in range(20)]
    data = {"target": "y", "columns": {name: "number"} if role == "input" else {}}
    data |= {"id": {"id": name}, "drop": {"drop": [name]}}.get(role, {})
    run = tmp_path_factory.mktemp("run")
    try:
        result = nncli.train({"data": data, **MODEL}, data=rows, out=run)
    except nncli.NncliError:
        assert not (run / "history.csv").exists()
        return
    model = nncli.load(run)
    assert model.preprocessing == result.model.preprocessing
    np.testing.assert_array_equal(model.predict(rows), result.model.predict(rows))
    assert nncli.resume(run, {"training.epochs": 2}, data=rows).epochs == 2


def test_names_that_no_file_holds_are_refused():
    check_names(["a", "\u2028", "\0", "b" * 4_000_000])
    with pytest.raises(DataError, match=r"the name 'a\\ud800' has half a surrogate pair; rename"):
        check_names(["a\ud800"])
    with pytest.raises(DataError, match="have more than 4,194,304 characters, counted up to 'bbb"):
        check_names(["b" * 5_000_000])
    with pytest.raises(DataError, match="more than 4,194,304 characters"):
        check_names(f"{n}{string.ascii_letters * 1000}" for n in range(100))


@pytest.mark.parametrize(
    ("header", "settings"),
    [
        (["c", "c=b"], {}),
        (["c", "c is blank"], {"c": {"missing": "indicator"}}),
        (["c", "c=b"], {"c=b": "category"}),
    ],
)
def test_inputs_of_one_name_are_refused_before_training(tmp_path, header, settings):
    cells = ["a", "b", "b=1"]
    rows = [{header[0]: cells[n % 3], header[1]: n % 2, "y": float(n)} for n in range(30)]
    config = {"data": {"target": "y", "columns": settings}, **MODEL}
    with pytest.raises(
        DataError, match=rf"^data: columns 'c' and '{header[1]}' both have an input named"
    ):
        nncli.train(config, data=rows)
    renamed = [
        {"kind": a, "x=b": b, "x=b is blank": b, "y": y} for a, b, y in map(dict.values, rows)
    ]
    model = nncli.train({"data": {"target": "y"}, **MODEL}, data=renamed).model
    assert len({*model.preprocessing.columns}) == len(model.preprocessing.columns) == 5
    model.save(tmp_path / "model.npz")
    assert nncli.load(tmp_path / "model.npz").preprocessing == model.preprocessing
