"""A few of the kills of ``python -m tests.crash``, so that the suite would notice."""

import signal

import pytest

from tests.crash.kills import sweep

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


@pytest.mark.slow
def test_a_run_that_is_killed_five_times_ends_in_the_same_bits(tmp_path):
    *_, tally = sweep(tmp_path, kills=5, seed=3)
    assert tally.kills == 5
    assert tally.in_checkpoints
    assert tally.failures == []
