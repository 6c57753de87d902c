"""Dense layers: flat parameters, the workspace, forward and backward pass.

Shapes: B rows, I inputs and O outputs of a layer. ``Z = A_before @ W + b`` with W (I, O), b (O,);
``A = g(Z)``. For each layer dZ is ∂loss/∂Z and dA is ∂loss/∂A.

All parameters lie in one flat vector, layer by layer, W before b, each in C order, then the slopes
of a layer whose units learn theirs. Gradients and optimizer slots have the same form, so an
optimizer works on whole vectors.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from nncli.base.random_streams import Stream, generator
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.buffers import NARROW, flat_buffer, shaped
from nncli.nn.entries import Array, Value
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.kernels import NUMPY, Kernels
from nncli.nn.losses import LOSSES

SATURATION_ROWS = 100  # enough for a share; more would cost small networks time


@dataclass(frozen=True)
class Layer:
    """A dense layer: sizes, and the name and parameters of its activation."""

    inputs: int
    outputs: int
    activation: str
    activation_parameters: dict[str, Value] = field(default_factory=dict)

    @property
    def slopes(self) -> int:
        """Number of slopes that are learned: one a unit, or none."""
        return self.outputs if ACTIVATIONS[self.activation].slope_gradient else 0

    @property
    def saturates(self) -> bool:
        """Whether its activation is flat towards both ends, so that its units can saturate."""
        return ACTIVATIONS[self.activation].responsive is not None

    @property
    def is_narrow(self) -> bool:
        """Whether its inputs and its outputs lie column by column."""
        return max(self.inputs, self.outputs) <= NARROW

    @property
    def parameter_count(self) -> int:
        """Number of weights, biases and learned slopes."""
        return (self.inputs + 1) * self.outputs + self.slopes

    @property
    def flops_per_row(self) -> int:
        """Floating-point operations of Z = A W + b for one row; the activation is not counted."""
        return 2 * self.inputs * self.outputs


class LayerArrays(NamedTuple):
    """The weights `W` (I, O) and biases `b` (O,) of one layer, or their gradients.

    `slope` (O,) are the slopes that its units learn; it is empty where they learn none.
    """

    W: Array
    b: Array
    slope: Array


def parameter_count(layers: Sequence[Layer]) -> int:
    """Return the length of the flat parameter vector."""
    return sum(layer.parameter_count for layer in layers)


def layer_slices(layers: Sequence[Layer]) -> list[slice]:
    """Return where each layer's parameters lie in a flat vector."""
    ends = np.cumsum([0, *(layer.parameter_count for layer in layers)]).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


def layer_views(layers: Sequence[Layer], flat: Array) -> list[LayerArrays]:
    """Return the arrays of each layer as views of the flat vector."""
    views = []
    for layer, where in zip(layers, layer_slices(layers), strict=True):
        weights = layer.inputs * layer.outputs
        W, b, slope = np.split(flat[where], [weights, weights + layer.outputs])
        views.append(LayerArrays(W.reshape(layer.inputs, layer.outputs), b, slope))
    return views


def named_arrays(arrays: Sequence[LayerArrays]) -> dict[str, Array]:
    """Return all that are not empty by name: ``W1, b1, W2, b2, slope2, ...``, layers from 1."""
    return {
        f"{name}{number}": array
        for number, layer in enumerate(arrays, 1)
        for name, array in layer._asdict().items()
        if array.size
    }


def initial_parameters(
    layers: Sequence[Layer],
    initializers: Sequence[tuple[str, dict[str, Value]]],
    seed: int,
    dtype: DTypeLike,
) -> Array:
    """Draw a flat parameter vector; each layer has a random stream of its own.

    Biases are 0, and the slopes of a layer all what its activation starts from.

    Parameters
    ----------
    initializers : one (name, parameters) for each layer
    """
    flat = np.zeros(parameter_count(layers), dtype)
    arrays = layer_views(layers, flat)
    for index, (layer, (name, parameters)) in enumerate(zip(layers, initializers, strict=True)):
        random = generator(seed, Stream.WEIGHTS, index)
        draw = INITIALIZERS[name].draw
        arrays[index].W[:] = draw(random, layer.inputs, layer.outputs, **parameters)
        if layer.slopes:
            arrays[index].slope.fill(layer.activation_parameters["slope"])
    return flat


