"""``data.positive`` and ``data.classes``: the order of the classes, for every source."""

from itertools import cycle, islice

import numpy as np
import pytest

import nncli

FEW = {"training": {"epochs": 3}, "model": {"hidden_layers": [3]}, "seed": 1}
NAMES = {
    "text": (["churn", "stay"], "churn"),
    "Boolean": ([False, True], "false"),
    "numbers": ([0, 1], "0"),
}


def rows_of(labels, count=40):
    random = np.random.default_rng(0)
    labels = [*islice(cycle(labels), count)]
    return [{"x": float(random.normal()), "z": at % 7, "y": each} for at, each in enumerate(labels)]


def trained(data, rows, **settings):
    return nncli.train({"data": data, **FEW}, settings, data=rows)


@pytest.mark.parametrize(("labels", "first"), NAMES.values(), ids=NAMES.keys())
def test_metrics_and_threshold_are_of_the_positive_class(labels, first):
    rows = rows_of(labels)
    plain = trained({"target": "y"}, rows)
    assert plain.model.classes[0] == first
    turned = trained({"target": "y", "positive": labels[0]}, rows)
    assert turned.model.classes == plain.model.classes[::-1]
    assert (
        trained({"target": "y", "classes": labels[::-1]}, rows).model.classes
        == turned.model.classes
    )
    found = turned.model.predict(rows, threshold=0.01)
    assert {str(each).lower() for each in found} == {turned.model.classes[1]}


def test_every_form_of_rows_and_any_number_of_classes():
    X, y = np.arange(60.0).reshape(30, 2), np.array(["b", "a", "c"] * 10)
    result = nncli.train({"data": {"classes": ["c", "a", "b"]}, **FEW}, data=(X, y))
    assert result.model.classes == ["c", "a", "b"]
    result = nncli.train(
        {"data": {"positive": "a", "rare": "drop"}, **FEW}, data=(X, np.where(y == "c", "b", y))
    )
    assert result.model.classes == ["b", "a"]


def test_two_classes_may_be_left_after_rare_ones_are_dropped(recwarn):
    rows = [*rows_of(["a", "b"]), {"x": 1.0, "z": 2.0, "y": "c"}]
    data = {"target": "y", "positive": "a", "rare": "drop"}
    assert trained(data, rows).model.classes == ["b", "a"]
    with pytest.raises(nncli.DataError, match="'c' is not one of the classes 'a', 'b'"):
        trained({**data, "positive": "c"}, rows)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"positive": "chrun"}, "data.positive: 'chrun' is not one of the classes 'a', 'b', 'c'"),
        (
            {"positive": "a"},
            "data.positive needs two classes; found 3: 'a', 'b', 'c'; remove it",
        ),
        ({"classes": ["a", "b", "d"]}, "data.classes: 'd' is not one of the classes"),
        ({"classes": ["a", "b"]}, "data.classes lacks 'c', found in the rows; list every class"),
        ({"classes": ["a", "b", "a", "c"]}, "data.classes names 'a' twice"),
    ],
)
def test_an_order_of_other_classes_is_refused_by_name(data, problem):
    with pytest.raises(nncli.DataError, match=problem):
        trained({"target": "y", **data}, rows_of(["a", "b", "c"]))


def test_numbers_have_no_classes():
    rows = [{"x": n % 7, "y": n / 3} for n in range(30)]
    with pytest.raises(
        nncli.DataError, match=r"data.positive is for classes; a regression has none"
    ):
        trained({"target": "y", "positive": "1"}, rows)
    for key, value in (("positive", "1"), ("classes", ["1"])):
        with pytest.raises(nncli.ConfigError, match=rf"data.{key}: is for classes; a regression"):
            trained({"target": "y", "task": "regression", key: value}, rows)
    with pytest.raises(
        nncli.ConfigError, match=r"data.positive: data.classes already sets the order"
    ):
        trained({"target": "y", "positive": "b", "classes": ["a", "b"]}, rows)


def test_codes_in_a_file_keep_their_spelling(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{n % 5}.5,{'01' if n % 2 else '02'}\n" for n in range(30)))
    data = {"path": str(path), "target": "y", "positive": "01"}
    assert nncli.train({"data": data, **FEW}).model.classes == ["02", "01"]
