"""A plane through the inputs of a model: all rows of two columns, or a slice through a real row."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.plots.columns import Numbers, PlotColumn, columns_of
from nncli.explain.plots.sample import Sample, sample_of
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.model.model import Model
from nncli.model.predicted import PredictedNumbers, Predictions
from nncli.model.prediction import predict_rows

_STEPS = 11  # values of a column to find out how much it changes the prediction
_MOST_TRIED = 200  # columns
_NEAREST = 0.1  # fraction of the rows to draw, but at least:
_FEWEST = 20


@dataclass(frozen=True)
class Plane:
    """Two columns that vary while the others keep the values of a row.

    Attributes
    ----------
    columns : list of PlotColumn
        All columns of the model.
    varied : (int, int)
        The two that vary.
    row : array (I,)
        The inputs of the row.
    number : int or None
        The number of the row in its file; None if there are no other columns.
    x, y : arrays
        Values of the two columns.
    near : array (N,)
        Rows of the sample to draw.
    points : (array (N,), array (N,))
        Their values of the two columns.
    distances : array (N,)
        Mean difference of their other columns from the row, in standard deviations; a different
        category counts 1.
    """

    columns: list[PlotColumn]
    varied: tuple[int, int]
    row: Numbers
    number: int | None
    x: Numbers
    y: Numbers
    near: NDArray[np.intp]
    points: tuple[Numbers, Numbers]
    distances: Numbers

    @property
    def pair(self) -> tuple[PlotColumn, PlotColumn]:
        """The columns that vary."""
        return self.columns[self.varied[0]], self.columns[self.varied[1]]

    @property
    def fixed(self) -> list[str]:
        """The other columns with their values."""
        return [
            f"{each.name} = {each.text(each.values(self.row[np.newaxis])[0])}"
            for number, each in enumerate(self.columns)
            if number not in self.varied
        ]

    def inputs(self, x: Numbers, y: Numbers) -> Numbers:
        """Return the inputs (len(y) * len(x), I) of a grid, with x varying fastest."""
        X, Y = np.meshgrid(x, y)
        grid = np.tile(self.row, (X.size, 1))
        for column, values in zip(self.pair, (X, Y), strict=True):
            column.write(values.ravel(), grid)
        return grid


def columns_of_model(model: Model) -> list[PlotColumn]:
    """Return the columns of a model. Raises `NotApplicableError` if its rows are images."""
    if model.preprocessing.images:
        raise NotApplicableError("needs columns, and the rows are images")
    return columns_of(model.preprocessing.columns, model.preprocessing.encoding)


def plane_of(subject: Subject, columns: list[PlotColumn]) -> tuple[Plane, Sample]:
    """Return the plane of a model, and the sample of training rows it was chosen from.

    Of more than two columns, the two vary that change the prediction most at the row.

    Parameters
    ----------
    columns : list of PlotColumn
        The columns of the model, two or more.
    """
    model = subject.model
    sample = sample_of(subject)
    values = np.stack([each.values(sample.inputs) for each in columns], axis=1)
    middle = [each.typical(own) for each, own in zip(columns, values.T, strict=True)]
    units = _differences(columns, values, np.array(middle))
    at = int(units.mean(axis=1).argmin())  # the most typical row
    row = sample.inputs[at].astype(np.float64)
    varied = (0, 1) if len(columns) == 2 else _most_telling(model, columns, values, row)
    others = [number for number in range(len(columns)) if number not in varied]
    distances = np.zeros(len(sample))
    if others:
        distances = _differences(columns, values, values[at])[:, others].mean(axis=1)
    near = np.arange(len(sample))
    if others:
        most = max(_FEWEST, int(_NEAREST * len(sample)))
        near = np.sort(np.argsort(distances, kind="stable")[:most])
    x, y = (columns[number].axis(values[:, number]) for number in varied)
    number = int(sample.numbers[at]) if others else None
    points = values[near, varied[0]], values[near, varied[1]]
    return Plane(columns, varied, row, number, x, y, near, points, distances[near]), sample


def output_numbers(model: Model, inputs: NDArray[Any]) -> tuple[Numbers, bool]:
    """Return the outputs (N, K) for inputs, and whether they are probabilities.

    For a regression the predictions, else the probabilities: of the second of two classes, or of
    each class or label. Without probabilities, 1 for the chosen class or label and 0 elsewhere.
    """
    predicted = predict_rows(model, inputs)
    if isinstance(predicted, PredictedNumbers):
        return predicted.values.astype(np.float64, copy=False), False
    if predicted.probabilities is not None:
        numbers = predicted.probabilities.astype(np.float64)
    elif isinstance(predicted, Predictions):
        numbers = np.eye(len(predicted.classes))[predicted.chosen]
    else:
        numbers = predicted.chosen.astype(np.float64)
    is_probability = predicted.probabilities is not None
    shown: Numbers = numbers[:, 1:] if model.task == "binary" else numbers
    return shown, is_probability


def _differences(columns: list[PlotColumn], values: Numbers, to: Numbers) -> Numbers:
    """Return how far values (N, C) are from others (C,), in standard deviations."""
    found = np.empty(values.shape)
    for number, column in enumerate(columns):
        own, other = values[:, number], to[number]
        same = (own == other) | (np.isnan(own) & np.isnan(other))
        if column.labels:
            found[:, number] = ~same
            continue
        away = np.abs(own - other)
        if column.period:
            away = np.minimum(away, column.period - away)
        known = own[~np.isnan(own)]
        spread = known.std() or 1.0 if len(known) else 1.0
        found[:, number] = np.where(same, 0.0, np.nan_to_num(away / spread, nan=1.0))
    return found


def _most_telling(
    model: Model, columns: list[PlotColumn], values: Numbers, row: Numbers
) -> tuple[int, int]:
    """Return the two columns over whose values the prediction changes most at a row.

    Numbers take precedence, because a surface over labels has no contours. Of very many columns
    only those with the largest weights are tried.
    """
    tried = _with_large_weights(model, columns)
    steps = [_steps(columns[number], values[:, number]) for number in tried]
    inputs = np.tile(row, (sum(map(len, steps)), 1))
    ends = np.cumsum([len(each) for each in steps]).tolist()
    parts = [slice(start, end) for start, end in pairwise([0, *ends])]
    for number, own, part in zip(tried, steps, parts, strict=True):
        columns[number].write(own, inputs[part])
    outputs, _ = output_numbers(model, inputs)
    changes = {
        number: (
            not columns[number].labels and len({*own.tolist()}) > 2,
            float(np.ptp(outputs[part], axis=0).max()),
        )
        for number, own, part in zip(tried, steps, parts, strict=True)
    }
    first, second = sorted(sorted(tried, key=lambda number: changes[number], reverse=True)[:2])
    return first, second


def _with_large_weights(model: Model, columns: list[PlotColumn]) -> list[int]:
    """Return the columns with the largest weights in the first layer, in order."""
    sizes = np.linalg.norm(model.network.weights(model.network.parameters)[0], axis=1)
    own = model.preprocessing
    if own.features is not None:
        sizes = own.features.largest_of_inputs(sizes, len(own.columns))
    of_columns = np.array([-sizes[each.where].max() for each in columns])
    return sorted(np.argsort(of_columns, kind="stable")[:_MOST_TRIED].tolist())


def _steps(column: PlotColumn, values: Numbers) -> Numbers:
    """Return values of a column to try: all labels, or some quantiles of its numbers."""
    if column.labels:
        return column.axis(values)
    known = values[~np.isnan(values)]
    return np.quantile(known, np.linspace(0.05, 0.95, _STEPS)) if len(known) else np.zeros(1)
