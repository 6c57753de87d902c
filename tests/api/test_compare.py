"""`nncli.compare` reads configs and metrics, and says what differs."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

import nncli
from tests.api.conftest import CONFIG


def silent(line):
    """Ignore a line."""


def edited(run, **values):
    """Change values of a run's ``metrics.json``; return its path."""
    path = run / "metrics.json"
    saved = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**saved, **values}), encoding="utf-8")
    return run


def with_accuracy(run, accuracy):
    saved = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["test"]
    return edited(run, test={**saved, "metrics": {**saved["metrics"], "accuracy": accuracy}})


@pytest.fixture
def run(directory):
    """Return a function that trains a run into a directory."""

    def do(name, *overrides):
        nncli.train(CONFIG, overrides, out=name)
        return directory / name

    return do


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Return a run directory; tests only copy it."""
    folder = tmp_path_factory.mktemp("first") / "run"
    nncli.train(CONFIG, out=folder)
    return folder


@pytest.fixture(autouse=True)
def without_synchronizing(monkeypatch):
    """Skip synchronizing files to disk, which takes half the time of a short training."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def copies(first, directory):
    """Return a function that copies a run, with a test accuracy each."""

    def do(**accuracies):
        for name, accuracy in accuracies.items():
            shutil.copytree(first, directory / "runs" / name)
            with_accuracy(directory / "runs" / name, accuracy)
        return directory / "runs"

    return do


def test_metrics_epochs_and_differences_are_those_of_the_runs(run):
    one = run("one")
    run("two", "training.learning_rate=0.5", "training.optimizer=sgd")
    found = nncli.compare(["one", "two"])
    results = {str(each.path): each for each in found.runs}
    saved = json.loads((one / "metrics.json").read_text(encoding="utf-8"))
    assert results["one"].metrics["test"] == saved["test"]["metrics"]
    assert results["one"].rows == {"train": 60, "validation": 20, "test": 60}
    assert (results["one"].epochs, results["one"].best_epoch) == (3, saved["best_epoch"])
    assert results["one"].seconds == saved["wall_seconds"]
    assert (results["one"].models, results["one"].varies) == (1, None)
    order = [str(each.path) for each in found.runs]
    rates = {"one": 0.05, "two": 0.5}
    names = {"one": "adam", "two": "sgd"}
    differences = dict(found.differences)
    assert differences.pop("training.learning_rate") == [rates[name] for name in order]
    assert differences.pop("training.optimizer") == [names[name] for name in order]
    assert differences == {}
    assert found.gap.spread is None
    assert found.gap.is_larger is None
    assert repr(found) == "<Comparison: 2 runs by accuracy of test>"


def test_parameters_of_one_optimizer_are_compared(run):
    run("one", "training.optimizer={name: adam, beta1: 0.8}")
    run("two")
    found = nncli.compare(["one", "two"], sort="loss")
    values = {"one": 0.8, "two": 0.9}
    expected = [values[str(each.path)] for each in found.runs]
    assert found.differences == {"training.optimizer.beta1": expected}


def test_runs_are_sorted_by_the_metric_with_the_best_first(copies):
    folder = copies(a=0.5, b=0.9, c=0.7)
    found = nncli.compare(folder)
    assert [each.path.name for each in found.runs] == ["b", "c", "a"]
    assert (found.metric, found.gap.size) == ("accuracy", pytest.approx(0.2))
    losses = nncli.compare(folder, sort="loss", split="train").runs
    assert [each.metrics["train"]["loss"] for each in losses] == sorted(
        each.metrics["train"]["loss"] for each in losses
    )


