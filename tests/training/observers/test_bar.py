import re

import pytest

from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.bar import Bar
from nncli.training.progress import Progress
from tests.training.jobs import ScriptedJob
from tests.training.scripted import plan_of

FACTORS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


def rate_shown(text):
    """Return the last rate in rows per second shown by a bar."""
    number, factor = re.findall(r"([\d.]+)([kMGTP]?) rows/s", text)[-1]
    return float(number) * FACTORS[factor]


@pytest.mark.parametrize("rows", [0, 2])
def test_the_rate_is_that_of_the_rows_since_training_resumed(capsys, rows):
    before = 10**12
    progress = Progress(epoch=before, batch=rows)
    progress.sums.rows = rows
    bar = Bar()
    bar.begin(ScriptedJob(plan=plan_of(epochs=2 * before), progress=progress))
    bar.step(StepReport(before + 1, 3, 3, 1.0))
    bar.epoch(EpochReport(before + 1, {"train_loss": 1.0}, 0.1, 1.0, 1.0, [], improved=True))
    bar.end(None)
    shown = capsys.readouterr().err
    assert 0 < rate_shown(shown) < 1e9  # only 4 of the 4e12 rows are new
    assert f"epoch {before + 1}/{2 * before}" in shown


def test_the_rate_of_a_new_run_counts_all_rows(capsys):
    bar = Bar()
    bar.begin(ScriptedJob(plan=plan_of(epochs=4)))
    bar.epoch(EpochReport(4, {"train_loss": 1.0}, 0.1, 1.0, 1.0, [], improved=True))
    bar.end(None)
    assert rate_shown(capsys.readouterr().err) > 0
