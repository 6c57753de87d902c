"""The rows of ``history.csv``, and which of them a resumed run keeps."""

import pytest

from nncli.base.errors import DataError
from nncli.engines.engine import LayerStatistics
from nncli.metrics.scores import MAE
from nncli.nn.network import blocks
from nncli.training.history_file import lacks_column
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.history import HistoryFile
from nncli.training.progress import Progress
from tests.nn.networks import build_layers
from tests.training.jobs import ScriptedJob
from tests.training.scripted import plan_of

HEADER = (
    "epoch,train_loss,train_accuracy,learning_rate,seconds,rows_per_second,"
    "gradient_norm_1,gradient_norm_2,saturated_1,saturated_2\n"
)
LAYERS = [LayerStatistics(0.5, 0.25), LayerStatistics(2.0, 0.0)]


def report_of(epoch, **metrics):
    metrics = metrics or {"train_loss": 1 / 3, "train_accuracy": 1.0}
    return EpochReport(epoch, metrics, 0.1, 2.0, 10.0, LAYERS, improved=True)


def row_of(epoch):
    return f"{epoch},0.333333333,1,0.1,2,10,0.5,2,0.25,0\n"


def written(path, epochs, **job):
    history = HistoryFile(path)
    history.begin(ScriptedJob(**job))
    for epoch in epochs:
        assert history.step(StepReport(epoch, 1, 1, 1.0)) is None
        assert history.epoch(report_of(epoch)) is None
    history.end(None)
    return path.read_text(encoding="utf-8")


def test_there_is_a_row_per_epoch_below_the_column_names(tmp_path):
    assert written(tmp_path / "h.csv", [1, 2]) == HEADER + row_of(1) + row_of(2)


def test_validation_and_another_score_have_columns_but_not_layers_that_cannot_saturate(tmp_path):
    path = tmp_path / "h.csv"
    layers = blocks(build_layers((2, 3, 1), "relu", "tanh"))
    text = written(path, [], plan=plan_of(validates=True), score=MAE, blocks=layers)
    assert text == (
        "epoch,train_loss,train_mae,validation_loss,validation_mae,learning_rate,seconds,"
        "rows_per_second,gradient_norm_1,gradient_norm_2,saturated_2\n"
    )


def test_the_penalty_has_a_column_after_the_metrics_of_training(tmp_path):
    path = tmp_path / "h.csv"
    text = written(path, [], plan=plan_of(validates=True, penalizes=True))
    assert text.startswith(
        "epoch,train_loss,train_accuracy,penalty,validation_loss,validation_accuracy,learning_rate,"
    )
    assert not lacks_column(path, "penalty")


def test_a_history_without_a_column_is_told_from_one_without_a_header(tmp_path):
    path = tmp_path / "h.csv"
    assert not lacks_column(path, "penalty")
    for text, lacks in [("", False), ("epoch,train_loss", False), (HEADER, True), ("\n", True)]:
        path.write_text(text, encoding="utf-8")
        assert lacks_column(path, "penalty") == lacks
    path.write_text("epoch,penalty\r\n", encoding="utf-8", newline="")
    assert not lacks_column(path, "penalty")
    assert lacks_column(path, "penal")


def test_a_resumed_run_keeps_the_rows_of_its_epochs(tmp_path):
    path = tmp_path / "h.csv"
    written(path, [1, 2, 3])
    path.write_text(path.read_text(encoding="utf-8") + "4,0.5", encoding="utf-8")
    text = written(path, [3], progress=Progress(epoch=2))
    assert text == HEADER + row_of(1) + row_of(2) + row_of(3)


@pytest.mark.parametrize("lines", [[], [HEADER], [HEADER, row_of(1)], [HEADER, row_of(2)] * 2])
def test_the_history_of_another_run_is_refused(tmp_path, lines):
    path = tmp_path / "h.csv"
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match="does not match the 2 epochs"):
        written(path, [], progress=Progress(epoch=2))
    assert path.read_text(encoding="utf-8") == "".join(lines)


def test_synchronized_rows_are_in_the_file(tmp_path):
    path = tmp_path / "h.csv"
    history = HistoryFile(path)
    history.begin(ScriptedJob())
    for epoch in (1, 2, 3):
        history.epoch(report_of(epoch))
    history.synchronize()
    assert path.read_text(encoding="utf-8") == HEADER + "".join(map(row_of, (1, 2, 3)))
    history.end(None)


def test_a_history_may_end_before_it_begins(tmp_path):
    HistoryFile(tmp_path / "h.csv").end(None)
    assert not (tmp_path / "h.csv").exists()
