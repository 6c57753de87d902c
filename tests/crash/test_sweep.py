"""A few of the disturbances of ``python -m tests.crash``."""

import signal

import pytest

from tests.crash.sweep import sweep

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


@pytest.mark.slow
def test_runs_that_are_disturbed_ten_times_end_in_the_same_bits(tmp_path):
    *_, tally = sweep(tmp_path, times=10, seed=3)
    assert tally.times.total() >= 10
    assert tally.in_checkpoints
    assert tally.failures == []
