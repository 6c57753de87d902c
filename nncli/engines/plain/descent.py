"""Gradient descent with penalties, parameter by parameter."""

from collections.abc import Sequence

from nncli.engines.plain.network import Arrays


def add_penalties(arrays: Arrays, gradient: Arrays, l1: float, l2: float) -> float:
    """Return the penalty λ₁ Σ |w| + λ₂/2 Σ w², and add its gradient λ₁ sign(w) + λ₂ w.

    Biases have none.
    """
    penalty = 0.0
    for i, weights in enumerate(arrays.W):
        for j, w in enumerate(weights):
            sign = (w > 0) - (w < 0)
            penalty += l1 * abs(w) + l2 / 2 * w * w
            gradient.W[i][j] += l1 * sign + l2 * w
    return penalty


def flat(all_arrays: Sequence[Arrays]) -> list[float]:
    """Return all numbers of all layers in one list: W row by row, b and slopes of each layer."""
    numbers = []
    for arrays in all_arrays:
        for row in arrays.W:
            numbers += row
        numbers += arrays.b
        numbers += arrays.slope
    return numbers


def descend(
    parameters: list[float],
    gradient: Sequence[float],
    velocities: list[float],
    learning_rate: float,
    momentum: float,
) -> None:
    """Take a step against the gradient, in place: v ← μ v + g, then w ← w - η v.

    Without momentum, μ = 0, this is w ← w - η g.
    """
    for k, g in enumerate(gradient):
        velocities[k] = momentum * velocities[k] + g
        parameters[k] -= learning_rate * velocities[k]
