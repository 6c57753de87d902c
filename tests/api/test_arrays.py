"""Arrays of every type: those that train can be evaluated and predicted, others give one line."""

import numpy as np
import pytest

import nncli

ROWS = 40
X = np.random.default_rng(0).normal(size=(ROWS, 3))
HALF = np.arange(ROWS) % 2
SHORT = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
INPUTS = {
    **{kind: X.astype(kind) for kind in ("f2", "f4", "f8", "longdouble", ">f2", ">f4", ">f8")},
    **{kind: np.abs(X * 50).astype(kind) for kind in ("u1", "i2", ">i4", "i8", "u8")},
    "bool": X > 0,
}
TARGETS = {
    "Booleans": (HALF > 0, ["false", "true"]),
    "float16": (HALF.astype("f2"), ["0", "1"]),
    "longdouble": (HALF.astype("longdouble"), ["0", "1"]),
    "large": (HALF.astype("u8") + 2**63, ["9223372036854775808", "9223372036854775809"]),
    "negative": (-HALF, ["-1", "0"]),
    "a column": (HALF[:, None], ["0", "1"]),
    "codes": (np.array(["02", "01"])[HALF], ["01", "02"]),
    "numbers as text": (np.array(["1.0", "10", "9"])[np.arange(ROWS) % 3], ["1", "9", "10"]),
    "bytes": (np.array([b"b", "\xe4".encode()])[HALF], ["b", "\xe4"]),
    "numbers": (X[:, 0], []),
    "numbers in float16": (X[:, 0].astype("f2"), []),
    "numbers in longdouble": (X[:, :2].astype("longdouble"), []),
    "labels": (np.stack([HALF, 1 - HALF], axis=1) > 0, []),
}


def trained(*rows, **parts):
    return nncli.train(SHORT, data=rows, **parts).model


def of_file(path, **arrays):
    np.savez(path, **arrays)
    return nncli.train({**SHORT, "data": str(path)}).model


@pytest.mark.parametrize("kind", INPUTS)
def test_inputs_of_every_type_are_used_alike(tmp_path, kind):
    inputs, path = INPUTS[kind], tmp_path / "rows.npz"
    models = trained(inputs, HALF), of_file(path, X=inputs, y=HALF)
    np.save(tmp_path / "rows.npy", inputs)
    expected = models[0].evaluate(inputs, HALF).metrics
    for model in models:
        assert model.evaluate(path).metrics == expected
        for rows in (inputs, path, tmp_path / "rows.npy"):
            np.testing.assert_array_equal(model.predict(rows), models[0].predict(inputs))


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_of_every_type_are_evaluated_as_they_were_trained(tmp_path, kind):
    targets, classes = TARGETS[kind]
    path = tmp_path / "rows.npz"
    models = trained(X, targets), of_file(path, X=X, y=targets)
    few = tmp_path / "few.npz"  # some classes are missing
    np.savez(few, X=X[:1], y=targets[:1])
    for model in models:
        assert model.classes == classes
        assert model.evaluate(path).metrics == models[0].evaluate(X, targets).metrics
        assert model.evaluate(few).rows == 1


def with_one(array, value, *place):
    array = array.copy()
    array[place] = value
    return array


NUMBERS, LONG = X[:, 0], np.longdouble("1e400")
UNFIT_INPUTS = {
    "nan": with_one(X, np.nan, 7, 1),
    "inf": with_one(X, -np.inf, 7, 1),
    "1e+31": with_one(X, 1e31, 7, 1),
    "9.99": with_one(X.astype("f4"), 1e31, 7, 1),
    "inf in float16": with_one(X.astype("f2"), np.inf, 7, 1),
    "nan in float16": with_one(X.astype("f2"), np.nan, 7, 1),
    "inf in longdouble": with_one(X.astype("longdouble"), LONG, 7, 1),
}
UNFIT_TARGETS = {
    "nan": (NUMBERS, with_one(NUMBERS, np.nan, 7)),
    "inf": (NUMBERS, with_one(NUMBERS, np.inf, 7)),
    "1e+31": (NUMBERS, with_one(NUMBERS, 1e31, 7)),
    "inf in float16": (NUMBERS, with_one(NUMBERS.astype("f2"), np.inf, 7)),
    "inf in longdouble": (NUMBERS, with_one(NUMBERS.astype("longdouble"), LONG, 7)),
    "nan of classes": (HALF, np.where(np.arange(ROWS) == 7, np.nan, HALF)),
    "inf of classes": (HALF, np.where(np.arange(ROWS) == 7, np.inf, HALF)),
    "blank": (HALF, with_one(np.array(["0", "1"])[HALF], " ", 7)),
}
UNFIT_TYPES = {
    "complex": 1j,
    "dates": np.datetime64(1, "s"),
    "times": np.timedelta64(1, "s"),
    "structured": np.zeros((), "i4,f4"),
    "void": np.zeros((), "V4"),
}


