"""The softmax of the output layer, with the sum of its powers written out."""

from collections.abc import Iterator
from math import isfinite

import numpy as np

from nncli.explain.document.elements import Equation, Equations, Paragraph, Worked
from nncli.explain.trace.writer import Writer
from nncli.nn.entries import Array, Formula

_POWER = Formula("e^<z>", "e^{<z>}")
_SHIFTED = Formula("e^(<z> - <m>)", "e^{<z> - <m>}")
_QUOTIENT = Formula("<power> / <sum>", r"\frac{<power>}{<sum>}")


def softmax(page: Writer, row: int) -> Iterator[Worked]:
    """Yield the sum of the powers of a row, its activations, and why the code shifts the sums.

    The powers are shifted only if they would overflow or all be 0 otherwise.
    """
    Z = page.step.layers[-1].S[row].astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        total = float(np.exp(Z).sum())
    fits = isfinite(total) and total > 0
    powers = _Powers(page, Z, _POWER if fits else _SHIFTED)
    if not fits:
        yield Paragraph(_about_the_shift(page, Z))
    yield Equations([powers.total(), *(powers.activation(row, k) for k in page.worked[-1])])
    if fits and row == page.rows[0]:
        yield Paragraph(_about_the_shift(page, Z))


def _about_the_shift(page: Writer, Z: Array) -> str:
    write, largest = page.write, int(Z.argmax())
    symbol = page.symbol("z", len(page.step.layers), largest)
    largest_sum = write.inline(f"{symbol} = {write.number(Z[largest])}")
    shifted = _Powers(page, Z, _SHIFTED)
    total = write.inline(f"{shifted.symbol} = {write.number(shifted.value)}")
    return (
        f"The code subtracts the largest weighted sum, {largest_sum}, from every "
        f"{write.inline('z')} before it takes the powers: none overflows, and every quotient "
        f"{write.inline('a')} stays the same. The denominator is then {total}."
    )


class _Powers:
    """Write the powers of the weighted sums `Z` (O,) of a row, and their sum."""

    def __init__(self, page: Writer, Z: Array, power: Formula) -> None:
        self._page, self._Z, self._power = page, Z, power
        self._shift = float(Z.max())
        self._values = np.exp(Z - self._shift if power is _SHIFTED else Z)
        self.value = float(self._values.sum())
        self.symbol = page.write.total + self._put("z")

    def total(self) -> Equation:
        """Return the sum: the terms to show, and the sum of the others."""
        page, shown = self._page, self._page.shown[-1]
        symbols = [self._put(self._sum_of(k)) for k in shown]
        numbers = [self._put(float(self._Z[k])) for k in shown]
        if others := len(self._Z) - len(shown):
            symbols.append(page.write.words(f"{others} more"))
            numbers.append(page.write.number(float(np.delete(self._values, shown).sum())))
        sides = [page.sum(symbols), page.sum(numbers)]
        return page.equation(self.symbol, *sides, value=self.value)

    def activation(self, row: int, unit: int) -> Equation:
        """Return the activation of a unit."""
        page, layers = self._page, self._page.step.layers
        symbols = self._quotient(self._sum_of(unit), self.symbol)
        numbers = self._quotient(float(self._Z[unit]), self.value)
        value = float(layers[-1].A[row, unit])
        return page.equation(page.symbol("a", len(layers), unit), symbols, numbers, value=value)

    def _quotient(self, z: str | float, total: str | float) -> list[str]:
        return [self._page.put(_QUOTIENT, {"power": self._put(z), "sum": total})]

    def _sum_of(self, unit: int) -> str:
        return self._page.symbol("z", len(self._page.step.layers), unit)

    def _put(self, z: str | float) -> str:
        return self._page.put(self._power, {"z": z, "m": self._shift})
