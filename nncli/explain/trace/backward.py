"""The section of the page on the backward pass: all derivatives by the chain rule."""

from collections.abc import Iterator, Mapping
from functools import partial

from nncli.explain.document.elements import Equation, Equations, Heading, Paragraph, Worked
from nncli.explain.trace.between import about_backward, backward_between, gradients_between
from nncli.explain.trace.forward import of_output, of_unit
from nncli.explain.trace.step import LayerStep
from nncli.explain.trace.tables import Quantity, by_kind, by_row, by_unit, derivatives, parameters
from nncli.explain.trace.writer import Writer
from nncli.nn.entries import Array, Value
from nncli.nn.layers.dense import Dense


def backward(page: Writer) -> Iterator[Worked]:
    """Yield the derivatives of the loss, layer by layer, from the outputs to the inputs."""
    for number in range(len(page.step.layers), 0, -1):
        yield from _layer(page, number)
    yield Heading("Inputs", 3)
    for row in page.rows:
        yield from name_of_row(page, row)
        yield Equations([_from_next_layer(page, 0, row, unit) for unit in page.worked[0]])
    if len(page.step.rows) > 1:
        yield from _row_by_row(page)
    elif page.is_brief:
        yield from _unit_by_unit(page)
    if page.is_brief:
        yield from _gradients(page)


def _row_by_row(page: Writer) -> Iterator[Worked]:
    """Yield a table per derivative with a line per row."""
    layers = [
        (number, quantity)
        for number in range(len(page.step.layers), 0, -1)
        for quantity in derivatives(page.step.layers[number - 1])
    ]
    yield Heading("Row by row", 3)
    yield Paragraph("A table of each derivative:")
    for each in by_kind(layers):
        yield from by_row(page, each)
    yield from by_row(page, [(0, Quantity("x", page.step.dX, "L"))])


def _unit_by_unit(page: Writer) -> Iterator[Worked]:
    """Yield a table of each layer with a line per unit."""
    yield Heading("Unit by unit", 3)
    yield Paragraph("A table of each layer:")
    for number in range(len(page.step.layers), 0, -1):
        yield from by_unit(page, number, [*derivatives(page.step.layers[number - 1])])
    inputs = [Quantity("x", page.step.X), Quantity("x", page.step.dX, "L")]
    yield from by_unit(page, 0, inputs)


def _gradients(page: Writer) -> Iterator[Worked]:
    """Yield a table of each layer with the derivatives by its parameters."""
    yield Heading("Parameters", 3)
    yield Paragraph(
        "The derivatives by the weights from each input to each unit, and by the biases:"
    )
    for number in range(len(page.step.layers), 0, -1):
        yield from parameters(page, number, "gradient", partial(page.write.derivative, "L"))


def _layer(page: Writer, number: int) -> Iterator[Worked]:
    layer = page.step.layers[number - 1]
    yield Heading(f"Layer {number}", 3)
    if number == len(page.step.layers):
        yield from about_the_loss(page)
    if layer.dA is not None and not _coupled(layer):
        yield about_the_activation(page, layer)
    yield from about_backward(page, number)
    for row in page.rows:
        yield from name_of_row(page, row)
        yield Equations([*_down_to_sums(page, number, row)])
    yield Equations(
        [each for unit in page.worked[number] for each in _by_parameters(page, number, unit)]
    )


def _coupled(layer: LayerStep) -> bool:
    return layer.block.activation.entry.output_only


def name_of_row(page: Writer, row: int) -> Iterator[Worked]:
    """Yield which row follows, if there are several."""
    if len(page.step.rows) > 1:
        yield Paragraph(f"Row {page.step.rows[row]}:")


def about_the_loss(page: Writer) -> Iterator[Worked]:
    """Yield the formula of the derivative of the loss."""
    write, name, derivative = page.write, page.step.objective.name, page.loss.derivative
    letter = "z" if page.loss.on_logits else "a"
    letters = {"a": "a", "t": "t", "z": "z", **page.step.objective.parameters}
    whole = page.put(derivative.whole, letters)
    if page.divisor > 1:
        whole = f"({whole}) / {page.divisor}"
    equation = f"{write.derivative('L', letter)} = {whole}"
    about = f"{write.name(name)}: {write.inline(equation)}"
    joined = ", including the chain rule through the output activation" * page.loss.on_logits
    yield Paragraph(f"{about}{joined}")


