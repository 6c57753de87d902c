"""Training comes to the same bits as it did when they were recorded in `same_bits.json`.

`python -m tests.same_bits NAME ...` records runs again, where other bits are meant.
"""

import pytest

from tests import same_bits
from tests.same_bits import RUNS, STOPPED

RECORD = same_bits.recorded()


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Return a directory with the files that the runs need."""
    path = tmp_path_factory.mktemp("same-bits")
    same_bits.prepare(path)
    return path


@pytest.fixture(scope="module")
def seen(directory):
    """Return a function that trains a run, once, and returns what is seen of it."""
    runs = {}

    def look(name):
        if lacks := RUNS[name].lacks:
            pytest.skip(lacks)
        if name not in runs:
            runs[name] = same_bits.seen(same_bits.train(name, directory))
        return runs[name]

    return look


def test_every_run_is_recorded():
    assert list(RECORD["runs"]) == list(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_comes_to_the_recorded_numbers(seen, name):
    found, expected = seen(name)["numbers"], RECORD["runs"][name]["numbers"]
    assert list(found) == list(expected)
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, rel=1e-3, abs=1e-4), key


@pytest.mark.parametrize("name", RUNS)
def test_a_run_comes_to_the_recorded_bits(seen, name):
    found, loops = seen(name)["hashes"], RUNS[name].loops
    environment = same_bits.environment(loops)
    there = {key: RECORD["environment"][key] for key in environment}
    if others := [key for key, each in environment.items() if each and each != there[key]]:
        pytest.skip(f"recorded with another {', '.join(others)}")
    assert found == RECORD["runs"][name]["hashes"]


@pytest.mark.parametrize("name", STOPPED)
def test_a_run_that_is_stopped_within_an_epoch_and_goes_on_comes_to_the_same_bits(
    seen, directory, name
):
    assert same_bits.seen(same_bits.train_with_a_stop(name, directory)) == seen(name)
