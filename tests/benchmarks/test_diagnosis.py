"""The benchmark of the diagnosis reads what a training prints."""

import re

import pytest

from tests.benchmarks import diagnosis
from tests.benchmarks.diagnosis import Spent, of_training


def test_it_times_the_diagnosis_of_a_training_and_of_its_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    diagnosis.main(["--configs", "wine", "--repeats", "1"])
    of_train, of_diagnose = capsys.readouterr().out.splitlines()
    found = re.match(r"wine  train:    ([\d.]+) s, (\d+) ms of them", of_train)
    assert found
    assert 0 < int(found[2]) < 1000 * float(found[1])
    assert re.match(r"wine  diagnose: [\d.]+ s, [\d.]+ cores busy", of_diagnose)


def test_the_limit_is_50_ms_or_1_percent_of_a_long_training() -> None:
    assert "40 ms of them (4.0%) for the diagnosis: within 50 ms" in of_training(
        [Spent(1, 0.04, 0)]
    )
    assert "above 50 ms" in of_training([Spent(1, 0.06, 0)])
    assert "within 100 ms" in of_training([Spent(10, 0.06, 0)])
