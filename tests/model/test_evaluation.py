"""Training, evaluation and prediction give consistent results for the same logits."""

from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory
from nncli.data.scaling import NOT_SCALED, Scaling
from nncli.data.splits import whole
from nncli.engines.batches import target_codes
from nncli.metrics.scores import MEASURES, score_for
from nncli.model.evaluation import evaluate, scaling_of
from nncli.model.model import Model
from nncli.model.prediction import predict_rows
from nncli.model.preprocessing import Preprocessing
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network
from nncli.nn.objective import Objective

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def model_of(output, outputs, dtype, *, task=None, loss=None):
    """Return a model whose logits are its inputs."""
    parameters = np.concatenate([np.eye(outputs).ravel(), np.zeros(outputs)]).astype(dtype)
    loss = loss or ACTIVATIONS[output].loss
    names = [f"c{n}" for n in range(max(outputs, 2))]
    several = task == "multilabel"
    return Model(
        network=Network(block(outputs, outputs, output), parameters),
        preprocessing=Preprocessing([f"z{n}" for n in range(outputs)], 0.0, 1.0),
        task=task or ("binary" if len(names) == 2 else "multiclass"),
        targets=names[:outputs] if several else ["class"],
        classes=[] if several else names,
        objective=Objective(loss, LOSSES[loss].complete({})),
        config={},
        metrics={},
        training={},
    )


def metrics_of(model, Z, truth, threshold=None):
    return evaluate(
        model.network,
        model.objective,
        whole(Z, truth),
        scaling_of(model),
        name="test",
        task=model.task,
        targets=model.targets,
        classes=model.classes,
        threshold=threshold,
    ).metrics


# The loss


SAME = {("cross_entropy", "softmax", 2), ("cross_entropy", "softmax", 3)}
SAME |= {("sigmoid_cross_entropy", "sigmoid", 1)}
LOSSES_OF_PROBABILITIES = [
    (loss, output, outputs)
    for loss, entry in LOSSES.items()
    for output in entry.outputs
    for outputs in (1, 2, 3)
    if ACTIVATIONS[output].probabilities and not (output == "softmax" and outputs == 1)
]


@both_precisions
@pytest.mark.parametrize("scale", [1e-3, 1, 50, 1e4])
@pytest.mark.parametrize(("loss", "output", "outputs"), LOSSES_OF_PROBABILITIES)
def test_the_loss_is_the_log_loss_where_documented(loss, output, outputs, scale, dtype):
    random = np.random.default_rng(outputs)
    Z = random.normal(0, scale, (1203, outputs)).astype(dtype)
    truth = random.integers(0, max(outputs, 2), 1203).astype(np.uint8)
    found = metrics_of(model_of(output, outputs, dtype, loss=loss), Z, truth)
    same = found["loss"] == pytest.approx(found["log_loss"], rel=1e-12)
    assert same == ((loss, output, outputs) in SAME)


# Choices


any_logit = st.floats(-1e4, 1e4) | st.sampled_from([0.0, 1e-8, -1e-8, 1e-17, -1e-30, 5e-324])
KINDS = [("sigmoid", 1, "binary"), ("softmax", 2, "binary"), ("sigmoid", 3, "multilabel")]
KINDS += [("softmax", 3, "multiclass"), ("sigmoid", 3, "multiclass")]


@both_precisions
@pytest.mark.parametrize(("output", "outputs", "task"), KINDS)
@given(st.data(), st.floats(1e-6, 1 - 1e-6) | st.just(0.5))
@settings(max_examples=50)
def test_training_evaluation_and_prediction_choose_the_same(
    output, outputs, task, dtype, data, threshold
):
    near = float(np.log(threshold / (1 - threshold)))
    logits = any_logit | st.sampled_from([near, *map(float, np.nextafter(dtype(near), [9, -9]))])
    rows = st.lists(logits, min_size=outputs, max_size=outputs)
    Z = np.array(data.draw(st.lists(rows, min_size=1, max_size=6)), dtype)
    threshold = None if task == "multiclass" else threshold
    model = model_of(output, outputs, dtype, task=task)
    predictions = predict_rows(model, Z, threshold)
    chosen = predictions.chosen.astype(np.uint8)
    assert metrics_of(model, Z, chosen, threshold)["accuracy"] == 1
    codes = target_codes(len(model.classes), outputs, dtype)
    T = chosen.astype(dtype) if task == "multilabel" else codes[chosen]
    score = score_for(task, threshold)
    assert MEASURES[score.measure](Z, T, np.empty_like(Z), **score.parameters) == len(Z)
    p = predictions.probabilities
    if task == "multiclass":
        assert (p[np.arange(len(Z)), chosen] == p.max(axis=1)).all()
    else:  # a rounded probability may equal the threshold, but not be on its other side
        p, over = (p, chosen) if task == "multilabel" else (p[:, 1], chosen)
        rounding = np.finfo(dtype).eps + 1e-14
        assert (p[over == 1] >= threshold * (1 - rounding)).all()
        assert (p[over == 0] <= threshold * (1 + rounding)).all()


