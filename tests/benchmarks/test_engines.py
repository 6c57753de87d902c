"""The benchmark of the engines, with as little work as possible."""

import pytest

from tests.benchmarks.engines import CONTENDERS, STARTED, WORKS, start_seconds, step_seconds

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")


@pytest.mark.parametrize("name", WORKS)
def test_every_contender_takes_steps(name):
    times = step_seconds(WORKS[name], seconds=0)
    assert len(times) == len(CONTENDERS)
    assert min(times) > 0


@pytest.mark.parametrize("name", STARTED)
@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_every_start_takes_a_step(name, engine):
    assert start_seconds(WORKS[name], engine) > 0
