"""Permutation importance: how much worse a model gets when the values of a column are permuted.

L. Breiman 2001, Random Forests, section 10; A. Fisher, C. Rudin and F. Dominici 2019, All Models
are Wrong, but Many are Useful. The values of a column are exchanged between rows, so that it keeps
its distribution but says nothing about its row; the network is not trained again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.arguments import path_in, unexpected
from nncli.base.errors import DataError, UsageError
from nncli.base.notes import Note, warn
from nncli.base.random_streams import Stream, generator
from nncli.base.storage.mapping import take_rows
from nncli.data.files.image_format import ImageFormat
from nncli.data.scaling import scaled_targets
from nncli.data.splits import Split
from nncli.engines.batches import EVALUATION_ROWS, Batches
from nncli.metrics.names import rises
from nncli.metrics.scores import MEASURES, Score, score_for
from nncli.model.evaluation import (
    check_range,
    class_codes,
    losses_of_rows,
    scaling_of,
    target_scaling_of,
)
from nncli.model.loading import load
from nncli.model.model import Model
from nncli.model.model_evaluation import rows_of_known_truth
from nncli.model.passes import suited_threads_for
from nncli.model.thresholds import threshold_for

REPEATS = 5
MOST_ACROSS = 14  # patches of an image in each direction
_LARGEST_SEED = 2**64 - 1

# Work that takes about five seconds, in multiplications of weights. A row costs as much as some
# weights, whatever the network, and so does each of its outputs, for the loss and the score.
_MOST_WORK = 2e11
_ROW_WORK = 5e3
_OUTPUT_WORK = 500
_FEWEST_ROWS = 50
_MOST_NUMBERS = 1 << 24  # inputs and outputs in memory


@dataclass(frozen=True)
class Importance:
    """How much worse a model gets when the values of each column are permuted.

    Attributes
    ----------
    split : str
        Name of the split, or of the file with its rows.
    rows, used : int
        Number of rows in the split, and of those that were drawn at random and used.
    seed : int
    metrics : dict of str to float
        ``loss``, and ``accuracy`` or ``mae``, of the rows used, without a permutation.
    columns : list of str
        Names of the columns; of images the patches, ``ROW,COLUMN`` of their first pixel from 0.
    drawbacks : dict of str to array (columns, repeats)
        How much worse each metric gets: how much the loss or the MAE rises, or the accuracy falls.
    patches : tuple of int
        Rows and columns of patches, for images.
    """

    split: str
    rows: int
    used: int
    seed: int
    metrics: dict[str, float]
    columns: list[str]
    drawbacks: dict[str, NDArray[np.float64]]
    patches: tuple[int, ...] = ()

    @property
    def repeats(self) -> int:
        """The number of permutations of each column."""
        return len(self.drawbacks["loss"][0])

    @property
    def order(self) -> list[int]:
        """The columns from the most to the least important, by the mean rise of the loss."""
        order: list[int] = np.argsort(-self.summary("loss")[0], kind="stable").tolist()
        return order

    def summary(self, metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and standard deviation over the repeats for each column."""
        found = self.drawbacks[metric]
        return found.mean(axis=1), found.std(axis=1)

    def as_json(self) -> dict[str, Any]:
        """Return the importance as JSON values, the most important column first."""
        summaries = {metric: self.summary(metric) for metric in self.drawbacks}
        return {
            "split": self.split,
            "rows": self.rows,
            "used_rows": self.used,
            "repeats": self.repeats,
            "seed": self.seed,
            "metrics": self.metrics,
            "columns": [
                {"column": self.columns[number]}
                | {
                    metric: {"mean": float(means[number]), "deviation": float(deviations[number])}
                    for metric, (means, deviations) in summaries.items()
                }
                for number in self.order
            ],
        }


