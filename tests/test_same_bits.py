"""Training gives results that are bit-identical to those recorded in `same_bits.json`.

`python -m tests.same_bits NAME ...` records runs again after an intended change.
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
    """Return a function that trains a run once and returns its results."""
    runs = {}

    def look(name):
        if lacks := RUNS[name].lacks:
            pytest.skip(lacks)
        if name not in runs:
            runs[name] = same_bits.seen(same_bits.train(name, directory))
        return runs[name]

    return look


def others_than_recorded(engine):
    """Return the parts of the environment that differ from the recorded ones."""
    environment = same_bits.environment(engine)
    return [
        name for name, each in environment.items() if each and each != RECORD["environment"][name]
    ]


def test_every_run_is_recorded():
    assert list(RECORD["runs"]) == list(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_gives_the_recorded_numbers(seen, name):
    found, expected = seen(name)["numbers"], RECORD["runs"][name]["numbers"]
    assert list(found) == list(expected)
    # Other BLAS kernels round differently, and some runs amplify that to 10 %.
    near = 0.2 if others_than_recorded(RUNS[name].engine) else 1e-3
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, rel=near, abs=1e-4), key


@pytest.mark.parametrize("name", RUNS)
def test_a_run_gives_the_recorded_bits(seen, name):
    if others := others_than_recorded(RUNS[name].engine):
        pytest.skip(f"recorded in another environment: {', '.join(others)} differ")
    assert seen(name)["hashes"] == RECORD["runs"][name]["hashes"]


@pytest.mark.parametrize("name", STOPPED)
def test_a_run_interrupted_within_an_epoch_resumes_to_the_same_bits(seen, directory, name):
    assert same_bits.seen(same_bits.train_with_a_stop(name, directory)) == seen(name)
