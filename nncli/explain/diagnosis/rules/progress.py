"""How far the weights have come in all steps together, and what one more step would gain."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Condition
from nncli.explain.diagnosis.passed import passed
from nncli.explain.diagnosis.rules.rates import condition_of_step, largest_step, steps_per_epoch
from nncli.nn.entries import Array
from nncli.nn.network import Network

SHORT_WAY = 0.2
"""All steps together are short if they change the weights of each layer by less than this, relative
to the usual size. Of 150 trainings of other people's tables and of the lectures, those that learned
have 0.5 or more, most of them 5 or more; those with far too few steps, or far too short ones, 0.15
or less."""

NO_WAY = 0.01
"""After such steps, the network is still the initial one."""

NOT_DONE = 0.03
"""A loss that one step lowers by this share is not at a minimum. In the same trainings, it is below
0.02 if they ended well, or could not learn; else 0.04 or more."""

NEXT_GAIN = Condition(
    f"‖∂L/∂W‖² / (2·λ·L) > {NOT_DONE:g}",
    rf"\lVert \partial L / \partial W \rVert^2 / (2 \lambda L) > {NOT_DONE:g}",
    "L: loss, with the penalty; W: all weights and biases; λ: largest curvature of L",
)

_POWER_STEPS = 12  # of the power iteration; the largest curvature is then right within 20 %


def condition_of_way(case: Case) -> Condition:
    """Return the condition of a short way, for `way_of`."""
    step = condition_of_step(case, "<", SHORT_WAY)
    return Condition(f"Σ {step.text}", rf"\sum {step.latex}", step.symbols)


def way_of(case: Case) -> tuple[float, int]:
    """Return the length of all steps together, relative to the weights, and its layer.

    It is that of the layer that has come furthest, and an upper limit: steps may go back and forth.
    """
    size, number = largest_step(case, np.sum)
    return size * steps_of(case) / len(case.history["epoch"]), number


def steps_of(case: Case) -> int:
    """Return the number of steps of a training."""
    return len(case.history["epoch"]) * steps_per_epoch(case)


def next_gain(case: Case) -> float:
    """Return the share of the loss by which a step against its gradient can lower it, at least.

    A step of 1/λ, where λ is the largest curvature, lowers it by half of ‖∇L‖² / λ. The penalty
    belongs to the loss: at a minimum of both, the loss alone still has a gradient.
    """
    network, training = case.network, case.config.training
    gradient = {name: each.astype(np.float64) for name, each in case.end.gradient.items()}
    for block in network.blocks:
        W = network.arrays[block.weights]
        gradient[block.weights] += training.complete.l2 * W + training.l1 * np.sign(W)
    flat = _flat(gradient)
    return float(flat @ flat) / (2 * max(curvature(case), 1e-9) * max(case.end.loss, 1e-12))


def falls_along_a_line(case: Case) -> bool:
    """Return whether the training loss falls steadily, and hardly more slowly at the end."""
    losses = np.array(case.history["train_loss"])
    half = len(losses) // 2
    rises, first, second = np.diff(losses) > 0, losses[0] - losses[half], losses[half] - losses[-1]
    return bool(rises.mean() <= 0.1 and 0 < first / 2 < second * (len(losses) / half))


def curvature(case: Case) -> float:
    """Return the largest curvature of the loss at the trained weights, by power iteration.

    The change of the gradient along a direction is the product of Hessian and direction.
    """
    network, objective = case.network, case.job.setup.objective
    start = _flat(case.end.gradient)
    direction, found = start, 0.0
    for _ in range(_POWER_STEPS):
        length = float(np.linalg.norm(direction))
        if not length:
            break
        width = 1e-3 * max(1.0, float(np.linalg.norm(network.parameters))) / length
        moved = Network(
            network.layers,
            (network.parameters + width * direction).astype(network.dtype),
            network.state,
        )
        there = passed(moved, objective, case.end.X, case.end.T)
        change = (_flat(there.gradient) - start) / width
        found = float(np.linalg.norm(change)) / length
        direction = change
    return found


def _flat(gradient: Mapping[str, Array]) -> NDArray[np.float64]:
    return np.concatenate([each.ravel() for each in gradient.values()]).astype(np.float64)
