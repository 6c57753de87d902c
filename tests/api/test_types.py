"""The types of the public names, as `mypy --strict` sees them in a user's script."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import nncli

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("mypy"), reason="mypy is not installed"),
]

SCRIPT = '''\
from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import nncli


class Watch(nncli.Observer):
    """Collect losses, and stop training when they are small enough."""

    def begin(self, job: nncli.Job) -> None:
        self.losses: list[float] = []
        assert_type(job.title, str)
        assert_type(job.dataset, nncli.Dataset)
        assert_type(job.plan.epochs, int)
        assert_type(job.progress.best_epoch, int)

    def step(self, report: nncli.StepReport) -> bool:
        return report.loss < 0.01

    def epoch(self, report: nncli.EpochReport) -> bool | None:
        self.losses.append(report.metrics["train_loss"])
        return report.learning_rate < 1e-6

    def end(self, outcome: object) -> None:
        print(self.losses)


class Silent(nncli.Observer):
    def epoch(self, report: nncli.EpochReport) -> None:
        print(report.epoch, report.seconds, report.improved)


def train(X: NDArray[np.float64], y: list[str], frame: object) -> nncli.Result:
    loaded = nncli.load_config("config.yaml", {"training.epochs": 5})
    assert_type(loaded, nncli.LoadedConfig)
    config = nncli.Config.model_validate({"data": "xor"})
    assert_type(loaded.config, nncli.Config)
    nncli.train(Path("config.yaml"), ["training.epochs=5"], out=True, progress=True, threads=2)
    nncli.train(config, data=(X, y), validation_data=(X, y), out="run")
    nncli.train({"data": {"target": "y"}}, data=frame, test_data=frame, note=print)
    nncli.train({}, data=[{"a": 1, "y": 2.0}], observers=(Watch(), Silent()))
    return nncli.train(loaded, observers=[Watch(), Silent()], out=None)


def look(result: nncli.Result, frame: object) -> None:
    assert_type(result.metrics, dict[str, dict[str, float]])
    assert_type(result.history, dict[str, list[float]])
    assert_type(result.config, dict[str, Any])
    assert_type(result.evaluations, dict[str, nncli.Evaluation])
    assert_type(result.directory, Path | None)
    assert_type(result.best_epoch, int)
    model = result.model
    assert_type(model, nncli.Model)
    assert_type(model.predict(frame, threshold=0.3), NDArray[Any])
    assert_type(model.predict_proba([[0.0, 1.0]]), NDArray[Any])
    assert_type(model.classes, list[str])
    assert_type(model.threshold, float | None)
    assert_type(model.evaluate(frame), nncli.Evaluation)
    assert_type(model.evaluate([[0.0, 1.0]], [1]).metrics, dict[str, float])
    assert_type(model.evaluate(split="test").as_json(), dict[str, Any])
    for block in model.predictions("rows.csv", id_column="id"):
        print(block)
    model.save(Path("model.npz"), replace=True)
    assert_type(nncli.load("model.npz"), nncli.Model)


def estimators(X: NDArray[np.float64], y: list[str]) -> None:
    classifier = nncli.MLPClassifier(hidden_layers=[4]).fit(X, y)
    assert_type(classifier, nncli.MLPClassifier)
    assert_type(classifier.predict(X), NDArray[Any])
    print(classifier.predict_proba(X), nncli.MLPRegressor(epochs=3).fit(X, X[:, 0]).predict(X))


def runs(frame: object) -> None:
    assert_type(nncli.is_cross_validation("run"), bool)
    assert_type(nncli.resume("run", {"training.epochs": 9}, data=frame), nncli.Result)
    found = nncli.cross_validate("config.yaml", data=frame, observers=[Watch()])
    assert_type(found, nncli.CrossValidation)
    assert_type(nncli.resume_cross_validation(Path("run")), nncli.CrossValidation)
    assert_type(found.metrics["held_out"]["loss"], float)
    assert_type(found.summaries["held_out"].deviation["loss"], float)
    assert_type(found.predictions, dict[str, list[Any]])
    assert_type(found.models, list[nncli.Model])
    assert_type(found.folds[0].rows, dict[str, int])
    assert_type(found.interrupted_fold, nncli.Result | None)
    comparison = nncli.compare(["run", Path("runs")], split="test", sort="loss")
    assert_type(comparison, nncli.Comparison)
    assert_type(comparison.runs, list[nncli.ComparedRun])
    assert_type(comparison.gap, nncli.Gap | None)
    assert_type(comparison.differences, dict[str, list[Any]])
    several = nncli.train_seeds("config.yaml", {"training.seeds": 3}, data=frame)
    assert_type(several, nncli.SeedRuns)
    assert_type(nncli.resume_seeds(Path("run")), nncli.SeedRuns)
    assert_type(nncli.is_seed_runs("run"), bool)
    assert_type(several.deviations["test"]["loss"], float)
    assert_type(several.seeds[0], nncli.SeedResult)
    assert_type(several.interrupted_seed, nncli.Result | None)


def errors() -> int:
    try:
        nncli.train("config.yaml")
    except (nncli.ConfigError, nncli.UsageError, nncli.DownloadError, nncli.DataError) as error:
        return error.exit_code
    except nncli.DivergenceError as error:
        best: nncli.Result | None = error.result
        return best.epochs if best else 0
    except (nncli.ModelFileError, nncli.OutputError, nncli.Interrupted) as error:
        return error.exit_code
    except nncli.NncliError:
        return 1
    return 0


def explain(model: nncli.Model) -> None:
    assert_type(nncli.trace("config.yaml", rows=[0, 1], format="markdown"), str)
    assert_type(nncli.trace(model, precision=3, forward=True), str)
    assert_type(nncli.describe(model), dict[str, Any])
    assert_type(nncli.describe({"data": "xor"}), dict[str, Any])
    checks = nncli.gradcheck("config.yaml", rows=3)
    assert_type(checks, list[nncli.LayerCheck])
    assert_type(checks[0].largest_error, float)
    assert_type(nncli.estimate("config.yaml", threads=1), nncli.Estimate)
    assert_type(nncli.estimate("config.yaml").seconds, float)
    assert_type(nncli.load_data("config.yaml").splits["train"].inputs, NDArray[Any])
    assert_type(nncli.first_config("csv", data="a.csv", target=["y"]).text, str)
    assert_type(nncli.config_schema(), dict[str, Any])
    assert_type(nncli.config_reference(), str)
    assert_type(nncli.fetch("mnist", progress=True), str)
    assert_type(nncli.info(), dict[str, Any])
'''

WRONG = """\
import nncli


