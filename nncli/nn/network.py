"""A network: its layers, and the forward and backward pass.

Shapes: B rows, I inputs and O outputs of a layer. ``Z = X @ W + b`` with W (I, O), b (O,);
``A = g(Z)``. dZ is ∂loss/∂Z and dA is ∂loss/∂A.

Arrays are views of two flat vectors: the trained parameters, layer by layer, each array in C order,
and the state, which is not trained. Gradients and optimizer slots have the layout of the
parameters, so an optimizer works on whole vectors. Arrays are named ``W1, b1, W2, ...``: the name
in the layer plus the number of its block, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np

from nncli.base.random_streams import Stream, generator
from nncli.nn.entries import Array, Value
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.dense import DENSE, Dense
from nncli.nn.layers.layer import Layer, Shape
from nncli.nn.workspace import Workspace


@dataclass(frozen=True)
class Block:
    """A dense layer and the layers up to the next dense one; users call this a layer.

    Attributes
    ----------
    number : int
        Number of the block, from 1; part of the names of its arrays.
    layers : tuple of Layer
    where : slice
        The position of its trained arrays in a flat vector.
    """

    number: int
    layers: tuple[Layer, ...]
    where: slice

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """The number of units."""
        return self.layers[-1].outputs

    @property
    def activation(self) -> ActivationLayer:
        """The activation layer."""
        return next(each for each in self.layers if isinstance(each, ActivationLayer))

    @property
    def between(self) -> tuple[Layer, ...]:
        """The layers between the weighted sums and the activation."""
        return self.layers[1 : self.layers.index(self.activation)]

    @property
    def parameter_count(self) -> int:
        """The number of trained parameters."""
        return self.where.stop - self.where.start  # type: ignore[no-any-return]

    @property
    def flops_per_row(self) -> int:
        """Floating-point operations of the matrix product for one row."""
        return sum(layer.flops_per_row for layer in self.layers)

    @property
    def names(self) -> list[str]:
        """The names of the trained arrays."""
        return [f"{name}{self.number}" for layer in self.layers for name in layer.trained]

    @property
    def weights(self) -> str:
        """The name of the array (I, O) of connection weights."""
        return f"{self.layers[0].weights}{self.number}"


def blocks(layers: Sequence[Layer]) -> tuple[Block, ...]:
    """Split layers into blocks; the first layer must be dense."""
    starts = [index for index, layer in enumerate(layers) if layer.kind == DENSE]
    found: list[Block] = []
    end = 0
    for number, (first, last) in enumerate(pairwise([*starts, len(layers)]), 1):
        start, end = end, end + parameter_count(layers[first:last])
        found.append(Block(number, tuple(layers[first:last]), slice(start, end)))
    return tuple(found)


def parameter_count(layers: Sequence[Layer]) -> int:
    """Return the length of the flat vector of trained parameters."""
    return sum(prod(shape) for layer in layers for shape in layer.trained.values())


def state_count(layers: Sequence[Layer]) -> int:
    """Return the length of the flat state vector."""
    return sum(prod(shape) for layer in layers for shape in layer.state.values())


def numbered(layers: Sequence[Layer]) -> Iterator[tuple[int, Layer]]:
    """Yield each layer with the number of its block."""
    number = 0
    for layer in layers:
        number += layer.kind == DENSE
        yield number, layer


def trained_views(layers: Sequence[Layer], flat: Array) -> dict[str, Array]:
    """Return the trained arrays by name, as views of a flat vector (P,)."""
    pairs = numbered(layers)
    shapes = {f"{name}{n}": shape for n, each in pairs for name, shape in each.trained.items()}
    return _views(shapes, flat)


def state_views(layers: Sequence[Layer], flat: Array) -> dict[str, Array]:
    """Return the state arrays by name, as views of a flat vector (S,)."""
    pairs = numbered(layers)
    shapes = {f"{name}{n}": shape for n, each in pairs for name, shape in each.state.items()}
    return _views(shapes, flat)


def _views(shapes: Mapping[str, Shape], flat: Array) -> dict[str, Array]:
    ends = np.cumsum([0, *map(prod, shapes.values())]).tolist()
    return {
        name: flat[start:end].reshape(shape)
        for (name, shape), (start, end) in zip(shapes.items(), pairwise(ends), strict=True)
    }


def least_values(layers: Sequence[Layer]) -> dict[str, float]:
    """Return the minimum of the values of each array that has one, by name."""
    pairs = numbered(layers)
    return {f"{name}{n}": least for n, each in pairs for name, least in each.least.items()}


def initial_parameters(
    layers: Sequence[Layer],
    initializers: Sequence[tuple[str, Mapping[str, Value]]],
    seed: int,
    dtype: np.typing.DTypeLike,
) -> Array:
    """Return a flat vector of initial parameters; each block has its own random stream.

    Weights are drawn by the initializers; other arrays start at the values set by their layers.

    Parameters
    ----------
    initializers : one (name, parameters) per block
    """
    flat = np.zeros(parameter_count(layers), dtype)
    views = trained_views(layers, flat)
    for number, layer in numbered(layers):
        for name in layer.trained:
            array = views[f"{name}{number}"]
            if name == layer.weights:
                draw, parameters = initializers[number - 1]
                random = generator(seed, Stream.WEIGHTS, number - 1)
                array[:] = INITIALIZERS[draw].draw(random, *array.shape, **parameters)
            else:
                array.fill(layer.starts[name])
    return flat


def initial_state(layers: Sequence[Layer], dtype: np.typing.DTypeLike) -> Array:
    """Return the flat state vector before training."""
    flat = np.zeros(state_count(layers), dtype)
    views = state_views(layers, flat)
    for number, layer in numbered(layers):
        for name in layer.state:
            views[f"{name}{number}"].fill(layer.starts[name])
    return flat


def random_connections(inputs: int, outputs: int, density: float, seed: int, layer: int) -> Array:
    """Return a random 0/1 mask (inputs, outputs) with the fraction `density` of ones.

    Exactly ``round(density * inputs * outputs)`` weights are kept; `layer` counts from 0.
    """
    random = generator(seed, Stream.CONNECTIONS, layer)
    mask = np.zeros(inputs * outputs)
    mask[random.permutation(mask.size)[: round(density * mask.size)]] = 1
    return mask.reshape(inputs, outputs)


class Network:
    """Layers with their arrays.

    Parameters
    ----------
    layers : sequence of Layer
        A dense layer first, and the output activation last.
    parameters : array (P,)
        The trained parameters. Modifying the array changes the network; it is never replaced.
    state : array (S,), optional
        The state, of the same dtype; default: the initial state.

    Attributes
    ----------
    blocks : tuple of Block
        The layers as users count them.
    arrays : dict of str to array
        The trained arrays by name, as views.
    mask : array (P,) or None
        1 for a trained parameter, 0 for a missing connection; the weight of the latter is 0.
    """

    def __init__(
        self, layers: Sequence[Layer], parameters: Array, state: Array | None = None
    ) -> None:
        self.parameters = parameters
        self.dtype = parameters.dtype
        self.state = initial_state(layers, self.dtype) if state is None else state
        self.mask: Array | None = None
        self.arrays = trained_views(layers, parameters)
        named = {**self.arrays, **state_views(layers, self.state)}
        self.layers = tuple(
            layer.bound({name: named[f"{name}{n}"] for name in (*layer.trained, *layer.state)})
            for n, layer in numbered(layers)
        )
        self.blocks = blocks(self.layers)
        self._idle = [
            (index, list(layer.trained).index(Dense.biases))
            for index, (layer, follower) in enumerate(pairwise(layers))
            if follower.removes_shift
        ]

    @property
    def output(self) -> ActivationLayer:
        """The output activation."""
        return self.layers[-1]  # type: ignore[return-value]  # always one

    @property
    def neediest(self) -> Layer:
        """The layer that needs the most rows in a training batch."""
        return max(self.layers, key=lambda layer: layer.smallest_batch)

    @property
    def named(self) -> dict[str, Array]:
        """All arrays by name, layer by layer."""
        return {
            f"{name}{number}": array
            for number, layer in numbered(self.layers)
            for name, array in layer.arrays.items()
        }

    def weights(self, flat: Array) -> list[Array]:
        """Return the weight matrices of a vector with the layout of `parameters`, as views."""
        views = self.views(flat)
        return [views[block.weights] for block in self.blocks]

    def with_layers(self, layers: Sequence[Layer]) -> Network:
        """Return a network with other layers and the same arrays and mask."""
        other = Network(layers, self.parameters, self.state)
        other.mask = self.mask
        return other

    def views(self, flat: Array) -> dict[str, Array]:
        """Return a vector (P,) with the layout of `parameters` as views by name."""
        return trained_views(self.layers, flat)

    def by_layer(self, flat: Array) -> list[tuple[Array, ...]]:
        """Return a vector (P,) with the layout of `parameters` as views, one tuple per layer."""
        views = self.views(flat)
        return [
            tuple(views[f"{name}{number}"] for name in layer.trained)
            for number, layer in numbered(self.layers)
        ]

    def connect_partially(self, masks: Mapping[str, Array]) -> None:
        """Keep only some connections.

        Parameters
        ----------
        masks : mapping of str to array (I, O)
            Masks by name of the weight array: 1 for a kept weight, 0 elsewhere.
        """
        self.mask = np.ones_like(self.parameters)
        views = self.views(self.mask)
        for name, mask in masks.items():
            views[name][...] = mask
        np.multiply(self.parameters, self.mask, out=self.parameters)

    def largest_product(self, rows: int) -> int:
        """Return the floating-point operations of the largest matrix product on `rows` rows."""
        return rows * max(layer.flops_per_row for layer in self.layers)

    def workspace(self, rows: int, *, input_gradient: bool = False) -> Workspace:
        """Allocate the buffers of passes over up to `rows` rows.

        Parameters
        ----------
        input_gradient : bool
            Whether `backward` returns the gradient of the inputs, which training does not need.
        """
        return Workspace(self.layers, rows, self.dtype, input_gradient=input_gradient)

    def logits(self, X: Array, work: Workspace, step: int | None = None) -> Array:
        """Run all layers except the output activation on `X` (B, I); return Z (B, O), in `work`.

        Parameters
        ----------
        step : int, optional
            The number of the training step, from 0, for layers that behave differently in training.
        """
        for forward, own in work.forward:
            X = forward(X, own, step)
        work.logits = X
        return X

    def outputs(self, X: Array, work: Workspace) -> Array:
        """Run the whole network on `X` (B, I); return A of the last layer, in `work`."""
        self.logits(X, work)
        return self.activate_output(work)

    def activate_output(self, work: Workspace) -> Array:
        """Apply the output activation to the logits in `work`; return A of the last layer."""
        return self.output.forward(work.logits, work.buffers[-1], None)

    def saturated_shares(self, work: Workspace) -> list[float | None]:
        """Return the fraction of saturated activations of each block, for the pass in `work`.

        Only the first rows are counted. None for a block that cannot saturate.
        """
        hidden = [layer.saturated_share(own.X) for layer, own in work.activations[:-1]]
        return [*hidden, self.output.saturated_share(work.logits)]

    def backward(self, work: Workspace, gradients: Sequence[Sequence[Array]]) -> Array:
        """Propagate ``work.gradient``, dZ of the logits, back through the network.

        `work` must hold the forward pass of the same rows. Writes the gradients of the trained
        arrays to `gradients`, in the format of `by_layer`. Returns ∂loss/∂X if the workspace was
        created with `input_gradient`. Afterwards, `work` is undefined except the logits.
        """
        gradient = work.gradient
        for (backward, own), trained in zip(work.backward, gradients[-2::-1], strict=True):
            gradient = backward(gradient, own, trained)
        for layer, biases in self._idle:
            gradients[layer][biases].fill(0)  # else an optimizer would follow rounding errors
        return gradient
