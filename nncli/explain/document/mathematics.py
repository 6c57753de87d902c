"""Write formulas, products, sums and equations in a notation."""

from collections.abc import Mapping, Sequence

from nncli.explain.document.elements import Equation
from nncli.explain.document.notation import Notation, as_factor, fill
from nncli.nn.entries import Formula, Piecewise, Value


class Mathematics:
    """Write mathematics in a notation.

    Attributes
    ----------
    write : Notation
    """

    def __init__(self, notation: Notation) -> None:
        self.write = notation

    def put(self, formula: Formula, values: Mapping[str, str | Value]) -> str:
        """Write a formula with its placeholders filled by symbols or numbers."""
        return fill(self.write, formula, values)

    def sides(
        self,
        formula: Formula | Piecewise,
        symbols: Mapping[str, str | Value],
        numbers: Mapping[str, float],
        parameters: Mapping[str, Value],
    ) -> list[list[str]]:
        """Write a formula, or the piece of it that applies, with symbols and with numbers."""
        piece = formula.at({**numbers, **parameters})
        return [[self.put(piece, {**each, **parameters})] for each in (symbols, numbers)]

    def product(self, factors: Sequence[float]) -> str:
        """Write a product of numbers."""
        first, *others = map(self.write.number, factors)
        return self.write.times.join([first, *map(as_factor, others)])

    def sum(self, terms: Sequence[str]) -> list[str]:
        """Join terms by their signs; return the result in pieces."""
        first, *others = terms
        return [first, *(f"- {each[1:]}" if each[0] == "-" else f"+ {each}" for each in others)]

    def equation(
        self, left: str, *rights: Sequence[str], value: float, sign: str = "="
    ) -> Equation:
        """Return an equation that ends with a number; omit a side equal to the previous one."""
        different: list[Sequence[str]] = []
        for each in (*rights, [self.write.number(value)]):
            if not different or list(each) != list(different[-1]):
                different.append(each)
        return Equation(left, different, sign)
