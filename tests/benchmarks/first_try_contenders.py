"""The contenders of `tests.benchmarks.first_try`, each on the same five folds of a table."""

import re
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
import yaml
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

import nncli
from tests.benchmarks.first_try_files import Prepared
from tests.benchmarks.first_try_tables import Table, Task

FOLDS = 5
FEW_ROWS = 1500  # tables up to this size use three seeds
TWO_KEYS, INIT = "two keys", "init"
MLP, SCALED_MLP, BOOSTING = "MLP", "MLP, scaled target", "HistGradientBoosting"
CONTENDERS = (TWO_KEYS, INIT, MLP, SCALED_MLP, BOOSTING)
OF_NNCLI = (TWO_KEYS, INIT)

_LEAST_PROBABILITY = float(np.finfo(np.float32).eps)
_TASKS: dict[Task, str] = {"regression": "regression", "classification": "multiclass"}
_FIXED = (f"training.folds={FOLDS}", "data.test=0")


@dataclass
class Outcome:
    """The outcome of a contender on a table.

    Attributes
    ----------
    scores : dict of str to float
        Means over the seeds; empty where it failed.
    folds : list of str
        For each seed, a hash of the split into folds.
    refused : list of str
        Errors of nncli for the original table and for the cleaned one.
    """

    scores: dict[str, float] = field(default_factory=dict)
    folds: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class HeldOutRows:
    """Predictions for all rows, each by the model that has not seen it.

    Attributes
    ----------
    fold : array (N,)
        Fold of every row, from 0.
    truth : array (N,) of class indices or numbers
    predicted : array (N,), likewise
    of_truth : array (N,), optional
        Probability of the true class.
    """

    fold: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    of_truth: np.ndarray | None = None

    def scores(self, task: Task) -> dict[str, float]:
        """Return accuracy and log loss, or R², over all rows."""
        if task == "regression":
            errors = ((self.truth - self.predicted) ** 2).sum()
            return {"r2": float(1 - errors / ((self.truth - self.truth.mean()) ** 2).sum())}
        found = {"accuracy": float(np.mean(self.truth == self.predicted))}
        if self.of_truth is not None:
            likely = np.clip(self.of_truth.astype(float), _LEAST_PROBABILITY, 1)
            found["log_loss"] = float(-np.log(likely).mean())
        return found


class OtherTaskError(Exception):
    """nncli inferred the wrong task from the targets."""


def applies(contender: str, table: Table) -> bool:
    """Return whether a contender is measured on a table."""
    return contender != SCALED_MLP or table.task == "regression"


def version_of(contender: str) -> str:
    """Return the version of a contender: a hash of nncli's sources, or scikit-learn's version."""
    if contender not in OF_NNCLI:
        return f"scikit-learn {version('scikit-learn')}"
    sources = sorted(Path(nncli.__file__).parent.rglob("*.py"))
    return "nncli " + sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:12]


def measure(prepared: Prepared, contender: str, settings: Sequence[str] = ()) -> Outcome:
    """Return the outcome of a contender; `settings` replace nncli's defaults."""
    started = time.perf_counter()
    outcome = Outcome()
    with warnings.catch_warnings(), threadpool_limits(1), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if contender in OF_NNCLI:
            _measure_nncli(prepared, contender, settings, outcome)
        else:
            _average(outcome, prepared, lambda seed: _scikit_learn(prepared, contender, seed))
    outcome.seconds = round(time.perf_counter() - started, 1)
    return outcome


def _average(outcome: Outcome, prepared: Prepared, predict: Callable[[int], HeldOutRows]) -> None:
    """Put means over the seeds into `outcome`, which stays unchanged when a seed fails."""
    rows = len(prepared.frame())
    found = [predict(seed) for seed in (range(3) if rows <= FEW_ROWS else range(1))]
    scores = [each.scores(prepared.table.task) for each in found]
    outcome.scores = {name: fmean(each[name] for each in scores) for name in scores[0]}
    outcome.folds = [word_of(each.fold) for each in found]


def word_of(fold: np.ndarray) -> str:
    """Return a hash of the split into folds."""
    return sha256(fold.astype("u1").tobytes()).hexdigest()[:8]


def _measure_nncli(
    prepared: Prepared, contender: str, settings: Sequence[str], outcome: Outcome
) -> None:
    """Measure nncli on the original file; if that fails, set the task or use the cleaned file.

    The cleaned file also replaces one from which nncli takes other rows than the other contenders:
    a class named NA is a class for nncli, but a missing target for pandas.
    """
    rows = len(prepared.frame())
    task = [f"data.task={_TASKS[prepared.table.task]}"]
    overrides = [*_FIXED, *(for_rows(each, rows) for each in settings)]
    try:
        _average(outcome, prepared, _predictor(prepared, prepared.file, contender, overrides))
        if outcome.folds[0] == word_of(fold_of_rows(prepared, 0)):
            return
        file = prepared.cleaned
    except (nncli.NncliError, OtherTaskError) as error:
        outcome.refused.append(str(error).replace(f"{prepared.file}: ", ""))
        file = prepared.file if isinstance(error, OtherTaskError) else prepared.cleaned
    try:
        _average(outcome, prepared, _predictor(prepared, file, contender, overrides + task))
    except nncli.NncliError as error:
        outcome.refused.append(str(error).replace(f"{file}: ", ""))


def _predictor(
    prepared: Prepared, file: Path, contender: str, overrides: Sequence[str]
) -> Callable[[int], HeldOutRows]:
    """Return a function that predicts all rows of a file, given a seed."""
    config = config_of(prepared, file, contender)
    return lambda seed: _nncli(prepared.table, config, [*overrides, f"seed={seed}"])


