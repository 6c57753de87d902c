"""All kinds of layers by name, as used in model files and configs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from nncli.nn.activations import ACTIVATIONS, Activation
from nncli.nn.entries import Entry, Parameter, Value
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.batch_norm import BatchNorm
from nncli.nn.layers.dense import DENSE, Dense
from nncli.nn.layers.layer import Layer
from nncli.nn.layers.layer_norm import LayerNorm

# Smaller values could divide by zero for a constant unit; larger ones would hide the variance.
_EPSILON = {"epsilon": Parameter(1e-5, "added to the variance", at_least=1e-12, at_most=1.0)}


@dataclass(frozen=True)
class Normalization(Entry):
    """A choice of normalization between weighted sums and their activation.

    Attributes
    ----------
    layer : function or None
        Takes the number of units and the parameters; returns the layer. None for no layer.
    """

    layer: Callable[[int, Mapping[str, Value]], Layer] | None

    @property
    def smallest_batch(self) -> int:
        """The minimum number of rows in a training batch."""
        return self.layer(1, self.complete({})).smallest_batch if self.layer else 1


NORMALIZATIONS: dict[str, Normalization] = {
    "none": Normalization("no normalization", None),
    "layer_norm": Normalization(
        "mean 0 and variance 1 over the units of each row; learned gain and shift per unit",
        LayerNorm,
        parameters=_EPSILON,
    ),
    "batch_norm": Normalization(
        "mean 0 and variance 1 over the rows of each batch; learned gain and shift per unit",
        BatchNorm,
        parameters={
            **_EPSILON,
            "momentum": Parameter(
                0.1, "weight of a batch in the running mean and variance", above=0.0, at_most=1.0
            ),
        },
    ),
}

_SIZES = {name: Parameter(1, f"number of {name}") for name in ("inputs", "outputs")}

_LAYERS = {name: each for name, each in NORMALIZATIONS.items() if each.layer}


def array_names() -> list[str]:
    """Return the names of all arrays that any kind of layer can have."""
    tables: dict[str, Entry] = {**ACTIVATIONS, **_LAYERS}
    layers = [make_layer(kind, entry.complete({}), 1) for kind, entry in tables.items()]
    names = [name for each in (Dense(1, 1), *layers) for name in (*each.trained, *each.state)]
    return list(dict.fromkeys(names))


def parameters_of(kind: str) -> Mapping[str, Parameter]:
    """Return the parameters that describe a kind of layer. Raises `KeyError` if unknown."""
    if kind == DENSE:
        return _SIZES
    return {**ACTIVATIONS, **_LAYERS}[kind].parameters


def make_layer(
    kind: str,
    parameters: Mapping[str, Any],
    units: int,
    former: Mapping[str, Activation] = MappingProxyType({}),
) -> Layer:
    """Create a layer.

    Parameters
    ----------
    parameters : mapping
        Values for all parameters in `parameters_of`.
    units : int
        The number of outputs of the previous layer.
    former : mapping of str to Activation
        Activations that replace those of the table.
    """
    if kind == DENSE:
        return Dense(parameters["inputs"], parameters["outputs"])
    if kind in ACTIVATIONS:
        return ActivationLayer(kind, units, parameters, former.get(kind))
    layer = _LAYERS[kind].layer
    assert layer is not None
    return layer(units, parameters)


def block(
    inputs: int,
    outputs: int,
    activation: str,
    parameters: Mapping[str, Value] | None = None,
    *,
    normalization: str = "none",
    settings: Mapping[str, Value] | None = None,
) -> list[Layer]:
    """Return a dense layer, an optional normalization of its sums, and an activation.

    Parameters
    ----------
    parameters, settings : mappings, optional
        Parameters of the activation and of the normalization; missing ones take their defaults.
    """
    entry = NORMALIZATIONS[normalization]
    between = [entry.layer(outputs, entry.complete(settings or {}))] if entry.layer else []
    complete = ACTIVATIONS[activation].complete(parameters or {})
    return [Dense(inputs, outputs), *between, ActivationLayer(activation, outputs, complete)]
