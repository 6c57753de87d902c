"""All digits of a file's numbers are used in training, metrics and output."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas
import polars
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nncli
from nncli.base.errors import DataError, DivergenceError, NncliError
from nncli.model.formats import FORMATS

pytestmark = pytest.mark.filterwarnings("ignore:.*far outside")

ROWS = 40
OFFSETS = [0.0, -3.0, 4649776.13, 1.7e9, -1e9, 1e15]
SPREADS = [1e-200, 1e-40, 1e-6, 1.0, 1e5, 1e25]
FORMS = ["csv", "csv.gz", "parquet", "npz", "npy", "frame", "polars", "dicts", "arrays"]


@st.composite
def numbers(draw):
    """Return a column of ROWS numbers: far from zero, close together, maybe with an outlier."""
    offset, spread = draw(st.sampled_from(OFFSETS)), draw(st.sampled_from(SPREADS))
    random = np.random.default_rng(draw(st.integers(0, 9999)))
    column = (
        random.normal(offset, 1, ROWS) if spread == 1 else offset + spread * random.random(ROWS)
    )
    if draw(st.booleans()):
        column = np.rint(column)
    if draw(st.booleans()):
        column[draw(st.integers(0, ROWS - 1))] = draw(st.sampled_from([-7.25, 1e12, -1e30]))
    return column


@st.composite
def tables(draw):
    return np.column_stack([draw(numbers()) for _ in range(draw(st.integers(1, 3)))]), draw(
        numbers()
    )


def section(scale="standard", **others):
    return {"task": "regression", "scale": scale, "test": 8, "validation": 6, **others}


def text_of(X, y):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*(f"x{n}" for n in range(1, X.shape[1] + 1)), "y"])
    writer.writerows(zip(*X.T.tolist(), y.tolist(), strict=True))
    return stream.getvalue()


def written(folder, X, y, form):
    """Write rows in a form; return their `data` section, and rows for Python."""
    frame = pandas.DataFrame({f"x{n}": column for n, column in enumerate(X.T, 1)} | {"y": y})
    if form == "csv":
        (folder / "t.csv").write_text(text_of(X, y), encoding="utf-8")
    elif form == "csv.gz":
        frame.to_csv(folder / "t.csv.gz", index=False)
    elif form == "parquet":
        frame.to_parquet(folder / "t.parquet", index=False)
    elif form == "npz":
        np.savez(folder / "t.npz", X=X, y=y)
    elif form == "npy":
        np.save(folder / "x.npy", X)
        np.save(folder / "y.npy", y)
        return {"inputs": str(folder / "x.npy"), "targets": str(folder / "y.npy")}, None
    elif form == "arrays":
        return {}, (X, y)
    else:
        dicts = frame.to_dict("records")
        rows = {"frame": frame, "polars": polars.from_dicts(dicts), "dicts": dicts}[form]
        return {"target": "y"}, rows
    target = {} if form == "npz" else {"target": "y"}
    return {"path": str(folder / f"t.{form}")} | target, None


def trained(folder, X, y, form, epochs=2, **others):
    data, rows = written(folder, X, y, form)
    config = {
        "data": section(**others) | data,
        "model": {"hidden_layers": [5]},
        "training": {"epochs": epochs, "batch_size": 8},
    }
    given = {} if rows is None else {"data": rows}
    return nncli.train(config, **given, note=lambda line: None)


def results_of(folder, X, y, form, **others):
    """Return the results of training, or its error."""
    try:
        run = trained(folder, X, y, form, **others)
    except NncliError as error:
        return type(error).__name__
    model = run.model
    return {
        **{name: array.tolist() for name, array in model.network.named.items()},
        **{name: getattr(model.preprocessing, name) for name in ("offset", "scale")},
        "target": (model.preprocessing.target_offset, model.preprocessing.target_scale),
        "metrics": model.metrics,
    }


def model_of(folder, X, y, form, **others):
    """Return a model of rows, or discard rows that cannot be trained on or predicted."""
    try:
        model = trained(folder, X, y, form, **others).model
        model.predict(X)
    except (DivergenceError, DataError):  # a held-out row is too far from all others
        assume(False)
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("digits")


@given(tables(), st.sampled_from(["standard", "minmax", "robust", "none"]), st.data())
@settings(max_examples=30)
def test_the_same_rows_give_the_same_model_from_every_form(folder, table, scale, data):
    first, second = data.draw(st.lists(st.sampled_from(FORMS), min_size=2, max_size=2, unique=True))
    found = [results_of(folder, *table, form, scale=scale) for form in (first, second)]
    assert found[0] == found[1]


@given(tables(), st.sampled_from(FORMS))
@settings(max_examples=30)
def test_evaluation_and_prediction_agree(folder, table, form):
    X, y = table
    model = model_of(folder, X, y, form)
    for metrics, predicted in (
        (model.evaluate(X, y).metrics, model.predict(X)),
        (model.evaluate(X[3:4], y[3:4]).metrics, model.predict(X[3:4])),
    ):
        truth = y if len(predicted) > 1 else y[3:4]
        assert metrics["mae"] == pytest.approx(np.abs(predicted - truth).mean(), rel=1e-12)
        assert metrics["rmse"] == pytest.approx(
            np.sqrt(((predicted - truth) ** 2).mean()), rel=1e-12
        )


@given(tables(), st.sampled_from(["csv", "json", "jsonl", "npy", "parquet"]))
@settings(max_examples=20)
def test_every_format_of_predictions_preserves_all_digits(folder, table, name):
    X, y = table
    model = model_of(folder, X, y, "arrays", epochs=1)
    stream = io.BytesIO()
    FORMATS[name].write(model.predictions(X), stream)
    stream.seek(0)
    readers = {
        "csv": lambda: csv.DictReader(stream.getvalue().decode().splitlines()),
        "json": lambda: json.load(stream),
        "jsonl": lambda: map(json.loads, stream),
        "npy": lambda: [{"prediction": each} for each in np.load(stream)],
        "parquet": lambda: pandas.read_parquet(stream).to_dict("records"),
    }
    found = [float(row["prediction"]) for row in readers[name]()]
    assert found == model.predict(X).tolist()


@given(tables(), st.sampled_from(["standard", "minmax", "robust"]))
@settings(max_examples=40)
def test_a_network_of_one_unit_predicts_as_float64_does_up_to_rounding(folder, table, scale):
    """Scaled inputs are rounded once, to float32; no other step loses digits."""
    X, y = table
    model = model_of(folder, X, y, "csv", scale=scale, epochs=0)
    p = model.preprocessing
    scaled = ((X - p.offset) * p.scale).astype(np.float32).astype(float)
    arrays = {name: array.astype(float) for name, array in model.network.named.items()}
    hidden = np.maximum(scaled @ arrays["W1"] + arrays["b1"], 0)
    outputs = (hidden @ arrays["W2"] + arrays["b2"])[:, 0]
    expected = outputs / p.target_scale[0] + p.target_offset[0]
    size = 1e-5 * (1 + np.abs(hidden) @ np.abs(arrays["W2"])[:, 0]) / abs(p.target_scale[0])
    found = model.predict(X)
    assert (np.abs(found - expected) <= size + 4 * np.spacing(np.abs(expected))).all()


@given(st.integers(-323, -300), st.sampled_from(["standard", "minmax", "robust"]), st.booleans())
@settings(max_examples=30)
def test_the_least_spreads_are_scaled_exactly_or_refused(folder, exponent, scale, of_target):
    random = np.random.default_rng(0)
    tiny, usual = np.rint(random.normal(size=(2, ROWS)) * 1000) * [[10.0**exponent], [1]]
    X, y = (usual, tiny) if of_target else (tiny, usual)
    if np.ptp(tiny) < 1e-308:
        with pytest.raises(DataError) as caught:
            trained(folder, X[:, None], y, "csv", scale=scale)
        name = "y" if of_target else "x1"
        assert f"column {name}: its values in the training rows differ by" in str(caught.value)
        return
    assume(np.ptp(tiny) > 1e-306)  # smaller spreads depend on the scaling
    run = trained(folder, X[:, None], y, "csv", scale=scale)
    p = run.model.preprocessing
    offset, inverse = (p.target_offset, p.target_scale) if of_target else (p.offset, p.scale)
    scaled = (tiny - offset[0]) * inverse[0]
    assert np.ptp(scaled) > 0.99
    back = scaled / inverse[0] + offset[0]
    np.testing.assert_allclose(back, tiny, rtol=0, atol=1e-12 * np.ptp(tiny))


def test_preprocessing_is_fitted_on_the_numbers_of_the_file(folder):
    X = np.array([[1.7e9 + n / 8] for n in range(ROWS)])
    X[5] = 3.0
    for scale, offset, inverse in (
        ("robust", np.median(X), np.subtract(*np.percentile(X, [75, 25]))),
        ("minmax", 3.0, X.max() - 3.0),
    ):
        found = trained(folder, X, X[:, 0], "csv", scale=scale, test=0, validation=0, epochs=0)
        assert found.model.preprocessing.offset == [offset]
        assert found.model.preprocessing.scale == [1 / inverse]


def test_float32_is_the_same_in_csv_that_was_cast_to_float64(folder):
    X = np.random.default_rng(0).normal(size=(ROWS, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1]).astype(np.float32)
    expected = results_of(folder, X, y, "frame")
    for form in ("parquet", "polars", "npz", "npy", "arrays"):
        assert results_of(folder, X, y, form) == expected, form
    assert results_of(folder, X.astype(np.float64), y.astype(np.float64), "csv") == expected
    frame = pandas.DataFrame({"x1": X[:, 0], "x2": X[:, 1], "y": y})
    frame.to_csv(folder / "short.csv", index=False)
    assert not pandas.read_csv(folder / "short.csv").equals(frame.astype(np.float64))


@pytest.mark.parametrize("missing", ["median", "mean"])
def test_what_fills_blanks_has_the_digits_of_the_column(folder, missing):
    column = [1.7e9 + n / 10 for n in range(ROWS)]
    expected = getattr(np, missing)(column)
    column[3] = None
    column[7] = 0.125  # an outlier
    rows = [{"x": x, "y": n} for n, x in enumerate(column)]
    data = section(columns={"x": {"missing": missing}}, target="y", test=0, validation=0)
    model = nncli.train({"data": data, "training": {"epochs": 0}}, data=rows).model
    (found,) = model.preprocessing.encoding.columns
    known = [x for x in column if x is not None]
    assert found.fill == pytest.approx(getattr(np, missing)(known), rel=1e-15)
    assert found.fill != expected


def test_float64_applies_from_the_file_on(folder):
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 2)) / 3
    y = X[:, 0] + X[:, 1]
    config = {
        "data": section(scale="none"),
        "model": {"hidden_layers": [], "initial_weights": [[[1.0], [1.0]]], "output": "identity"},
        "training": {"epochs": 0, "precision": "float64"},
    }
    model = nncli.train(config, data=(X, y)).model
    p = model.preprocessing
    expected = (X.sum(axis=1)) / p.target_scale[0] + p.target_offset[0]
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-14)


def test_predictions_of_folds_have_the_targets_of_the_file(folder):
    targets = ["4649776.13", "4650176.13", "4650576.13", "1e-300", "1700000000.0000002", "7.0"] * 3
    path = folder / "folds.csv"
    path.write_text("x,y\n" + "".join(f"{n},{y}\n" for n, y in enumerate(targets)), "utf-8")
    config = {
        "data": {
            "path": str(path),
            "target": "y",
            "task": "regression",
            "test": 0,
            "validation": 0,
        },
        "training": {"epochs": 1, "folds": 3},
    }
    found = nncli.cross_validate(config, out=folder / "folds")
    assert found.predictions["target"] == [float(each) for each in targets]
    with (folder / "folds" / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        rows = [*csv.DictReader(stream)]
    assert [row["target"] for row in rows] == targets
    assert [float(row["prediction"]) for row in rows] == found.predictions["prediction"]
    assert Path(folder / "folds" / "predictions.csv").is_file()


@given(tables(), st.sampled_from(FORMS), st.integers(0, ROWS - 1), st.integers(1, ROWS))
@settings(max_examples=30)
def test_a_row_is_predicted_alone_as_among_any_others(folder, table, form, row, count):
    X, y = table
    model = model_of(folder, X, y, form)
    everyone = model.predict(X)
    others = np.roll(np.arange(ROWS), -row)[:count]
    np.testing.assert_array_equal(model.predict(X[others]), everyone[others])
    np.testing.assert_array_equal(model.predict(X[row : row + 1]), everyone[[row]])
    if model.preprocessing.encoding:
        names = [f"x{n}" for n in range(1, X.shape[1] + 1)]
        alone = [dict(zip(names, X[row].tolist(), strict=True))]
        np.testing.assert_array_equal(model.predict(alone), everyone[[row]])
        np.testing.assert_array_equal(model.predict(pandas.DataFrame(X, columns=names)), everyone)