def config_of(prepared: Prepared, file: Path, contender: str) -> dict[str, Any]:
    """Return the config of a contender for a file."""
    table, is_cleaned = prepared.table, file == prepared.cleaned
    if contender == INIT:
        return _config_of_init(table, file, drop=() if is_cleaned else table.drop)
    data: dict[str, Any] = {"path": str(file), "target": table.target}
    if is_cleaned:
        texts = texts_of(prepared.frame().drop(columns=table.target))
        data["columns"] = dict.fromkeys(texts, "category")
    elif table.drop:
        data["drop"] = list(table.drop)
    return {"data": data}


def _config_of_init(table: Table, file: Path, drop: Sequence[str]) -> dict[str, Any]:
    """Return the config that ``nncli init csv`` writes, without the dropped columns."""
    text = nncli.first_config("csv", data=file, target=table.target, path=file, note=_silent).text
    config: dict[str, Any] = yaml.safe_load(text)
    data = config["data"] | {"path": str(file)}
    data["drop"] = [*{*(data.get("drop") or ()), *drop}]
    data["columns"] = {
        name: each for name, each in (data.get("columns") or {}).items() if name not in drop
    }
    if data.get("id") in drop:
        del data["id"]
    return config | {"data": data}


def _silent(_: str) -> None:
    pass


def for_rows(setting: str, rows: int) -> str:
    """Return a setting with ``4/rows`` replaced by its value."""
    return re.sub(r"=([\d.]+)/rows$", lambda found: f"={float(found[1]) / rows:.1g}", setting)


def _nncli(table: Table, config: dict[str, Any], overrides: Sequence[str]) -> HeldOutRows:
    """Return nncli's predictions; raise `OtherTaskError` if it infers another task."""
    found = nncli.cross_validate(config, overrides, threads=1, note=_silent)
    held_out = [each.held_out for each in found.folds]
    numbers = np.concatenate([each.numbers for each in held_out])
    order = np.argsort(numbers, kind="stable")
    fold = np.repeat(np.arange(len(held_out)), [len(each) for each in held_out])[order]
    truth = np.concatenate([each.truth for each in held_out])[order]
    predictions = [each.predictions for each in held_out]
    is_regression = not hasattr(predictions[0], "chosen")
    if is_regression != (table.task == "regression"):
        raise OtherTaskError(f"inferred {found.folds[0].model.task} from the targets")
    if is_regression:
        predicted = np.concatenate([each.values for each in predictions])[order]
        return HeldOutRows(fold, truth.ravel(), predicted.ravel())
    chosen = np.concatenate([each.chosen for each in predictions])[order]
    if predictions[0].probabilities is None:
        return HeldOutRows(fold, truth, chosen)
    likely = np.concatenate([each.probabilities for each in predictions])[order]
    return HeldOutRows(fold, truth, chosen, likely[np.arange(len(truth)), truth])


def fold_of_rows(prepared: Prepared, seed: int) -> np.ndarray:
    """Return the fold of every row of the cleaned table, from 0, as nncli splits it."""
    table = prepared.table
    targets = prepared.frame()[table.target]
    rows = pd.DataFrame({"x": np.arange(len(targets), dtype=float), "target": targets})
    data = {"target": "target", "task": _TASKS[table.task]}
    config = {"data": data, "model": {"hidden_layers": []}}
    untrained = [*_FIXED, "training.epochs=0", f"seed={seed}"]
    found = nncli.cross_validate(config, untrained, data=rows, threads=1, note=_silent)
    folds = np.full(len(targets), -1)
    for each in found.folds:
        folds[each.held_out.numbers] = each.number - 1
    assert folds.min() == 0
    return folds


def texts_of(frame: pd.DataFrame) -> list[str]:
    """Return the columns with text."""
    return [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]


def _scikit_learn(prepared: Prepared, contender: str, seed: int) -> HeldOutRows:
    table, frame = prepared.table, prepared.frame()
    fold = fold_of_rows(prepared, seed)
    inputs, targets = frame.drop(columns=table.target), frame[table.target]
    is_regression = table.task == "regression"
    classes, truth = (None, targets) if is_regression else np.unique(targets, return_inverse=True)
    truth = np.asarray(truth)
    predicted = np.zeros(len(frame), float if is_regression else int)
    of_truth = None if is_regression else np.zeros(len(frame))
    for number in range(FOLDS):
        held_out = fold == number
        estimator = _estimator(inputs, contender, table.task, seed)
        estimator.fit(inputs[~held_out], truth[~held_out])
        predicted[held_out] = estimator.predict(inputs[held_out])
        if of_truth is not None:
            probabilities = np.zeros((held_out.sum(), len(classes)))
            probabilities[:, estimator.classes_] = estimator.predict_proba(inputs[held_out])
            of_truth[held_out] = probabilities[np.arange(len(probabilities)), truth[held_out]]
    return HeldOutRows(fold, truth, predicted, of_truth)


def _estimator(inputs: pd.DataFrame, contender: str, task: Task, seed: int) -> Any:
    """Return an estimator with scikit-learn's defaults, for encoded and scaled inputs."""
    is_regression = task == "regression"
    if contender == BOOSTING:
        kind = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
    else:
        kind = MLPRegressor if is_regression else MLPClassifier
    texts = texts_of(inputs)
    numbers = [name for name in inputs if name not in texts]
    encoder = ColumnTransformer(
        [
            ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
            ("numbers", StandardScaler(), numbers),
        ]
    )
    pipeline = make_pipeline(encoder, kind(random_state=seed))
    if contender == SCALED_MLP:
        return TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    return pipeline