class Workspace:
    """Every buffer that a pass over `rows` rows writes to.

    Attributes
    ----------
    Z, A, dA : lists of arrays (rows, O), one for each layer
        Weighted sums, activations, and the gradient of the loss, first by A, then by Z.
    kept : list of arrays (rows, O), one for each layer
        Activations after dropout.
    scratch : array (rows, O of the last layer)
    ones : array (rows,)
        Its product with an array is the sum over rows, faster than NumPy's own.
    """

    def __init__(self, layers: Sequence[Layer], rows: int, dtype: DTypeLike) -> None:
        self._outputs = [layer.outputs for layer in layers]
        self._memory = {
            name: [flat_buffer(rows, outputs, dtype) for outputs in self._outputs]
            for name in ("Z", "A", "dA", "kept")
        }
        self._scratch = flat_buffer(rows, self._outputs[-1], dtype)
        self._ones = np.ones(rows, dtype)
        self._shorter: dict[int, Workspace] = {}
        self._cut(rows)

    def first(self, rows: int) -> "Workspace":
        """Return a workspace for `rows` rows in the same memory; it is made only once."""
        if rows == self.rows:
            return self
        if rows not in self._shorter:
            self._shorter[rows] = copy(self)
            self._shorter[rows]._cut(rows)
        return self._shorter[rows]

    def _cut(self, rows: int) -> None:
        self.rows = rows
        self.Z, self.A, self.dA, self.kept = (
            [
                shaped(flat, rows, outputs)
                for flat, outputs in zip(flats, self._outputs, strict=True)
            ]
            for flats in self._memory.values()
        )
        self.scratch = shaped(self._scratch, rows, self._outputs[-1])
        self.ones = self._ones[:rows]


def random_connections(inputs: int, outputs: int, density: float, seed: int, layer: int) -> Array:
    """Return a mask (inputs, outputs) of 0 and 1 with the share `density` of ones, at random.

    Exactly ``round(density * inputs * outputs)`` weights are kept; `layer` counts from 0.
    """
    random = generator(seed, Stream.CONNECTIONS, layer)
    mask = np.zeros(inputs * outputs)
    mask[random.permutation(mask.size)[: round(density * mask.size)]] = 1
    return mask.reshape(inputs, outputs)


def _settings(layer: Layer, arrays: LayerArrays) -> dict[str, Any]:
    """Return an activation's parameters; slopes that are learned replace what they started from."""
    learned = {"slope": arrays.slope} if layer.slopes else {}
    return {**layer.activation_parameters, **learned}


def _add_and_activate(
    forward: Callable[[Array, Array], None], Z: Array, b: Array, A: Array
) -> None:
    np.add(Z, b, out=Z)
    forward(Z, A)


def _backward_product(dZ: Array, W: Array, dA: Array) -> None:
    # By one unit the product is an outer one, which is faster without BLAS.
    product = np.multiply if dZ.shape[1] == 1 else np.matmul
    product(dZ, W.T, out=dA)


def _share_outside(values: Array, least: float, largest: float) -> float:
    outside = np.count_nonzero(values < least) + np.count_nonzero(values > largest)
    return float(outside / values.size)


