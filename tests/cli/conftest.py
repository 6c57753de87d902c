"""Fixtures that run commands, usually within the test process, in a temporary directory."""

import io
import os
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory
from nncli.cli.main import main
from nncli.model.model import Model
from nncli.model.preprocessing import Preprocessing
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, parameter_count
from nncli.nn.objective import Objective
from tests.cli.stopped_runs import config
from tests.findings_before_errors import without_findings
from tests.offline import go_offline
from tests.stopping import after_step

ORIGINALS = Path(__file__).parents[2].parent / "shared" / "mnist"

XOR = """\
name: xor
data: {source: xor, rows: 80, test: 60, validation: 20}
model: {hidden_layers: [4], activation: tanh}
training: {epochs: 3, batch_size: 16, learning_rate: 0.05}
"""


SORTED = """\
data: {inputs: x.npy, targets: y.npy}
model: {hidden_layers: [8]}
training: {epochs: 3, batch_size: 16, learning_rate: 0.01}
"""


@dataclass(frozen=True)
class Result:
    """The result of a command: its exit code and output."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self):
        return self.raw.decode("utf-8")

    @property
    def error(self):
        """The only line that a failed command writes."""
        assert self.raw == b""
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        return self.err.rstrip("\n")

    @property
    def divergence(self):
        """The only line that a training that diverges writes, after what it says of findings."""
        assert "To see why:\n  nncli diagnose " in self.err
        return replace(self, err=without_findings(self.err)).error


@pytest.fixture
def nncli(capsysbinary, tmp_path, monkeypatch):
    """Return a function that runs a command in `tmp_path`.

    It skips synchronizing files to disk, which takes half the time of a short training.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Result(ended.value.code, out, err.decode("utf-8"))

    return run


@pytest.fixture
def process(tmp_path):
    """Return a function that runs the program in a separate process in `tmp_path`.

    Warnings are errors there, as in the tests.
    """

    def start(*arguments, **options):
        command = [sys.executable, "-W", "error", "-m", "nncli", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=tmp_path, **{**pipes, **options})

    return start


@pytest.fixture
def stop_at(monkeypatch):
    """Return a function that raises a signal after the given step from now on; 0 for never."""

    def stop(step, number=signal.SIGINT, times=1):
        after_step(monkeypatch, step, lambda: [signal.raise_signal(number) for _ in range(times)])

    return stop


@pytest.fixture
def stopped(nncli, tmp_path, stop_at):
    """Return a run that was interrupted in the middle of its fourth epoch."""
    stop_at(17)
    assert nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run").code == 130
    return tmp_path / "run"


@pytest.fixture
def small_files():
    """Return a function that limits the size of the files that a child process can write."""
    resource = pytest.importorskip("resource")
    return lambda size=3000: lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def everything_mapped_is_large(monkeypatch):
    """Return a function that makes files of a kilobyte count as larger than memory.

    No option sets this, and no test trains on 128 MB.
    """
    small = Memory(large_bytes=1000, pass_bytes=1000, block_bytes=200, pool_bytes=8000)
    return lambda: monkeypatch.setattr(mapping, "MEMORY", small)


@pytest.fixture
def sorted_arrays(tmp_path):
    """Return a config for an npy file with rows sorted by their three classes."""
    random = np.random.default_rng(0)
    labels = np.sort(random.integers(0, 3, 1500))
    np.save(tmp_path / "x.npy", random.normal(3 * labels[:, None], 1, (1500, 4)).astype("f4"))
    np.save(tmp_path / "y.npy", labels)
    (tmp_path / "sorted.yaml").write_text(SORTED, encoding="utf-8")
    return "sorted.yaml"


@pytest.fixture
def xor_config(tmp_path):
    """Return the path of a config that trains in a few milliseconds."""
    path = tmp_path / "xor.yaml"
    path.write_text(XOR, encoding="utf-8")
    return path


def trained(directory, text, *overrides):
    """Train with a config in `directory`; return the run directory."""
    config, run = directory / "config.yaml", directory / "run"
    config.write_text(text, encoding="utf-8")
    with (
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()) as err,
        pytest.raises(SystemExit) as ended,
    ):
        main(["train", str(config), *overrides, "-o", str(run)])
    assert ended.value.code == 0, err.getvalue()
    return run


@pytest.fixture(scope="session")
def xor_run(tmp_path_factory):
    """Return a run directory that tests must not change."""
    return trained(tmp_path_factory.mktemp("xor"), XOR)


@pytest.fixture
def weights(xor_run):
    """Return the path of a model file that tests must not change."""
    return xor_run / "weights.npz"


@pytest.fixture
def many_classes():
    """Return a function that makes a model of `count` classes for one input.

    It predicts the class whose number is nearest to the input.
    """

    def make(count, name="class {}", **changes):
        layers = block(1, count, "softmax")
        network = Network(layers, np.zeros(parameter_count(layers), np.float32))
        numbers = np.arange(count)
        network.arrays["W1"][0], network.arrays["b1"][:] = 2 * numbers, -(numbers**2)
        values = {
            "network": network,
            "preprocessing": Preprocessing(["x"], 0.0, 1.0),
            "task": "multiclass",
            "targets": ["y"],
            "classes": [name.format(n) for n in range(count)],
            "objective": Objective("cross_entropy", {}),
            "config": {},
            "metrics": {},
            "training": {},
        }
        return Model(**{**values, **changes})

    return make


@pytest.fixture(scope="session")
def mnist_cache(tmp_path_factory):
    """Return a cache with MNIST, so that nothing is downloaded."""
    if not ORIGINALS.is_dir():
        pytest.skip(f"the files of MNIST are not in {ORIGINALS}")
    cache = tmp_path_factory.mktemp("cache")
    shutil.copytree(ORIGINALS, cache / "mnist", copy_function=shutil.copyfile)
    (cache / "mnist").chmod(0o755)
    return cache


@pytest.fixture(scope="session")
def mnist_run(mnist_cache, tmp_path_factory):
    """Return the run directory of a softmax regression trained on MNIST for one epoch."""
    text = "data: mnist\nmodel: {hidden_layers: []}\ntraining: {epochs: 1, batch_size: 250}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNCLI_CACHE", str(mnist_cache))
        go_offline(patch)
        return trained(tmp_path_factory.mktemp("mnist"), text)


@pytest.fixture
def with_mnist(mnist_cache, monkeypatch):
    """Provide MNIST in the cache, so that nothing is downloaded."""
    monkeypatch.setenv("NNCLI_CACHE", str(mnist_cache))
    go_offline(monkeypatch)
    return mnist_cache


@pytest.fixture
def without_mnist(tmp_path, monkeypatch):
    """Make the cache empty and the mirrors unreachable."""
    monkeypatch.setenv("NNCLI_CACHE", os.fspath(tmp_path / "empty-cache"))
    go_offline(monkeypatch)