def about_the_activation(page: Writer, layer: LayerStep) -> Worked:
    """Return the formula of the derivative of a layer's activation."""
    write, activation = page.write, layer.block.activation
    learned = {letter: letter for letter in activation.worked.symbols.values()}
    letters = {"a": "a", "z": layer.taken, **activation.parameters, **learned}
    whole = page.put(activation.entry.derivative.whole, letters)
    equation = f"{write.derivative('a', layer.taken)} = {whole}"
    return Paragraph(f"{write.name(activation.kind)}: {write.inline(equation)}")


def _down_to_sums(page: Writer, number: int, row: int) -> Iterator[Equation]:
    """Yield ∂L/∂a, ∂a/∂z and ∂L/∂z for the units of a layer to show."""
    layer, units = page.step.layers[number - 1], page.worked[number]
    is_output = number == len(page.step.layers)
    if layer.dA is None:
        for unit in units:
            yield _of_loss(page, "z", row, unit, layer.dZ)
        return
    by_activation = [
        _of_loss(page, "a", row, unit, layer.dA)
        if is_output
        else _from_next_layer(page, number, row, unit)
        for unit in units
    ]
    if _coupled(layer):
        yield from by_activation
        yield from _through_coupled_units(page, row)
        return
    for unit, equation in zip(units, by_activation, strict=True):
        yield equation
        yield from _through_activation(page, number, row, unit)
    yield from backward_between(page, number, row)


def _of_loss(page: Writer, letter: str, row: int, unit: int, values: Array) -> Equation:
    """Return ∂L/∂a or ∂L/∂z of an output unit; `values` are dA or dZ."""
    last, parameters = len(page.step.layers), page.step.objective.parameters
    symbols = {each: page.symbol(each, last, unit) for each in "az"}
    symbols["t"] = page.symbol("t", 0, unit)
    numbers = of_output(page, row, unit)
    sides = page.sides(page.loss.derivative, symbols, numbers, parameters)
    if page.divisor > 1:
        sides = [[f"({side}) / {page.divisor}"] for (side,) in sides]
    return page.equation(page.by(letter, last, unit), *sides, value=values[row, unit])


def _from_next_layer(page: Writer, number: int, row: int, unit: int) -> Equation:
    """Return ∂L/∂a of a hidden unit, or ∂L/∂x of an input if `number` is 0."""
    following, units = page.step.layers[number], page.shown[number + 1]
    dA = page.step.layers[number - 1].dA if number else page.step.dX
    assert dA is not None  # None only in the output layer
    symbols, numbers = page.products(
        [(page.weight(number + 1, unit, k), page.by("z", number + 1, k)) for k in units],
        (following.before[Dense.weights][unit], following.dZ[row]),
        units,
    )
    left = page.write.derivative("L", page.input(number + 1, unit))
    return page.equation(left, symbols, numbers, value=dA[row, unit])


def _through_activation(page: Writer, number: int, row: int, unit: int) -> Iterator[Equation]:
    """Yield ∂a/∂z and ∂L/∂z of a unit."""
    write, layer = page.write, page.step.layers[number - 1]
    assert layer.dA is not None
    assert layer.derivative is not None
    symbols, numbers = of_unit(page, number, row, unit)
    activation = layer.block.activation
    formula = activation.entry.derivative
    sides = page.sides(formula, symbols, numbers, activation.parameters)
    derivative = write.derivative(symbols["a"], symbols["z"])
    yield page.equation(derivative, *sides, value=layer.derivative[row, unit])
    yield page.equation(
        page.by(layer.taken, number, unit),
        [write.dot.join([page.by("a", number, unit), derivative])],
        [page.product([layer.dA[row, unit], layer.derivative[row, unit]])],
        value=layer.dS[row, unit],
    )


