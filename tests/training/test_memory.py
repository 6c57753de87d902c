"""A long run needs no more memory than a short one."""

import tracemalloc

import pytest

from nncli.base.storage.directory import Directory
from nncli.config.load import load_config
from nncli.runs.preparation import prepare
from nncli.runs.training import train_job
from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Observer

CONFIG = """\
data: {source: xor, rows: 60, test: 10, validation: 10}
model: {hidden_layers: [3]}
training: {epochs: 2000, batch_size: 25, dropout: 0.1, schedule: plateau, checkpoint_seconds: 1e-3}
"""


class MemoryByEpoch(Observer):
    """Record the allocated memory at some epochs."""

    def __init__(self):
        self.bytes = {}

    def epoch(self, report: EpochReport):
        if report.epoch in (500, 2000):
            self.bytes[report.epoch] = tracemalloc.get_traced_memory()[0]


@pytest.fixture
def job(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return prepare(load_config(path))


def test_memory_does_not_grow_with_the_epochs(job, tmp_path):
    memory = MemoryByEpoch()
    tracemalloc.start()
    try:
        train_job(job, Directory(tmp_path), [memory])
    finally:
        tracemalloc.stop()
    grown = memory.bytes[2000] - memory.bytes[500]
    # History rows of up to 0.1 s are buffered before they are written.
    most = 50_000
    assert grown < most
    # If rows stayed in memory, those of three quarters of the epochs would take far more.
    assert (tmp_path / "history.csv").stat().st_size * 3 // 4 > 2 * most
