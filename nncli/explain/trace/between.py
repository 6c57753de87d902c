"""The sections of the page on layers between weighted sums and their activation."""

from collections.abc import Iterator, Sequence

import numpy as np

from nncli.explain.document.elements import Equation, Equations, Paragraph, Worked
from nncli.explain.trace.step import Passed
from nncli.explain.trace.writer import Writer
from nncli.nn.layers.worked import Line


def forward_between(page: Writer, number: int, row: int) -> Iterator[Worked]:
    """Yield the steps from the weighted sums of a row to the input of the activation."""
    for each in _between(page, number):
        lines = each.worked.forward
        yield Paragraph(f"{each.name}: {each.formulas(lines)}.")
        yield Equations(list(each.equations(lines, row)))


def backward_between(page: Writer, number: int, row: int) -> Iterator[Equation]:
    """Yield the derivatives of the loss, from the activation back to the weighted sums of a row."""
    for each in reversed(_between(page, number)):
        yield from each.equations(each.worked.backward, row)


def about_backward(page: Writer, number: int) -> Iterator[Worked]:
    """Yield the formulas of the derivatives."""
    for each in reversed(_between(page, number)):
        yield Paragraph(f"{each.name}: {each.formulas(each.worked.backward)}.")


def gradients_between(page: Writer, number: int, unit: int) -> Iterator[Equation]:
    """Yield the gradients of the learned parameters of these layers for a unit."""
    for each in _between(page, number):
        for name in each.worked.terms:
            yield each.gradient(name, unit)


def kept_between(page: Writer, number: int, unit: int) -> Iterator[Equation]:
    """Yield the state of these layers for a unit after the step."""
    for each in _between(page, number):
        for name in each.worked.kept:
            yield each.kept(name, unit)


def _between(page: Writer, number: int) -> list["_Between"]:
    return [_Between(page, number, passed) for passed in page.step.layers[number - 1].between]