class Network:
    """Layers with their parameters.

    Parameters
    ----------
    kernels : Kernels
        What its passes use in the place of NumPy.

    Attributes
    ----------
    mask : array (P,) or None
        1 for a parameter that is trained, 0 for a connection that is not there; its weight is 0.
    parameters : array (P,)
        The flat parameter vector. Changing its content changes the network; it is never replaced.
    arrays : list of LayerArrays
        Views of `parameters`.
    """

    def __init__(
        self, layers: Sequence[Layer], parameters: Array, kernels: Kernels = NUMPY
    ) -> None:
        self.layers = tuple(layers)
        self.parameters = parameters
        self.mask: Array | None = None
        self.arrays = layer_views(layers, parameters)
        self.dtype = parameters.dtype
        self._activations = [ACTIVATIONS[each.activation] for each in layers]
        settings = list(map(_settings, layers, self.arrays))
        self._kernels = kernels
        self._narrow = [kernels.narrow if layer.is_narrow else None for layer in layers]
        self._forward = []
        self._biased_forward = []
        self._backward = []
        for layer, entry, each in zip(self.layers, self._activations, settings, strict=True):
            forward = partial(entry.forward, **each)
            fused = kernels.biased_forward.get(layer.activation)
            backward = kernels.backward.get(layer.activation, entry.backward)
            self._forward.append(forward)
            self._biased_forward.append(
                partial(fused, **each) if fused else partial(_add_and_activate, forward)
            )
            self._backward.append(partial(backward, **each))

    def with_kernels(self, kernels: Kernels) -> "Network":
        """Return a network with the same parameters and mask whose passes use `kernels`."""
        if kernels is self._kernels:
            return self
        twin = Network(self.layers, self.parameters, kernels)
        twin.mask = self.mask
        return twin

    def connect_partially(self, masks: Mapping[int, Array]) -> None:
        """Keep only some connections of some layers.

        Parameters
        ----------
        masks : mapping of int to array (I, O)
            For the layers that it names, counted from 0: 1 where a weight is kept, 0 elsewhere.
        """
        self.mask = np.ones_like(self.parameters)
        for index, views in enumerate(layer_views(self.layers, self.mask)):
            if index in masks:
                views.W[...] = masks[index]
        np.multiply(self.parameters, self.mask, out=self.parameters)

    def largest_product(self, rows: int) -> int:
        """Return the floating-point operations of the largest matrix product for `rows` rows."""
        return rows * max(layer.flops_per_row for layer in self.layers)

    def workspace(self, rows: int) -> Workspace:
        """Allocate the buffers for batches of up to `rows` rows."""
        return Workspace(self.layers, rows, self.dtype)

    def logits(self, X: Array, work: Workspace, keep: Mapping[int, Array] | None = None) -> Array:
        """Run all but the output activation on `X` (B, I); return the last Z, a part of `work`.

        Parameters
        ----------
        keep : mapping of int to array (B, O), optional
            For the hidden layers that it names, what their activations are multiplied by: dropout.
        """
        A = X
        last = len(self.layers) - 1
        for index, (W, b, _) in enumerate(self.arrays):
            Z, narrow = work.Z[index], self._narrow[index]
            if narrow:
                narrow.forward(A, W, b, Z)
            else:
                np.matmul(A, W, out=Z)
            if index == last:
                break
            A = work.A[index]
            if narrow:
                self._forward[index](Z, A)
            else:
                self._biased_forward[index](Z, b, A)
            if keep and index in keep:
                A = np.multiply(A, keep[index], out=work.kept[index])
        return Z if narrow else np.add(Z, b, out=Z)

    def outputs(self, X: Array, work: Workspace) -> Array:
        """Run the whole network on `X` (B, I); return A of the last layer, in `work`."""
        self.logits(X, work)
        return self.activate_output(work)

    def activate_output(self, work: Workspace) -> Array:
        """Apply the output activation to the logits in `work`; return A of the last layer."""
        self._forward[-1](work.Z[-1], work.A[-1])
        return work.A[-1]

    def saturated_shares(self, work: Workspace) -> list[float | None]:
        """Return what share of each layer's activations is saturated; None if it cannot be.

        Of the first `SATURATION_ROWS` rows of the forward pass whose logits are in `work`, before
        dropout; the output activation is applied to them if it is one that saturates. See
        `Activation.responsive`.
        """
        first = slice(SATURATION_ROWS)
        if self._activations[-1].responsive:
            self._forward[-1](work.Z[-1][first], work.A[-1][first])
        return [
            _share_outside(A[first], *activation.responsive) if activation.responsive else None
            for activation, A in zip(self._activations, work.A, strict=True)
        ]

    def activation_backward(
        self, index: int, work: Workspace, gradients: LayerArrays | None = None
    ) -> None:
        """Turn ``work.dA[index]``, which holds dA of a layer, in place into its dZ.

        ``work.Z[index]`` and ``work.A[index]`` are undefined afterwards. Of a layer that learns
        its slopes, their gradient is written to `gradients`, the layer's own.
        """
        dA, Z, A = work.dA[index], work.Z[index], work.A[index]
        slope_gradient = self._activations[index].slope_gradient
        if slope_gradient and gradients is not None:
            slope_gradient(dA, Z, A, gradients.slope)
        self._backward[index](dA, Z, A, dA)

    def backward(
        self,
        X: Array,
        work: Workspace,
        gradients: Sequence[LayerArrays],
        keep: Mapping[int, Array] | None = None,
        dX: Array | None = None,
    ) -> None:
        """Propagate dZ of the last layer, in ``work.dA[-1]``, back through the network.

        `work` must hold the forward pass of the same `X` and `keep`; afterwards its dA are the dZ
        of every layer, and all else in it is undefined. Writes ∂loss/∂W = A_beforeᵀ dZ,
        ∂loss/∂b = Σ over rows of dZ, and what slopes there are, to `gradients`, and on the way
        down dA_before = dZ Wᵀ (Rumelhart, Hinton and Williams, 1986). To `dX` (B, I), which
        training does without, it writes ∂loss/∂X, the gradient by the inputs.
        """
        keep = keep or {}
        for index in range(len(self.layers) - 1, -1, -1):
            dZ, narrow, before = work.dA[index], self._narrow[index], index - 1
            A_before = X if not index else work.kept[before] if before in keep else work.A[before]
            dW, db, _ = gradients[index]
            if narrow:
                narrow.gradients(A_before, dZ, dW, db)
            else:
                np.matmul(A_before.T, dZ, out=dW)
                np.dot(work.ones, dZ, out=db)
            if index:
                dA = work.dA[before]
                if narrow:
                    narrow.backward(dZ, self.arrays[index].W, dA)
                else:
                    _backward_product(dZ, self.arrays[index].W, dA)
                if before in keep:
                    np.multiply(dA, keep[before], out=dA)
                self.activation_backward(before, work, gradients[before])
        if dX is not None:
            _backward_product(work.dA[0], self.arrays[0].W, dX)


