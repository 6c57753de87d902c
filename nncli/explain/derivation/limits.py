"""Difference quotients, of which the derivatives are the limits."""

from collections.abc import Iterator, Sequence
from math import isfinite

from nncli.base.errors import UsageError
from nncli.explain.derivation.graph import Leaf
from nncli.explain.derivation.passes import forward
from nncli.explain.derivation.writer import Writer
from nncli.explain.document.elements import MathTable, Paragraph, Worked
from nncli.nn.entries import Formula

_STEPS = (0.1, 0.01, 0.001, 1e-4, 1e-5)

_MOVED = Formula("<f>(<x> + h)", "<f>(<x> + h)")
_QUOTIENT = Formula("(<f>(<x> + h) - <f>(<x>)) / h", r"\frac{<f>(<x> + h) - <f>(<x>)}{h}")
_ZERO = Formula("→ 0", r"\to 0")


def limits(writer: Writer) -> Iterator[Worked]:
    """Yield a table of difference quotients for every variable."""
    write = writer.write
    for each in writer.graph.variables:
        names = {"f": writer.symbol(writer.graph.result), "x": writer.symbol(each)}
        quotient = write.inline(writer.put(_QUOTIENT, names))
        derivative = write.inline(writer.by(writer.graph.result, each))
        h = write.inline("h")
        yield Paragraph(f"{derivative} is the limit of {quotient} as {h} gets smaller.")
        rows = [[write.number(step), *_moved(writer, each, step)] for step in _STEPS]
        values = (writer.found.values[writer.graph.result], writer.found.gradients[each])
        rows.append([writer.put(_ZERO, {}), *map(write.number, values)])
        yield MathTable(["h", writer.put(_MOVED, names), write.words("quotient")], rows)


def _moved(writer: Writer, variable: Leaf, step: float) -> Sequence[str]:
    """Return the result for a larger variable, and the quotient, or that there is none."""
    values = {each.name: writer.found.values[each] for each in writer.graph.variables}
    values[variable.name] += step
    result = writer.graph.result
    try:
        moved = forward(writer.graph, values)[result]
    except UsageError:
        return [writer.write.words("none")] * 2
    quotient = (moved - writer.found.values[result]) / step
    if not isfinite(quotient):
        return [writer.write.words("none")] * 2
    return [writer.write.number(moved), writer.write.number(quotient)]
