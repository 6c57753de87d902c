"""Compare backpropagation with central differences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nncli.model.entries import Array
from nncli.model.network import Network, Objective, Workspace, layer_slices, layer_views
from nncli.random_streams import Stream, generator
from nncli.training.regularization import Regularization

STEP = 1e-5
FLOOR = 1e-6  # below this, central differences in float64 have only noise to compare with


@dataclass(frozen=True)
class LayerCheck:
    """What came of a layer.

    Attributes
    ----------
    checked : int
        Parameters that were compared.
    skipped : int
        Parameters whose step crosses the kink of an activation, where there is no derivative.
    largest_error : float
        The largest |a - n| / max(|a| + |n|, `FLOOR`), with a from backpropagation and n from
        (L(w + h) - L(w - h)) / 2h; 0 if nothing was checked.
    """

    checked: int
    skipped: int
    largest_error: float


def check_gradients(
    network: Network,
    objective: Objective,
    regularization: Regularization,
    X: Array,
    T: Array,
    *,
    seed: int = 0,
    most_per_layer: int = 200,
) -> list[LayerCheck]:
    """Check every layer of a float64 network on the rows `X` (B, I) with targets `T` (B, O).

    Of a layer with more than `most_per_layer` parameters a random choice is checked. The penalties
    of `regularization` are part of the loss; clipping is not.
    """
    work = network.workspace(len(X))
    gradient = np.zeros_like(network.parameters)
    gradients = layer_views(network.layers, gradient)
    network.logits(X, work)
    kinks = _signs(work)
    objective(network, T, work)
    network.backward(X, work, gradients)
    regularization.add_penalties(gradients, network.arrays, np.empty_like(gradient))
    trained = np.ones_like(gradient) if network.mask is None else network.mask

    def loss_and_signs() -> tuple[float, NDArray[np.bool_]]:
        network.logits(X, work)
        signs = _signs(work)
        return objective(network, T, work) + regularization.penalty(network.arrays), signs

    random = generator(seed, Stream.GRADIENT_CHECK)
    checks = []
    for where in layer_slices(network.layers):
        indices = where.start + np.flatnonzero(trained[where])
        if len(indices) > most_per_layer:
            indices = np.sort(random.choice(indices, most_per_layer, replace=False))
        errors = []
        for index in indices.tolist():
            before = network.parameters[index]
            results = []
            for step in (STEP, -STEP):
                network.parameters[index] = before + step
                results.append(loss_and_signs())
            network.parameters[index] = before
            (above, signs_above), (below, signs_below) = results
            if (signs_above == kinks).all() and (signs_below == kinks).all():
                errors.append(_relative_error(gradient[index], (above - below) / (2 * STEP)))
        checks.append(LayerCheck(len(errors), len(indices) - len(errors), max(errors, default=0.0)))
    return checks


def _relative_error(a: float, n: float) -> float:
    return float(abs(a - n) / max(abs(a) + abs(n), FLOOR))


def _signs(work: Workspace) -> NDArray[np.bool_]:
    """Return on which side of 0 every weighted sum is, all layers in one vector."""
    return np.concatenate([(Z > 0).ravel() for Z in work.Z])
