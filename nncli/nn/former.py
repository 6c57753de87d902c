"""The step and the perceptron criterion that model files before format 4 mean: step(0) is 0.

Files keep what they compute, so these functions have the names of today's. No config chooses them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf

from nncli.nn.activations import ACTIVATIONS, Activation
from nncli.nn.entries import Formula, Piecewise
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.layer import Layer
from nncli.nn.losses import LOSSES

_AT_0 = 0.0

FORMER_ACTIVATIONS: dict[str, Activation] = {
    "step": replace(
        ACTIVATIONS["step"],
        summary="1 where z > 0, else 0",
        forward=partial(ACTIVATIONS["step"].forward, at_0=_AT_0),
        chosen_at_0=False,
        formula=Piecewise(((0, Formula("1", "1")), (-inf, Formula("0", "0")))),
    ),
}

FORMER_LOSSES: dict[str, Callable[..., float]] = {
    "perceptron": partial(LOSSES["perceptron"].function, at_0=_AT_0),
}


def is_former(layer: Layer) -> bool:
    """Return whether a layer, of a model file before format 4, has a function of this module."""
    return isinstance(layer, ActivationLayer) and layer.entry is FORMER_ACTIVATIONS.get(layer.kind)
