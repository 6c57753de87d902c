"""The section of a page in matrices on the backward pass."""

from collections.abc import Iterator

from nncli.explain.document.elements import Heading, Matrix, MatrixEquation, Paragraph, Worked
from nncli.explain.trace.backward import about_the_activation, about_the_loss, name_of_row
from nncli.explain.trace.matrices.forward import about_between
from nncli.explain.trace.matrices.writer import ELLIPSIS, MatrixWriter, Term, is_linear
from nncli.nn.entries import Formula

_DERIVATIVE = Formula("<g>'(<Z>)", "<g>'(<Z>)")
_ELEMENTWISE = Formula("⊙", r"\odot")
_SUM_OF_ROWS = Formula("sum of the rows of <dZ>", r"\text{sum of the rows of } <dZ>")
_SUMMED = Formula("<from> → <to>", r"<from> \to <to>")
_ENTRY = Formula("∂a[i]/∂z[j]", r"\frac{\partial a_i}{\partial z_j}")
_UNITS = {
    "a": Formula("a[i]", "a_i"),
    "other": Formula("a[j]", "a_j"),
    "z": Formula("z[j]", "z_j"),
    "same": Formula("[i = j]", "[i = j]"),
}


def backward(page: MatrixWriter) -> Iterator[Worked]:
    """Yield the derivatives of the loss, layer by layer, from the outputs to the inputs."""
    yield Paragraph(_about_the_products(page))
    for number in range(len(page.step.layers), 0, -1):
        yield Heading(f"Layer {number}", 3)
        yield from _down_to_sums(page, number)
        yield from _by_parameters(page, number)
    yield Heading("Inputs", 3)
    yield _from_next_layer(page, 0)


def _about_the_products(page: MatrixWriter) -> str:
    inline = page.write.inline
    X, dZ = page.transposed(page.inputs(1)), _by_sums(page, 1)
    about = f"{inline(page.put(_ELEMENTWISE, {}))} multiplies element by element"
    if len(page.step.rows) > 1:
        return f"{about}."
    product = inline(page.write.dot.join([X.symbol, dZ.symbol]))
    return (
        f"{about}. With one row, a product such as {product} is an outer product: the column "
        f"{inline(X.symbol)} times the row {inline(dZ.symbol)}."
    )


def _by_sums(page: MatrixWriter, number: int) -> Term:
    return page.by_units("Z", number, page.step.layers[number - 1].dZ)


def _down_to_sums(page: MatrixWriter, number: int) -> Iterator[Worked]:
    """Yield dA, g'(Z) and dZ of a layer."""
    layer = page.step.layers[number - 1]
    is_output = number == len(page.step.layers)
    if is_output:
        yield from about_the_loss(page)
    if layer.dA is None:
        yield _of_loss(page, _by_sums(page, number))
        return
    dA = page.by_units("A", number, layer.dA)
    yield _of_loss(page, dA) if is_output else _from_next_layer(page, number)
    if layer.block.activation.entry.output_only:
        yield from _through_coupled_units(page, dA)
        return
    yield about_the_activation(page, layer)
    assert layer.derivative is not None  # None only if dA is
    taken = layer.taken.upper()
    S = page.units(taken, number, layer.derivative)
    applied = page.put(_DERIVATIVE, {"g": page.function(layer), "Z": S.symbol})
    dS = page.by_units(taken, number, layer.dS)
    odot = page.put(_ELEMENTWISE, {})
    yield page.computed(dS, dA, odot, S._replace(symbol=applied))
    dZ = _by_sums(page, number)
    for passed in layer.between:
        yield about_between(page, passed.layer.kind, dS.symbol, dZ.symbol)
        yield page.stated(dZ)


def _of_loss(page: MatrixWriter, result: Term) -> MatrixEquation:
    """Return dA or dZ of the output layer."""
    derivative = page.loss.derivative
    if not is_linear(derivative):
        return page.stated(result)
    formula = derivative.whole
    if page.divisor > 1:
        text, latex = (
            f"{each if each.endswith(')') else f'({each})'} / {page.divisor}"
            for each in (formula.text, formula.latex)
        )
        formula = Formula(text, latex)
    A = page.activations(len(page.step.layers))
    return page.linear(result, formula, {"a": A, "t": page.targets()}, {})


def _from_next_layer(page: MatrixWriter, number: int) -> MatrixEquation:
    """Return dA of a hidden layer, or dX if `number` is 0."""
    dX = page.step.layers[number - 1].dA if number else page.step.dX
    assert dX is not None  # None only in the output layer
    result = page.by_units("A" if number else "X", number, dX)
    W = page.transposed(page.weights(number + 1))
    return page.computed(result, _by_sums(page, number + 1), W)


def _through_coupled_units(page: MatrixWriter, dA: Term) -> Iterator[Worked]:
    """Yield dZ of a coupled output: the dA of every row times a matrix of derivatives."""
    write, number, units = page.write, len(page.step.layers), page.shown[-1]
    layer = page.step.layers[-1]
    assert layer.derivative is not None  # None only if dA is
    entries = {letter: page.put(each, {}) for letter, each in _UNITS.items()}
    J = write.symbol("J", number)
    whole = page.put(layer.block.activation.entry.derivative.whole, entries)
    entry = write.inline(f"{page.put(_ENTRY, {})} = {whole}")
    yield Paragraph(
        f"{write.name(layer.block.activation.kind)} couples the units of a row. Each row has a "
        f"matrix {write.inline(J)} with {entry} in row i, column j, where "
        f"{write.inline(entries['same'])} is 1 on the diagonal, else 0."
    )
    dZ = _by_sums(page, number)
    for row in page.shown_rows:
        yield from name_of_row(page, row)
        dz, da = (each._replace(values=each.values[[row]], rows=[0]) for each in (dZ, dA))
        yield page.computed(dz, da, Term(J, layer.derivative[row], units, units))
    if len(page.step.rows) > 1:
        yield Paragraph("All rows:")
        yield page.stated(dZ)


def _by_parameters(page: MatrixWriter, number: int) -> Iterator[Worked]:
    """Yield dW and db, or dΘ, and the gradients of other learned parameters."""
    layer, dZ = page.step.layers[number - 1], _by_sums(page, number)
    W, *biases = page.parameters(number)
    inputs = page.transposed(page.inputs(number))
    yield page.computed(W.at(layer.gradient, f"d{W.symbol}"), inputs, dZ)
    for b in biases:
        yield _sum_of_rows(page, b.at(layer.gradient, f"d{b.symbol}"), dZ)
    learned = [each.at(layer.gradient, f"d{each.symbol}") for each in page.learned(number)]
    if learned:
        names = " and ".join(page.write.inline(each.symbol) for each in learned)
        yield Paragraph(f"The scalar form shows the terms of {names}.")
    yield from map(page.stated, learned)


def _sum_of_rows(page: MatrixWriter, result: Term, dZ: Term) -> MatrixEquation:
    if len(dZ.values) == 1:
        return page.stated(result, dZ.symbol)
    shapes = page.put(_SUMMED, {"from": page.shape(dZ), "to": page.shape(result)})
    formula = page.beside(page.put(_SUM_OF_ROWS, {"dZ": dZ.symbol}), shapes)
    terms: list[str | Matrix] = []
    for row in page.shown_rows:
        one = dZ._replace(values=dZ.values[[row]], rows=[0])
        terms += [*["+"] * bool(terms), page.matrix(one)]
    if len(page.shown_rows) < len(dZ.values):
        terms.append(f"+ {page.put(ELLIPSIS, {})}")
    return MatrixEquation(result.symbol, [[formula], terms, [page.matrix(result)]])
