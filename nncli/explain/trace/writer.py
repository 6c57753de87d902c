"""The writer of a step's symbols, sums and products, used by all parts of the page."""

from collections.abc import Sequence

import numpy as np

from nncli.explain.document.mathematics import Mathematics
from nncli.explain.document.notation import Notation
from nncli.explain.trace.step import Step
from nncli.nn.entries import Array
from nncli.nn.losses import LOSSES


class Writer(Mathematics):
    """Write the quantities of a step in a notation. Layers count from 1, units from 0.

    Attributes
    ----------
    loss : Loss
        The entry in the table of losses.
    limit : int
        The maximum number of terms of a sum to show.
    divisor : int
        The divisor of the sum of the loss terms.
    shown : list of list of int
        The units to show in each layer; the network's inputs come first.
    is_brief : bool
        Whether there are more rows, inputs or units than `limit`. Then one calculation of each kind
        is written out, and tables have the numbers of the others.
    rows : list of int
        The rows whose calculations are written out, as indices into the batch.
    worked : list of list of int
        The units among `shown` whose calculations are written out.
    """

    def __init__(self, step: Step, notation: Notation, limit: int) -> None:
        super().__init__(notation)
        self.step = step
        self.limit = limit
        self.loss = LOSSES[step.objective.name]
        self.divisor = step.T.size if self.loss.mean_over_outputs else len(step.T)
        values = [step.X, *(each.A if step.is_forward else each.dZ for each in step.layers)]
        order = [*map(_by_size, values)]
        if step.T.shape[1] > 1:  # the true classes first
            order[-1] = [*dict.fromkeys([*step.true_classes, *order[-1]])]
        self._order = order
        self.shown = [sorted(each[:limit]) for each in order]
        self.is_brief = max(len(step.rows), *map(len, order)) > limit
        self.rows = [0] if self.is_brief else [*range(len(step.rows))]
        self.worked = [*self.shown]
        if self.is_brief:
            self.worked = [*(each[:1] for each in self.shown[:-1]), order[-1][:1]]

    def write_out(self, layer: int, unit: int) -> None:
        """Show a unit of a layer, and write out its calculations."""
        others = [each for each in self._order[layer] if each != unit]
        self.shown[layer] = sorted([unit, *others[: self.limit - 1]])
        self.worked[layer] = [unit] if self.is_brief else self.shown[layer]

    def symbol(self, letter: str, layer: int, unit: int) -> str:
        """Write a quantity of a unit; inputs and targets are layer 0."""
        return self.write.symbol(letter, layer, unit + 1)

    def weight(self, layer: int, i: int, unit: int) -> str:
        """Write the weight from input `i` of a layer to a unit."""
        return self.write.symbol("w", layer, i + 1, unit + 1)

    def input(self, layer: int, i: int) -> str:
        """Write an input of a layer: an x, or an activation of the previous layer."""
        return self.symbol("a", layer - 1, i) if layer > 1 else self.symbol("x", 0, i)

    def by(self, letter: str, layer: int, unit: int) -> str:
        """Write the derivative of the loss with respect to a quantity of a unit."""
        return self.write.derivative("L", self.symbol(letter, layer, unit))

    def listed(self, letter: str, layer: int, values: Array, shown: Sequence[int]) -> str:
        """Write ``x[1] = 0.12, x[2] = 0.3`` for a sentence."""
        pairs = [f"{self.symbol(letter, layer, i)} = {self.write.number(values[i])}" for i in shown]
        rest = [f"{len(values) - len(shown)} more"] if len(shown) < len(values) else []
        return ", ".join([*map(self.write.inline, pairs), *rest])

    def products(
        self,
        pairs: Sequence[tuple[str, str]],
        values: tuple[Array, Array],
        shown: Sequence[int],
        more: Sequence[tuple[str, float]] = (),
    ) -> tuple[list[str], list[str]]:
        """Write a sum of products, as symbols and as numbers.

        Parameters
        ----------
        pairs : symbols of the factors of the terms to show
        values : two arrays with the numbers of the factors of all terms
        shown : indices of the terms to show
        more : symbols and numbers to add to the sum
        """
        left, right = (each.astype(np.float64) for each in values)
        symbols = [self.write.dot.join(pair) for pair in pairs]
        numbers = [self.product([left[i], right[i]]) for i in shown]
        if others := len(left) - len(shown):
            symbols.append(self.write.words(f"{others} more"))
            rest = float(np.delete(left, shown) @ np.delete(right, shown))
            numbers.append(self.write.number(rest))
        symbols += [symbol for symbol, _ in more]
        numbers += [self.write.number(number) for _, number in more]
        return self.sum(symbols), self.sum(numbers)

    def sum_of_some(self, terms: Sequence[str], count: int) -> list[str]:
        """Join the terms to show by their signs, and say how many more of `count` there are."""
        pieces = self.sum(terms)
        if others := count - len(terms):
            pieces.append(f"+ {self.write.words(f'{others} more')}")
        return pieces

    def sum_over_rows(self, factors: Sequence[Array]) -> list[str]:
        """Write a sum over the rows of products of numbers (B,): `limit` terms, and the rest."""
        terms = [self.product(each) for each in zip(*factors, strict=True)]
        if len(terms) > self.limit:
            rest = np.prod([each[self.limit :].astype(np.float64) for each in factors], axis=0)
            terms[self.limit :] = [self.write.number(float(rest.sum()))]
        return self.sum(terms)


def _by_size(values: Array) -> list[int]:
    """Return the columns by their absolute sums, the largest first, ties in order."""
    order: list[int] = np.argsort(-np.abs(values).sum(axis=0), kind="stable").tolist()
    return order
