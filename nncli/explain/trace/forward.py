"""The sections of the page on the forward pass and the loss."""

from collections.abc import Iterator

from nncli.base.words import on_one_line
from nncli.explain.document.elements import Equation, Equations, Paragraph, Worked
from nncli.explain.trace.between import forward_between
from nncli.explain.trace.softmax import softmax
from nncli.explain.trace.tables import (
    by_kind,
    by_row,
    by_unit,
    column,
    losses_by_row,
    sums_and_activations,
)
from nncli.explain.trace.writer import Writer
from nncli.nn.layers.dense import Dense


def forward(page: Writer) -> Iterator[Worked]:
    """Yield the weighted sums and activations, for several rows or many units also as tables."""
    for row in page.rows:
        yield from _row(page, row)
    if len(page.step.rows) > 1:
        yield from _row_by_row(page)
    elif page.is_brief:
        yield from _unit_by_unit(page)


def loss(page: Writer) -> Iterator[Worked]:
    """Yield the loss: its formula, and its numbers."""
    write, step, term = page.write, page.step, page.loss.term
    parameters = step.objective.parameters
    general = page.put(term.whole, {"a": "a", "t": "t", "z": "z", **parameters})
    rows = range(len(step.rows))[: page.limit]
    values = [of_output(page, row, k) for row in rows for k in page.shown[-1]]
    terms = [page.put(term.at({**each, **parameters}), {**each, **parameters}) for each in values]
    numbers = page.sum_of_some(terms, step.T.size)
    if step.T.size > 1:
        general = write.total + general
    if page.divisor > 1:
        factor = f"1/{page.divisor}{write.dot}"
        general = factor + general
        numbers[0] = f"{factor}({numbers[0]}"
        numbers[-1] += ")"
    yield Equations([page.equation("L", [general], numbers, value=step.loss)])
    if len(step.rows) > 1:
        yield Paragraph(f"The loss of each row, of which {write.inline('L')} is the mean:")
        yield from losses_by_row(page)
    logarithms = {"0": "ln <a>", "1": "ln(1 - <a>)"}  # of 0 if a is shown as the number
    ends = [number for number, each in logarithms.items() if each in term.whole.text]
    if any(write.number(each["a"]) in ends for each in values):
        yield Paragraph(
            f"Where {write.inline('a')} is rounded to {' or '.join(ends)}, the formula shows a "
            f"logarithm of 0; the loss is computed from {write.inline('z')}, which avoids it."
        )


def of_output(page: Writer, row: int, unit: int) -> dict[str, float]:
    """Return the numbers z, a and t of an output unit."""
    last = page.step.layers[-1]
    arrays = {"z": last.S, "a": last.A, "t": page.step.T}
    return {letter: float(array[row, unit]) for letter, array in arrays.items()}


def _row(page: Writer, row: int) -> Iterator[Worked]:
    step = page.step
    inputs = page.listed("x", 0, step.X[row], page.shown[0])
    targets = page.listed("t", 0, step.T[row], page.shown[-1])
    yield Paragraph(f"Row {step.rows[row]}: {inputs}; {targets}{_about_the_class(page, row)}.")
    for number, layer in enumerate(step.layers, 1):
        anchor = f"layer-{number}" if row == page.rows[0] else ""
        yield Paragraph(about_the_layer(page, number), anchor)
        units, is_softmax = page.worked[number], layer.block.activation.entry.of_softmax
        equations = []
        for unit in units:
            equations += [_weighted_sum(page, number, row, unit)]
            if not layer.between and not is_softmax:
                equations += [_activation(page, number, row, unit)]
        yield Equations(equations)
        yield from forward_between(page, number, row)
        if is_softmax:
            yield from softmax(page, row)
        elif layer.between:
            yield Equations([_activation(page, number, row, unit) for unit in units])


def _about_the_class(page: Writer, row: int) -> str:
    """Name the true class of a row, if there are classes."""
    step = page.step
    if not step.true_classes:
        return ""
    number = step.true_classes[row]
    about = f"; the true class is {page.write.name(on_one_line(step.classes[number]))}"
    return f"{about}, output {number + 1}" if step.T.shape[1] > 1 else about


def about_the_layer(page: Writer, number: int) -> str:
    """Return the formula of a layer's activation, with its learned parameters."""
    layer = page.step.layers[number - 1]
    activation = layer.block.activation
    learned = {letter: letter for letter in activation.worked.symbols.values()}
    letters = {"z": layer.taken, **activation.parameters, **learned}
    whole = page.put(activation.entry.formula.whole, letters)
    about = (
        f"Layer {number}, {page.write.name(activation.kind)}: {page.write.inline(f'a = {whole}')}"
    )
    for name, letter in activation.worked.symbols.items():
        values = page.listed(letter, number, layer.before[name], page.shown[number])
        about = f"{about}, with the learned {values}"
    return about


def _weighted_sum(page: Writer, number: int, row: int, unit: int) -> Equation:
    layer, inputs = page.step.layers[number - 1], page.shown[number - 1]
    symbols, numbers = page.products(
        [(page.weight(number, i, unit), page.input(number, i)) for i in inputs],
        (layer.before[Dense.weights][:, unit], layer.inputs[row]),
        inputs,
        more=[(page.symbol("b", number, unit), float(layer.before[Dense.biases][unit]))],
    )
    return page.equation(page.symbol("z", number, unit), symbols, numbers, value=layer.Z[row, unit])


def _activation(page: Writer, number: int, row: int, unit: int) -> Equation:
    layer = page.step.layers[number - 1]
    symbols, numbers = of_unit(page, number, row, unit)
    sides = page.sides(
        layer.block.activation.entry.formula,
        symbols,
        numbers,
        layer.block.activation.parameters,
    )
    return page.equation(symbols["a"], *sides[1:], value=layer.A[row, unit])


def of_unit(
    page: Writer, number: int, row: int, unit: int
) -> tuple[dict[str, str], dict[str, float]]:
    """Return the symbols and numbers of z, a and the learned parameters of a unit's activation.

    z is the input of the activation: the weighted sum, or its normalized value.
    """
    layer = page.step.layers[number - 1]
    numbers = {"z": float(layer.S[row, unit]), "a": float(layer.A[row, unit])}
    for name, letter in layer.block.activation.worked.symbols.items():
        numbers[letter] = float(layer.before[name][unit])
    symbols = {letter: page.symbol(letter, number, unit) for letter in numbers}
    return symbols | {"z": page.symbol(layer.taken, number, unit)}, numbers


def _row_by_row(page: Writer) -> Iterator[Worked]:
    """Yield a table per quantity with a line per row: that of the activations is a truth table."""
    step = page.step
    layers = [
        (number, quantity)
        for number, layer in enumerate(step.layers, 1)
        for quantity in sums_and_activations(layer)
    ]
    targets = [
        column(page, page.symbol("t", 0, unit), step.T[:, unit].tolist()) for unit in page.shown[-1]
    ]
    yield Paragraph("Row by row, with a table of each quantity:")
    *sums, activations = by_kind(layers)
    for each in sums:
        yield from by_row(page, each)
    yield from by_row(page, activations, *targets)


def _unit_by_unit(page: Writer) -> Iterator[Worked]:
    """Yield a table of each layer with a line per unit."""
    yield Paragraph("Unit by unit, with a table of each layer:")
    for number, layer in enumerate(page.step.layers, 1):
        yield from by_unit(page, number, [*sums_and_activations(layer)])
