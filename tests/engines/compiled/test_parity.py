"""The compiled engine leads where NumPy leads, for every entry of every table."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.engines.engine import Sums
from nncli.metrics.scores import margin_of
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import NORMALIZATIONS
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.nn.schedules import SCHEDULES
from tests.engines.compiled.parity import (
    CLASSES,
    INPUTS,
    ORDERS,
    ROWS,
    SCALINGS,
    TRAINED,
    Case,
    case_setup,
    check,
)
from tests.engines.engines import copied, engine_of, parameters_of
from tests.nn.networks import HIDDEN, LOSS_AND_OUTPUT

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

COUPLED = [name for name, entry in ACTIVATIONS.items() if entry.output_only]


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
@pytest.mark.parametrize("outputs", [1, 3, 12])
def test_every_loss_and_output(loss, output, outputs):
    if outputs == 1 and output in COUPLED:
        outputs = 2
    check(Case(sizes=(5, outputs), loss=loss, output=output, delta=0.3, weighted=outputs == 3))


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("units", [(4,), (12, 1)], ids=str)
def test_every_hidden_activation_and_normalization(hidden, normalization, units):
    if hidden == "step":
        units = units[:1]
    check(Case(sizes=(5, *units, 2), hidden=hidden, normalization=normalization))


OPTIMIZER_CASES = [(name, {}) for name in OPTIMIZERS]
OPTIMIZER_CASES += [("sgd", {"momentum": 0.9}), ("sgd", {"momentum": 0.9, "nesterov": True})]


@pytest.mark.parametrize(("name", "given"), OPTIMIZER_CASES)
@pytest.mark.parametrize("units", [2, 40])
def test_every_optimizer(name, given, units):
    check(Case(sizes=(6, units, 3), optimizer=name, settings=given, density=0.6, biases=True))


def test_one_minus_beta_keeps_its_digits_in_single_precision():
    check(Case((2, 1, 65), "identity", loss="squared_error", optimizer="nadam", batch=1))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rates_of_every_schedule(schedule):
    check(Case(schedule=schedule, biases=True))


REGULARIZATIONS = {
    "l1": {"l1": 0.02},
    "l2": {"l2": 0.3},
    "clip_norm": {"clip_norm": 0.2},
    "clip_value": {"clip_value": 0.01},
    "max_norm": {"max_norm": 0.8},
    "all": {"l1": 0.01, "l2": 0.1, "clip_norm": 0.3, "clip_value": 0.1, "max_norm": 0.9},
}


@pytest.mark.parametrize("name", REGULARIZATIONS)
@pytest.mark.parametrize("density", [1.0, 0.5])
def test_every_regularization(name, density):
    regularization = Regularization(**REGULARIZATIONS[name])
    check(Case(sizes=(6, 20, 3), regularization=regularization, density=density, dropout=0.3))


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_type_of_inputs_in_every_order(inputs, order):
    check(Case(inputs=inputs, order=order, scaling="divisor", pool=order == "Fortran"))


@pytest.mark.parametrize("classes", CLASSES)
def test_classes_of_every_type(classes):
    check(Case(loss="cross_entropy", output="softmax", classes=classes, pool=True))


NARROW, WIDE = tuple(range(1, 11)), (11, 17, 64, 70)
MARGINS = [
    ("sigmoid_cross_entropy", "sigmoid", 1),
    ("cross_entropy", "softmax", 2),
    ("hinge", "identity", 1),
    ("perceptron", "step", 1),
    ("mean_squared_error", "tanh", 1),
]


@pytest.mark.parametrize(("loss", "output", "outputs"), MARGINS)
@pytest.mark.parametrize("threshold", [None, 0.7])
def test_classes_of_two_with_and_without_a_threshold(loss, output, outputs, threshold):
    check(Case((5, outputs), loss=loss, output=output, classes="uint8", threshold=threshold))


@pytest.mark.parametrize("threshold", [None, 0.7])
def test_labels_with_and_without_a_threshold(threshold):
    check(Case((5, 12), loss="sigmoid_cross_entropy", output="sigmoid", threshold=threshold))


@pytest.mark.parametrize("loss", ["cross_entropy", "sigmoid_cross_entropy"])
@pytest.mark.parametrize("outputs", [2, 12])
@pytest.mark.parametrize("size", [1e3, 1e30])
def test_huge_logits(loss, outputs, size):
    output = "softmax" if loss == "cross_entropy" else "sigmoid"
    check(Case((5, outputs), loss=loss, output=output, size=size))


@pytest.mark.parametrize("sizes", [(1, 1), (1, 1, 1), (3, 10, 1), (11, 10, 11), (70, 130, 70)])
def test_one_row_and_all_rows_in_a_batch(sizes):
    for batch in (1, TRAINED):
        check(Case(sizes, batch=batch))


@st.composite
def cases(draw):
    """Draw a case that the checks of a config would allow."""
    loss, output = draw(st.sampled_from(LOSS_AND_OUTPUT))
    outputs = draw(st.sampled_from([1, 2, 3, 10, 12, 65]))
    if output in COUPLED:
        outputs = max(outputs, 2)
    hidden = draw(st.sampled_from(HIDDEN))
    entry = OPTIMIZERS[optimizer := draw(st.sampled_from(list(OPTIMIZERS)))]
    # A small ε would divide roundings of tiny gradients by numbers as small.
    given = {"momentum": draw(st.sampled_from([0.0, 0.8])), "epsilon": 1e-3, "weight_decay": 0.1}
    given["nesterov"] = given["momentum"] > 0 and draw(st.booleans())
    widths = draw(st.lists(st.sampled_from([*NARROW, *WIDE]), max_size=3))
    normalization = draw(st.sampled_from(list(NORMALIZATIONS)))
    batch = draw(st.integers(2 if normalization == "batch_norm" else 1, TRAINED))
    classes = draw(st.sampled_from([None, *CLASSES])) if outputs != 65 else None
    some = st.sampled_from
    return Case(
        sizes=(draw(some([1, 2, 5, 10, 12, 70])), *widths, outputs),
        hidden=hidden,
        parameters={"slope": 0.3} if "slope" in ACTIVATIONS[hidden].parameters else {},
        normalization=normalization,
        loss=loss,
        output=output,
        delta=draw(some([0.1, 1.0])),
        classes=classes,
        threshold=draw(some([None, 0.3, 0.5])),
        unit=draw(some([1.0, 2.5])),
        optimizer=optimizer,
        settings={key: value for key, value in given.items() if key in entry.parameters},
        schedule=draw(some(list(SCHEDULES))),
        regularization=Regularization(**draw(some([{}, *REGULARIZATIONS.values()]))),
        dropout=draw(some([0.0, 0.3])),
        density=draw(some([1.0, 0.6])),
        biases=draw(st.booleans()),
        weighted=draw(st.booleans()),
        inputs=draw(some(INPUTS)),
        order=draw(some(list(ORDERS))),
        scaling=draw(some(list(SCALINGS))),
        batch=batch,
        pool=draw(st.booleans()),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


@settings(max_examples=15)
@given(cases())
def test_some_combinations(case):
    check(case)


@pytest.mark.slow
@settings(max_examples=200)
@given(cases())
def test_many_combinations(case):
    check(case)


@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_inputs_of_a_file_that_is_mapped_read_only(kind, tmp_path):
    case = Case(inputs=kind, scaling="number")
    given = case_setup(case, np.float64)
    given.training.inputs.tofile(tmp_path / "inputs")
    inputs = np.memmap(tmp_path / "inputs", kind, "r", shape=given.training.inputs.shape)
    found = []
    for each in (given.training, replace(given.training, inputs=inputs)):
        own = replace(given, network=copied(given.network), training=each)
        trained = engine_of("compiled", own)
        trained.steps(np.arange(14).reshape(2, 7), [0.1, 0.1], Sums())
        found.append(parameters_of(trained).tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("optimizer", "given"),
    [("sgd", {"momentum": 0.9}), ("adam", {}), ("adamw", {}), ("nadam", {})],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decaying_means_become_zero_and_never_denormal(optimizer, given, dtype):
    own = case_setup(Case((5, 1), optimizer=optimizer, settings=given), dtype)
    zeros = replace(own.training, inputs=np.zeros((ROWS, 5)), targets=np.zeros((ROWS, 1)))
    trained = engine_of("compiled", replace(own, training=zeros, batch_rows=TRAINED))
    smallest, state = np.finfo(dtype).tiny, trained.state()
    state["parameters"][...] = 0
    state["slots"][0] = [1.1 * smallest, -1.1 * smallest, 2 * smallest, 0, 1, 0]
    trained.restore(state)
    trained.steps(np.arange(TRAINED).reshape(1, -1), [0.0], Sums())
    found = trained.state()["slots"][0]
    np.testing.assert_allclose(found[:5], [0, 0, 1.8 * smallest, 0, 0.9], rtol=1e-6)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("outputs", [1, 2])
def test_a_logit_is_compared_with_the_margin_to_all_its_digits(threshold, outputs):
    loss, output = MARGINS[outputs - 1][:2]
    case = Case((1, outputs), loss=loss, output=output, classes="uint8", threshold=threshold)
    margin = margin_of(threshold)
    for logit in (np.float32(margin), np.nextafter(np.float32(margin), np.float32(9))):
        scores = scores_at(logit, case)
        assert scores["compiled"] == scores["numpy"]


def scores_at(logit, case):
    """Return the score that each engine measures if the last logit of all rows is the same."""
    given, scores = case_setup(case, np.float32), {}
    given.network.parameters[:] = 0
    given.network.arrays["b1"][-1] = logit
    for name in ("numpy", "compiled"):
        own = replace(given, network=copied(given.network))
        scores[name] = engine_of(name, own).evaluate()[1]
    return scores


@pytest.mark.parametrize("logit", [0.0, -0.0, -1e-45, 1e-45])
def test_a_step_chooses_a_logit_of_0_and_none_below(logit):
    scores = scores_at(logit, Case((1, 1), loss="perceptron", output="step", classes="uint8"))
    assert scores["compiled"] == scores["numpy"]
    at_0 = scores_at(0.0, Case((1, 1), loss="perceptron", output="step", classes="uint8"))
    assert (scores == at_0) == (logit >= 0)
