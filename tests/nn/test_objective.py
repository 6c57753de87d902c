"""A loss combined with an output; the tests of networks cover its values and gradients."""

import numpy as np
import pytest

from nncli.nn.losses import LOSSES
from nncli.nn.objective import Objective
from tests.nn.networks import LOSS_AND_OUTPUT, ROWS, draw_case, objective


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_function_of_a_loss_can_be_replaced(loss, output):
    network, X, T = draw_case((3, 5, 2), "tanh", output, loss)
    parameters, works = LOSSES[loss].complete({}), [network.workspace(ROWS) for _ in range(2)]

    def doubled(outputs, targets, gradient, scratch, **settings):
        assert settings == parameters
        value = LOSSES[loss].function(outputs, targets, gradient, scratch, **settings)
        gradient *= 2
        return 2 * value

    own, other = objective(loss), Objective(loss, parameters, doubled)
    assert (other.name, other.parameters, other.on_logits) == (loss, parameters, own.on_logits)
    values = []
    for each, work in zip((own, other), works, strict=True):
        network.logits(X, work)
        values.append(each(network, T, work))
    assert values[1] == 2 * values[0]
    np.testing.assert_allclose(works[1].gradient, 2 * works[0].gradient, rtol=1e-12)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_a_loss_on_logits_keeps_them(loss, output):
    network, X, T = draw_case((3, 5, 2), "tanh", output, loss)
    work, joined = network.workspace(ROWS), objective(loss)
    before = network.logits(X, work).copy()
    joined(network, T, work)
    assert joined.on_logits == LOSSES[loss].on_logits
    if joined.on_logits:
        np.testing.assert_array_equal(work.logits, before)


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_loss_of_each_row_is_computed_in_double_precision(loss, output):
    network, X, T = draw_case((3, 5, 2), "tanh", output, loss)
    work, joined = network.workspace(ROWS), objective(loss)
    Z = network.logits(X, work).astype(np.float32)
    kept = Z.copy(), T.copy()
    found = joined.of_rows(network.output, Z, T.astype(np.float32))
    np.copyto(work.logits, Z)
    expected = joined(network, T.astype(np.float32).astype(np.float64), work)
    assert found.mean() == pytest.approx(expected, rel=1e-14)
    assert (found.shape, found.dtype) == ((ROWS,), np.float64)
    np.testing.assert_array_equal(Z, kept[0])
    np.testing.assert_array_equal(T, kept[1])
