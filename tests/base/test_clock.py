import pytest

from nncli.base import clock as module
from nncli.base.clock import Clock


@pytest.fixture
def wait(monkeypatch):
    """Return a function that advances the time by some seconds."""
    now = [100.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[-1])
    return lambda seconds: now.append(now[-1] + seconds)


def fail_after(wait, seconds):
    wait(seconds)
    raise ZeroDivisionError


def test_times_inside_are_summed_by_phase(wait):
    clock = Clock("first", "second")
    for seconds in (2.0, 3.0):
        with clock.phase("second"):
            wait(seconds)
    wait(5.0)
    assert clock.seconds == {"first": 0.0, "second": 5.0}
    assert clock.total == 10.0


def test_a_lap_is_the_time_since_the_last_lap_or_start(wait):
    clock = Clock()
    wait(1.0)
    clock.lap("one")
    wait(2.0)
    clock.lap("other")
    wait(4.0)
    clock.start()
    wait(8.0)
    clock.lap("one")
    clock.lap("none")
    assert clock.seconds == {"one": 9.0, "other": 2.0, "none": 0.0}
    assert clock.total == 15.0


def test_phases_keep_the_order_in_which_they_were_named(wait):
    clock = Clock("first", "second")
    for name in ("second", "third", "first"):
        with clock.phase(name):
            wait(1.0)
    assert list(clock.seconds) == ["first", "second", "third"]


def test_a_phase_does_not_count_earlier_time(wait):
    clock = Clock()
    wait(3.0)
    with clock.phase("late"):
        wait(1.0)
    assert clock.seconds == {"late": 1.0}


def test_a_phase_that_fails_is_counted_and_ended(wait):
    clock = Clock()
    with pytest.raises(ZeroDivisionError), clock.phase("failing"):
        fail_after(wait, 1.0)
    with clock.phase("next"):
        wait(2.0)
    assert clock.seconds == {"failing": 1.0, "next": 2.0}


def test_a_phase_within_another_counts_only_as_its_own(wait):
    clock = Clock()
    with clock.phase("outer"):
        wait(1.0)
        with clock.phase("inner"):
            wait(2.0)
        wait(4.0)
        with pytest.raises(ZeroDivisionError), clock.phase("inner"):
            fail_after(wait, 8.0)
        wait(16.0)
    wait(32.0)
    with clock.phase("next"):
        wait(64.0)
    assert clock.seconds == {"outer": 21.0, "inner": 10.0, "next": 64.0}
