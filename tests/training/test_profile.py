import pytest

from nncli.training import profile as module
from nncli.training.profile import Profile


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose last number is the time."""
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[-1])
    return now


class Worker:
    def __init__(self, clock):
        self.clock = clock

    def work(self, seconds):
        self.clock.append(self.clock[-1] + seconds)
        return "done"

    def fail(self, seconds):
        self.work(seconds)
        raise ZeroDivisionError

    def work_twice(self, seconds):
        self.work(seconds)
        return self.work(seconds)


def test_watched_calls_are_added_up_by_phase(clock):
    profile, worker = Profile("first", "second"), Worker(clock)
    profile.watch(worker, "work", "second")
    assert worker.work(2.0) == "done"
    worker.work(3.0)
    clock.append(clock[-1] + 5.0)
    assert profile.seconds == {"first": 0.0, "second": 5.0}
    assert profile.total == 10.0


def test_of_phases_within_each_other_the_outermost_counts(clock):
    profile, worker = Profile(), Worker(clock)
    profile.watch(worker, "work", "inner")
    profile.watch(worker, "work_twice", "outer")
    worker.work_twice(2.0)
    worker.work(1.0)
    assert profile.seconds == {"outer": 4.0, "inner": 1.0}


def test_a_phase_that_fails_is_counted_and_ended(clock):
    profile, worker = Profile(), Worker(clock)
    profile.watch(worker, "fail", "failing")
    with pytest.raises(ZeroDivisionError):
        worker.fail(1.0)
    with profile.phase("next"):
        worker.work(2.0)
    assert profile.seconds == {"failing": 1.0, "next": 2.0}
