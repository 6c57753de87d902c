"""The writer of a step's matrices, used by all parts of the page."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nncli.explain.document.elements import Matrix, MatrixEquation
from nncli.explain.document.notation import Notation
from nncli.explain.trace.step import Arrays, LayerStep, Step
from nncli.explain.trace.writer import Writer
from nncli.nn.entries import Array, Formula, Value
from nncli.nn.layers.dense import Dense

ELLIPSIS = Formula("…", r"\cdots")
_BELOW, _DIAGONAL = Formula("⋮", r"\vdots"), Formula("⋱", r"\ddots")
_SHAPE = Formula("(<rows>×<columns>)", r"(<rows> \times <columns>)")
_BESIDE = Formula("<what>    <shapes>", r"<what> \qquad <shapes>")
_TRANSPOSED = Formula("<A>ᵀ", r"{<A>}^{\top}")
_WITH_ONES = Formula("[1 <X>]", r"[1 \; <X>]")


class Term(NamedTuple):
    """A matrix of the step with its symbol, and the rows and columns to show."""

    symbol: str
    values: Array
    rows: Sequence[int]
    columns: Sequence[int]


class Parameter(NamedTuple):
    """Parameters of a layer as one matrix: arrays of the layer, one below the other."""

    symbol: str
    arrays: tuple[str, ...]
    rows: Sequence[int]
    columns: Sequence[int]

    def at(self, stage: Arrays, symbol: str) -> Term:
        """Return the values of a stage of the step."""
        values = np.vstack([np.atleast_2d(stage[name]) for name in self.arrays])
        return Term(symbol, values, self.rows, self.columns)


class MatrixWriter(Writer):
    """Write a step in matrices, which have a row per training row and a column per unit.

    Attributes
    ----------
    extended : bool
        Whether a layer has one matrix Θ, with the biases in its first row. Its inputs then begin
        with a column of ones.
    shown_rows : list of int
        The training rows to show, as indices of the batch.
    """

    def __init__(
        self, step: Step, notation: Notation, limit: int, *, extended: bool = False
    ) -> None:
        super().__init__(step, notation, limit)
        self.extended = extended
        self.shown_rows = [*range(len(step.rows))][:limit]

    def units(self, letter: str, layer: int, values: Array) -> Term:
        """Return a quantity of the units of a layer, (B, O); those of layer 0 are the inputs."""
        return Term(self.write.symbol(letter, layer), values, self.shown_rows, self.shown[layer])

    def by_units(self, letter: str, layer: int, values: Array) -> Term:
        """Return the derivative of the loss with respect to such a quantity."""
        quantity = self.units(letter, layer, values)
        return quantity._replace(symbol=f"d{quantity.symbol}")

    def activations(self, layer: int) -> Term:
        """Return the activations of a layer, or the inputs of the network for layer 0."""
        if layer == 0:
            return self.units("X", 0, self.step.X)
        return self.units("A", layer, self.step.layers[layer - 1].A)

    def targets(self) -> Term:
        """Return the targets."""
        return Term(self.write.symbol("T"), self.step.T, self.shown_rows, self.shown[-1])

    def inputs(self, number: int) -> Term:
        """Return the inputs of a layer."""
        X = self.activations(number - 1)
        if not self.extended:
            return X
        values = np.hstack([np.ones_like(X.values[:, :1]), X.values])
        symbol = self.put(_WITH_ONES, {"X": X.symbol})
        return Term(symbol, values, X.rows, [0, *(i + 1 for i in X.columns)])

    def weights(self, number: int) -> Term:
        """Return the weights of a layer, without its biases."""
        values = self.step.layers[number - 1].before[Dense.weights]
        symbol = self.write.symbol("W", number)
        return Term(symbol, values, self.shown[number - 1], self.shown[number])

    def parameters(self, number: int) -> list[Parameter]:
        """Return the parameters of the dense layer of a block: W and b, or Θ."""
        columns, symbol = self.shown[number], self.write.symbol
        inputs = self.inputs(number).columns
        if self.extended:
            return [Parameter(symbol("Θ", number), (Dense.biases, Dense.weights), inputs, columns)]
        return [
            Parameter(symbol("W", number), (Dense.weights,), inputs, columns),
            Parameter(symbol("b", number), (Dense.biases,), [0], columns),
        ]

    def learned(self, number: int) -> Iterator[Parameter]:
        """Yield the other learned parameters of a block, such as a gain."""
        for layer in self.step.layers[number - 1].block.layers[1:]:
            for name in layer.trained:
                symbol = self.write.symbol(layer.worked.symbols[name], number)
                yield Parameter(symbol, (name,), [0], self.shown[number])

    def function(self, layer: LayerStep) -> str:
        """Write the name of a layer's activation."""
        kind = layer.block.activation.kind
        return self.write.symbol("σ") if kind == "sigmoid" else self.write.words(kind)

    def transposed(self, quantity: Term) -> Term:
        """Return the transpose."""
        symbol, values, rows, columns = quantity
        return Term(self.put(_TRANSPOSED, {"A": symbol}), values.T, columns, rows)

    def matrix(self, quantity: Term) -> Matrix:
        """Write the numbers to show; an ellipsis stands for the others."""
        values, shown = quantity.values, quantity.values[np.ix_(quantity.rows, quantity.columns)]
        cells = [[self.write.number(each) for each in row] for row in shown.tolist()]
        is_narrower = shown.shape[1] < values.shape[1]
        if is_narrower:
            cells = [[*row, self.put(ELLIPSIS, {})] for row in cells]
        if len(shown) < len(values):
            last = [self.put(_BELOW, {})] * shown.shape[1]
            cells.append([*last, *[self.put(_DIAGONAL, {})] * is_narrower])
        return Matrix(cells)

    def shape(self, quantity: Term) -> str:
        """Write the shape, such as ``(4×2)``."""
        rows, columns = quantity.values.shape
        return self.put(_SHAPE, {"rows": str(rows), "columns": str(columns)})

    def beside(self, formula: str, shapes: str) -> str:
        """Write a formula with shapes beside it."""
        return self.put(_BESIDE, {"what": formula, "shapes": shapes})

    def computed(self, result: Term, *parts: Term | str) -> MatrixEquation:
        """Return an equation whose right side has these parts; matrices in a row are multiplied."""
        symbols, shapes = "", ""
        for part, before in zip(parts, ("", *parts), strict=False):
            is_product = isinstance(part, Term) and isinstance(before, Term)
            space = " " if before and not is_product else ""
            if isinstance(part, str):
                symbols, shapes = f"{symbols}{space}{part}", f"{shapes}{space}{part}"
            else:
                dot = self.write.dot if is_product else ""
                symbols = f"{symbols}{space}{dot}{part.symbol}"
                shapes = f"{shapes}{space}{self.shape(part)}"
        formula = self.beside(symbols, f"{shapes} = {self.shape(result)}")
        numbers = [part if isinstance(part, str) else self.matrix(part) for part in parts]
        return MatrixEquation(result.symbol, [[formula], numbers, [self.matrix(result)]])

    def linear(
        self,
        result: Term,
        formula: Formula,
        terms: Mapping[str, Term],
        constants: Mapping[str, tuple[str | Value, Value]],
        sign: str = "=",
    ) -> MatrixEquation:
        """Return an equation whose right side is a formula with matrices in its placeholders.

        Parameters
        ----------
        terms : the matrices of the formula, by placeholder
        constants : the symbol and the number of the other placeholders
        """
        named = {name: symbol for name, (symbol, _) in constants.items()}
        symbols = self.put(formula, named | {name: each.symbol for name, each in terms.items()})
        counted = {name: number for name, (_, number) in constants.items()}
        filled = self.put(formula, counted | {name: f"<{name}>" for name in terms})
        pieces = re.split(r"<(\w+)>", filled)
        numbers: list[str | Matrix] = []
        for at, piece in enumerate(pieces):
            if at % 2:
                numbers.append(self.matrix(terms[piece]))
            elif piece:
                numbers.append(piece.strip())
        return MatrixEquation(result.symbol, [[symbols], numbers, [self.matrix(result)]], sign)

    def stated(self, result: Term, *symbols: str, sign: str = "=") -> MatrixEquation:
        """Return an equation with the numbers of the result alone, after right sides in symbols."""
        rights: list[list[str | Matrix]] = [[each] for each in symbols]
        return MatrixEquation(result.symbol, [*rights, [self.matrix(result)]], sign)


def is_linear(formula: object) -> bool:
    """Return whether a formula adds and subtracts matrices and their multiples, and no more.

    Its quantities have placeholders of one letter, its constants longer ones.
    """
    if not isinstance(formula, Formula):
        return False
    text = re.sub(r"<\w+>", "2", re.sub(r"<\w>", "M", formula.text))
    return re.fullmatch(r"[M\d.·+() -]+", text) is not None and "M·M" not in text
