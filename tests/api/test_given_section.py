"""The section ``data`` of a config for rows that are passed in Python."""

import numpy as np
import pytest

import nncli
from nncli.config.memory_sources import ArraysSource, FrameSource
from nncli.config.sources import SOURCES

SHORT = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
X = np.random.default_rng(5).normal(size=(40, 2))
Y = X @ [1.0, 2.0]
ROWS = [{"a": a, "b": b} for a, b in X.tolist()]
FORMS = {"array": X, "table": ROWS}
SAID_ONLY_OF_OTHER_ROWS = {
    *("encoding", "table"),
    *("path", "train", "inputs", "targets", "images", "labels", "X", "y"),
    *("size", "color", "rows", "noise", "balanced", "turns", "gate"),
}
SAID_OF_ANY_ROWS = {
    *("scale", "task", "test", "validation", "target", "columns", "drop", "id", "weight"),
    *("class_weight", "blanks", "decimal", "missing", "classes", "positive", "rare"),
    *("stratify", "group", "time", "features"),
}


class Stop(nncli.Observer):
    def epoch(self, report):
        return True


def refusal(section, *rows, **options):
    with pytest.raises(nncli.NncliError) as caught:
        nncli.train({"data": section, **SHORT}, data=rows, **options)
    return str(caught.value)


def section_of(section, form="array"):
    config = nncli.load_config({"data": section, **SHORT}, data=(FORMS[form], Y)).config
    return {key: each for key, each in config.data.model_dump().items() if each is not None}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_key_is_ignored_supported_or_refused(source, form):
    """A new key of a source must be added to one of the sets above."""
    known = (ArraysSource if form == "array" else FrameSource).model_fields
    for key in SOURCES[source].model_fields.keys() - {"source"}:
        assert (key in SAID_ONLY_OF_OTHER_ROWS) != (key in SAID_OF_ANY_ROWS), key
        if key in SAID_ONLY_OF_OTHER_ROWS:
            assert section_of({key: "some"}, form) == section_of({}, form)
        elif key not in known:
            assert refusal({key: "some"}, FORMS[form], Y).startswith(f"config: data.{key}: unknown")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"target": [None]}, "config: data.target[0]: found nothing; expected a name"),
        ({"target": {"a": 1}}, "config: data.target: found a mapping; expected a name"),
        ({"target": True}, "config: data.target: found true; expected a name"),
        ({"target": ""}, 'config: data.target: found ""; expected a name'),
        ({"target": "c\nd"}, 'config: data.target: found "c\\nd"; expected a name'),
        ({"target": ["c", 2.5]}, "config: data.target[1]: found 2.5; expected a name"),
        ({"targt": "c"}, "config: data.targt: unknown key; did you mean 'target'?"),
        ([1], "config: data: found a list; expected"),
        (3, "config: data: found 3; expected"),
        (False, "config: data: found false; expected"),
    ],
    ids=str,
)
def test_a_section_that_makes_no_sense_is_refused_with_its_place(form, section, problem):
    assert refusal(section, FORMS[form], Y).startswith(problem)


def test_two_targets_of_one_name_are_refused():
    both = np.column_stack([Y, Y])
    assert "two targets have the same name" in refusal({"target": ["c", "c"]}, X, both)
    assert "'c' is used more than once" in refusal({"target": ["c", "c"]}, ROWS, both)


def test_weights_are_given_once():
    problem = "data.weight: weights are also passed as data=(X, y, weights); remove one of them"
    assert refusal({"weight": "a"}, ROWS, Y, np.ones(40)) == problem


@pytest.mark.parametrize("section", [None, "xor", "rows.csv", {}, {"source": "csv", "path": "a"}])
def test_the_paths_of_other_rows_do_not_matter(section):
    assert section_of(section) == section_of({})


def test_a_config_that_was_read_may_be_trained_with_other_rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c\n" + "1,2,3\n4,5,7\n" * 20, encoding="utf-8")
    config = nncli.load_config({"data": {"path": str(path), "target": "c"}, **SHORT})
    assert nncli.train(config, data=(X, Y)).model.targets == ["c"]
    assert nncli.train(config.config, data=(ROWS, Y)).model.targets == ["c"]
    dropping = nncli.load_config(
        {"data": {"path": str(path), "target": "c", "drop": ["a"]}, **SHORT}
    )
    with pytest.raises(nncli.ConfigError, match=r"data.drop: unknown key"):
        nncli.train(dropping, data=(X, Y))
    assert nncli.train(dropping, data=(ROWS, Y)).model.preprocessing.columns == ["b"]


