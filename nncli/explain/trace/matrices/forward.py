"""The sections of a page in matrices on the forward pass and the loss."""

from collections.abc import Iterator

from nncli.explain.document.elements import MatrixEquation, Paragraph, Worked
from nncli.explain.trace import forward as of_units
from nncli.explain.trace.matrices.writer import MatrixWriter
from nncli.nn.entries import Formula

_APPLIED = Formula("<g>(<Z>)", "<g>(<Z>)")


def forward(page: MatrixWriter) -> Iterator[Worked]:
    """Yield the weighted sums and activations, layer by layer."""
    for number, layer in enumerate(page.step.layers, 1):
        yield Paragraph(of_units.about_the_layer(page, number))
        yield _weighted_sums(page, number)
        S, Z = (page.units(each, number, layer.S).symbol for each in (layer.taken.upper(), "Z"))
        for passed in layer.between:
            yield about_between(page, passed.layer.kind, Z, S)
            yield page.stated(page.units("Y", number, layer.S))
        applied = page.put(_APPLIED, {"g": page.function(layer), "Z": S})
        yield page.stated(page.activations(number), applied)


def loss(page: MatrixWriter) -> Iterator[Worked]:
    """Yield the targets, and the loss: its formula, and its numbers."""
    yield page.stated(page.targets())
    yield from of_units.loss(page)


def about_between(page: MatrixWriter, kind: str, start: str, end: str) -> Worked:
    """Return what a layer between weighted sums and activation does, without its steps."""
    write = page.write
    return Paragraph(
        f"{write.name(kind)} turns {write.inline(start)} into {write.inline(end)}; the scalar form "
        "shows its steps."
    )


def _weighted_sums(page: MatrixWriter, number: int) -> MatrixEquation:
    before = page.step.layers[number - 1].before
    Z = page.units("Z", number, page.step.layers[number - 1].Z)
    W, *biases = (each.at(before, each.symbol) for each in page.parameters(number))
    return page.computed(Z, page.inputs(number), W, *(part for b in biases for part in ("+", b)))