def _through_coupled_units(page: Writer, row: int) -> Iterator[Equation]:
    """Yield all ∂aᵢ/∂zⱼ and ∂L/∂zⱼ for the units of a coupled output to show."""
    write, number, units = page.write, len(page.step.layers), page.shown[-1]
    layer = page.step.layers[-1]
    assert layer.dA is not None
    assert layer.derivative is not None
    formula = layer.block.activation.entry.derivative
    worked = page.worked[number]
    a = {unit: page.symbol("a", number, unit) for unit in units}
    z = {unit: page.symbol("z", number, unit) for unit in units}
    for i in worked:
        for j in worked:
            same: Mapping[str, Value] = {"same": int(i == j)}
            letters = {"a": a[i], "other": a[j], "z": z[j], **same}
            arrays = {"a": layer.A[row, i], "other": layer.A[row, j], "z": layer.S[row, j]}
            numbers = {letter: float(value) for letter, value in arrays.items()}
            yield page.equation(
                write.derivative(a[i], z[j]),
                [page.put(formula.whole, letters)],
                [page.put(formula.whole, {**numbers, **same})],
                value=layer.derivative[row, i, j],
            )
    for j in worked:
        symbols, products = page.products(
            [(page.by("a", number, i), write.derivative(a[i], z[j])) for i in units],
            (layer.dA[row], layer.derivative[row, :, j]),
            units,
        )
        yield page.equation(page.by("z", number, j), symbols, products, value=layer.dZ[row, j])


def _by_parameters(page: Writer, number: int, unit: int) -> Iterator[Equation]:
    """Yield the gradients of the bias of a unit and of its weights to show."""
    write, layer = page.write, page.step.layers[number - 1]
    total = write.total if len(page.step.rows) > 1 else ""
    symbols, factors = _factors(page, number, unit)
    for i in page.worked[number - 1]:
        if layer.connected is not None and not layer.connected[i, unit]:
            continue
        yield page.equation(
            write.derivative("L", page.weight(number, i, unit)),
            [total + write.dot.join([*symbols, page.input(number, i)])],
            page.sum_over_rows([*factors, layer.inputs[:, i]]),
            value=layer.gradient[Dense.weights][i, unit],
        )
    yield page.equation(
        page.by("b", number, unit),
        [total + page.by("z", number, unit)],
        page.sum_over_rows([layer.dZ[:, unit]]),
        value=layer.gradient[Dense.biases][unit],
    )
    yield from gradients_between(page, number, unit)
    for name in layer.block.activation.worked.terms:
        yield _by_learned(page, number, unit, name)


def _by_learned(page: Writer, number: int, unit: int, name: str) -> Equation:
    """Return the gradient of a learned parameter of a unit's activation."""
    layer = page.step.layers[number - 1]
    worked = layer.block.activation.worked
    assert layer.dA is not None
    total = page.write.total if len(page.step.rows) > 1 else ""
    symbols = {"da": page.by("a", number, unit), "z": page.symbol(layer.taken, number, unit)}
    values = (each[: page.limit, unit].tolist() for each in (layer.dA, layer.S))
    terms = [
        page.put(worked.terms[name], {"da": da, "z": z}) for da, z in zip(*values, strict=True)
    ]
    return page.equation(
        page.by(worked.symbols[name], number, unit),
        [total + page.put(worked.terms[name], symbols)],
        page.sum_of_some(terms, len(layer.dA)),
        value=layer.gradient[name][unit],
    )


def _factors(page: Writer, number: int, unit: int) -> tuple[list[str], list[Array]]:
    """Return the factors of ∂L/∂z of a unit as symbols and as numbers (B,).

    For one row these are the factors of the chain rule, for several rows only ∂L/∂z itself:
    otherwise the sums would be too long.
    """
    layer = page.step.layers[number - 1]
    joined = bool(layer.between) or _coupled(layer) or len(layer.dZ) > 1
    if joined or layer.dA is None or layer.derivative is None:
        return [page.by("z", number, unit)], [layer.dZ[:, unit]]
    a, z = page.symbol("a", number, unit), page.symbol("z", number, unit)
    symbols = [page.by("a", number, unit), page.write.derivative(a, z)]
    return symbols, [layer.dA[:, unit], layer.derivative[:, unit]]
