"""The worst predictions for rows with targets."""

from heapq import nlargest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.splits import Rows, Split
from nncli.metrics.means import Numbers
from nncli.model.evaluation import target_scaling_of
from nncli.model.model import Model
from nncli.model.predicted import Predicted, PredictedLabels, PredictedNumbers, Predictions
from nncli.model.prediction import blocks_of, predict_rows

Mistake = dict[str, Any]


def worst_rows(
    model: Model,
    split: Split,
    most: int,
    threshold: float | None = None,
    numbers: Rows | None = None,
) -> list[Mistake]:
    """Return the rows with the worst predictions, the worst first.

    Parameters
    ----------
    most : int
        Number of rows to return, if there are that many: rows whose class or labels are right are
        no mistakes.
    threshold : float, optional
        As for `predict_rows`.
    numbers : array (N,), optional
        Row numbers in the file, of the rows of the split's arrays.

    Returns
    -------
    list of dict
        ``row``, ``target``, ``prediction``, and for

        - classes: ``probability`` of the prediction and ``probability_of_target``, if the model has
          them; the target's decides which are worst
        - labels: ``wrong``, the number of labels that are wrong
        - numbers: ``error``, the prediction minus the target; with several targets, each key has
          the suffix ``_<target>``, and the mean of the scaled errors decides
    """
    worst: list[tuple[float, Mistake]] = []
    for rows in blocks_of(split.rows, model):
        predictions = predict_rows(model, split.inputs[rows], threshold)
        truth = split.targets[rows]
        badness = _badness(model, predictions, truth)
        places = np.argsort(-badness, kind="stable")[:most]
        places = places[badness[places] > -np.inf]
        shown = (rows if numbers is None else numbers[rows])[places].tolist()
        found = _described(predictions.part(places), truth[places])
        block = [{"row": row, **each} for row, each in zip(shown, found, strict=True)]
        pairs = zip(badness[places].tolist(), block, strict=True)
        worst = nlargest(most, [*worst, *pairs], key=lambda pair: pair[0])
    return [each for _, each in worst]


def _badness(model: Model, found: Predicted, truth: NDArray[Any]) -> Numbers:
    """Return how bad each prediction is (N,); -inf if it is right."""
    if isinstance(found, PredictedNumbers):
        scale = np.asarray(target_scaling_of(model).scale, np.float64)
        return np.asarray((np.abs(found.values - truth) * scale).mean(axis=1))
    p = found.probabilities
    if isinstance(found, Predictions):
        wrong = (found.chosen != truth).astype(np.float64)
        doubt = 0.0 if p is None else p[np.arange(len(truth)), truth]
    else:
        wrong = (found.chosen != truth).sum(axis=1).astype(np.float64)
        doubt = 0.0 if p is None else np.where(truth == 1, p, 1 - p).min(axis=1)
    return np.where(wrong > 0, wrong - np.asarray(doubt, np.float64), -np.inf)


def _described(found: Predicted, truth: NDArray[Any]) -> list[Mistake]:
    """Return target and prediction of each row."""
    if isinstance(found, PredictedNumbers):
        return _numbers(found, truth)
    if isinstance(found, PredictedLabels):
        return [
            {
                "target": _chosen(found.labels, true),
                "prediction": _chosen(found.labels, chosen),
                "wrong": int((true != chosen).sum()),
            }
            for true, chosen in zip(truth, found.chosen, strict=True)
        ]
    rows = []
    for at, (true, chosen) in enumerate(zip(truth.tolist(), found.chosen.tolist(), strict=True)):
        row: Mistake = {"target": found.classes[true], "prediction": found.classes[chosen]}
        if (p := found.probabilities) is not None:
            row["probability"] = float(p[at, chosen])
            row["probability_of_target"] = float(p[at, true])
        rows.append(row)
    return rows


def _chosen(labels: list[str], flags: NDArray[Any]) -> list[str]:
    return [label for label, flag in zip(labels, flags.tolist(), strict=True) if flag]


def _numbers(found: PredictedNumbers, truth: NDArray[Any]) -> list[Mistake]:
    rows = []
    for true, predicted in zip(truth.tolist(), found.values.tolist(), strict=True):
        row: Mistake = {}
        for name, target, prediction in zip(found.targets, true, predicted, strict=True):
            end = f"_{name}" if len(found.targets) > 1 else ""
            row |= {f"target{end}": target, f"prediction{end}": prediction}
            row[f"error{end}"] = prediction - target
        rows.append(row)
    return rows
