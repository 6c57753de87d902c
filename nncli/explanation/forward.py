"""The part of the page about the forward pass and the loss."""

from collections.abc import Iterator

import numpy as np

from nncli.explanation.notation import takes_numbers
from nncli.explanation.page import Element, Equation, Equations, Paragraph, Table
from nncli.explanation.writer import Writer
from nncli.model.activations import ACTIVATIONS

_TABLE_INPUTS = 4  # more would not fit a line beside the sum and the activation


def forward(page: Writer) -> Iterator[Element]:
    """Yield every row's weighted sums and activations, and with several rows a table a unit."""
    for row in range(len(page.step.rows)):
        yield from _row(page, row)
    if len(page.step.rows) > 1:
        yield Paragraph("Each unit, row by row:")
        for number, units in enumerate(page.shown[1:], 1):
            for unit in units:
                yield _table_of_unit(page, number, unit)


def loss(page: Writer) -> Iterator[Element]:
    """Yield the loss, its formula and its numbers."""
    write, step, term = page.write, page.step, page.loss.term
    parameters, outputs = step.objective.parameters, step.T.shape[1]
    if term.where:
        yield Paragraph(write.inline(page.put(term.where, parameters)))
    general = page.put(term, {"a": "a", "t": "t", "z": "z", **parameters})
    numbers = page.sum(
        [
            page.put(term, {**of_output(page, row, unit), **parameters})
            for row in range(len(step.rows))
            for unit in page.shown[-1]
        ]
    )
    if len(page.shown[-1]) < outputs:
        numbers.append(f"+ {write.words(f'{outputs - len(page.shown[-1])} more')}")
    if step.T.size > 1:
        general = write.total + general
    if page.divisor > 1:
        factor = f"1/{page.divisor}{write.dot}"
        general = factor + general
        numbers[0] = f"{factor}({numbers[0]}"
        numbers[-1] += ")"
    yield Equations([page.equation("L", [general], numbers, value=step.loss)])


def of_output(page: Writer, row: int, unit: int) -> dict[str, float]:
    """Return the numbers z, a and t of an output unit."""
    last = page.step.layers[-1]
    arrays = {"z": last.Z, "a": last.A, "t": page.step.T}
    return {letter: float(array[row, unit]) for letter, array in arrays.items()}


def _row(page: Writer, row: int) -> Iterator[Element]:
    write, step = page.write, page.step
    inputs = page.listed("x", 0, step.X[row], page.shown[0])
    targets = page.listed("t", 0, step.T[row], page.shown[-1])
    yield Paragraph(f"Row {step.rows[row]}: {inputs}; {targets}.")
    for number, each in enumerate(step.layers, 1):
        entry, values = ACTIVATIONS[each.layer.activation], each.layer.activation_parameters
        formula = write.inline(f"a = {page.put(entry.formula, {'z': 'z', **values})}")
        learned = ""
        if each.layer.slopes:
            slopes = page.listed("p", number, each.before.slope, page.shown[number])
            learned = f", with the learned {slopes}"
        yield Paragraph(f"Layer {number}, {write.name(each.layer.activation)}: {formula}{learned}")
        equations = []
        for unit in page.shown[number]:
            equations += [_weighted_sum(page, number, row, unit)]
            equations += [_activation(page, number, row, unit)]
        yield Equations(equations)


def _weighted_sum(page: Writer, number: int, row: int, unit: int) -> Equation:
    layer, inputs = page.step.layers[number - 1], page.shown[number - 1]
    z, bias = float(layer.Z[row, unit]), float(layer.before.b[unit])
    symbols, numbers = page.products(
        [(page.weight(number, i, unit), page.input(number, i)) for i in inputs],
        (layer.before.W[inputs, unit], layer.inputs[row, inputs]),
        terms=layer.layer.inputs,
        total=z - bias,
        more=[(page.symbol("b", number, unit), bias)],
    )
    return page.equation(page.symbol("z", number, unit), symbols, numbers, value=z)


def _activation(page: Writer, number: int, row: int, unit: int) -> Equation:
    layer = page.step.layers[number - 1]
    formula = ACTIVATIONS[layer.layer.activation].formula
    values = {"z": float(layer.Z[row, unit]), **layer.layer.activation_parameters}
    sides = [[page.put(formula, values)]] if takes_numbers(formula, {"z"}) else []
    return page.equation(page.symbol("a", number, unit), *sides, value=layer.A[row, unit])


def _table_of_unit(page: Writer, number: int, unit: int) -> Table:
    """Return a unit's inputs, weighted sum and activation for every row: its truth table."""
    write, layer = page.write, page.step.layers[number - 1]
    inputs = page.shown[number - 1][:_TABLE_INPUTS]
    numbers = np.column_stack([layer.inputs[:, inputs], layer.Z[:, unit], layer.A[:, unit]])
    header = [
        write.words("row"),
        *(page.input(number, i) for i in inputs),
        *(page.symbol(letter, number, unit) for letter in "za"),
    ]
    rows = zip(page.step.rows, numbers.tolist(), strict=True)
    return Table(header, [[str(row), *map(write.number, values)] for row, values in rows])