class Objective:
    """A loss joined to a network's output: what training makes small.

    Attributes
    ----------
    name : str
        A name in the table of losses.
    parameters : dict
        All its parameters.
    """

    def __init__(
        self, name: str, parameters: Mapping[str, Value], kernels: Kernels = NUMPY
    ) -> None:
        self.name = name
        self.parameters = dict(parameters)
        self._on_logits = LOSSES[name].on_logits
        self._function = partial(kernels.losses.get(name, LOSSES[name].function), **parameters)

    def with_kernels(self, kernels: Kernels) -> "Objective":
        """Return the same objective computed by other kernels."""
        return Objective(self.name, self.parameters, kernels)

    def __call__(self, network: Network, T: Array, work: Workspace) -> float:
        """Return the loss of the logits in ``work.Z[-1]`` and leave their dZ in ``work.dA[-1]``.

        `T` (B, O) are the targets. Where the loss is not one on logits, ``work.Z[-1]`` and
        ``work.A[-1]`` are undefined afterwards.
        """
        if self._on_logits:
            return self._function(work.Z[-1], T, work.dA[-1], work.scratch)
        A = network.activate_output(work)
        value = self._function(A, T, work.dA[-1], work.scratch)
        network.activation_backward(len(network.layers) - 1, work)
        return value
