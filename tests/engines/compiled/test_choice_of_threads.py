"""The choice between one thread and all, by their times."""

import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled.team import Choice


def calls(choice, step_seconds, *, steps=100, until=20.0, start=0.0):
    """Make calls one after the other; return when each began, and whether it had one thread.

    `step_seconds(one, now)` is the time of a step.
    """
    now, made = start, []
    while now < until:
        one, count = choice.next_call(now, steps)
        seconds = count * step_seconds(one, now)
        choice.note(one, now, seconds, count)
        made.append((now, one, seconds))
        now += seconds
    return made


def share_of_one(made):
    return sum(seconds for _, one, seconds in made if one) / sum(seconds for *_, seconds in made)


@pytest.mark.parametrize("step", [1e-4, 1e-3, 1e-2])
def test_all_threads_are_used_where_they_are_faster(step):
    made = calls(Choice(), lambda one, now: step * (1.8 if one else 1), until=100)
    assert not made[0][1]
    lost = sum(seconds - seconds / 1.8 for _, one, seconds in made if one)
    assert lost < 0.02 * 100


@pytest.mark.parametrize("step", [1e-4, 1e-3, 1e-2])
def test_one_thread_is_used_where_it_is_faster(step):
    made = calls(Choice(), lambda one, now: step * (1 if one else 1.15))
    assert share_of_one(made) > 0.93


def test_the_choice_follows_a_change():
    made = calls(Choice(), lambda one, now: 1e-4 * (1 if one is (8 < now < 14) else 2))
    for begin, end, expected in ((0.1, 8, 0.0), (11.2, 14, 1.0), (17.2, 20, 0.0)):
        part = [each for each in made if begin <= each[0] < end]
        assert share_of_one(part) == pytest.approx(expected, abs=0.03)


def test_nothing_changes_for_a_difference_within_noise():
    made = calls(Choice(), lambda one, now: 1e-4 * (0.97 if one else 1))
    assert share_of_one(made) < 0.02


def test_short_calls_decide_nothing():
    choice = Choice()
    made = calls(choice, lambda one, now: 1e-6 * (1 if one else 50), until=0.05)
    assert not any(one for _, one, _ in made)
