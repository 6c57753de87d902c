"""What is shown while training fits a terminal of 80 columns."""

import pytest

from nncli.training.engine import LayerStatistics
from nncli.training.loop import EpochReport
from nncli.training.observers import PlainLines


@pytest.mark.parametrize("loss", [0.12345, 9999.0, 3.4e38])
def test_a_line_of_a_thousand_epochs_fits_80_columns(capsys, loss):
    metrics = {f"{split}_loss": loss for split in ("train", "validation")}
    metrics |= {f"{split}_accuracy": 0.5 for split in ("train", "validation")}
    layers = [LayerStatistics(1.0, None)]
    PlainLines(1000).epoch(EpochReport(7, metrics, 0.1, 1.0, 10.0, layers, improved=True))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("epoch    7/1000  train loss ")
    assert len(line) <= 80