class _Between:
    """Write the quantities of such a layer; `number` is the number of its block."""

    def __init__(self, page: Writer, number: int, passed: Passed) -> None:
        self._page, self._number, self._passed = page, number, passed
        self._block = page.step.layers[number - 1]
        self.worked = passed.layer.worked
        self.name = page.write.name(passed.layer.kind)
        self._rows = len(page.step.rows)
        self._parameters = {name: float(v) for name, v in passed.layer.parameters.items()}
        lines = [*self.worked.forward, *self.worked.backward]
        self._means = {line.letter: line.mean for line in lines if line.mean}

    def formulas(self, lines: Sequence[Line]) -> str:
        """Write the formulas for a sentence."""
        return ", ".join(self._formula(line) for line in lines)

    def equations(self, lines: Sequence[Line], row: int) -> Iterator[Equation]:
        """Yield every quantity of a row; quantities shared by all rows come with the first."""
        for line in lines:
            if line.mean == "units":
                yield self._mean(line, row, 0)
            elif line.mean == "rows":
                for unit in self._page.worked[self._number] if row == 0 else ():
                    yield self._mean(line, row, unit)
            else:
                for unit in self._page.worked[self._number]:
                    yield self._equation(line, row, unit)

    def gradient(self, name: str, unit: int) -> Equation:
        """Return the gradient of a learned array for a unit."""
        page, term = self._page, self.worked.terms[name]
        total = page.write.total if self._rows > 1 else ""
        left = page.by(self.worked.symbols[name], self._number, unit)
        shown = range(self._rows)[: page.limit]
        terms = [page.put(term, self._numbers(row, unit)) for row in shown]
        symbols = total + page.put(term, self._symbols(unit))
        value = float(self._block.gradient[name][unit])
        numbers = page.sum_of_some(terms, self._rows)
        return page.equation(left, [symbols], numbers, value=value)

    def kept(self, name: str, unit: int) -> Equation:
        """Return the update of a state array for a unit."""
        page, letter = self._page, self.worked.symbols[name]
        before, after = self._passed.kept[name]
        numbers = self._numbers(0, unit) | {letter: float(before[unit])}
        left = page.symbol(letter, self._number, unit)
        sides = [page.put(self.worked.kept[name], numbers)]
        return page.equation(left, sides, value=float(after[unit]), sign=page.write.becomes)

    def _formula(self, line: Line) -> str:
        write, page = self._page.write, self._page
        letters = {letter: self._letter(letter) for letter in self._passed.values}
        formula = page.put(line.formula, {**letters, **self._parameters})
        if not line.mean:
            return write.inline(f"{self._letter(line.letter)} = {formula}")
        mean = f"{self._letter(line.letter)} = {write.words('mean of ')}{formula}"
        return f"{write.inline(mean)} over the {line.mean}"

    def _letter(self, letter: str) -> str:
        write = self._page.write
        if letter.startswith("d"):
            return write.derivative("L", write.symbol(letter[1:]))
        return write.symbol(letter)

    def _equation(self, line: Line, row: int, unit: int) -> Equation:
        page, numbers = self._page, self._numbers(row, unit)
        sides = [[page.put(line.formula, each)] for each in (self._symbols(unit), numbers)]
        value = self._value(line.letter, row, unit)
        return page.equation(self._symbol(line.letter, unit), *sides, value=value)

    def _mean(self, line: Line, row: int, unit: int) -> Equation:
        """Return a mean: the terms to show, and the sum of the others."""
        page = self._page
        if line.mean == "units":
            count = self._passed.layer.outputs
            shown = [(row, each) for each in page.shown[self._number]]
            terms = [[page.put(line.formula, self._symbols(each)) for _, each in shown]]
        else:  # symbols do not contain the row
            count = self._rows
            shown, terms = [(each, unit) for each in range(count)[: page.limit]], []
        terms.append([page.put(line.formula, self._numbers(*place)) for place in shown])
        if more := count - len(shown):
            values = line.value(self._passed.values)
            along = values[row] if line.mean == "units" else values[:, unit]
            others = np.delete(along, [place[line.mean == "units"] for place in shown])
            terms[-1].append(page.write.number(float(others.sum(dtype=np.float64))))
            terms[0] += [page.write.words(f"{more} more")] * (len(terms) - 1)
        sides = [_divided(page.sum(each), count) for each in terms]
        value = self._value(line.letter, row, unit)
        return page.equation(self._symbol(line.letter, unit), *sides, value=value)

    def _value(self, letter: str, row: int, unit: int) -> float:
        values = self._passed.values[letter]
        return float(values[row % values.shape[0], unit % values.shape[1]])

    def _numbers(self, row: int, unit: int) -> dict[str, float]:
        letters = [letter for letter in self._passed.values if letter not in self._parameters]
        numbers = {letter: self._value(letter, row, unit) for letter in letters}
        return {**numbers, **self._parameters, "rows": self._rows}

    def _symbols(self, unit: int) -> dict[str, str | float]:
        letters = [letter for letter in self._passed.values if letter not in self._parameters]
        return {each: self._symbol(each, unit) for each in letters} | self._parameters

    def _symbol(self, letter: str, unit: int) -> str:
        """Write a quantity of a unit, without the unit if all units of a row share it."""
        if letter.startswith("d"):
            return self._page.write.derivative("L", self._symbol(letter[1:], unit))
        if self._means.get(letter) == "units":
            return self._page.write.symbol(letter, self._number)
        return self._page.symbol(letter, self._number, unit)


def _divided(terms: Sequence[str], count: int) -> list[str]:
    """Return a sum of terms divided by their count, in pieces."""
    if count == 1:
        return list(terms)
    pieces = list(terms)
    pieces[0], pieces[-1] = f"({pieces[0]}", f"{pieces[-1]}) / {count}"
    return pieces
