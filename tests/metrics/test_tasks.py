"""The evaluation of every task, from a network's outputs for some rows."""

import json
import tracemalloc
from math import isfinite

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nncli.metrics.names import METRICS
from nncli.metrics.probabilities import class_probabilities, sigmoid
from nncli.metrics.scores import NOTHING
from nncli.metrics.tasks import EVALUATIONS, Answers


def answers(task, rows=200, classes=4, seed=0, **changes):
    """Return random targets, and outputs of a network that is often right."""
    random = np.random.default_rng(seed)
    wide = {"binary": 1, "multiclass": classes, "multilabel": 3, "regression": 2}[task]
    numbers = random.normal(0, 2, (rows, wide)).astype(np.float32)
    if task == "multiclass":
        chosen = numbers.argmax(axis=1)
        truth = np.where(random.random(rows) < 0.6, chosen, random.integers(0, classes, rows))
    elif task == "binary":
        truth = (random.random(rows) < sigmoid(numbers)[:, 0]).astype(np.uint8)
    elif task == "multilabel":
        truth = (random.random((rows, wide)) < sigmoid(numbers)).astype(np.uint8)
    else:
        truth = numbers + random.normal(0, 0.1, (rows, wide))
    names = ["no", "yes"] if task == "binary" else [f"name {n}" for n in range(wide)]
    values = {
        "split": "test",
        "names": names,
        "truth": truth,
        "numbers": numbers,
        "loss": 0.5,
        "probabilities": task != "regression",
        "coupled": task == "multiclass",
        "threshold": 0.5 if task in ("binary", "multilabel") else None,
    }
    return Answers(**{**values, **changes})


def evaluation(task, **options):
    return EVALUATIONS[task].of(answers(task, **options))


OF_CLASSES = ["loss", *METRICS["binary"][:4]]
every_task = pytest.mark.parametrize("task", EVALUATIONS)


@every_task
def test_every_task_has_its_metrics_as_json_values(task):
    found = evaluation(task)
    assert [*found.metrics] == ["loss", *METRICS[task]]
    assert all(type(value) is float and isfinite(value) for value in found.metrics.values())
    as_json = found.as_json()
    assert json.loads(json.dumps(as_json)) == as_json
    assert [*as_json][:3] == ["split", "rows", "metrics"]
    assert (as_json["split"], as_json["rows"]) == ("test", 200)
    assert set(found.headline) <= set(METRICS[task])


# Classes


def test_two_classes_are_separated_by_the_threshold():
    for threshold in (0.25, 0.5, 0.75):
        given = answers("binary", threshold=threshold)
        found = EVALUATIONS["binary"].of(given).as_json()
        chosen = (sigmoid(given.numbers)[:, 0] > threshold).astype(int)
        assert found["metrics"]["accuracy"] == (chosen == given.truth).mean()
        assert found["threshold"] == threshold
        assert found["positive_class"] == "yes"
        matrix = found["confusion_matrix"]
        assert [sum(column) for column in zip(*matrix, strict=True)] == np.bincount(chosen).tolist()


def test_a_probability_equal_to_the_threshold_is_not_above_it():
    given = answers("binary", rows=2, truth=np.array([0, 1]), threshold=0.5)
    given.numbers[:, 0] = 0, 1e-8
    assert EVALUATIONS["binary"].of(given).metrics["accuracy"] == 1


def test_the_threshold_does_not_change_the_figures_of_the_probabilities():
    one, other = (evaluation("binary", threshold=each).metrics for each in (0.2, 0.8))
    for name in ("roc_auc", "average_precision", "brier", "log_loss", "ece"):
        assert one[name] == other[name]
    assert one["accuracy"] != other["accuracy"]


def test_a_softmax_of_two_outputs_is_like_one_sigmoid():
    single = answers("binary", rows=50)
    Z = single.numbers.astype(np.float64)
    both = answers("binary", rows=50, numbers=np.hstack([1.5 - Z, np.full_like(Z, 1.5)]))
    found = EVALUATIONS["binary"].of(both).metrics
    assert found == pytest.approx(EVALUATIONS["binary"].of(single).metrics)


UNCHANGED = [*OF_CLASSES, "roc_auc", "brier", "log_loss"]
logits = st.floats(-1e4, 1e4, width=32) | st.floats(-5, 5, width=32)


