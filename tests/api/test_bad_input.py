"""Invalid input: the errors of the command line, as exceptions."""

from pathlib import Path

import numpy as np
import pytest

import nncli
from tests.api.conftest import CONFIG

X = np.arange(40.0).reshape(20, 2)
Y = np.arange(20) % 2
SHORT = {"training": {"epochs": 1}}


def refusal(function, *given, **options):
    with pytest.raises(nncli.NncliError) as caught:
        function(*given, **options)
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("config", "overrides", "problem"),
    [
        ({"data": "xor", "trainin": {}}, {}, "config: trainin: unknown key; did you mean "
                                             "'training'?"),
        ({"data": "xor"}, {"training.epoch": 3}, "overrides: training.epoch: unknown key; did you "
                                                 "mean 'epochs'?"),
        ({"data": "xor"}, ["training.epochs=x"], "command line: training.epochs: found \"x\"; "
                                                 "expected an integer"),
        ({"data": "xor"}, {"training.epochs": 2.5}, "overrides: training.epochs: found 2.5; "
                                                    "expected an integer"),
        ({"data": "xor"}, {"training..epochs": 1}, "overrides: 'training..epochs': expected a key "
                                                   "such as 'training.epochs'"),
        ({"data": "xor"}, {3: 1}, "overrides: 3: expected a key such as 'training.epochs'"),
        ({"data": "xor"}, "seed=1", "overrides: found 'seed=1'; expected a list or a mapping"),
        ({"data": "xor", 3: 4}, {}, "config: the config: found the key 3; expected text"),
        ({"data": "xor", "seed": object}, {}, "config: seed: found a value of type type; expected "
                                              "numbers, text, true or false, lists and mappings"),
        ({"data": "xor", "seed": np.nan}, {}, "config: seed: found NaN; expected an integer"),
        ({"data": "xor"}, [("seed", 1)], "overrides: found ('seed', 1); expected text: "
                                         "'key.path=value'"),
        ({}, {}, "config: data: missing required key; set it, or pass rows as data=(X, y)"),
        (None, {}, "config: found NoneType; expected a path, a mapping or a Config"),
        ([1], {}, "config: found list; expected a path, a mapping or a Config"),
    ],
)  # fmt: skip
def test_an_impossible_config_is_refused(config, overrides, problem):
    assert refusal(nncli.train, config, overrides) == (nncli.ConfigError, problem)


def test_a_config_that_contains_itself_is_refused():
    config = {"data": "xor"}
    config["model"] = config
    kind, problem = refusal(nncli.train, config)
    assert kind is nncli.ConfigError
    assert problem.endswith("nested more than 20 levels deep")


def test_errors_in_a_file_have_their_place(directory):
    (directory / "c.yaml").write_text("data: xor\nsed: 1\n", encoding="utf-8")
    assert refusal(nncli.train, "c.yaml") == (
        nncli.ConfigError,
        "c.yaml:2:1: sed: unknown key; did you mean 'seed'?",
    )
    kind, problem = refusal(nncli.train, "none.yaml")
    assert kind is nncli.ConfigError
    assert problem.startswith("none.yaml: cannot be read (no such file or directory)")


RAGGED = [[1, 2], [3]]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ((X, Y[:-1]), "X: has 20 rows, and y 19"),
        ((X, Y, [1.0]), "weights: has 1 row; expected one number for each of 20 rows"),
        ((X + 1j, Y), "X: holds values of type complex128; expected numbers"),
        ((X, Y + 1j), "y: holds values of type complex128; expected numbers"),
        ((X.astype("datetime64[s]"), Y), None),
        ((np.array([object()] * 20), Y), None),
        ((X * np.nan, Y), None),
        ((X, np.where(Y, np.nan, 1.0)), None),
        ((X[:0], Y[:0]), None),
        ((RAGGED, [0, 1]), None),
        ((X, Y, np.full(20, -1.0)), None),
        ((X, Y, np.full(20, np.nan)), None),
        ((X, Y, np.zeros(20)), None),
        ((X, np.zeros(20, int).astype(str)), None),
        ((X,), "data: found a tuple of 1; expected (X, y), or (X, y, weights)"),
        (X, "X: is an array without targets; pass X and y"),
        ("rows.csv", "rows.csv: is a file; set data.path to it"),
        (3, None),
        ([], None),
        ([{"a": 1}], None),
        ([{"a": object(), "y": 1}], None),
    ],
)  # fmt: skip
def test_impossible_rows_are_refused(data, problem):
    kind, found = refusal(nncli.train, SHORT, data=data)
    assert issubclass(kind, nncli.DataError | nncli.ConfigError)
    assert "\n" not in found
    assert problem in (None, found)


def frames():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    a, b = [1.0, 2, 3, 4] * 5, [1, 0, 0, 1] * 5
    frame = pandas.DataFrame({"a": a, "b": b, "y": list("aabb") * 5})
    yield frame.rename(columns={"a": "b"}), "b"
    yield frame.rename(columns={"a": ("a", 3)}), "('a', 3)"
    yield frame.assign(a=pandas.Timedelta(1, "D")), "durations"
    yield frame.assign(a=[[1]] * 20), "a"
    yield frame.assign(a=1j), "complex"
    yield frame.drop(columns="y"), "y"


