"""The fuzzer itself runs."""

import subprocess
import sys

import pytest

from tests.attacks.measure import ROOT


@pytest.mark.parametrize("target", ["model", "config"])
def test_the_fuzzer_runs_and_finds_nothing_in_a_second(target, tmp_path):
    pytest.importorskip("atheris", reason="the extra 'fuzz' is not installed")
    command = [sys.executable, "-m", "tests.attacks.fuzz", target, "1", str(tmp_path / "corpus")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "stat::number_of_executed_units" in done.stderr
