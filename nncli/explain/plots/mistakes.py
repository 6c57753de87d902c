"""The worst predictions of a model."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.data.scaling import scaled_targets
from nncli.data.splits import Split
from nncli.explain.plots.names import head_figure, listed_short, short
from nncli.explain.plots.pictures import draw_pictures, pictures_of, size_of_pictures
from nncli.explain.plots.sample import rows_of
from nncli.explain.plots.style import one_axes
from nncli.explain.plots.subject import Subject
from nncli.explain.plots.text_table import columns_as_text, table_figure
from nncli.model.evaluation import target_scaling_of
from nncli.model.model import Model
from nncli.model.predicted import PredictedNumbers, Predictions
from nncli.model.prediction import blocks_of, predict_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PICTURES, _PICTURES_A_ROW = 24, 8
_LINES = 20
_INCHES = 8.4


def mistakes(subject: Subject) -> "Figure":
    """Draw the rows with the worst predictions, with truth and prediction."""
    model, split, images = subject.model, subject.splits()[0], subject.dataset.images
    of_split = subject.dataset.splits[split]
    badness, wrong = _badness(model, of_split)
    total = rows_of(len(of_split), split)
    rows = np.argsort(-badness, kind="stable")[: _PICTURES if images else _LINES]
    caption = f"The {len(rows)} largest errors on {total}, the largest first."
    if wrong is not None:
        caption = f"{wrong:,} of {total} predicted wrong. The {len(rows)} worst, the worst first."
    caption += " Rows count from 0."
    if model.network.output.entry.probabilities:
        caption += " In parentheses: probabilities."
    compared = _compared(model, of_split, rows)
    if images is None:
        names, cells = columns_as_text(subject, split, rows)
        header = ["row", *compared[0], *names]
        pairs = zip(rows.tolist(), compared, cells, strict=True)
        figure = table_figure(header, [[str(n), *own.values(), *row] for n, own, row in pairs])
    else:
        titles = [
            "\n".join([f"row {row}", *(f"{name} {text}" for name, text in own.items())])
            for row, own in zip(rows.tolist(), compared, strict=True)
        ]
        lines = titles[0].count("\n") + 1
        height = size_of_pictures(images, len(rows), _PICTURES_A_ROW, lines, _INCHES)
        figure, axes = one_axes(_INCHES, height + 0.8)
        pictures = pictures_of(take_rows(of_split.inputs, of_split.rows[rows]), images)
        draw_pictures(axes, pictures, _PICTURES_A_ROW, titles, cmap="gray", vmin=0, vmax=1)
    head_figure(figure, subject, "mistakes", caption)
    return figure


def _badness(model: Model, split: Split) -> tuple[NDArray[np.float64], int | None]:
    """Return how bad the prediction of each row is, (N,), and how many are wrong.

    The badness is 1 minus the probability of the true class, for labels the largest of these; for
    numbers the largest error, in the scale of training. Without probabilities it is 1 for a wrong
    row. Numbers are neither right nor wrong.
    """
    badness, wrong, start = np.empty(len(split)), 0, 0
    for block in blocks_of(split.rows, model):
        inputs, targets = take_rows(split.inputs, block), take_rows(split.targets, block)
        own = badness[start : start + len(block)]
        predicted = predict_rows(model, inputs, first_row=start)
        if isinstance(predicted, PredictedNumbers):
            scaling = target_scaling_of(model)
            errors = scaled_targets(targets, scaling) - scaled_targets(predicted.values, scaling)
            own[:] = np.abs(errors).max(axis=1)
        elif isinstance(predicted, Predictions):
            misses = predicted.chosen != targets
            wrong += int(misses.sum())
            own[:] = misses
            if predicted.probabilities is not None:
                own[:] = 1 - predicted.probabilities[np.arange(len(block)), targets]
        else:
            numbers = (
                predicted.chosen if predicted.probabilities is None else predicted.probabilities
            )
            own[:] = np.abs(numbers - targets).max(axis=1)
            wrong += int((predicted.chosen != targets).any(axis=1).sum())
        start += len(block)
    return badness, None if model.task == "regression" else wrong


def _compared(model: Model, split: Split, rows: NDArray[np.intp]) -> list[dict[str, str]]:
    """Return truth and prediction of rows as text, and for numbers the error."""
    places = split.rows[rows]
    targets = take_rows(split.targets, places)
    predicted = predict_rows(model, take_rows(split.inputs, places))
    if isinstance(predicted, PredictedNumbers):
        return [
            _of_numbers(model, true, found)
            for true, found in zip(targets, predicted.values, strict=True)
        ]
    pairs = zip(targets, predicted.chosen, strict=True)
    of_row = _of_class if isinstance(predicted, Predictions) else _of_labels
    names, p = model.classes or model.targets, predicted.probabilities
    return [
        {"truth": of_row(names, true, p, row), "prediction": of_row(names, chosen, p, row)}
        for row, (true, chosen) in enumerate(pairs)
    ]


def _of_numbers(
    model: Model, true: NDArray[np.floating], found: NDArray[np.floating]
) -> dict[str, str]:
    """Return truth, prediction and error of a row's target with the largest error."""
    scaling = target_scaling_of(model)
    errors = np.abs(scaled_targets(true, scaling) - scaled_targets(found, scaling))
    at = int(np.broadcast_to(errors, true.shape).argmax())
    texts = {
        "truth": f"{true[at]:.4g}",
        "prediction": f"{found[at]:.4g}",
        "error": f"{found[at] - true[at]:+.3g}",
    }
    return texts if len(true) == 1 else {"target": short(model.targets[at]), **texts}


def _of_class(names: list[str], number: Any, p: NDArray[Any] | None, row: int) -> str:
    name = short(names[int(number)], 10)
    return name if p is None else f"{name} ({p[row, int(number)]:.2g})"


def _of_labels(names: list[str], labels: NDArray[Any], p: NDArray[Any] | None, row: int) -> str:
    """Return the labels that are 1."""
    return listed_short((names[each] for each in np.flatnonzero(labels)), 2, 8) or "none"