def refusals(tmp_path, good, bad):
    """Yield the errors for bad rows in every use, from memory and from a file."""
    model, path = trained(*good), tmp_path / "bad.npz"
    np.savez(path, X=bad[0], y=bad[1])
    purposes = {
        "training": lambda: trained(*bad),
        "training on a file": lambda: nncli.train({**SHORT, "data": str(path)}),
        "validation": lambda: trained(*good, validation_data=bad),
        "test": lambda: trained(*good, test_data=bad),
        "evaluation": lambda: model.evaluate(*bad),
        "evaluation of a file": lambda: model.evaluate(path),
    }
    if bad[0] is not good[0]:
        purposes["prediction"] = lambda: model.predict(bad[0])
        purposes["prediction of a file"] = lambda: model.predict(path)
    for name, purpose in purposes.items():
        try:
            purpose()
        except nncli.DataError as error:
            message = str(error)
        else:
            raise AssertionError(f"{name}: accepted")
        assert "\n" not in message
        yield message


@pytest.mark.parametrize("kind", UNFIT_INPUTS)
def test_invalid_inputs_are_refused_in_every_use(tmp_path, kind):
    for message in refusals(tmp_path, (X, HALF), (UNFIT_INPUTS[kind], HALF)):
        assert "row 7" in message
        assert ", column 1: " in message or ", column x2: " in message
        assert f"found {kind.split()[0]}" in message.replace("-inf", "inf")


@pytest.mark.parametrize("kind", UNFIT_TARGETS)
def test_invalid_targets_are_refused_in_every_use(tmp_path, kind):
    good, bad = UNFIT_TARGETS[kind]
    for message in refusals(tmp_path, (X, good), (X, bad)):
        assert "row 7" in message or "y[7]" in message


@pytest.mark.parametrize("kind", UNFIT_TYPES)
def test_values_of_other_types_are_refused_in_every_use(tmp_path, kind):
    inputs, targets = np.full((ROWS, 3), UNFIT_TYPES[kind]), np.full(ROWS, UNFIT_TYPES[kind])
    for bad in ((inputs, HALF), (X, targets)):
        for message in refusals(tmp_path, (X, HALF), bad):
            assert "; expected numbers" in message


def test_weights_of_longdouble_are_accepted_and_infinity_is_refused(tmp_path):
    path = tmp_path / "rows.npz"
    for weights in (np.ones(ROWS, "longdouble"), np.ones(ROWS, "f2")):
        np.savez(path, X=X, y=HALF, w=weights)
        data = {"source": "npz", "path": str(path), "weight": "w"}
        same = nncli.train({**SHORT, "data": data}).metrics
        assert nncli.train(SHORT, data=(X, HALF, weights)).metrics == same
    weights = with_one(np.ones(ROWS, "longdouble"), LONG, 7)
    with pytest.raises(nncli.DataError, match=r"weights: row 7 .*: found inf; expected a number"):
        trained(X, HALF, weights)


@pytest.mark.parametrize("value", ["1e31", "1e39"])
def test_a_number_too_large_is_refused_in_rows_of_any_form(tmp_path, value):
    model, table = trained(X, HALF), tmp_path / "t.csv"
    table.write_text(f"x1,x2,x3,y\n0,1,2,1\n0,{value},2,1\n", encoding="utf-8")
    row = {"x1": 0.0, "x2": float(value), "x3": 2.0, "y": 1}
    for rows in (table, [row]):
        for use in (model.predict, model.evaluate):
            with pytest.raises(nncli.DataError, match=r"row \d \(from 0\): "):
                use(rows)
    numbers = trained(X, NUMBERS)
    with pytest.raises(nncli.DataError, match=r"found 1e.3[19]; expected a number"):
        numbers.evaluate([{**row, "x2": 1.0, "y": float(value)}])


def test_rows_of_a_table_with_a_blank_target_are_skipped_by_a_model_of_arrays(tmp_path):
    for model in (trained(X, HALF), trained(X, NUMBERS)):
        path = tmp_path / "t.csv"
        path.write_text("x1,x2,x3,y\n0,1,2,1\n0,1,2, \n0,1,2,0\n0,0,0,\n", encoding="utf-8")
        with pytest.warns(nncli.NncliWarning, match=r"with a missing target \(first: line 3\)"):
            assert model.evaluate(path).rows == 2


@pytest.mark.parametrize(
    "y",
    [
        [10**20 + 1, 10**20 + 2, 3 * 10**20],
        [2**63 + 1, 2**63 + 3, -5],
        [2**60 + 1, 2**60 + 3, 5.0],
        [10**400, 1, 2],
        np.array([10**20 + 1, 10**20 + 2, 5], object),
    ],
    ids=["beyond 64 bits", "of both signs", "beside a float", "beyond float64", "objects"],
)
def test_whole_numbers_that_would_be_rounded_are_refused_but_accepted_as_text(y):
    rows = X[:60] if len(X) >= 60 else np.arange(180.0).reshape(60, 3)
    many = np.tile(y, 20) if isinstance(y, np.ndarray) else y * 20
    config = {"data": {"task": "multiclass"}, "training": {"epochs": 1}}
    with pytest.raises(nncli.DataError, match=r"^y: row \d \(from 0\): found \d+, which float64"):
        nncli.train(config, data=(rows, many))
    classes = nncli.train(config, data=(rows, [str(each) for each in many])).model.classes
    assert len(classes) == 3
    exact = np.array([2**63 + 1, 2**63 + 3, 5] * 20, np.uint64)
    assert len(nncli.train(config, data=(rows, exact)).model.classes) == 3