@pytest.mark.parametrize("number", range(6))
def test_impossible_frames_are_refused(number):
    frame, word = [*frames()][number]
    kind, found = refusal(nncli.train, {"data": {"target": "y"}, **SHORT}, data=frame)
    assert issubclass(kind, nncli.DataError)
    assert word in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"threads": 0}, "threads: found 0; expected an integer from 1 to 1024"),
        ({"threads": "a"}, "threads: found 'a'; expected an integer from 1 to 1024"),
        ({"threads": True}, "threads: found True; expected an integer from 1 to 1024"),
        ({"observers": [3]}, "observers: found int; expected an Observer"),
    ],
)
def test_impossible_options_are_refused(directory, options, problem):
    for function in (nncli.train, nncli.cross_validate):
        assert refusal(function, CONFIG, **options, out="run") == (nncli.UsageError, problem)
        assert refusal(nncli.resume, "run", **options) == (nncli.UsageError, problem)
    assert list(directory.iterdir()) == []


def test_impossible_traces_are_refused():
    for options, problem in (
        ({"format": "pdf"}, "format: found 'pdf'; expected text, markdown, latex or html"),
        ({"limit": 0}, "limit: found 0; expected an integer of 1 or more"),
        ({"precision": 18}, "precision: found 18; expected an integer from 1 to 17"),
        ({"rows": (0.5,)}, "rows: found 0.5; expected an integer such as 0"),
        ({"rows": ()}, "rows: found (); expected one or more rows"),
        ({"rows": (-1,)}, "rows: -1: the training rows are 0 to 59"),
    ):
        assert refusal(nncli.trace, CONFIG, **options) == (nncli.UsageError, problem)
    assert refusal(nncli.gradcheck, CONFIG, "a=1") == (
        nncli.ConfigError,
        "overrides: found 'a=1'; expected a list or a mapping",
    )


def test_separate_rows_without_training_rows_are_refused():
    for part in ("validation_data", "test_data"):
        kind, found = refusal(nncli.train, CONFIG, **{part: (X, Y)})
        assert kind is nncli.UsageError
        assert found == "validation_data and test_data need data, the training rows"


def test_validation_rows_of_another_form_are_refused():
    kind, found = refusal(nncli.train, SHORT, data=(X, Y), validation_data=[{"x1": 1, "y": 0}])
    assert (kind, found) == (
        nncli.DataError,
        "validation_data: arrays and tables are mixed; pass it in the same form as data",
    )
    kind, found = refusal(nncli.train, SHORT, data=(X, Y), test_data=(X, Y, Y))
    assert found == "test_data: found a tuple of 3; expected (X, y)"
    kind, found = refusal(nncli.train, SHORT, data=(X, Y), validation_data=(X[:, :1], Y))
    assert issubclass(kind, nncli.DataError)


def test_an_existing_directory_is_refused(directory):
    (directory / "run").mkdir()
    (directory / "run" / "file").touch()
    kind, found = refusal(nncli.train, CONFIG, out="run")
    assert kind is nncli.UsageError
    assert found.startswith("run: exists and is not an empty directory; choose another place")
    assert refusal(nncli.cross_validate, CONFIG, out=Path("run")) == (kind, found)
    assert refusal(nncli.estimate, CONFIG, out="run") == (kind, found)
    assert [path.name for path in (directory / "run").iterdir()] == ["file"]


def test_a_path_that_is_not_a_run_is_refused():
    for function in (nncli.resume, nncli.resume_cross_validation, nncli.is_cross_validation):
        kind, found = refusal(function, "none")
        assert kind is nncli.UsageError
        assert found == "none: is not a directory; expected a run directory such as runs/xor-001"
    kind, found = refusal(nncli.load, "none.npz")
    assert kind is nncli.ModelFileError


def test_every_public_error_is_one_of_nnclis():
    kinds = [each for name in nncli.__all__ if isinstance(each := getattr(nncli, name), type)]
    errors = {each.__name__ for each in kinds if issubclass(each, BaseException)}
    assert {"NncliError", "ConfigError", "DataError", "NncliWarning"} <= errors
    for name in errors - {"NncliWarning"}:
        assert issubclass(getattr(nncli, name), nncli.NncliError)
    assert issubclass(nncli.NncliWarning, UserWarning)


@pytest.mark.parametrize("form", ["npz", "npy", "dicts", "frame"])
def test_a_class_with_half_a_surrogate_pair_is_refused_with_file_and_row(tmp_path, form):
    X = np.arange(40.0).reshape(20, 2)
    y = np.array(["no", "yes"] * 10, "U3")
    y[13] = "\ud83c"
    np.savez(tmp_path / "t.npz", X=X, y=y)
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", y)
    rows = [{"a": a, "kind": each} for (a, _), each in zip(X.tolist(), y.tolist(), strict=True)]
    data, given, place = {
        "npz": ({"path": str(tmp_path / "t.npz")}, None, "t.npz: y: "),
        "npy": (
            {"inputs": str(tmp_path / "x.npy"), "targets": str(tmp_path / "y.npy")},
            None,
            "y.npy: ",
        ),
        "dicts": ({"target": "kind"}, rows, "data: "),
        "frame": ({"target": "kind"}, rows, "data: "),
    }[form]
    if form == "frame":
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        given = pandas.DataFrame({"a": X[:, 0], "kind": pandas.Series(y.tolist(), dtype=object)})
    with pytest.raises(nncli.DataError) as caught:
        nncli.train({"data": data}, **({} if given is None else {"data": given}))
    name = "kind" if given is not None else "y"
    assert str(caught.value) == (
        f"{place}row 13 (from 0), column {name}: '\\ud83c' has half a surrogate pair; rename it"
    )


def test_an_array_without_rows_is_refused_by_a_model_of_a_table(tmp_path):
    config = {"data": {"target": "y"}, "training": {"epochs": 1}}
    rows = [{"a": n, "b": n % 3, "y": "pq"[n % 2]} for n in range(60)]
    model = nncli.train(config, data=rows, note=lambda text: None).model
    for empty in (np.empty((0, 2)), np.empty((3, 0))):
        with pytest.raises(nncli.DataError, match="has no rows"):
            model.predict(empty)
