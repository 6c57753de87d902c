"""The worst predictions of a model."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.data.scaling import scaled_targets
from nncli.data.splits import Split
from nncli.explain.plots.names import (
    COUNTED,
    head_figure,
    listed_short,
    number_text,
    rows_of,
    short,
)
from nncli.explain.plots.pictures import draw_pictures, pictures_of, size_of_pictures
from nncli.explain.plots.style import one_axes
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.explain.plots.text_table import LISTED, columns_as_text, table_figure
from nncli.model.evaluation import target_scaling_of
from nncli.model.mistakes import worst_places
from nncli.model.model import Model
from nncli.model.predicted import PredictedNumbers, Predictions
from nncli.model.prediction import predict_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PICTURES, _PICTURES_A_ROW = 24, 8
_LINES = 20
_INCHES = 8.4


def mistakes(subject: Subject) -> "Figure":
    """Draw the rows with the worst predictions, with truth and prediction."""
    model, split, images = subject.model, subject.splits()[0], subject.dataset.images
    of_split = subject.dataset.splits[split]
    rows, wrong = worst_places(model, of_split, _PICTURES if images else _LINES)
    total = rows_of(len(of_split), split)
    if not wrong:
        raise NotApplicableError(f"needs a wrong prediction; all of {total} are right")
    compared = _compared(model, of_split, rows)
    numbers = subject.dataset.row_numbers(split)[rows].tolist()
    if images is None:
        names, cells = columns_as_text(subject, split, rows)
        header = ["row", *compared[0], *names]
        pairs = zip(numbers, compared, cells, strict=True)
        figure = table_figure(header, [[str(n), *own.values(), *row] for n, own, row in pairs])
    else:
        titles = [
            "\n".join([f"row {row}", *(f"{name} {text}" for name, text in own.items())])
            for row, own in zip(numbers, compared, strict=True)
        ]
        lines = titles[0].count("\n") + 1
        height = size_of_pictures(images, len(rows), _PICTURES_A_ROW, lines, _INCHES)
        figure, axes = one_axes(_INCHES, height + 0.8)
        pictures = pictures_of(take_rows(of_split.inputs, of_split.rows[rows]), images)
        draw_pictures(axes, pictures, _PICTURES_A_ROW, titles, cmap="gray", vmin=0, vmax=1)
    head_figure(figure, subject, "mistakes", _caption(model, total, wrong, len(rows)))
    return figure


def _caption(model: Model, total: str, wrong: int, shown: int) -> str:
    """Return how many rows are wrong, and which are drawn in which order."""
    if model.task == "regression":
        mean = " on average over the targets, in the scale of training"
        several = len(model.targets) > 1
        which = " The target that is farthest off is named." if several else ""
        order = f"the largest first{mean if several else ''}"
        return f"The {shown} largest errors on {total}, {order}.{which} {COUNTED}"
    worst = "All are shown" if shown == wrong else f"The {shown} worst are shown"
    has_p = bool(model.network.output.entry.probabilities)
    order = "the lowest probability of the truth first" if has_p else "in order"
    if model.task == "multilabel":
        order = "those with most wrong labels first"
    p = " In parentheses: probabilities." if has_p and model.task != "multilabel" else ""
    return f"{wrong:,} of {total} predicted wrong. {worst}, {order}.{p} {COUNTED}"


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
        "truth": number_text(true[at]),
        "prediction": number_text(found[at]),
        "error": number_text(found[at] - true[at], 3, "+"),
    }
    return texts if len(true) == 1 else {"target": short(model.targets[at]), **texts}


def _of_class(names: list[str], number: Any, p: NDArray[Any] | None, row: int) -> str:
    name = short(names[int(number)], 10)
    return name if p is None else f"{name} ({p[row, int(number)]:.2g})"


def _of_labels(names: list[str], labels: NDArray[Any], p: NDArray[Any] | None, row: int) -> str:
    """Return the labels that are 1."""
    return listed_short((names[each] for each in np.flatnonzero(labels)), *LISTED) or "none"
