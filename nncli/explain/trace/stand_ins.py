"""Stand-ins for the computed numbers of a step, which tell its page what each number is.

A page prints many numbers, given and computed ones, and some are equal: the activation 1 and the
input 1. A stand-in is a number of its own for each computed quantity, so close to it that
comparisons have the same result. The page is built from stand-ins, and its notation prints the
quantities that they stand for.
"""

from dataclasses import replace
from math import inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.document.notation import Notation
from nncli.explain.trace.step import Arrays, LayerStep, Passed, Step
from nncli.nn.entries import Array, Piecewise
from nncli.nn.losses import LOSSES

Numbers = NDArray[np.float64]


class StandIns:
    """The quantities of a step, numbered, by the numbers that stand for them."""

    def __init__(self) -> None:
        self._found: dict[float, tuple[int, float]] = {}
        self._last: dict[tuple[float, float | None], float] = {}

    def find(self, value: float) -> tuple[int, float] | None:
        """Return number and value of the quantity that a number stands for; None if given."""
        return self._found.get(float(value))

    def note(self, value: float) -> None:
        """Add a quantity that the page computes, which stands for itself."""
        self._found.setdefault(value, (len(self._found), value))

    def of(self, values: Array, toward: float | None = None) -> Numbers:
        """Return an array of new stand-ins, next to the values in a direction: away from 0."""
        exact: list[Any] = np.asarray(values, np.float64).ravel().tolist()
        found = [self._next(value, toward) for value in exact]
        return np.array(found, np.float64).reshape(np.shape(values))

    def _next(self, value: float, toward: float | None) -> float:
        end = toward or (inf if value >= 0 else -inf)
        new = nextafter(self._last.get((value, toward), value), end)
        while new in self._found:
            new = nextafter(new, end)
        self._found[new] = len(self._found), value
        self._last[value, toward] = new
        return new

    def unless_equal(self, values: Arrays, before: Arrays, known: Arrays) -> dict[str, Numbers]:
        """Return stand-ins of arrays: those of `before`, in `known`, where values are the same."""
        return {
            name: np.where(each == before[name], known[name], self.of(each))
            for name, each in values.items()
        }


def with_stand_ins(step: Step, found: StandIns, write: Notation) -> Step:
    """Return the step with stand-ins for all that is computed: not inputs, targets and settings."""
    layers: list[LayerStep] = []
    inputs = step.X
    for layer in step.layers:
        layers.append(_layer(layer, inputs, found))
        inputs = layers[-1].A
    if step.changes_nothing:  # the page says so, and repeats the parameters
        layers = [
            replace(each, followed=layer.followed, after=layer.after)
            for each, layer in zip(layers, step.layers, strict=True)
        ]
    if "ln" in LOSSES[step.objective.name].term.whole.text:
        # The page explains an output that is rounded to 0 or 1, so it is shown.
        exact: Numbers = step.layers[-1].A.astype(np.float64)
        texts = [write.number(a) for a in exact.ravel().tolist()]
        rounded = np.isin(texts, ("0", "1")).reshape(exact.shape)
        layers[-1] = replace(layers[-1], A=np.where(rounded, exact, layers[-1].A))
    loss, after = found.of(np.array([step.loss, step.loss_after])).tolist()
    return replace(
        step,
        layers=layers,
        dX=found.of(step.dX),
        loss=loss,
        losses=found.of(step.losses),
        loss_after=after,
    )


def _layer(layer: LayerStep, inputs: Array, found: StandIns) -> LayerStep:
    formula = layer.block.activation.entry.formula
    reached = isinstance(formula, Piecewise) and formula.from_bounds
    Z = found.of(layer.Z, inf if reached else -inf)  # on the same side of a bound
    S = found.of(layer.S, inf if reached else -inf) if layer.between else Z
    dS = found.of(layer.dS)
    dZ = found.of(layer.dZ) if layer.between else dS
    gradient, updated, followed, after = (
        {name: found.of(each) for name, each in layer.gradient.items()},
        {name: found.of(each) for name, each in layer.updated.items()},
        layer.followed,
        layer.after,
    )
    return replace(
        layer,
        inputs=inputs,
        between=_between(layer, (Z, S), (dS, dZ), found),
        Z=Z,
        S=S,
        A=found.of(layer.A),
        dA=None if layer.dA is None else found.of(layer.dA),
        derivative=None if layer.derivative is None else found.of(layer.derivative),
        dS=dS,
        dZ=dZ,
        gradient=gradient,
        followed=found.unless_equal(followed, layer.gradient, gradient),
        updated=updated,
        after=found.unless_equal(after, layer.updated, updated),
        slots={
            letter: {name: found.of(each) for name, each in arrays.items()}
            for letter, arrays in layer.slots.items()
        },
    )


def _between(
    layer: LayerStep,
    forward: tuple[Numbers, Numbers],
    backward: tuple[Numbers, Numbers],
    found: StandIns,
) -> list[Passed]:
    """Return the layers in between; their ends are the sums and the activation's inputs."""
    result: list[Passed] = []
    for passed in layer.between:
        worked = passed.layer.worked
        letters = [line.letter for line in (*worked.forward[:-1], *worked.backward[:-1])]
        values = passed.values | {each: found.of(passed.values[each]) for each in letters}
        values |= dict(zip(("z", "y", "dy", "dz"), (*forward, *backward), strict=True))
        kept: dict[str, tuple[Array, Array]] = {
            name: (before, found.of(after)) for name, (before, after) in passed.kept.items()
        }
        result.append(replace(passed, values=values, kept=kept))
    return result