def targets(kind):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    both = np.column_stack([Y, -Y])
    return {
        "array": Y,
        "series": pandas.Series(Y, name="price"),
        "series of an input's name": pandas.Series(Y, name="a"),
        "series of an array's": pandas.Series(Y, name="x1"),
        "column": Y[:, None],
        "classes": np.where(Y > 0, "yes", "no"),
        "two": both,
        "frame": pandas.DataFrame(both, columns=["u", "v"]),
        "frame of one": pandas.DataFrame({"u": Y}),
    }[kind]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("target", [None, "c", ["c"], ["c", "d"], "y", "x1", "b"], ids=str)
@pytest.mark.parametrize(
    "kind",
    [
        *("array", "series", "series of an input's name", "series of an array's", "column"),
        *("classes", "two", "frame", "frame of one"),
    ],
)
def test_what_is_accepted_is_trained_saved_loaded_evaluated_and_resumed(
    directory, form, target, kind
):
    section, y = {} if target is None else {"target": target}, targets(kind)
    try:
        config = nncli.load_config({"data": section, **SHORT}, data=(FORMS[form], y))
    except nncli.DataError as error:
        problem = str(error)
        assert "per row; expected" in problem or "is also a column of the rows" in problem
        return
    result = nncli.train(config, {"training.epochs": 2}, out="run", observers=[Stop()])
    model = nncli.load("run")
    names = [target] if isinstance(target, str) else target
    assert model.targets == result.model.targets
    assert names in (None, model.targets)
    assert model.evaluate(FORMS[form], y).rows == len(X)
    with pytest.raises(nncli.DataError, match="were passed from Python"):
        model.evaluate()
    plain = np.asarray(y)  # without a name
    resumed = nncli.resume("run", data=(FORMS[form], plain))
    assert resumed.model.targets == model.targets
    assert nncli.load("run").targets == model.targets


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["array", "list"])
def test_spaces_around_a_class_do_not_matter(directory, form, kind):
    labels = np.where(Y > 0, " yes\n", "no")
    labels = labels.tolist() if kind == "list" else labels
    nncli.train(SHORT, data=(FORMS[form], labels), out="run")
    model = nncli.load("run")
    assert model.classes == ["no", "yes"]
    for same in (labels, np.where(Y > 0, "yes", " no"), np.where(Y > 0, "yes", "no").tolist()):
        assert model.evaluate(FORMS[form], same).rows == len(X)


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ((X, np.where(Y > 0, "\ud800", "no")), f"y: row {(Y > 0).argmax()} (from 0), column y: '"),
        (([{"a": a, "b\udfff": b} for a, b in X.tolist()], Y), "the name 'b"),
        (([{"a": "\ud800" if n > 2 else "b"} for n in range(len(X))], Y), "data: row 3 (from 0), "),
    ],
    ids=["class", "column", "category"],
)
def test_names_that_no_file_can_hold_are_refused(directory, rows, place):
    with pytest.raises(nncli.DataError, match="has half a surrogate pair; rename it") as caught:
        nncli.train(SHORT, data=rows, out="run")
    assert str(caught.value).startswith(place)
    assert not list(directory.iterdir())


@pytest.mark.parametrize("form", FORMS)
def test_targets_with_names_may_be_in_any_order(form):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rows, y = FORMS[form], pandas.DataFrame({"u": Y, "v": -Y / 3})
    turned = y[["v", "u"]]
    result = nncli.train(SHORT, data=(rows, y), test_data=(rows, turned))
    found = result.model.evaluate(rows, turned).metrics
    assert found == result.model.evaluate(rows, y).metrics == result.metrics["test"]
    config = {"data": {"target": ["u", "v"]}, **SHORT}
    again = nncli.train(config, data=(rows, turned), test_data=(rows, y))
    assert again.metrics == result.metrics


def test_target_columns_may_be_separate_in_validation_rows():
    among = [dict(row, price=y) for row, y in zip(ROWS, Y.tolist(), strict=True)]
    config = {"data": {"target": "price"}, **SHORT}
    result = nncli.train(config, data=among, validation_data=(ROWS, Y), test_data=(ROWS, Y))
    expected = nncli.train(config, data=among, validation_data=among, test_data=among)
    assert result.metrics == expected.metrics
    problem = refusal({"target": "price"}, ROWS, Y, validation_data=(among, Y))
    assert problem.startswith("validation_data: price is also a column of the rows; ")


