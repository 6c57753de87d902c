"""Compiled code reads the same rows as NumPy, however the arrays lie in memory."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nncli.base.storage import mapping
from nncli.base.storage.npy import map_npy
from nncli.engines.choice import EngineError
from nncli.engines.compiled.state import INPUTS, POOL, RATES, ROW_NUMBERS, TARGETS, WEIGHTS
from nncli.engines.engine import Sums
from tests.base.test_mapping import resident_kilobytes
from tests.engines.compiled.parity import CLASSES, Case, case_setup
from tests.engines.engines import copied, engine_of, parameters_of

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")


@pytest.mark.parametrize("order", ["every second", "in reverse", "a column"])
@pytest.mark.parametrize("classes", CLASSES)
def test_classes_that_are_not_contiguous(order, classes):
    given = case_setup(Case(loss="cross_entropy", output="softmax", classes=classes), np.float64)
    labels, found = given.training.targets, []
    views = {
        "every second": np.repeat(labels, 2)[::2],
        "in reverse": labels[::-1].copy()[::-1],
        "a column": np.stack([labels, labels * 0, labels * 0], axis=1)[:, 0],
    }
    for targets in (labels, views[order]):
        training, validation = (
            replace(each, targets=targets) for each in (given.training, given.validation)
        )
        own = replace(given, network=copied(given.network))
        trained = engine_of("compiled", replace(own, training=training, validation=validation))
        trained.steps(np.arange(14).reshape(2, 7), [0.1, 0.1], Sums())
        found.append((trained.evaluate(), parameters_of(trained).tobytes()))
    assert found[1] == found[0]


def test_a_thread_that_comes_late_finds_every_array():
    trained = engine_of("compiled", case_setup(Case(weighted=True), np.float32))
    trained.hold(np.arange(14))
    trained.steps(np.arange(14).reshape(2, 7), [0.1, 0.1], Sums())
    compiled = trained._training
    assert set(compiled.arrays) == {ROW_NUMBERS, RATES, POOL, INPUTS, TARGETS, WEIGHTS}
    for place, array in compiled.arrays.items():
        assert array.ctypes.data == compiled.state[place]


@pytest.fixture
def large(tmp_path, monkeypatch):
    """Return a setup whose inputs and targets lie in files that count as large."""
    monkeypatch.setattr(mapping, "MEMORY", mapping.Memory(large_bytes=100, pass_bytes=100))
    given = case_setup(Case(), np.float32)
    np.save(tmp_path / "rows.npy", given.training.inputs)
    np.save(tmp_path / "targets.npy", given.training.targets)
    inputs, targets = map_npy(tmp_path / "rows.npy"), map_npy(tmp_path / "targets.npy")
    training, validation = (
        replace(each, inputs=inputs, targets=targets) for each in (given.training, given.validation)
    )
    return replace(given, training=training, validation=validation)


def test_large_files_lead_to_the_same_bits(large):
    found, numbers = [], np.arange(14).reshape(2, 7)
    for given in (case_setup(Case(), np.float32), large):
        trained, sums = engine_of("compiled", given), Sums()
        while sums.steps < 2:
            trained.steps(numbers[sums.steps :], [0.1] * (2 - sums.steps), sums)
        found.append((sums, trained.evaluate(), parameters_of(trained).tobytes()))
    assert found[1] == found[0]


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux tells what is in memory")
def test_the_pages_of_large_files_are_given_back_after_every_step(large):
    trained, sums = engine_of("compiled", large), Sums()
    assert trained.steps(np.arange(14).reshape(2, 7), [0.1, 0.1], sums) == (1, None)
    assert [resident_kilobytes(name) for name in ("rows.npy", "targets.npy")] == [0, 0]
    trained.evaluate()
    assert [resident_kilobytes(name) for name in ("rows.npy", "targets.npy")] == [0, 0]
    trained.hold(np.arange(14))
    assert trained.steps(np.arange(14).reshape(2, 7), [0.1, 0.1], sums) == (2, None)
    assert [resident_kilobytes(name) for name in ("rows.npy", "targets.npy")] == [0, 0]


@pytest.mark.parametrize("kind", ["float16", ">f4"])
def test_a_large_file_is_never_converted_as_a_whole(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(mapping, "MEMORY", mapping.Memory(large_bytes=100))
    given = case_setup(Case(inputs=kind), np.float32)
    np.save(tmp_path / "rows.npy", given.training.inputs)
    inputs = map_npy(tmp_path / "rows.npy")
    given = replace(given, training=replace(given.training, inputs=inputs))
    with pytest.raises(EngineError, match=f"not support inputs of type {kind} in a large file"):
        engine_of("compiled", given)
    engine_of("compiled", case_setup(Case(inputs=kind), np.float32))


TRUNCATED = """
import os
from dataclasses import replace
from pathlib import Path
import numpy as np
from nncli.base.signals import stop_at_signals
from nncli.base.storage.npy import map_npy
from nncli.base.threads import limited_threads
from nncli.data.splits import whole
from nncli.engines.engine import Sums
from tests.engines.compiled.parity import Case, case_setup
from tests.engines.engines import engine_of

stop_at_signals()
given = case_setup(Case((100, 70, 3)), np.float32)
split = whole(map_npy(Path("x.npy")), np.zeros((40_000, 3), np.float32))
with limited_threads(2):
    engine = engine_of("compiled", replace(given, training=split, batch_rows=256))
    os.truncate("x.npy", 4096)
    engine.steps(np.arange(200 * 256).reshape(200, 256) % 40_000, [0.1] * 200, Sums())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGBUS"), reason="the system keeps mapped files whole")
def test_reading_a_truncated_file_ends_in_one_line_as_with_numpy(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((40_000, 100), np.float32))
    done = subprocess.run(
        [sys.executable, "-c", TRUNCATED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: x.npy: was truncated while in use; nothing computed from mixed rows is saved; "
        "leave the file unchanged and start again\n"
    )