@pytest.mark.parametrize(("gap", "is_larger"), [(0.01, False), (0.3, True)])
def test_the_gap_is_compared_with_the_spread_over_seeds(directory, run, gap, is_larger):
    nncli.train_seeds(CONFIG, {"training.seeds": 3}, out="seeds")
    saved = json.loads((directory / "seeds" / "metrics.json").read_text(encoding="utf-8"))
    saved["test"]["sample_standard_deviation"]["accuracy"] = 0.1
    edited(directory / "seeds", test=saved["test"])
    with_accuracy(run("one"), saved["test"]["mean"]["accuracy"] - gap)
    found = nncli.compare(["one", "seeds"])
    assert [str(each.path) for each in found.runs] == ["seeds", "one"]
    assert (found.gap.spread, found.gap.is_larger) == (0.1, is_larger)
    seeds = found.runs[0]
    assert (seeds.varies, seeds.models, seeds.epochs) == ("seeds", 3, 3)
    assert type(seeds.epochs) is int  # as of a single run
    parts = [json.loads((directory / "seeds" / f"seed-{n}" / "metrics.json").read_text("utf-8"))
             for n in range(3)]  # fmt: skip
    assert seeds.seconds == pytest.approx(sum(each["wall_seconds"] for each in parts))
    assert seeds.best_epoch == pytest.approx(sum(each["best_epoch"] for each in parts) / 3)


def test_folds_are_compared_by_their_means(directory):
    nncli.cross_validate(CONFIG, {"training.folds": 3}, out="a")
    nncli.cross_validate(CONFIG, {"training.folds": 3, "training.epochs": 1}, out="b")
    found = nncli.compare(["a", "b"], split="held_out")
    assert [each.varies for each in found.runs] == ["folds", "folds"]
    for each in found.runs:
        saved = json.loads((each.path / "metrics.json").read_text(encoding="utf-8"))["held_out"]
        assert each.metrics["held_out"] == saved["mean"]
        assert each.deviations["held_out"] == saved["sample_standard_deviation"]


def test_a_folder_a_pattern_and_a_link_name_each_run_once(copies, directory):
    folder = copies(**{"xor-2": 0.5, "xor-10": 0.5, "other": 0.5})
    (folder / "no run").mkdir()
    (folder / "link").symlink_to(folder / "other")
    places = ["runs/xor-*", folder, "runs/other", "runs"]
    found = nncli.compare(places, note=silent)
    assert [each.path.name for each in found.runs] == ["xor-2", "xor-10", "link"]
    assert found.skipped == []


def test_numbers_in_names_are_ordered_by_value(copies):
    folder = copies(**{f"xor-{n}": 0.5 for n in (1, 10, 2)})
    assert [each.path.name for each in nncli.compare(folder).runs] == ["xor-1", "xor-2", "xor-10"]


def test_the_place_of_a_run_is_no_difference(directory):
    (directory / "t.csv").write_text("x,y\n" + "1,a\n2,b\n3,a\n4,b\n" * 10, encoding="utf-8")
    (directory / "c.yaml").write_text(
        "data: {path: t.csv, target: y}\ntraining: {epochs: 1}", encoding="utf-8"
    )
    for name in ("one", "two/three"):
        nncli.train("c.yaml", out=name, note=silent)
    assert nncli.compare(["one", "two/three"]).differences == {}


def test_other_rows_are_doubted(run):
    run("a")
    run("b", "seed=1")
    run("c", "data.test=40")
    lines = []
    assert len(nncli.compare(list("abc"), note=lines.append).runs) == 3
    assert lines == [
        "the runs have 40 to 60 test rows; metrics of different rows are not comparable",
        "the runs differ in the seed of their data, so their rows may, too; set data_seed to "
        "compare on the same rows",
    ]
    found = nncli.compare(list("ac"), note=silent)
    assert found.gap is None
    run("d", "seed=1", "data_seed=0")
    assert nncli.compare(list("ad"), note=pytest.fail).gap is not None
    assert nncli.compare(list("ad"), note=pytest.fail).differences.keys() == {"seed", "data_seed"}


def test_other_data_is_doubted(run, directory):
    run("xor")
    for name in ("s", "t"):
        (directory / f"{name}.csv").write_text("x,y\n1,a\n2,b\n" * 20, encoding="utf-8")
        config = {"data": {"path": f"{name}.csv", "target": "y"}, "training": {"epochs": 1}}
        nncli.train(config, out=name, note=silent)
    other = "the runs have different data, so their metrics are not comparable"
    for pair in (["s", "t"], ["xor", "t"]):
        lines = []
        assert len(nncli.compare(pair, note=lines.append).runs) == 2
        assert lines == [other]


