"""The page of a derivation: every value and derivative, with its formula and its numbers."""

from collections.abc import Iterator

from nncli.base.words import on_one_line
from nncli.explain.derivation.graph import Graph, Input
from nncli.explain.derivation.limits import limits
from nncli.explain.derivation.passes import Passes
from nncli.explain.derivation.tokens import plain_text
from nncli.explain.derivation.writer import Writer
from nncli.explain.document.elements import (
    Equation,
    Equations,
    Heading,
    Paragraph,
    Worked,
)
from nncli.explain.document.notation import Notation

_LONGEST_SHOWN = 200  # characters of the expression


def page(
    text: str, graph: Graph, found: Passes, notation: Notation, *, limit: bool
) -> Iterator[Worked]:
    """Yield the elements of the page, from top to bottom.

    Parameters
    ----------
    text : str
        The expression.
    limit : bool
        Whether to show difference quotients.
    """
    writer, write = Writer(graph, found, notation), notation
    of = write.inline(writer.symbol(graph.result))
    yield Heading(f"The derivatives of {of}", 1)
    yield Paragraph(_about(writer, text))
    yield Heading("1 Forward", 2)
    yield Equations([writer.definition(node) for node in graph.nodes])
    if inner := graph.nodes[:-1]:
        yield Heading("2 Local derivatives", 2)
        yield Paragraph("Each node by its inputs, as if these did not depend on each other.")
        yield Equations(
            [
                writer.local_equation(node, by)
                for node in inner for by in dict.fromkeys(node.inputs) if not by.is_number
            ]
        )  # fmt: skip
    yield Heading(f"{3 if inner else 2} Backward", 2)
    if inner:
        yield Paragraph("The chain rule, from the result to the variables.")
    first = Equation(writer.by(graph.result, graph.result), [["1"]])
    others: list[Input] = [*reversed(inner), *graph.variables]
    yield Equations([first, *map(writer.chain_rule, others)])
    yield from map(Paragraph, _about_kinks(writer))
    if not graph.variables:
        yield Paragraph(f"{of} depends on no variable.")
    if limit and graph.variables:
        yield Heading(f"{4 if inner else 3} Limit", 2)
        yield from limits(writer)


def _about(writer: Writer, text: str) -> str:
    write = writer.write
    there = [
        write.inline(f"{writer.symbol(each)} = {write.number(writer.found.values[each])}")
        for each in writer.graph.variables
    ]
    shown = write.name(on_one_line(plain_text(text), _LONGEST_SHOWN))
    return f"{shown} at {', '.join(there)}." if there else f"{shown}."


def _about_kinks(writer: Writer) -> Iterator[str]:
    """Yield a sentence for each operation that has no derivative at this point."""
    write = writer.write
    slopes, sides = writer.found.slopes, writer.found.sides
    for node in filter(sides.get, writer.graph.nodes):
        used = [
            f"{write.inline(f'{writer.by(node, each)} = {write.number(slope)}')} is its "
            f"{side} derivative"
            for each, slope, side in zip(node.inputs, slopes[node], sides[node], strict=True)
            if not each.is_number
        ]
        yield f"{write.inline(writer.symbol(node))} has no derivative here: {' and '.join(used)}."
