"""The lines shown during training fit into 80 columns."""

import pytest

from nncli.engines.engine import LayerStatistics
from nncli.metrics.scores import ACCURACY, MAE
from nncli.training.loop import EpochReport
from nncli.training.observers.lines import PlainLines
from nncli.training.observers.wording import short
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


def shown_of(capsys, epochs, *, every=None, stop=None):
    """Return the numbers of the epochs that have a line."""
    lines = PlainLines(every)
    lines.begin(ScriptedJob(plan=plan_of(epochs=epochs), score=ACCURACY))
    for epoch in range(1, (stop or epochs) + 1):
        metrics = {"train_loss": 0.5, "train_accuracy": 0.5}
        lines.epoch(EpochReport(epoch, metrics, 0.1, 1.0, 10.0, [], improved=True))
    lines.end(None)
    shown = capsys.readouterr().err.splitlines()
    return [int(line.split("/")[0].split()[1]) for line in shown]


@pytest.mark.parametrize("epochs", [1, 2, 50])
def test_up_to_fifty_epochs_have_a_line_each(capsys, epochs):
    assert shown_of(capsys, epochs) == [*range(1, epochs + 1)]


@pytest.mark.parametrize("epochs", [51, 100, 499, 2013, 12345])
def test_more_epochs_are_fifty_lines_or_so(capsys, epochs):
    shown = shown_of(capsys, epochs)
    assert 29 <= len(shown) <= 52
    assert shown[:10] == [*range(1, 11)]
    assert shown[-1] == epochs
    assert sorted(set(shown)) == shown


@pytest.mark.parametrize(("epochs", "every", "stop", "expected"), [
    (10, 3, None, [3, 6, 9, 10]),
    (10, 5, None, [5, 10]),
    (10, 1000, None, [10]),
    (1000, 1, None, [*range(1, 1001)]),
    (1000, None, 47, [*range(1, 11), 25, 47]),
    (1000, 20, 47, [20, 40, 47]),
])  # fmt: skip
def test_every_nth_epoch_and_the_last_have_a_line(capsys, epochs, every, stop, expected):
    assert shown_of(capsys, epochs, every=every, stop=stop) == expected


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0.0000"),
    (2.2e-6, "2.2e-06"),
    (9.99e-4, "1.0e-03"),
    (0.001, "0.0010"),
    (12.3456, "12.3456"),
    (123.456, "123.46"),
    (-1234.567, "-1234.57"),
    (-2.2e-6, "-2.2e-06"),
    (3.4e38, "3.40e38"),
])  # fmt: skip
def test_numbers_have_digits_however_small_they_are(value, text):
    assert short(value) == text