@drawn(st.integers(1, 12), st.sampled_from([1, 2]), st.data())
def test_swapping_the_classes_changes_only_metrics_of_the_second_class(rows, outputs, data):
    Z = data.draw(arrays(np.float32, (rows, outputs), elements=logits))
    Z = Z[np.abs(Z[:, 0]) > NOTHING] if outputs == 1 else Z[Z[:, 0] != Z[:, 1]]
    truth = data.draw(arrays(np.uint8, len(Z), elements=st.integers(0, 1)))
    if not len(Z):
        return
    swapped = -Z if outputs == 1 else Z[:, ::-1]
    options = {"rows": len(Z), "coupled": outputs == 2}
    one = evaluation("binary", truth=truth, numbers=Z, **options)
    other = evaluation("binary", truth=1 - truth, numbers=swapped, **options)
    for name in UNCHANGED:
        assert other.metrics.get(name) == one.metrics.get(name)
    assert other.confusion.tolist() == one.confusion[::-1, ::-1].tolist()
    p = class_probabilities(Z, coupled=outputs == 2)
    if not np.isin(p * 10, np.arange(1, 10)).any():
        assert other.metrics["ece"] == pytest.approx(one.metrics["ece"], abs=1e-12)


@drawn(st.integers(3, 6), st.booleans(), st.data())
def test_the_order_of_the_classes_changes_no_metric(classes, coupled, data):
    random = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    Z = random.normal(0, data.draw(st.sampled_from([0.1, 3, 1e3])), (30, classes))
    truth, order = random.integers(0, classes, 30), random.permutation(classes)
    options = {"rows": 30, "classes": classes, "coupled": coupled}
    one = evaluation("multiclass", truth=truth, numbers=Z, **options)
    swapped = {"truth": np.argsort(order)[truth], "numbers": Z[:, order]}
    other = evaluation("multiclass", **swapped, **options)
    assert other.metrics == pytest.approx(one.metrics, rel=1e-12)


def test_two_outputs_without_probabilities_are_ranked_by_their_difference():
    Z, truth = np.array([[5.0, 6], [0, 0.5], [3, 1], [9, 7]]), np.array([1, 1, 0, 0])
    found = evaluation(
        "binary", rows=4, truth=truth, numbers=Z, probabilities=False, threshold=None
    )
    assert found.metrics["roc_auc"] == found.metrics["accuracy"] == 1


def test_outputs_without_probabilities_can_be_ranked_but_not_calibrated():
    options = {"probabilities": False, "threshold": None}
    given = answers("binary", **options)
    found = EVALUATIONS["binary"].of(given)
    assert [*found.metrics] == [*OF_CLASSES, "roc_auc", "average_precision"]
    assert found.metrics["accuracy"] == ((given.numbers[:, 0] > 0) == given.truth).mean()
    assert "threshold" not in found.as_json()
    found = evaluation("multiclass", **options)
    assert [*found.metrics] == [*OF_CLASSES, "top_3_accuracy"]


@pytest.mark.parametrize(
    ("truth", "missing"), [(0, ["roc_auc", "average_precision"]), (1, ["roc_auc"])]
)
def test_metrics_that_one_class_does_not_define_are_left_out(truth, missing):
    found = evaluation("binary", truth=np.full(200, truth)).metrics
    assert [name for name in METRICS["binary"] if name not in found] == missing
    assert all(map(isfinite, found.values()))


def test_three_classes_have_no_top_3():
    assert "top_3_accuracy" not in evaluation("multiclass", classes=3).metrics
    assert "top_3_accuracy" in evaluation("multiclass", classes=4).metrics


# Labels


def test_labels_have_separate_metrics():
    given = answers("multilabel", threshold=0.4)
    found = EVALUATIONS["multilabel"].of(given).as_json()
    assert (found["threshold"], found["labels"]) == (0.4, ["name 0", "name 1", "name 2"])
    for index, figures in enumerate(found["per_label"]):
        alone = answers(
            "binary",
            truth=given.truth[:, index],
            numbers=given.numbers[:, index : index + 1],
            threshold=0.4,
        )
        expected = EVALUATIONS["binary"].of(alone)
        assert figures.pop("label") == given.names[index]
        ranked = {name: figures.pop(name) for name in ("roc_auc", "average_precision")}
        assert ranked == {name: expected.metrics[name] for name in ranked}
        assert figures == expected.figures[1]


def test_a_label_that_no_row_has_has_no_ranking():
    truth = answers("multilabel").truth.copy()
    truth[:, 1] = 0
    found = evaluation("multilabel", truth=truth)
    assert "roc_auc" in found.figures[0]
    assert found.figures[1].keys() == {"precision", "recall", "f1", "support"}


def test_labels_without_probabilities_are_predicted_by_positive_outputs():
    given = answers("multilabel")
    bare = answers("multilabel", probabilities=False, threshold=None)
    found = EVALUATIONS["multilabel"].of(bare)
    assert found.metrics == EVALUATIONS["multilabel"].of(given).metrics
    assert "threshold" not in found.as_json()


# Memory


@pytest.mark.parametrize(("task", "most"), [("binary", 110), ("multiclass", 150)])
def test_an_evaluation_takes_little_memory_in_addition_to_the_outputs(task, most):
    given = answers(task, rows=50_000, classes=10)
    tracemalloc.start()
    EVALUATIONS[task].of(given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / 50_000 < most  # bytes per row
