"""The lines shown during training fit into 80 columns."""

import pytest

from nncli.engines.engine import LayerStatistics
from nncli.metrics.scores import ACCURACY, MAE
from nncli.training.loop import EpochReport
from nncli.training.observers.lines import PlainLines
from tests.training.jobs import ScriptedJob
from tests.training.scripted import plan_of


def line_of(capsys, score, **metrics):
    layers = [LayerStatistics(1.0, None)]
    report = EpochReport(7, metrics, 0.1, 1.0, 10.0, layers, improved=True)
    lines = PlainLines()
    lines.begin(ScriptedJob(plan=plan_of(epochs=1000), score=score))
    assert lines.epoch(report) is None
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("score", [ACCURACY, MAE])
@pytest.mark.parametrize("value", [0.12345, 99.99999, 999.9999, 9999.0, 9999.9999, 3.4e38])
def test_a_line_of_a_thousand_epochs_fits_80_columns(capsys, score, value):
    names = [
        f"{split}_{name}" for split in ("train", "validation") for name in ("loss", score.name)
    ]
    line = line_of(capsys, score, **dict.fromkeys(names, value))
    assert line.startswith("epoch    7/1000  train loss ")
    assert len(line) <= 80


def test_a_line_has_the_loss_and_the_score_of_each_split(capsys):
    of_training = {"train_loss": 0.5, "train_mae": 1234.567}
    assert line_of(capsys, MAE, **of_training) == ("epoch    7/1000  train loss 0.5000 mae 1234.57")
    of_validation = {"validation_loss": 0.25, "validation_mae": 123456.0}
    assert line_of(capsys, MAE, **of_training, **of_validation) == (
        "epoch    7/1000  train loss 0.5000 mae 1234.57  val loss 0.2500 mae 1.23e05"
    )


def test_thousands_of_epochs_are_a_hundred_lines_or_so(capsys):
    lines = PlainLines()
    lines.begin(ScriptedJob(plan=plan_of(epochs=2013), score=ACCURACY))
    for epoch in range(1, 2014):
        metrics = {"train_loss": 0.5, "train_accuracy": 0.5}
        lines.epoch(EpochReport(epoch, metrics, 0.1, 1.0, 10.0, [], improved=True))
    shown = capsys.readouterr().err.splitlines()
    assert 90 <= len(shown) <= 110
    assert [line.split("/")[0].split()[1] for line in shown[:3]] == ["1", "2", "3"]
    assert shown[-1].startswith("epoch 2013/2013")