@pytest.mark.parametrize(
    ("form", "options", "problem"),
    [
        ("array", {"validation_data": (X, Y[1:])}, "validation_data: X: has 40 rows, and valid"),
        ("array", {"test_data": (X[:, :1], Y)}, "test_data: X: has 1 number and 1 target per row"),
        ("array", {"test_data": (X * np.nan, Y)}, "test_data: X: row 0 (from 0), column 0: found"),
        ("array", {"test_data": (X, Y * np.nan)}, "test_data: y: row 0 (from 0): is blank"),
        (
            "array",
            {"test_data": (X, np.column_stack([Y, Y]))},
            "test_data: y: 2 values per row; exp",
        ),
        ("table", {"validation_data": ([{"a": 1}], [1])}, "validation_data: columns do not"),
        ("table", {"validation_data": [{"a": 1, "b": 2}]}, "validation_data: has no column 'y' t"),
        ("table", {"test_data": (ROWS, Y[1:])}, "test_data: has 40 rows, and y 39"),
        ("table", {"test_data": (ROWS, ["x"] * 40)}, "test_data: row 0 (from 0), column y: found"),
        ("table", {"test_data": (X, Y)}, "test_data: arrays and tables are mixed; pass it in the"),
        ("array", {"test_data": (ROWS, Y)}, "test_data: arrays and tables are mixed; pass it in"),
        ("array", {"test_data": "t.csv"}, "t.csv: is a file; set data.test to it"),
    ],
    ids=str,
)
def test_errors_name_the_argument(form, options, problem):
    assert refusal({}, FORMS[form], Y, **options).startswith(problem)


@pytest.mark.parametrize("data", ["arrays", {"source": "arrays"}, {"source": "frame"}], ids=str)
def test_a_config_alone_cannot_select_given_rows(data):
    expected = "data.source: its rows must be passed in Python, as data= of nncli.train"
    for function in (nncli.load_config, nncli.train, nncli.load_data):
        with pytest.raises(nncli.ConfigError) as caught:
            function({"data": data, **SHORT})
        assert str(caught.value) == f"config: {expected}"


def test_a_target_that_is_also_an_input_is_refused():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"a": range(40), "churn": [0, 1] * 20})
    settings = {"training": {"epochs": 1}}
    with pytest.raises(nncli.DataError, match="y: has the name of the column 'churn'; remove "):
        nncli.train(settings, data=(frame, frame["churn"]))
    dropped = {**settings, "data": {"drop": ["churn"]}}
    result = nncli.train(dropped, data=(frame, frame["churn"]))
    assert result.model.preprocessing.columns == ["a"]
    assert nncli.train(settings, data=(frame, [0, 1] * 20)).model.targets == ["y"]


@pytest.mark.parametrize("kind", ["values", "Categorical", "Index", "array"])
def test_targets_may_be_columns_of_pandas_own(kind):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"a": range(40), "s": ["u", "v"] * 20})
    y = {
        "values": lambda: frame["s"].values,
        "Categorical": lambda: pandas.Categorical(frame["s"]),
        "Index": lambda: pandas.Index(frame["s"]),
        "array": lambda: pandas.array(frame["s"]),
    }[kind]()
    model = nncli.train({"training": {"epochs": 1}}, data=(frame[["a"]], y)).model
    assert (model.targets, model.classes) == (["y"], ["u", "v"])


def test_an_array_alone_is_not_evaluated():
    X = np.arange(80.0).reshape(40, 2)
    model = nncli.train({"training": {"epochs": 1}}, data=(X, X[:, 0] > 20)).model
    for rows in (X, X.tolist()):
        with pytest.raises(nncli.DataError, match="X: is an array without targets; pass X and y"):
            model.evaluate(rows)
    with pytest.raises(nncli.UsageError, match="split: found 'tset'; expected train, valid"):
        model.evaluate(split="tset")


def test_integers_of_128_bits_are_refused():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    if not hasattr(polars, "Int128"):
        pytest.skip("this polars has no integers of 128 bits")
    frame = polars.DataFrame({"a": polars.Series(range(20), dtype=polars.Int128), "b": [0, 1] * 10})
    with pytest.raises(nncli.DataError, match="column a holds 128-bit integers"):
        nncli.train({"data": {"target": "b"}}, data=frame)
