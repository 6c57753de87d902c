"""Compiled code checks no index: here, gaps around all arrays show that it stays within them."""

from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled import engine
from nncli.engines.compiled.layout import Memory
from nncli.engines.compiled.program import Compiled, Program
from nncli.nn.optimizers import OPTIMIZERS
from tests.engines.compiled.parity import Case, train
from tests.engines.compiled.test_parity import cases

ADAM = OPTIMIZERS["adam"].complete({})
GAP = 64  # numbers; a multiple of a cache line, so that the same vector code runs


MEMORIES, PROGRAMS = [], []  # of the last training with gaps


class GuardedMemory(Memory):
    """A memory with NaN before, between and after its arrays."""

    def __init__(self, dtype, rows):
        super().__init__(dtype, rows)
        self.gaps, self.size = [(0, GAP)], GAP
        MEMORIES.append(self)

    def claim(self, count):
        offset = super().claim(count)
        self.size += GAP
        self.gaps.append((offset + count, self.size))
        return offset

    def allocate(self):
        self.array = super().allocate()
        for first, last in self.gaps:
            self.array[first:last] = np.nan
        return self.array


class GuardedProgram(Program):
    """A program with NaN after each of its numbers that belong together."""

    def place(self, *numbers):
        return super().place(*numbers, *[np.nan] * GAP)


class NotedProgram(Compiled):
    """A program that can be looked at after the training."""

    def __init__(self, program, memory):
        super().__init__(program, memory)
        self.gaps = np.isnan(self.numbers)
        PROGRAMS.append(self)


@contextmanager
def gaps():
    """Train with gaps, and check afterwards that nothing was written there."""
    MEMORIES.clear()
    PROGRAMS.clear()
    with (
        patch.object(engine, "Memory", GuardedMemory),
        patch.object(engine, "Compiled", NotedProgram),
        patch("nncli.engines.compiled.steps.Program", GuardedProgram),
    ):
        yield
    (memory,) = MEMORIES
    for first, last in memory.gaps:
        assert np.isnan(memory.array[first:last]).all()
    for program in PROGRAMS:
        assert np.isnan(program.numbers[program.gaps]).all()
    assert sum(last - first for first, last in memory.gaps) >= GAP * 5
    assert [each.gaps.sum() >= GAP * 3 for each in PROGRAMS] == [True, True]


def check_bounds(case, dtype=np.float32):
    """Train with and without gaps: numbers that were read from a gap would be NaN."""
    expected = train("compiled", case, dtype)
    with gaps():
        found = train("compiled", case, dtype)
    assert {name: each.tobytes() for name, each in found.state.items()} == {
        name: each.tobytes() for name, each in expected.state.items()
    }
    assert found[1:] == expected[1:]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch", [1, 2, 18])
@pytest.mark.parametrize("width", [1, 4, 17, 70, 130])
def test_layers_of_every_width_stay_within_their_arrays(width, batch, dtype):
    given = {"loss": "cross_entropy", "output": "softmax", "optimizer": "adam", "batch": batch}
    check_bounds(Case((3, width, width, 2), "relu", settings=ADAM, **given), dtype)


@settings(max_examples=15)
@given(cases())
def test_all_operations_stay_within_their_arrays(case):
    check_bounds(case)


def test_a_write_beyond_an_array_is_seen():
    def spoil():
        with gaps():
            train("compiled", Case(), np.float32)
            MEMORIES[0].array[MEMORIES[0].gaps[3][0]] = 0.0

    with pytest.raises(AssertionError):
        spoil()
