"""Tables of a step: its quantities row by row or unit by unit, and its parameters."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nncli.base.words import shortened
from nncli.explain.document.elements import MathTable
from nncli.explain.document.notation import seen_length
from nncli.explain.trace.step import LayerStep
from nncli.explain.trace.writer import Writer
from nncli.nn.entries import Array
from nncli.nn.layers.dense import Dense

_WIDTH = 80
_FEW_INPUTS = 4
_CLASS_WIDTH = 20


class Column(NamedTuple):
    """A header, then the cells below it: mathematics, or text."""

    cells: Sequence[str]
    is_text: bool = False


class Quantity(NamedTuple):
    """A quantity of the units of a layer: its letter, and its values (B, O).

    `of` is ``L`` or the letter that is derived, if it is a derivative.
    """

    letter: str
    values: Array
    of: str = ""

    def symbol(self, page: Writer, number: int, *units: int) -> str:
        """Write the quantity of layer `number` or of one of its units; layer 0 has the inputs."""
        indices = [unit + 1 for unit in units]
        below = page.write.symbol(self.letter, number, *indices)
        if not self.of:
            return below
        above = page.write.symbol(self.of, number, *indices) if self.of != "L" else "L"
        return page.write.derivative(above, below)


OfLayer = tuple[int, Quantity]
"""The number of a layer and its quantity."""


def sums_and_activations(layer: LayerStep) -> Iterator[Quantity]:
    """Yield the quantities of the forward pass."""
    yield Quantity("z", layer.Z)
    if layer.between:
        yield Quantity("y", layer.S)
    yield Quantity("a", layer.A)


def derivatives(layer: LayerStep) -> Iterator[Quantity]:
    """Yield the derivatives of the backward pass that each unit has."""
    if layer.dA is not None:
        yield Quantity("a", layer.dA, "L")
        if layer.derivative is not None and layer.derivative.ndim == layer.dA.ndim:
            yield Quantity(layer.taken, layer.derivative, "a")
    if layer.between:
        yield Quantity("y", layer.dS, "L")
    yield Quantity("z", layer.dZ, "L")


def by_kind(layers: Sequence[OfLayer]) -> Iterator[list[OfLayer]]:
    """Yield the quantities of all layers, kind by kind."""
    for kind in dict.fromkeys((each.letter, each.of) for _, each in layers):
        yield [(n, each) for n, each in layers if (each.letter, each.of) == kind]


def _classes(page: Writer, numbers: Sequence[int]) -> Column:
    names = (shortened(page.step.classes[number], _CLASS_WIDTH) for number in numbers)
    return Column(["class", *map(page.write.name, names)], is_text=True)


def column(page: Writer, header: str, values: Sequence[float]) -> Column:
    """Return a column of numbers."""
    return Column([header, *map(page.write.number, values)])


def by_row(page: Writer, layers: Sequence[OfLayer], *more: Column) -> Iterator[MathTable]:
    """Yield one table of a quantity if it fits, else one or more per layer: a line per row.

    Lines start with the number of the row and, if they are few, its inputs. `more` columns follow
    the last layer.
    """
    groups = [_columns(page, number, quantity) for number, quantity in layers]
    groups[-1] += more
    names = names_of_rows(page, [each for group in groups for each in group])
    together = [*names, *(each for group in groups for each in group)]
    if _width(together) <= _WIDTH:
        yield _table(together)
        return
    for group in groups:
        yield from _split(names, group)


def names_of_rows(page: Writer, columns: Sequence[Column]) -> list[Column]:
    """Return a column of row numbers, and the inputs if they are few and fit beside each column."""
    step = page.step
    names = [Column(["row", *map(str, step.rows)], is_text=True)]
    inputs = range(step.X.shape[1])
    with_inputs = [
        *names,
        *(column(page, page.symbol("x", 0, i), step.X[:, i].tolist()) for i in inputs),
    ]
    fits = all(_width([*with_inputs, each]) <= _WIDTH for each in columns)
    return with_inputs if len(inputs) <= _FEW_INPUTS and fits else names


def losses_by_row(page: Writer) -> Iterator[MathTable]:
    """Yield a table with the true class, if any, and the loss of each row."""
    step = page.step
    columns = [column(page, "L", step.losses.tolist())]
    if step.true_classes:
        columns.insert(0, _classes(page, step.true_classes))
    yield from _split(names_of_rows(page, columns), columns)


def by_unit(page: Writer, number: int, quantities: Sequence[Quantity]) -> Iterator[MathTable]:
    """Yield a table of quantities of a layer in a step on one row: a line per unit.

    Layer 0 has the inputs.
    """
    units = page.shown[number]
    numbers = [str(unit + 1) for unit in units]
    names = [Column(["unit" if number else "input", *numbers], is_text=True)]
    columns = [
        column(page, each.symbol(page, number), each.values[0, units].tolist())
        for each in quantities
    ]
    if number == len(page.step.layers) and len(page.step.classes) == page.step.T.shape[1]:
        columns.append(_classes(page, units))
    yield from _split(names, columns)


def parameters(
    page: Writer, number: int, stage: str, symbol: Callable[[str], str] = str
) -> Iterator[MathTable]:
    """Yield a table of a layer's parameters: a column per unit, a line per input and per letter.

    Missing connections have no number.

    Parameters
    ----------
    stage : str
        Which values: the name of an attribute of `LayerStep`.
    symbol : function
        Writes a letter of the layer as the values are called.
    """
    layer, units, write = page.step.layers[number - 1], page.shown[number], page.write
    arrays = getattr(layer, stage)
    lines = [[symbol(write.symbol("w", number)), *(write.words(f"unit {k + 1}") for k in units)]]
    for i in page.shown[number - 1]:
        weights = [float(arrays[Dense.weights][i, unit]) for unit in units]
        is_there = [layer.connected is None or layer.connected[i, unit] for unit in units]
        cells = [
            write.number(weight) if each else write.words("none")
            for weight, each in zip(weights, is_there, strict=True)
        ]
        lines.append([page.input(number, i), *cells])
    for part in layer.block.layers:
        for name in part.trained:
            if name != part.weights:
                letter = write.symbol(part.worked.symbols[name], number)
                lines.append([*column(page, symbol(letter), arrays[name][units].tolist()).cells])
    names, *columns = map(Column, zip(*lines, strict=True))
    yield from _split([names], columns)


def _columns(page: Writer, number: int, quantity: Quantity) -> list[Column]:
    return [
        column(page, quantity.symbol(page, number, unit), quantity.values[:, unit].tolist())
        for unit in page.shown[number]
    ]


def _split(names: Sequence[Column], columns: Sequence[Column]) -> Iterator[MathTable]:
    """Yield as few tables of equally many columns as fit, each with the names first."""
    for tables in range(1, len(columns) + 1):
        count = -(-len(columns) // tables)
        parts = [columns[start : start + count] for start in range(0, len(columns), count)]
        if count == 1 or all(_width([*names, *part]) <= _WIDTH for part in parts):
            yield from (_table([*names, *part]) for part in parts)
            return


def _table(columns: Sequence[Column]) -> MathTable:
    header, *rows = zip(*(column.cells for column in columns), strict=True)
    texts = frozenset(at for at, column in enumerate(columns) if column.is_text)
    return MathTable(header, rows, texts)


def _width(columns: Sequence[Column]) -> int:
    """Return the visible width of a table."""
    return sum(2 + max(map(seen_length, column.cells)) for column in columns)
