"""The forward and the backward pass of one row, as loops over units.

Indices: i counts the inputs of a layer, j its units. A unit computes zⱼ = bⱼ + Σᵢ xᵢ wᵢⱼ and
aⱼ = g(zⱼ). In the code, dz is ∂L/∂z and da is ∂L/∂a.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nncli.engines.plain.activations import (
    ACTIVATIONS,
    normalized_sigmoid,
    softmax,
    through_normalized_sigmoid,
    through_softmax,
)
from nncli.engines.plain.losses import OF_SUMS, row_loss

Row = Sequence[float]


class Arrays(NamedTuple):
    """The trained numbers of a layer, or the gradient of each.

    Attributes
    ----------
    W : list of rows
        ``W[i][j]`` is the weight from input i to unit j.
    b : list
        The bias of each unit.
    slope : list
        The slope of each unit if the activation learns it, else empty.
    """

    W: list[list[float]]
    b: list[float]
    slope: list[float]


class Layer(NamedTuple):
    """A dense layer: its numbers, and its activation with the settings of the config."""

    arrays: Arrays
    activation: str
    settings: Mapping[str, float]

    def settings_of(self, unit: int) -> Mapping[str, float]:
        """Return the parameters of the activation of a unit."""
        slope = self.arrays.slope
        return {"slope": slope[unit]} if slope else self.settings


class Pass(NamedTuple):
    """What the forward pass of a row computed: z and a of every layer."""

    sums: list[list[float]]
    outputs: list[list[float]]


def zeros_like(arrays: Arrays) -> Arrays:
    """Return the same lists with zeros, to add gradients to."""
    W, b, slope = arrays
    return Arrays([[0.0] * len(b) for _ in W], [0.0] * len(b), [0.0] * len(slope))


def forward(layers: Sequence[Layer], x: Row) -> Pass:
    """Run the layers one after the other: the outputs of a layer are the inputs of the next."""
    done = Pass([], [])
    for layer in layers:
        W, b, _ = layer.arrays
        z = []
        for j in range(len(b)):
            total = b[j]
            for i in range(len(x)):
                total += x[i] * W[i][j]
            z.append(total)
        x = activate(layer, z)
        done.sums.append(z)
        done.outputs.append(x)
    return done


def activate(layer: Layer, z: Row) -> list[float]:
    """Return the activation of every unit."""
    if layer.activation == "softmax":
        return softmax(z)
    if layer.activation == "normalized_sigmoid":
        return normalized_sigmoid(z)
    g = ACTIVATIONS[layer.activation].function
    return [g(z[j], **layer.settings_of(j)) for j in range(len(z))]


def through_activation(layer: Layer, z: Row, a: Row, da: Row) -> list[float]:
    """Return ∂L/∂zⱼ = ∂L/∂aⱼ · g'(zⱼ)."""
    if layer.activation == "softmax":
        return through_softmax(a, da)
    if layer.activation == "normalized_sigmoid":
        return through_normalized_sigmoid(z, a, da)
    derivative = ACTIVATIONS[layer.activation].derivative
    return [da[j] * derivative(z[j], **layer.settings_of(j)) for j in range(len(z))]


def output_gradient(
    layer: Layer, done: Pass, targets: Row, loss: str, parameters: Mapping[str, float]
) -> tuple[float, list[float]]:
    """Return the loss of a row, and ∂L/∂z of the output layer, with which backpropagation starts.

    A loss of sums gives ∂L/∂z itself. Others give ∂L/∂a, and the activation leads on to z.
    """
    z, a = done.sums[-1], done.outputs[-1]
    if loss in OF_SUMS:
        return row_loss(loss, z, targets, **parameters)
    value, da = row_loss(loss, a, targets, **parameters)
    return value, through_activation(layer, z, a, da)


def backward(
    layers: Sequence[Layer], x: Row, done: Pass, dz: Row, gradients: Sequence[Arrays]
) -> None:
    """Follow the chain rule from the output to the inputs; add a row's gradient to `gradients`.

    With the inputs x of a layer, ∂L/∂bⱼ = ∂L/∂zⱼ and ∂L/∂wᵢⱼ = xᵢ ∂L/∂zⱼ. An input affects every
    unit, so ∂L/∂xᵢ = Σⱼ wᵢⱼ ∂L/∂zⱼ; it is ∂L/∂a of the layer before.
    """
    for index in reversed(range(len(layers))):
        inputs = done.outputs[index - 1] if index else x
        W, (dW, db, _) = layers[index].arrays.W, gradients[index]
        for j in range(len(dz)):
            db[j] += dz[j]
            for i in range(len(inputs)):
                dW[i][j] += inputs[i] * dz[j]
        if index:
            da = [0.0] * len(inputs)
            for i in range(len(inputs)):
                for j in range(len(dz)):
                    da[i] += W[i][j] * dz[j]
            z = done.sums[index - 1]
            _add_slope_gradient(z, da, gradients[index - 1].slope)
            dz = through_activation(layers[index - 1], z, inputs, da)


def _add_slope_gradient(z: Row, da: Row, dslope: list[float]) -> None:
    """Add ∂L/∂pⱼ of learned slopes, if there are any: aⱼ = pⱼ zⱼ where zⱼ < 0."""
    for j in range(len(dslope)):
        dslope[j] += da[j] * min(z[j], 0.0)