def importance(
    model: Model | Path | str,
    rows: object | None = None,
    targets: object | None = None,
    *,
    split: str | None = None,
    repeats: int = REPEATS,
    seed: int | None = None,
    threshold: float | None = None,
    trust_paths: bool = False,
    strict: bool = False,
    note: Note = warn,
) -> Importance:
    """Measure how much worse a model gets when the values of each column are permuted.

    All inputs of a column, such as those of a category, are permuted together. With many rows and
    columns, only some rows are used, drawn at random, so that it takes seconds. The same seed gives
    the same result.

    Parameters
    ----------
    model : Model or path
        A model, its file or its run directory.
    rows, targets, threshold, trust_paths, strict, note
        As for `Model.evaluate`.
    split : str, optional
        Split of the data named in the config; by default the test rows, if there are none the
        validation rows, else the training rows.
    repeats : int
        Number of permutations of each column.
    seed : int, optional
        By default, that of the training.

    Raises
    ------
    DataError, UsageError
        As for `Model.evaluate`, and for fewer than two rows.
    """
    model = model if isinstance(model, Model) else load(path_in(model, "model"))
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        raise unexpected("repeats", repeats, "a number from 1")
    if seed is not None and not _is_seed(seed):
        raise unexpected("seed", seed, "a number from 0")
    name, known, _ = rows_of_known_truth(
        model, rows, targets, split=split, trust_paths=trust_paths, note=note, strict=strict
    )
    return importance_of(model, known, name, repeats=repeats, seed=seed, threshold=threshold)


def importance_of(
    model: Model,
    split: Split,
    name: str,
    *,
    repeats: int = REPEATS,
    seed: int | None = None,
    threshold: float | None = None,
) -> Importance:
    """Return the importance of the columns for the rows of a split; see `importance`."""
    if len(split) < 2:
        raise UsageError(f"{name}: found one row; importance exchanges values between two or more")
    seed = _seed_of(model) if seed is None else seed
    groups = _columns(model)
    some = _sampled(model, split, len(groups) * repeats, seed)
    threshold = threshold_for(model, threshold)
    units = 1 / np.asarray(target_scaling_of(model).scale)
    with suited_threads_for(model.network), np.errstate(over="ignore", invalid="ignore"):
        at_0 = model.network.output.entry.chosen_at_0
        rows = _Rows(model, some, score_for(model.task, threshold, units, chosen_at_0=at_0))
        own = rows.metrics(name)
        drawbacks = {metric: np.empty((len(groups), repeats)) for metric in own}
        for number, inputs in enumerate(groups.values()):
            random = generator(seed, Stream.IMPORTANCE, 1 + number)
            for repeat, found in enumerate(rows.permuted(inputs, random, repeats, name)):
                for metric, value in found.items():
                    sign = -1 if rises(metric) else 1
                    drawbacks[metric][number, repeat] = sign * (value - own[metric])
    patches = _patches(model.preprocessing.images)[0] if model.preprocessing.images else ()
    return Importance(name, len(split), len(some), seed, own, [*groups], drawbacks, patches)


def takes_long(model: Model) -> bool:
    """Return whether even the fewest rows take longer than seconds, or the inputs are images."""
    work = len(_columns(model)) * REPEATS * _work_of_row(model) * _FEWEST_ROWS
    return model.preprocessing.images is not None or work > _MOST_WORK


def _work_of_row(model: Model) -> float:
    network = model.network
    return len(network.parameters) + _ROW_WORK + _OUTPUT_WORK * network.output.outputs


def _seed_of(model: Model) -> int:
    """Return the seed of the training, or 0 if the config of the model has none."""
    seed: Any = model.config.get("seed")
    return seed if _is_seed(seed) else 0


