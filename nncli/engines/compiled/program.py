"""A program: the instructions of a step, as numbers that the interpreter reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.engines.compiled.claims import chains
from nncli.engines.compiled.instructions import CLAIM, FIELDS, USUAL, WAITS
from nncli.engines.compiled.layout import Memory
from nncli.engines.compiled.machine_code import Request, addresses
from nncli.engines.compiled.state import NUMBERS_SIZE, SMALLEST, STATE_SIZE

_SHARED = ("int64*", "int64*", "float64*", "int64", "int64", "int64", "int64")


@dataclass(frozen=True)
class Instruction:
    """An operation with its integers and its parts; see `instructions`.

    Attributes
    ----------
    name : str
        ``module.function`` in `operations`.
    where : sequence of int
    bounds : sequence of int
    by_rows, waits : bool
    kind : int
    source : int
        Place in the state of the address of an array outside of the memory, or -1.
    source_type : str or None
        Type of its numbers; None for an operation without a source.
    """

    name: str
    where: Sequence[int]
    bounds: Sequence[int]
    by_rows: bool
    waits: bool
    kind: int
    source: int
    source_type: str | None

    def request(self, dtype: np.dtype[Any]) -> Request:
        """Return what to compile for a network's precision."""
        pointers = (f"{dtype.name}*", f"{self.source_type or dtype.name}*")
        return Request(f"operations.{self.name}", (*pointers, *_SHARED))


@dataclass
class Program:
    """Collect instructions.

    Attributes
    ----------
    memory : Memory
    numbers : list of float
        The initial `numbers` of the operations.
    instructions : list of Instruction
    """

    memory: Memory
    numbers: list[float] = field(default_factory=lambda: [0.0] * NUMBERS_SIZE)
    instructions: list[Instruction] = field(default_factory=list)
    _waits: bool = False

    def place(self, *numbers: float) -> int:
        """Return the place in `numbers` of some more of them."""
        self.numbers.extend(numbers)
        return len(self.numbers) - len(numbers)

    def wait(self) -> None:
        """Let the next instruction wait until all threads have completed the previous ones."""
        self._waits = bool(self.instructions)

    def add(
        self,
        name: str,
        where: Sequence[int],
        bounds: Sequence[int] = (0, 1),
        *,
        by_rows: bool = False,
        kind: int = USUAL,
        source: int = -1,
        source_type: str | None = None,
    ) -> None:
        """Append an instruction."""
        self.instructions.append(
            Instruction(name, where, bounds, by_rows, self._waits, kind, source, source_type)
        )
        self._waits = False


class Compiled:
    """A program whose operations are compiled and whose numbers are in memory.

    Parameters
    ----------
    memory : array
        The memory, allocated; programs can share it.

    Attributes
    ----------
    state : array of int64
    numbers : array of float64
    words : array (instructions + 1, FIELDS) of int64
        The last row waits, and its `CLAIM` is the number of all claims.
    claims : int
        Parts of a step that threads take one by one.
    parts : int
        Parts of the instruction that has most of them: more threads have nothing to do.
    arrays : dict of int to array
        The arrays whose addresses are in the state, by place.
    """

    def __init__(self, program: Program, memory: NDArray[Any]) -> None:
        requests = [each.request(memory.dtype) for each in program.instructions]
        found = addresses(requests)
        self.state = np.zeros(STATE_SIZE, np.int64)
        self.arrays: dict[int, NDArray[Any] | None] = {}
        self.numbers = np.array(program.numbers)
        self.numbers[SMALLEST] = np.finfo(memory.dtype).tiny
        self._integers, starts = _joined(
            [part for each in program.instructions for part in (each.where, each.bounds)]
        )
        at = [self._integers.ctypes.data + self._integers.itemsize * start for start in starts]
        self.words = np.zeros((len(requests) + 1, FIELDS), np.int64)
        parts = [len(each.bounds) - 1 for each in program.instructions]
        first, successors, self.claims = chains(
            parts, [each.waits for each in program.instructions]
        )
        self.words[-1, [WAITS, CLAIM]] = True, self.claims
        self.parts = max(parts)
        given = zip(
            program.instructions, requests, at[::2], at[1::2], parts, first, successors, strict=True
        )
        for row, values in zip(self.words[:-1], given, strict=True):
            each, request, where, bounds, count, claim, successor = values
            row[:] = (
                found[request],
                each.source,
                where,
                count,
                bounds,
                each.by_rows,
                each.waits,
                each.kind,
                claim,
                successor,
            )

    def point(self, place: int, array: NDArray[Any] | None) -> None:
        """Write the address of an array to the state, or 0; a thread that is late may read it."""
        self.arrays[place] = array
        self.state[place] = 0 if array is None else array.ctypes.data


def _joined(parts: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], list[int]]:
    """Return all integers in one array, and where each part begins."""
    ends = np.cumsum([len(each) for each in parts]).tolist()
    return np.array([number for each in parts for number in each], np.int64), [0, *ends[:-1]]
