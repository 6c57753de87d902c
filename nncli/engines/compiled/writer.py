"""What all layers use to write their instructions: offsets of arrays, and the current parts."""

from dataclasses import dataclass, field
from math import prod
from typing import Protocol

from nncli.engines.compiled.layout import Matrix, unit_bounds
from nncli.engines.compiled.program import Program
from nncli.engines.compiled.state import BY_ROWS, BY_UNITS
from nncli.nn.layers.layer import Layer


@dataclass
class Offsets:
    """Where the arrays of a layer begin in the memory.

    Attributes
    ----------
    trained, gradients, state : dict of str to int
    """

    trained: dict[str, int] = field(default_factory=dict)
    gradients: dict[str, int] = field(default_factory=dict)
    state: dict[str, int] = field(default_factory=dict)


def offsets_of(layers: "list[Layer]", parameters: int, gradient: int, state: int) -> list[Offsets]:
    """Return where the arrays of each layer begin, given where the flat vectors begin."""
    result, trained, kept = [], 0, 0
    for layer in layers:
        own = Offsets()
        for name, shape in layer.trained.items():
            own.trained[name], own.gradients[name] = parameters + trained, gradient + trained
            trained += prod(shape)
        for name, shape in layer.state.items():
            own.state[name] = state + kept
            kept += prod(shape)
        result.append(own)
    return result


@dataclass
class Writer:
    """What the layers share while they write their instructions.

    Attributes
    ----------
    program : Program
    product : (int, int)
        Address and kind of the matrix product.
    rows : list of int
        Bounds of the parts of a batch.
    training : bool
        Whether the pass is one of training.
    axis : int
        What the parts of the current instructions are, `bounds` their bounds.
    """

    program: Program
    product: tuple[int, int]
    rows: list[int]
    training: bool
    axis: int = BY_ROWS
    bounds: list[int] = field(default_factory=list)

    def by_rows(self) -> None:
        """Let the parts of the next instructions be rows."""
        if self.axis != BY_ROWS:
            self.program.wait()
        self.axis, self.bounds = BY_ROWS, self.rows

    def by_units(self, units: int) -> None:
        """Let the parts of the next instructions be units."""
        bounds = unit_bounds(units)
        if self.axis != BY_UNITS or bounds != self.bounds:
            self.program.wait()
        self.axis, self.bounds = BY_UNITS, bounds

    def add(self, name: str, matrix: Matrix, *rest: int) -> None:
        """Append an instruction on the current parts of a matrix."""
        self.add_on(self.axis, self.bounds, name, matrix, *rest)

    def add_on(self, axis: int, bounds: list[int], name: str, matrix: Matrix, *rest: int) -> None:
        """Append an instruction on other parts."""
        where = [axis, matrix.units, matrix.layout, matrix.stride, *rest]
        self.program.add(name, where, bounds, by_rows=axis == BY_ROWS)


class Written(Protocol):
    """A layer that writes its instructions."""

    def forward(self, write: Writer, X: Matrix) -> Matrix:
        """Write the forward pass."""
        ...

    def backward(self, write: Writer, dY: Matrix) -> Matrix:
        """Write the backward pass."""
        ...
