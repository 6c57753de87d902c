"""What the symbols on a page in matrices mean."""

from collections.abc import Sequence

from nncli.explain.trace.matrices.writer import ELLIPSIS, MatrixWriter
from nncli.explain.trace.symbols import about_arrays_between, about_the_shown


def about_the_symbols(page: MatrixWriter) -> str:
    """Explain the matrices, and their shapes."""
    inline, first = page.write.inline, page.step.layers[0]
    X, T, A = (each.symbol for each in (page.activations(0), page.targets(), page.activations(1)))
    Z, dZ = (each("Z", 1, first.Z).symbol for each in (page.units, page.by_units))
    shape = inline(page.shape(page.activations(0)))
    by_sums = (
        ""
        if page.step.is_forward
        else f" {inline(dZ)} has the derivative of the loss {inline('L')} by each element of "
        f"{inline(Z)}."
    )
    return (
        f"{inline(X)} are the inputs and {inline(T)} the targets, with one row per training row. "
        f"{_about_the_parameters(page)} {inline(Z)} and {inline(A)} are the weighted sums and "
        f"activations of layer 1.{by_sums} The shape of {inline(X)} is {shape}: rows by columns. "
        "Small letters are elements of matrices."
        f"{about_arrays_between(page)}"
    )


def _about_the_parameters(page: MatrixWriter) -> str:
    inline, W = page.write.inline, page.write.inline(page.weights(1).symbol)
    first, *biases = (inline(each.symbol) for each in page.parameters(1))
    if not biases:
        return (
            f"{first} has the biases of layer 1 in its first row and the weights {W} below; the "
            f"inputs get a column of ones, {inline(page.inputs(1).symbol)}."
        )
    return f"{W} has the weights of layer 1, {biases[0]} its biases, which are added to every row."


def about_the_limit(page: MatrixWriter) -> str:
    """Say which units and rows are shown, where an ellipsis stands for the others."""
    shown = [
        f"{_numbered('unit', units)} of layer {number}" if number else _numbered("input", units)
        for number, units in enumerate(page.shown)
        if len(units) < page.activations(number).values.shape[1]
    ]
    if len(page.shown_rows) < len(page.step.rows):
        first = len(page.shown_rows)
        rows = f"first {first}" if first > 1 else "first"
        shown.append(f"the {rows} of {len(page.step.rows)} training rows")
    ellipsis = page.write.inline(page.put(ELLIPSIS, {}))
    rest = f"{ellipsis} stands for the rest. Shown: {'; '.join(shown)}."
    return " ".join([*about_the_shown(page), rest])


def _numbered(word: str, units: Sequence[int]) -> str:
    numbers = ", ".join(str(unit + 1) for unit in units)
    return f"{word}{'s' * (len(units) > 1)} {numbers}"
