"""The part of the page on the penalty of the weights, which training adds to the loss."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nncli.explain.document.elements import Equation, Equations, Paragraph, Worked
from nncli.explain.trace.writer import Writer
from nncli.nn.entries import Formula
from nncli.nn.layers.dense import Dense

_ABSOLUTE = Formula("|<w>|", r"\lvert <w> \rvert")
_HALF_SQUARE = Formula("½·<w>²", r"\tfrac{1}{2} <w>^2")


def penalty(page: Writer) -> Iterator[Worked]:
    """Yield the penalty λ·Ω of the weights before the step, and its sum with the loss, if any.

    Ω is Σ |w| for ``l1`` and Σ ½·w² for ``l2``; with both, λ and Ω have indices.
    """
    write, step = page.write, page.step
    settings, weights = step.regularization, [each.before[Dense.weights] for each in step.layers]
    if not settings.penalizes:
        return
    yield Paragraph("Training minimizes the loss plus a penalty on the weights, not on biases:")
    w = np.concatenate([each.ravel() for each in weights]).astype(np.float64)
    kinds = [
        (settings.l1, _ABSOLUTE, float(np.abs(w).sum())),
        (settings.l2, _HALF_SQUARE, float(w @ w) / 2),
    ]
    used = [each for each in kinds if each[0]]
    equations, symbols = [], []
    for number, (_, term, value) in enumerate(used, 1):
        index = [number] if len(used) > 1 else []
        omega = write.symbol(page.put(Formula("Ω", r"\Omega"), {}), 0, *index)
        equations.append(_total(page, omega, term, w, value))
        symbols.append(f"{write.symbol('λ', 0, *index)}{write.dot}{omega}")
    left, added = " + ".join(symbols), settings.penalty(weights)
    numbers = page.sum([page.product([rate, value]) for rate, _, value in used])
    equations.append(page.equation(left, numbers, value=added))
    numbers = page.sum([write.number(step.loss), write.number(added)])
    equations.append(page.equation(f"L + {left}", numbers, value=step.loss + added))
    yield Equations(equations)


def _total(
    page: Writer, left: str, term: Formula, w: NDArray[np.float64], value: float
) -> Equation:
    """Return the equation of a sum over all weights; it shows the terms of the largest ones."""
    shown = np.sort(np.argsort(-np.abs(w), kind="stable")[: page.limit])
    numbers = page.sum_of_some([page.put(term, {"w": each}) for each in w[shown].tolist()], len(w))
    return page.equation(
        left, [f"{page.write.total}{page.put(term, {'w': 'w'})}"], numbers, value=value
    )
