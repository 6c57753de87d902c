"""`nncli.cross_validate` gives the numbers of the command, with and without a directory."""

import csv
import json

import numpy as np
import pytest

import nncli
from nncli.cli.main import main
from tests.api.conftest import CONFIG

FOLDS = {**CONFIG, "training": {**CONFIG["training"], "folds": 3}}


def test_without_a_directory_it_gives_what_the_command_writes(directory, config_file, capfd):
    with pytest.raises(SystemExit) as caught:
        main(["train", "-q", str(config_file), "training.folds=3", "-o", "run"])
    assert caught.value.code == 0
    capfd.readouterr()
    found = nncli.cross_validate("xor.yaml", {"training.folds": 3})
    assert capfd.readouterr() == ("", "")
    assert {path.name for path in directory.iterdir()} == {"run", "xor.yaml"}
    saved = json.loads((directory / "run" / "metrics.json").read_text("utf-8"))
    for split, summary in found.summaries.items():
        assert summary.mean == saved[split]["mean"] == found.metrics[split]
        assert summary.deviation == saved[split]["sample_standard_deviation"]
        assert summary.deviation == found.deviations[split]
    for number, model in enumerate(found.models, 1):
        same = nncli.load(directory / "run" / f"fold-{number}")
        np.testing.assert_array_equal(model.network.parameters, same.network.parameters)
    with (directory / "run" / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert list(found.predictions) == header
    assert [str(row) for row in found.predictions["row"]] == [row[0] for row in rows]
    predicted = [int(row[header.index("prediction")]) for row in rows]
    assert found.predictions["prediction"] == predicted


def test_there_are_five_folds_unless_the_config_says_otherwise():
    found = nncli.cross_validate(CONFIG, {"training.epochs": 1})
    assert (len(found.folds), found.planned) == (5, 5)
    assert [fold.number for fold in found.folds] == [1, 2, 3, 4, 5]


def test_rows_may_be_passed(rows):
    X, y = rows
    found = nncli.cross_validate({"training": {"epochs": 1, "folds": 3}, "data": {"test": 0}},
                                 data=(X, y))  # fmt: skip
    assert sorted(found.predictions["row"]) == list(range(120))
    np.testing.assert_array_equal(np.array(found.predictions["target"]), y)


def test_train_refuses_folds():
    with pytest.raises(nncli.UsageError, match="use cross_validate"):
        nncli.train(FOLDS)
    assert nncli.train(FOLDS, {"training.fold": 2}).evaluations["held_out"].rows == 27
    with pytest.raises(nncli.UsageError, match="trains one fold only; use train"):
        nncli.cross_validate(FOLDS, {"training.fold": 2})


class StopIn(nncli.Observer):
    """Send Ctrl-C in a fold."""

    def __init__(self, title):
        self.title = title

    def begin(self, job):
        self.job = job

    def epoch(self, report):
        import signal

        if self.job.title == self.title and report.epoch == 2:
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_returns_the_finished_folds_and_the_rest_can_be_resumed():
    stopped = nncli.cross_validate(FOLDS, out="run", observers=[StopIn("fold 2/3")])
    assert [fold.number for fold in stopped.folds] == [1]
    assert stopped.interrupted_fold.ended == "interrupted"
    assert stopped.metrics["held_out"] == stopped.folds[0].metrics["held_out"]
    assert nncli.is_cross_validation("run")
    with pytest.raises(nncli.UsageError, match="is a cross-validation"):
        nncli.resume("run")
    resumed = nncli.resume_cross_validation("run")
    whole = nncli.cross_validate(FOLDS)
    assert resumed.metrics == whole.metrics
    assert resumed.predictions == whole.predictions
    again = nncli.resume_cross_validation("run")
    assert not again.trained
    assert again.metrics == whole.metrics


def test_before_the_first_fold_is_done_there_is_nothing(directory):
    stopped = nncli.cross_validate(FOLDS, observers=[StopIn("fold 1/3")])
    assert (stopped.folds, stopped.metrics, stopped.predictions) == ([], {}, {})


# tests/cli/test_ids.py tests the files of the command line.
@pytest.mark.parametrize("name", ["row", "fold", "target", "prediction", "p_same", "id", "ride"])
def test_an_id_that_is_called_like_a_column_is_called_id(rows, name):
    X, y = rows
    pairs = zip(X[:, 0].tolist(), y.tolist(), strict=True)
    table = [{name: f"r{n}", "a": a, "y": each} for n, (a, each) in enumerate(pairs)]
    config = {"data": {"target": "y", "id": name}, "training": {"epochs": 1, "folds": 2}}
    predictions = nncli.cross_validate(config, data=table).predictions
    taken = name in ("row", "fold", "target", "prediction", "p_same")
    assert predictions["id" if taken else name] == [f"r{row}" for row in predictions["row"]]
    assert predictions["target"] == [table[row]["y"] for row in predictions["row"]]
    assert set(predictions["fold"]) == {1, 2}


class SpoilIn(nncli.Observer):
    """Corrupt the weights in a fold after its first epoch."""

    def __init__(self, title):
        self.title = title

    def begin(self, job):
        self.job = job

    def epoch(self, report):
        if self.job.title == self.title:
            self.job.setup.network.parameters[:] = np.nan


def test_a_fold_that_diverges_keeps_the_finished_ones():
    with pytest.raises(nncli.DivergenceError, match="fold 3/3: epoch 2") as caught:
        nncli.cross_validate(FOLDS, observers=[SpoilIn("fold 3/3")])
    found = caught.value.result
    assert [fold.number for fold in found.folds] == [1, 2]
    assert found.interrupted_fold.ended == "diverged"


def test_a_single_run_is_not_a_cross_validation():
    nncli.train(CONFIG, out="run")
    assert not nncli.is_cross_validation("run")
    with pytest.raises(nncli.UsageError, match="is a single run; use resume"):
        nncli.resume_cross_validation("run")
