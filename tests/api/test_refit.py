"""`training.refit` from Python: rows in memory and in files, interruptions, changed data."""

from pathlib import Path

import numpy as np
import pytest

import nncli
from nncli.runs.selection import Selection
from tests.api.conftest import CONFIG, parameters
from tests.api.test_folds import SpoilIn, StopIn

LONGER = {"refit": True, "epochs": 8, "learning_rate": 0.8}
REFIT = {**CONFIG, "training": {**CONFIG["training"], **LONGER}}
SHORT = {
    "data": {"test": 20, "validation": 0.2},
    "model": {"hidden_layers": [4]},
    "training": {"refit": True, "epochs": 5, "learning_rate": 0.1, "batch_size": 8},
}
TABLE = {**SHORT, "data": {**SHORT["data"], "path": "t.csv", "target": "y"}}


class Losses(nncli.Observer):
    """Collect validation losses and learning rates by title."""

    def __init__(self):
        self.found, self.rates = {}, {}

    def begin(self, job):
        self.title, self.found[job.title], self.rates[job.title] = job.title, [], []

    def epoch(self, report):
        self.found[self.title].append(report.metrics.get("validation_loss"))
        self.rates[self.title].append(report.learning_rate)


def write_table(rows=120, first=0.5):
    random = np.random.default_rng(1)
    lines = ["x,kind,y"]
    for n, x in enumerate(random.normal(size=rows)):
        lines.append(f"{first if n == 0 else round(x, 3)},{'abcd'[n % 4]},{x * x:.3f}")
    Path("t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_result_is_that_of_all_rows_and_has_the_selection():
    losses = Losses()
    result = nncli.train(REFIT, {"training.schedule": "cosine"}, observers=[losses])
    assert [*losses.found] == ["selection", "all rows"]
    selected = losses.found["selection"]
    best = 1 + int(np.argmin(selected))
    assert 1 < best < len(selected) == 8
    assert result.selection == Selection(best, len(selected), "validation_loss")
    assert result.epochs == result.best_epoch == best
    assert losses.found["all rows"] == [None] * best
    # The rate of an epoch is recorded at its last step, and the epochs differ in length.
    rates = zip(losses.rates["all rows"], losses.rates["selection"], strict=False)
    assert all(again <= first for again, first in rates)
    assert {name: each.rows for name, each in result.evaluations.items()} == {
        "train": 80,
        "test": 60,
    }
    assert (result.directory, result.refit_in) == (None, None)
    assert result.config["training"]["refit"] is True


def test_with_and_without_a_directory_it_is_the_same():
    without, within = nncli.train(REFIT), nncli.train(REFIT, out="run")
    np.testing.assert_array_equal(parameters(without), parameters(within))
    assert without.history["train_loss"] == pytest.approx(within.history["train_loss"], rel=1e-8)
    assert within.directory == Path("run")


def test_all_rows_in_memory_are_trained_on(rows):
    result = nncli.train(SHORT, data=rows)
    best = result.selection.best_epoch
    plain = {"training.refit": False, "data.validation": 0, "training.epochs": best}
    np.testing.assert_array_equal(
        parameters(result), parameters(nncli.train(SHORT, plain, data=rows))
    )
    assert result.evaluations["train"].rows == 100


def test_a_table_is_encoded_from_all_rows_and_has_the_same_test_rows():
    write_table()
    result = nncli.train(TABLE)
    plain = {"training.refit": False, "training.epochs": result.selection.best_epoch}
    alone = nncli.train(TABLE, {**plain, "data.validation": 0})
    np.testing.assert_array_equal(parameters(result), parameters(alone))
    assert result.model.preprocessing == alone.model.preprocessing
    splits = [nncli.load_data(TABLE, each).splits for each in ({}, {"training.refit": False})]
    np.testing.assert_array_equal(splits[0]["test"].rows, splits[1]["test"].rows)
    both = np.concatenate([splits[1]["train"].rows, splits[1]["validation"].rows])
    np.testing.assert_array_equal(splits[0]["train"].rows, np.sort(both))
    assert [*splits[0]] == ["train", "test"]


def test_defaults_that_depend_on_the_rows_are_those_of_the_selection():
    write_table(7000)
    config = {"data": {"path": "t.csv", "target": "y"}}
    stop = {"training.early_stopping": {"patience": 1}}
    text = nncli.load_config(config, {"training.refit": True, **stop}).text()
    plain = nncli.load_config(config, stop).text()
    assert text == plain.replace("refit: false", "refit: true")
    result = nncli.train(config, {"training.refit": True, **stop})
    chosen = nncli.train(config, stop)
    settings = {**chosen.config["training"], "refit": True}
    assert result.config["training"] == settings
    assert result.config["data"] == chosen.config["data"]
    assert result.selection == (chosen.best_epoch, chosen.epochs, "validation_loss")


@pytest.mark.parametrize("title", ["selection", "all rows"])
def test_after_ctrl_c_resume_gives_the_same_bits(rows, title):
    whole = nncli.train(SHORT, data=rows)
    stopped = nncli.train(SHORT, data=rows, out="run", observers=[StopIn(title)])
    assert stopped.ended == "interrupted"
    place = stopped.refit_in or stopped.directory
    assert place == Path("run")
    with pytest.raises(nncli.DataError, match="pass them again as data="):
        nncli.resume(place)
    resumed = nncli.resume(place, data=rows)
    np.testing.assert_array_equal(parameters(resumed), parameters(whole))
    assert resumed.selection == whole.selection
    assert resumed.metrics == whole.metrics
    assert "is finished" in nncli.resume(place, data=rows).already_over


class ChangeData(nncli.Observer):
    """Write another table when the selection ends."""

    def end(self, outcome):
        write_table(first=0.75)


def test_data_that_changes_between_the_two_trainings_is_refused():
    write_table()
    with pytest.raises(nncli.DataError, match="the data has changed since the epochs were chosen"):
        nncli.train(TABLE, out="run", observers=[ChangeData()])
    with pytest.raises(nncli.DataError, match=r"^run: the data has changed since the epochs"):
        nncli.resume("run")
    write_table()
    whole = nncli.train(TABLE)
    np.testing.assert_array_equal(parameters(nncli.resume("run")), parameters(whole))


def test_data_that_changes_within_the_second_is_refused_too():
    write_table()
    nncli.train(TABLE, out="run", observers=[StopIn("all rows")])
    write_table(first=0.75)
    with pytest.raises(nncli.DataError, match="the data has changed since its checkpoint"):
        nncli.resume("run")


def test_separate_validation_rows_are_refused(rows):
    X, y = rows
    with pytest.raises(nncli.ConfigError, match=r"training.refit: .* are given separately"):
        nncli.train(SHORT, data=(X[:80], y[:80]), validation_data=(X[80:], y[80:]))
    write_table()
    for config in (TABLE, {"training": {"refit": True}, "data": {"path": "t.csv", "target": "y"}}):
        with pytest.raises(nncli.ConfigError, match=r"training.refit: .* are given separately"):
            nncli.train(config, {"data.validation": "t.csv"})


# A fraction of 0, one that gives no row, and the default for few rows.
@pytest.mark.parametrize("share", [0, 0.001, None])
def test_missing_validation_rows_are_refused(rows, share):
    with pytest.raises(nncli.ConfigError, match="found true, but a refit needs validation rows"):
        nncli.train(SHORT, {"data.validation": share}, data=rows, out="run")
    assert not Path("run").exists()


@pytest.mark.parametrize("source", ["gate", {"source": "rows", "inputs": [[0], [1]],
                                             "labels": ["a", "b"]}])  # fmt: skip
def test_data_without_a_fraction_of_validation_rows_is_refused(source):
    with pytest.raises(nncli.ConfigError, match="found true, but a refit needs validation rows"):
        nncli.train({"data": source, "training": {"refit": True}})


def test_a_cross_validation_cannot_be_refitted():
    with pytest.raises(nncli.UsageError, match="trains one model on all rows; use train"):
        nncli.cross_validate(REFIT)
    with pytest.raises(nncli.ConfigError, match=r"training.folds: 3"):
        nncli.cross_validate(REFIT, {"training.folds": 3})


def test_a_diverging_selection_is_reported_and_keeps_its_best_epoch():
    with pytest.raises(nncli.DivergenceError, match="selection: epoch 2") as caught:
        nncli.train(REFIT, out="run", observers=[SpoilIn("selection")])
    assert caught.value.result.directory == Path("run/selection")
    with pytest.raises(nncli.NncliError, match="resume it: nncli train --resume run"):
        nncli.load("run")


def test_a_training_on_all_rows_that_diverges_leaves_no_weights():
    with pytest.raises(nncli.DivergenceError, match="epoch 2") as caught:
        nncli.train(REFIT, out="run", observers=[SpoilIn("all rows")])
    assert caught.value.result is None
    with pytest.raises(nncli.NncliError, match="run: training diverged and left no weights"):
        nncli.load("run")


def test_an_estimate_covers_both_trainings():
    both, one = nncli.estimate(REFIT), nncli.estimate(CONFIG)
    assert both.is_refit
    assert not one.is_refit
    assert both.seconds == 2 * both.seconds_an_epoch * 8


def test_a_directory_that_is_renamed_is_followed(rows):
    whole = nncli.train(SHORT, data=rows)

    class Rename(nncli.Observer):
        def begin(self, job):
            self.title = job.title

        def epoch(self, report):
            if self.title == "selection" and report.epoch == 2:
                Path("run").rename("moved")

    found = nncli.train(SHORT, data=rows, out="run", observers=[Rename()])
    np.testing.assert_array_equal(parameters(found), parameters(whole))
    assert found.directory == Path("moved").absolute() or found.directory == Path("moved")
    assert Path("moved/selection/weights.npz").exists()


@pytest.mark.parametrize("function", [nncli.train, nncli.estimate])
def test_a_refit_without_validation_rows_is_refused_by_name(function):
    write_table(300)
    with pytest.raises(nncli.ConfigError, match="a refit needs validation rows to choose its "):
        function({"data": {"path": "t.csv", "target": "y"}}, {"training.refit": True})
