"""`nncli.train_seeds` trains one model per seed on the same split of the data."""

import json

import numpy as np
import pytest

import nncli
from tests.api.conftest import CONFIG, parameters
from tests.api.test_folds import SpoilIn, StopIn

SEEDS = {**CONFIG, "seed": 7, "training": {**CONFIG["training"], "seeds": 3}}


def rows_of(config, split):
    found = nncli.load_data(config).splits[split]
    return found.inputs[found.rows]


def test_the_first_seed_gives_the_bits_of_a_plain_run():
    found = nncli.train_seeds(SEEDS)
    plain = nncli.train({**CONFIG, "seed": 7})
    assert [each.number for each in found.seeds] == [7, 8, 9]
    np.testing.assert_array_equal(found.models[0].network.parameters, parameters(plain))
    assert found.seeds[0].metrics == plain.metrics


def test_each_seed_has_the_same_rows_and_other_weights():
    found = nncli.train_seeds(SEEDS)
    for split in ("train", "validation", "test"):
        expected = rows_of({**CONFIG, "seed": 7}, split)
        for model in found.models:
            np.testing.assert_array_equal(rows_of(model.config, split), expected)
        assert not np.array_equal(rows_of({**CONFIG, "seed": 8}, split), expected)
    assert len({model.network.parameters.tobytes() for model in found.models}) == 3


def test_the_data_seed_alone_decides_the_rows():
    given = {**CONFIG, "seed": 7, "data_seed": 2}
    np.testing.assert_array_equal(rows_of(given, "test"), rows_of({**CONFIG, "seed": 2}, "test"))
    found = nncli.train_seeds({**SEEDS, "data_seed": 2}, out="run")
    alone = nncli.train({**CONFIG, "seed": 8, "data_seed": 2})
    np.testing.assert_array_equal(found.models[1].network.parameters, parameters(alone))
    again = nncli.train("run/seed-8/config.yaml")  # has the data of the first seed
    np.testing.assert_array_equal(parameters(again), parameters(alone))
    assert nncli.load("run/seed-8").evaluate(split="test").metrics == alone.metrics["test"]


def test_mean_and_deviation_are_written(directory):
    found = nncli.train_seeds(SEEDS, out="run")
    saved = json.loads((directory / "run" / "metrics.json").read_text("utf-8"))
    assert saved["seeds"] == 3
    for split, summary in found.summaries.items():
        assert [each["seed"] for each in saved[split]["seeds"]] == [7, 8, 9]
        for name, mean in summary.mean.items():
            values = [each["metrics"][name] for each in saved[split]["seeds"]]
            assert mean == saved[split]["mean"][name] == pytest.approx(np.mean(values), rel=1e-12)
            deviation = saved[split]["sample_standard_deviation"][name]
            assert summary.deviation[name] == deviation
            assert deviation == pytest.approx(np.std(values, ddof=1), abs=1e-12)


def test_there_are_five_seeds_unless_the_config_says_otherwise():
    found = nncli.train_seeds(CONFIG, {"training.epochs": 0})
    assert (len(found.seeds), found.planned) == (5, 5)
    assert [each.number for each in found.seeds] == [0, 1, 2, 3, 4]


def test_rows_may_be_passed(rows):
    X, y = rows
    config = {"training": {"epochs": 1, "seeds": 2}, "data": {"test": 30, "validation": 0}}
    found = nncli.train_seeds(config, data=(X, y))
    assert found.seeds[0].rows == found.seeds[1].rows == {"train": 90, "test": 30}


def test_ctrl_c_returns_the_finished_seeds_and_the_rest_can_be_resumed():
    stopped = nncli.train_seeds(SEEDS, out="run", observers=[StopIn("seed 8 (2/3)")])
    assert [each.number for each in stopped.seeds] == [7]
    assert stopped.interrupted_seed.ended == "interrupted"
    assert nncli.is_seed_runs("run")
    assert not nncli.is_cross_validation("run")
    with pytest.raises(nncli.UsageError, match="runs of several seeds; use resume_seeds"):
        nncli.resume("run")
    with pytest.raises(nncli.UsageError, match="runs of several seeds; use resume_seeds"):
        nncli.resume_cross_validation("run")
    resumed, whole = nncli.resume_seeds("run"), nncli.train_seeds(SEEDS)
    assert resumed.metrics == whole.metrics
    assert [each.network.parameters.tobytes() for each in resumed.models] == [
        each.network.parameters.tobytes() for each in whole.models
    ]
    assert not nncli.resume_seeds("run").trained


def test_seeds_and_epochs_can_be_added_and_nothing_else_changes():
    nncli.train_seeds(SEEDS, out="run")
    more = nncli.resume_seeds("run", {"training.seeds": 4, "training.epochs": 5})
    whole = nncli.train_seeds(SEEDS, {"training.seeds": 4, "training.epochs": 5})
    assert more.metrics == whole.metrics
    for key, value in (("training.seeds", 2), ("seed", 8), ("data_seed", 1)):
        with pytest.raises(
            nncli.ConfigError, match=r"only training\.epochs and training\.seeds may"
        ):
            nncli.resume_seeds("run", {key: value})


def test_a_seed_that_diverges_keeps_the_finished_ones():
    with pytest.raises(nncli.DivergenceError, match=r"seed 9 \(3/3\): epoch 2") as caught:
        nncli.train_seeds(SEEDS, observers=[SpoilIn("seed 9 (3/3)")])
    assert [each.number for each in caught.value.result.seeds] == [7, 8]
    assert caught.value.result.interrupted_seed.ended == "diverged"


@pytest.mark.parametrize(
    ("function", "config", "problem"),
    [
        (nncli.train, SEEDS, "use train_seeds"),
        (nncli.cross_validate, SEEDS, "training.seeds: 3 needs train_seeds"),
        (nncli.train_seeds, {**CONFIG, "training": {"folds": 3}}, "training.folds: 3"),
        (nncli.train_seeds, {**CONFIG, "training": {"folds": 3, "fold": 1}}, "training.folds: 3"),
        (nncli.train_seeds, {**CONFIG, "training": {"refit": True}}, "training.refit: true"),
    ],
)
def test_other_trainings_are_refused(directory, function, config, problem):
    with pytest.raises(nncli.UsageError, match=problem):
        function(config, out="run")
    assert list(directory.iterdir()) == []


def test_a_single_run_has_no_seeds():
    nncli.train(CONFIG, out="run")
    assert not nncli.is_seed_runs("run")
    with pytest.raises(nncli.UsageError, match="is a single run; use resume"):
        nncli.resume_seeds("run")
    with pytest.raises(nncli.ConfigError, match=r"training\.seeds was nothing and is 3"):
        nncli.resume("run", {"training.seeds": 3})