def test_a_regression_and_classes_can_be_compared(run, rows):
    run("a")
    X, _ = rows
    config = {"training": {"epochs": 1}, "data": {"test": 60}}
    nncli.train(config, data=(X, X.sum(axis=1)), out="b")
    nncli.train(config, data=(X, X.sum(axis=1)), out="c")
    lines = []
    found = nncli.compare(list("abc"), note=lines.append)
    assert (found.metric, str(found.runs[-1].path)) == ("mae", "a")
    assert found.gap is not None  # of two regressions on the same data
    assert lines == ["the runs have different tasks, so their metrics are not comparable"]
    found = nncli.compare(list("ab"), note=silent, sort="loss")
    assert (found.gap, found.as_json()["gap"]) == (None, None)
    found = nncli.compare(list("abc"), note=silent, sort="accuracy")
    assert str(found.runs[0].path) == "a"
    assert found.gap is None


BROKEN = {
    "no_metrics": ("metrics.json", None, "training was interrupted after 3 epochs, before it"),
    "no_config": ("config.yaml", None, "has no config.yaml"),
    "torn": ("metrics.json", b'{"train": {"split": "tr', "is not valid JSON"),
    "list": ("metrics.json", b"[1]", "is not a JSON object"),
    "no_splits": ("metrics.json", b"{}", "has no metrics"),
    "text": ("metrics.json", b'{"test": {"rows": 3, "metrics": {"loss": "a"}}}', "metrics"),
    "nan": ("metrics.json", b'{"test": {"rows": 3, "metrics": {"loss": NaN}}}', "JSON"),
    "huge": ("metrics.json", b'{"test": {"rows": 3, "metrics": {"loss": 1e999}}}', "metrics"),
    "rows": ("metrics.json", b'{"test": {"rows": true, "metrics": {"loss": 1}}}', "rows"),
    "seeds": ("metrics.json", b'{"seeds": 3, "test": {"mean": {"loss": 1}}}', "seeds"),
    "deep": ("metrics.json", b"[" * 100_000, "is not valid JSON"),
    "bytes": ("metrics.json", b"\xff", "is not UTF-8 text"),
    "large": ("metrics.json", b" " * (3 << 22 | 1), "is larger than nncli writes"),
    "yaml": ("config.yaml", b"data: [", "not YAML"),
    "key": ("config.yaml", b"data: {source: xor}\nfoo: 1", "foo: unknown key"),
    "folders": ("config.yaml", b"data: {source: xor}\npaths_from: 3", "expected a list of folders"),
    "twice": ("config.yaml", b"seed: 1\nseed: 2\ndata: {source: xor}", "is already set"),
    "empty": ("config.yaml", b"", "the config: found nothing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_is_named_and_left_out(copies, name):
    folder = copies(good=0.5, bad=0.6)
    file, content, problem = BROKEN[name]
    (folder / "bad" / "weights.npz").unlink()
    (folder / "bad" / file).unlink()
    if content is not None:
        (folder / "bad" / file).write_bytes(content)
    lines = []
    found = nncli.compare([folder / "good", folder / "bad"], note=lines.append)
    assert [each.path.name for each in found.runs] == ["good"]
    assert len(found.skipped) == 1
    problem, separator, remedy = found.skipped[0].partition("; ")
    assert lines == [f"{problem}; left out{separator}{remedy}"]
    assert "bad" in lines[0]
    assert problem in lines[0]
    assert lines[0].isprintable()


def test_links_in_a_run_are_not_followed(copies):
    folder = copies(good=0.5, bad=0.6)
    for name in ("metrics.json", "config.yaml"):
        shutil.copyfile(folder / "good" / name, folder / name)
        (folder / "bad" / name).unlink()
        (folder / "bad" / name).symlink_to(folder / name)
    found = nncli.compare([folder / "bad", folder / "good"], note=silent)
    assert [each.path.name for each in found.runs] == ["good"]
    assert "a link; replace it with a copy" in found.skipped[0]


def test_other_files_of_a_run_are_not_read(copies):
    folder = copies(a=0.5)
    (folder / "a" / "history.csv").write_bytes(b'epoch,tr\n"torn')
    for name in ("weights.npz", "checkpoint.npz"):
        (folder / "a" / name).unlink()
    assert len(nncli.compare(folder, note=pytest.fail).runs) == 1


def test_interrupted_and_diverged_runs_are_named_and_compared(copies):
    folder = copies(a=0.5, b=0.6)
    edited(folder / "a", ended="interrupted", epochs=1)
    edited(folder / "b", ended="diverged", epochs=2)
    lines = []
    assert len(nncli.compare("runs", note=lines.append).runs) == 2
    assert lines == [
        "runs/a: was interrupted after 1 epoch; its metrics are those so far",
        "runs/b: diverged after 2 epochs; its metrics are those of the best epoch",
    ]


def test_an_interrupted_run_of_seeds_is_named(copies, directory):
    folder = copies(a=0.5)
    nncli.train_seeds(CONFIG, {"training.seeds": 2}, out="runs/seeds")
    (folder / "seeds" / "metrics.json").unlink()
    lines = []
    found = nncli.compare("runs", note=lines.append)
    assert lines[0].startswith("runs/seeds: has interrupted runs of seeds; left out; resume it: ")
    assert found.skipped == [
        "runs/seeds: has interrupted runs of seeds; resume it: nncli train --resume runs/seeds, or "
        "choose the model of a seed: runs/seeds/seed-0"
    ]


def test_hostile_names_are_escaped(copies):
    folder = copies(good=0.5)
    for name in ("<script>", "\u202ertl", "a\x1b[31m", "a\nb", "$_x_"):
        (folder / name).mkdir()
    lines = []
    found = nncli.compare([folder / "good", *folder.iterdir()], note=lines.append)
    assert len(found.skipped) == 5
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("place", ["none", "none*", "a\0b", "", "[", "\udcff"])
def test_a_place_without_runs_is_named(copies, place):
    folder = copies(good=0.5)
    found = nncli.compare([folder, place], note=silent)
    assert len(found.skipped) == 1
    with pytest.raises(nncli.DataError, match=re.escape(found.skipped[0])):
        nncli.compare([place], note=pytest.fail)
    with pytest.raises(nncli.DataError, match="no run can be compared"):
        nncli.compare([place, "missing"], note=silent)


def test_a_config_of_an_earlier_version_has_the_defaults_of_new_keys(copies):
    folder = copies(old=0.5, new=0.5)
    old = Path(__file__).parents[1] / "old_models" / "stopped_run" / "config.yaml"
    assert "kernels" in old.read_text(encoding="utf-8")
    shutil.copyfile(old, folder / "old" / "config.yaml")
    found = nncli.compare(folder, note=silent)
    settings = {each.path.name: each.settings for each in found.runs}
    assert settings["old"].keys() >= {"data_seed", "training.seeds", "training.engine"}
    assert settings["old"]["training.engine"] == "numpy"
    assert not found.differences.keys() & {"data_seed", "training.seeds", "training.kernels"}


def test_impossible_arguments_are_refused(copies):
    folder = copies(a=0.5)
    for options, problem in (
        ({"split": "tests"}, "split: found 'tests'; expected one of train, validation, test, held"),
        ({"sort": "acuracy"}, "sort: found 'acuracy'; expected a metric such as accuracy or loss; "
                              "did you mean 'accuracy'"),
        ({"sort": 3}, "sort: found 3; expected a metric"),
        ({"split": "held_out"}, "no run has held_out rows; choose split train or validation or"),
        ({"sort": "mae"}, "no run has the test metric mae; choose loss, accuracy"),
    ):  # fmt: skip
        with pytest.raises(nncli.UsageError) as caught:
            nncli.compare(folder, **options)
        assert str(caught.value).startswith(problem)
    for runs in (3, [3], None):
        with pytest.raises(nncli.UsageError, match="runs: found"):
            nncli.compare(runs)


def test_the_result_is_plain_json(copies):
    found = nncli.compare(copies(a=0.5, b=0.75))
    values = json.loads(json.dumps(found.as_json()))
    assert [Path(each["run"]).name for each in values["runs"]] == ["b", "a"]
    assert values["gap"] == {"size": 0.25, "spread": None, "is_larger": None}
    assert values["runs"][0]["metrics"]["accuracy"] == 0.75
    assert values["skipped"] == []