class Late(nncli.Observer):
    def epoch(self, report: nncli.StepReport) -> bool:
        return True


nncli.train("config.yaml", observers=Late())
nncli.train("config.yaml", epochs=5)
nncli.train(["config.yaml"])
accuracy: str = nncli.train("config.yaml").metrics["test"]["accuracy"]
nncli.load("model.npz").predict([[0.0]], threshold="0.5")
nncli.cross_validate("config.yaml", out=3)
nncli.trian("config.yaml")
nncli.MLPClassifier(hidden_layer=[4])
"""


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Return a function that type-checks a script against the installed nncli."""
    cache = tmp_path_factory.mktemp("cache")
    # mypy treats packages in sys.path as installed, which then need py.typed.
    environment = {**os.environ, "PYTHONPATH": str(Path(nncli.__file__).parents[1])}

    def run(directory, text):
        script = directory / "script.py"
        script.write_text(text, encoding="utf-8")
        options = ["--strict", "--config-file=", f"--cache-dir={cache}", "--no-error-summary"]
        done = subprocess.run(
            [sys.executable, "-m", "mypy", *options, script.name],
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    return run


def test_a_script_that_uses_the_public_names_is_accepted(check, directory):
    assert check(directory, SCRIPT) == []


def test_a_script_with_wrong_arguments_is_refused(check, directory):
    found = [line for line in check(directory, WRONG) if ": error: " in line]
    lines = {int(line.split(":")[1]) for line in found}
    code = WRONG.splitlines()
    wrong = {n for n, line in enumerate(code, 1) if "nncli." in line and "class" not in line}
    assert lines == wrong
    assert not any("py.typed" in line for line in found)
