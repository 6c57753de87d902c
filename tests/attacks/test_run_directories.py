"""Untrusted run directories are refused line by line or harmless; nothing outside changes."""

import os
from importlib.util import find_spec

import pytest

from tests.attacks.measure import measured
from tests.attacks.run_directories import (
    CROSS_VALIDATIONS,
    REFITS,
    RUN_DIRECTORIES,
    SHOWN,
    made,
    make_outside,
    stopped_run,
    unchanged,
)
from tests.findings_before_errors import without_findings

SECONDS, MEGABYTES = 2, 300
HAS_TENSORBOARD = find_spec("tensorboard") is not None
MOST_LINES = 101  # a config's problems are reported together
LONGEST_LINE = 1000  # it has a path twice

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="made of pipes, sockets and links"),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return the interrupted runs from which the directories are made."""
    asked = {
        "other": ("optimizer: sgd, epochs: 9, record_weights: 4", 17),
        "single": ("optimizer: adam, record_weights: 5", 17),
        "folds": ("optimizer: adam, folds: 2", 17),
        "refit": ("optimizer: adam, refit: true", 39),
    }
    if HAS_TENSORBOARD:
        asked["shown"] = ("optimizer: adam, tensorboard: true", 17)
    return {name: stopped_run(tmp_path_factory.mktemp(name), *each) for name, each in asked.items()}


@pytest.fixture(scope="module")
def directories(runs, tmp_path_factory):
    """Return the paths of the directories, and the folder outside."""
    directory = tmp_path_factory.mktemp("strangers")
    outside, paths = make_outside(directory, runs["other"]), []
    of_runs = {"single": RUN_DIRECTORIES, "folds": CROSS_VALIDATIONS, "refit": REFITS}
    if HAS_TENSORBOARD:
        of_runs["shown"] = SHOWN
    for name, changes in of_runs.items():
        (directory / name).mkdir()
        paths += made(directory / name, runs[name], outside, changes)
    return paths, outside


@pytest.fixture(scope="module")
def outcomes(directories):
    """Return the result of every command on every directory; the last one changes them."""
    paths, outside = directories
    with unchanged(outside):
        commands = ["eval"], ["show"], ["train", "-q", "--resume"]
        return [each for command in commands for each in measured(command, paths)]


def test_there_are_enough_directories(runs):
    assert len(RUN_DIRECTORIES) + len(CROSS_VALIDATIONS) + len(REFITS) >= 950
    assert (runs["folds"] / "fold-2" / "weights.npz").exists()
    assert not (runs["folds"] / "metrics.json").exists()
    assert len((runs["refit"] / "history.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_every_directory_is_refused_line_by_line_or_harmless(outcomes):
    for each in outcomes:
        *lines, last = each.err.split("\n")
        rest = without_findings(each.err) if each.code == 1 else each.err
        errors = [line for line in rest.splitlines() if not line.startswith("Warning: ")]
        assert each.code in (0, 1, 2), (each.name, each.err)
        assert all(line.isprintable() for line in each.out.split("\n")), each.name
        assert all(line.isprintable() and len(line) <= LONGEST_LINE for line in lines), each.name
        assert last == "", each.name
        assert len(errors) <= (0, 1, MOST_LINES)[each.code], (each.name, each.err)
        assert bool(errors) == bool(each.code), (each.name, each.err)


def test_no_directory_takes_long_or_much_memory(outcomes):
    assert max((each.seconds, each.name) for each in outcomes) < (SECONDS, "")
    assert max(each.peak_megabytes for each in outcomes) < MEGABYTES