# Probabilities


@both_precisions
@given(st.floats(-700, 700))
@example(69.0)
@example(-69.0)
def test_a_probability_is_rounded_once_to_the_models_precision(dtype, value):
    Z = np.array([[value]], dtype)
    with localcontext(prec=60):
        odds = Decimal(float(Z[0, 0])).exp()
        exact = [float(1 / (1 + odds)), float(odds / (1 + odds))]
    rounding = 6e-8 if dtype == np.float32 else 1e-12
    expected = pytest.approx(exact, rel=rounding, abs=1e-45 if dtype == np.float32 else 0)
    one = predict_rows(model_of("sigmoid", 1, dtype), Z).probabilities
    two = predict_rows(model_of("softmax", 2, dtype), np.hstack([0 * Z, Z])).probabilities
    label = predict_rows(model_of("sigmoid", 1, dtype, task="multilabel"), Z).probabilities
    assert one.dtype == two.dtype == label.dtype == dtype
    assert one[0].tolist() == expected
    np.testing.assert_array_equal(two, one)
    np.testing.assert_array_equal(label, one[:, 1:])


@both_precisions
def test_classes_with_a_sigmoid_each_are_divided_by_their_sum(dtype):
    Z = np.array([[0.0, 1.0, -2.0], [-500.0, -499.0, -502.0]], dtype)
    found = predict_rows(model_of("sigmoid", 3, dtype), Z).probabilities
    shares = 1 / (1 + np.exp(-Z[0].astype(np.float64)))
    np.testing.assert_allclose(found[0], shares / shares.sum(), rtol=1e-7)
    shares = np.exp(Z[1].astype(np.float64) + 499)  # in float32, both sigmoids and their sum are 0
    np.testing.assert_allclose(found[1], shares / shares.sum(), rtol=1e-7)


@pytest.mark.parametrize(("output", "outputs", "task"), KINDS)
def test_a_logit_beyond_the_precision_is_refused(output, outputs, task):
    model = model_of(output, outputs, np.float32, task=task)
    model.network.parameters[:] *= 1e10
    with pytest.raises(DataError, match=r"row 1 .*large for the float32 precision of the model"):
        predict_rows(model, np.array([[1.0] * outputs, [1e29] * outputs]))


# Many outputs


def evaluation_of(model, Z, T):
    return evaluate(
        model.network,
        model.objective,
        whole(Z, T).part(RANDOM_ROWS),
        scaling_of(model),
        target_scaling=Scaling(2.0, 0.5) if model.task == "regression" else NOT_SCALED,
        name="test",
        task=model.task,
        targets=model.targets,
        classes=model.classes,
    )


RANDOM_ROWS = np.random.default_rng(1).permutation(900)[:700]
CASES = [("softmax", None), ("sigmoid", "multilabel"), ("identity", "regression")]


@pytest.mark.parametrize(("output", "task"), CASES)
def test_an_evaluation_is_the_same_from_a_temporary_file(monkeypatch, output, task):
    random = np.random.default_rng(0)
    model = model_of(output, 9, np.float32, task=task)
    if task == "regression":
        model = replace(model, classes=[], targets=[f"t{n}" for n in range(9)])
    Z = random.normal(size=(900, 9))
    T = random.integers(0, 9, 900) if task is None else Z + random.normal(size=Z.shape)
    T = (T > 0).astype(float) if task == "multilabel" else T
    expected = evaluation_of(model, Z, T).as_json()
    monkeypatch.setattr(mapping, "MEMORY", Memory(1000, 1000, 20_000, 1000, 200, 8000))
    assert evaluation_of(model, Z, T).as_json() == expected


@both_precisions
@pytest.mark.parametrize("classes", [700, 3000])
def test_metrics_of_many_classes_are_those_of_the_whole_matrix(dtype, classes):
    random = np.random.default_rng(0)
    Z = random.normal(0, 3, (200, classes)).astype(dtype)
    truth = np.where(random.random(200) < 0.5, Z.argmax(axis=1), random.integers(0, classes, 200))
    model = model_of("softmax", classes, dtype)
    found = metrics_of(model, Z, truth)
    logits = Z.astype(np.float64)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(200)
    log_loss = -np.log(p[rows, truth]).mean()
    assert found["loss"] == pytest.approx(log_loss, rel=1e-12)
    assert found["log_loss"] == pytest.approx(log_loss, rel=1e-12)
    assert found["accuracy"] == (p.argmax(axis=1) == truth).mean()
    places = (p > p[rows, truth][:, np.newaxis]).sum(axis=1)
    assert found["top_3_accuracy"] == (places < 3).mean()
    predicted = predict_rows(model, Z).probabilities
    np.testing.assert_allclose(predicted, p, rtol=1e-12 if dtype == np.float64 else 1e-6)
