"""The worst predictions for rows with targets."""

from heapq import nlargest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
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
    """Return the rows that `worst_places` finds, with target and prediction, the worst first.

    Parameters
    ----------
    numbers : array (N,), optional
        Row numbers in the file, of the rows of the split's arrays.

    Returns
    -------
    list of dict
        ``row``, ``target``, ``prediction``, and for

        - classes: ``probability`` of the prediction and ``probability_of_target``, if the model has
          them
        - labels: ``wrong``, the number of labels that are wrong
        - numbers: ``error``, the prediction minus the target; with several targets, each key has
          the suffix ``_<target>``
    """
    places, _ = worst_places(model, split, most, threshold)
    rows = split.rows[places]
    if not len(rows):
        return []
    predictions = predict_rows(model, take_rows(split.inputs, rows), threshold)
    found = _described(predictions, take_rows(split.targets, rows))
    shown = (rows if numbers is None else numbers[rows]).tolist()
    return [{"row": row, **each} for row, each in zip(shown, found, strict=True)]


def worst_places(
    model: Model, split: Split, most: int, threshold: float | None = None
) -> tuple[NDArray[np.intp], int]:
    """Return which rows of a split have the worst predictions, and how many rows are wrong.

    Classes and labels that are right are no mistakes. Of two rows, the worse one has

    - classes: the lower probability of the target
    - labels: more labels that are wrong; if as many, a label with the lower probability of its
      target
    - numbers: the larger mean of the targets' absolute errors in the scale of training. Each row
      counts as wrong.

    Parameters
    ----------
    most : int
        Number of rows to return, if there are that many.
    threshold : float, optional
        As for `predict_rows`.

    Returns
    -------
    places : array (at most `most`,)
        Indices into ``split.rows``, the worst first.
    wrong : int
    """
    worst: list[tuple[float, int]] = []
    wrong = start = 0
    for rows in blocks_of(split.rows, model):
        predictions = predict_rows(model, take_rows(split.inputs, rows), threshold, first_row=start)
        badness = _badness(model, predictions, take_rows(split.targets, rows))
        wrong += int((badness > -np.inf).sum())
        found = np.argsort(-badness, kind="stable")[:most]
        found = found[badness[found] > -np.inf]
        pairs = zip(badness[found].tolist(), (start + found).tolist(), strict=True)
        worst = nlargest(most, [*worst, *pairs], key=lambda pair: pair[0])
        start += len(rows)
    return np.array([place for _, place in worst], np.intp), wrong


def _badness(model: Model, found: Predicted, truth: NDArray[Any]) -> Numbers:
    """Return how bad each prediction is (N,), as in `worst_places`; -inf if it is right."""
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
