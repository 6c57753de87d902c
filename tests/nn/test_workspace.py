"""The memory of a pass, and of a shorter pass within it."""

import numpy as np
import pytest

from nncli.nn.layers.dropout import with_dropout
from nncli.nn.network import Network, parameter_count
from tests.nn.networks import buffers_of, build_layers


def workspace(rows, dtype=np.float64, dropout=(), **settings):
    layers = build_layers((3, 5, 2), "relu", "identity")
    network = Network(with_dropout(layers, dropout, 0), np.zeros(parameter_count(layers), dtype))
    return network.workspace(rows, **settings)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_workspace_has_the_shapes_and_precision_of_the_network(dtype):
    work = workspace(6, dtype, input_gradient=True)
    assert work.rows == 6
    assert [each.Y.shape for each in work.buffers] == [(6, 5), (6, 5), (6, 2), (6, 2)]
    assert [each.dX.shape for each in (work.buffers[0], work.buffers[2])] == [(6, 3), (6, 5)]
    assert work.gradient.shape == work.scratch.shape == (6, 2)
    assert {each.dtype for each in buffers_of(work)} == {np.dtype(dtype)}
    for own in (work.buffers[0], work.buffers[2]):
        assert own.ones.dtype == dtype
        assert own.ones.tolist() == [1] * 6


def test_every_buffer_has_separate_memory():
    buffers = buffers_of(workspace(6, dropout=[0.5], input_gradient=True))
    for number, buffer in enumerate(buffers):
        buffer.fill(number)
    assert [set(buffer.ravel().tolist()) for buffer in buffers] == [
        {number} for number in range(len(buffers))
    ]


@pytest.mark.parametrize("dropout", [(), (0.5,)])
@pytest.mark.parametrize("input_gradient", [False, True])
def test_a_shorter_workspace_is_a_cached_view_of_the_same_memory(dropout, input_gradient):
    work = workspace(6, dropout=dropout, input_gradient=input_gradient)
    short = work.first(4)
    assert short.rows == 4
    assert work.first(4) is short
    assert work.first(6) is work
    assert work.first(3) is not short
    for cut, buffer in zip(buffers_of(short), buffers_of(work), strict=True):
        assert cut.shape == (4, buffer.shape[1])
        assert cut.dtype == buffer.dtype
        assert cut.ctypes.data == buffer.ctypes.data
    assert short.buffers[0].ones.tolist() == [1] * 4
    assert np.shares_memory(short.buffers[0].ones, work.buffers[0].ones)
