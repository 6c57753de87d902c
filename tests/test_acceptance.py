"""The shipped configs reach the results in the README, with the real program."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MNIST = ROOT.parent / "shared" / "mnist"

# Run the program, then print its peak resident memory in KiB, as counted by Linux
# (resource.getrusage would include that of the parent process, the tests).
MEASURED = """
import sys
from pathlib import Path
from nncli.cli.main import main
try:
    main()
finally:
    status = Path("/proc/self/status")
    if status.exists():
        print(status.read_text().split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done


def peak_bytes(done: subprocess.CompletedProcess[str]) -> int:
    return 1024 * int(done.stderr.split()[-1])


def accuracy_on_test(run_directory: Path) -> float:
    metrics = json.loads((run_directory / "metrics.json").read_text(encoding="utf-8"))
    return metrics["test"]["metrics"]["accuracy"]


@pytest.mark.parametrize("seed", range(5))
def test_xor_comes_close_to_the_best_possible_accuracy(tmp_path: Path, seed: int) -> None:
    run("train", str(ROOT / "configs" / "xor.yaml"), f"seed={seed}", "-o", str(tmp_path / "run"))
    assert abs(accuracy_on_test(tmp_path / "run") - 0.9555) <= 0.015


@pytest.mark.skipif(not MNIST.is_dir(), reason="the MNIST files are not beside the project")
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
@pytest.mark.slow
def test_mnist_is_learned_well_and_in_little_memory(tmp_path: Path) -> None:
    shutil.copytree(MNIST, tmp_path / "mnist")
    config = str(ROOT / "configs" / "mnist.yaml")
    first = run("train", config, "-o", str(tmp_path / "run"), NNCLI_CACHE=str(tmp_path))
    assert accuracy_on_test(tmp_path / "run") >= 0.978
    assert 20e6 < peak_bytes(first) < 350e6  # it may have to compile
    again = "training.epochs=1", "-o", str(tmp_path / "again")
    assert 20e6 < peak_bytes(run("train", config, *again, NNCLI_CACHE=str(tmp_path))) < 250e6


def test_a_trained_xor_network_knows_the_truth_table(tmp_path: Path) -> None:
    run("train", str(ROOT / "configs" / "xor.yaml"), "-o", str(tmp_path / "run"))
    table = str(ROOT / "data" / "xor.csv")
    predictions = run("predict", str(tmp_path / "run" / "weights.npz"), table).stdout
    assert predictions.splitlines() == ["row,prediction", "0,0", "1,1", "2,1", "3,0"]