def _is_seed(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and 0 <= value <= _LARGEST_SEED  # type: ignore[operator]


def _columns(model: Model) -> Mapping[str, NDArray[np.intp]]:
    """Return the inputs of each column by its name: of a table, of an image, or one each."""
    own = model.preprocessing
    if own.images is not None:
        _, where = _patches(own.images)
        return where
    if own.encoding is None:
        return {name: np.array([number]) for number, name in enumerate(own.columns)}
    ends = np.cumsum([len(column.inputs) for column in own.encoding.columns]).tolist()
    return {
        column.name: np.arange(end - len(column.inputs), end)
        for column, end in zip(own.encoding.columns, ends, strict=True)
    }


def _patches(images: ImageFormat) -> tuple[tuple[int, int], Mapping[str, NDArray[np.intp]]]:
    """Return the shape of the grid of patches, and the inputs of each: pixels with all channels."""
    step = -(-max(images.height, images.width) // MOST_ACROSS)
    inputs = np.arange(images.inputs).reshape(images.height, images.width, images.channels)
    tops, lefts = range(0, images.height, step), range(0, images.width, step)
    where = {
        f"{top},{left}": inputs[top : top + step, left : left + step].ravel()
        for top in tops
        for left in lefts
    }
    return (len(tops), len(lefts)), where


def _sampled(model: Model, split: Split, evaluations: int, seed: int) -> Split:
    """Return a split of as many rows as the given number of evaluations may take."""
    work = evaluations * _work_of_row(model)
    numbers = len(model.preprocessing.columns) + model.network.output.outputs
    most = max(_FEWEST_ROWS, min(int(_MOST_WORK / work), _MOST_NUMBERS // numbers))
    if len(split) <= most:
        return split
    chosen = generator(seed, Stream.IMPORTANCE).choice(len(split), most, replace=False)
    return split.part(split.rows[np.sort(chosen)])


class _Rows:
    """Rows in memory as the network sees them, whose columns can be permuted.

    If the network has features, the rows are in memory as they are.
    """

    def __init__(self, model: Model, split: Split, score: Score) -> None:
        self._model, self._score = model, score
        network = model.network
        codes = class_codes(network, len(model.classes))
        self._X = np.empty((len(split), network.layers[0].inputs), network.dtype)
        self._T = np.empty((len(split), network.output.outputs), network.dtype)
        start = 0
        for X, T in Batches(split, scaling_of(model), codes, EVALUATION_ROWS).in_order():
            part = slice(start, start + len(X))
            check_range(X, start)
            self._X[part], self._T[part] = X, T
            start = part.stop
        self._has_features = model.preprocessing.features is not None
        if self._has_features:
            self._X = take_rows(split.inputs, split.rows)
        if not split.of_classes:
            values = split.targets[split.rows]
            self._T[...] = scaled_targets(values, target_scaling_of(model))
        self._work = network.workspace(min(len(split), EVALUATION_ROWS))

    def metrics(self, name: str) -> dict[str, float]:
        """Return the loss and the score of the rows. Raise `DataError` if one is not finite."""
        network, score, sums = self._model.network, self._score, np.zeros(2)
        for start in range(0, len(self._X), self._work.rows):
            T = self._T[start : start + self._work.rows]
            work = self._work.first(len(T))
            Z = network.logits(self._seen(self._X[start : start + len(T)]), work)
            losses = losses_of_rows(network, self._model.objective, Z, T)
            sums[0] += sum(float(each.sum()) for _, each in losses)
            Y = network.activate_output(work) if score.of_outputs else Z
            sums[1] += MEASURES[score.measure](Y, T, work.scratch, **score.parameters)
        loss, value = (sums / len(self._X)).tolist()
        if not np.isfinite(sums).all():
            raise DataError(f"{name}: the loss is {loss}; some values are too large for the model")
        return {"loss": loss, score.name: value}

    def _seen(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return rows in memory as the network sees them."""
        if not self._has_features:
            return rows
        network, scaled = self._model.network, self._model.scaled(rows.dtype)
        X = np.empty((len(rows), network.layers[0].inputs), network.dtype)
        scaled.write(rows, X, scaled.scratch(len(rows), X))
        return X

    def permuted(
        self, inputs: NDArray[np.intp], random: np.random.Generator, repeats: int, name: str
    ) -> Iterator[dict[str, float]]:
        """Yield the metrics after each of some permutations of inputs, then restore them."""
        before = self._X[:, inputs]
        for _ in range(repeats):
            self._X[:, inputs] = before[random.permutation(len(before))]
            yield self.metrics(name)
        self._X[:, inputs] = before
