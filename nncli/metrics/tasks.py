"""Evaluations: the metrics of each task."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nncli.base.storage.mapping import columns
from nncli.base.storage.temporary_file import stacked
from nncli.metrics.classes import (
    Confusion,
    ConfusionPairs,
    among_largest,
    classification_metrics,
    confusion_matrix,
    confusion_of,
    pairs_of,
    per_class,
)
from nncli.metrics.guess import Guess, guessed_class, guessed_labels, guessed_numbers
from nncli.metrics.labels import label_metrics, per_label
from nncli.metrics.means import Flags, Labels, Numbers, Outputs, mean, parts
from nncli.metrics.probabilities import brier, ece, log_loss, losses_and_largest, sigmoid
from nncli.metrics.ranking import ranking, ranking_metrics
from nncli.metrics.regression import per_target, regression_metrics
from nncli.metrics.scores import chosen_classes, chosen_labels, log_odds, margin_of


@dataclass(frozen=True)
class ClassRows:
    """Values derived from the logits that multiclass metrics need, arrays (N,).

    Attributes
    ----------
    chosen : array of class indices
    among_three : array of flags
        Whether the true class has one of the three largest logits; empty for three classes.
    losses, largest : array
        Results of `losses_and_largest`; empty without probabilities.
    """

    chosen: Labels
    among_three: Flags
    losses: Numbers
    largest: Numbers

    @classmethod
    def of(cls, truth: Labels, logits: Outputs, *, coupled: bool | None) -> "ClassRows":
        """Return the values for some rows; `coupled` is None without probabilities."""
        return cls.joined(
            cls._of_few(truth[part], logits[part], coupled) for part in parts(*logits.shape)
        )

    @classmethod
    def _of_few(cls, truth: Labels, logits: Outputs, coupled: bool | None) -> "ClassRows":
        among_three, losses, largest = np.empty(0, np.bool_), np.empty(0), np.empty(0)
        if logits.shape[1] > 3:
            among_three = among_largest(truth, logits, 3)
        if coupled is not None:
            losses, largest = losses_and_largest(truth, logits, coupled=coupled)
        return cls(chosen_classes(logits), among_three, losses, largest)

    @classmethod
    def joined(cls, blocks: "Iterable[ClassRows]") -> "ClassRows":
        """Concatenate the values of blocks of rows."""
        found = zip(*(vars(block).values() for block in blocks), strict=True)
        return cls(*map(np.concatenate, found))


@dataclass(frozen=True)
class Answers:
    """The outputs of a network for the rows of a split, with the true values.

    Attributes
    ----------
    split : str
        Name of the split, or of the file with its rows.
    names : list of str
        Names of the classes, labels or targets.
    truth : array (N,) of class indices, or (N, O) of numbers, 0 and 1 for labels
    numbers : array (N, O), or the result of `Evaluation.kept`
        Outputs of a regression; otherwise the logits, the values before the output activation.
    loss : float
    probabilities : bool
        Whether the output activation gives probabilities.
    coupled : bool
        Whether several probabilities are coupled by softmax.
    threshold : float or None
        Probability above which the second class or a label is predicted; None without
        probabilities and for other tasks.
    chosen_at_0 : bool
        Whether one logit predicts the second class at 0.
    """

    split: str
    names: list[str]
    truth: NDArray[Any]
    numbers: Outputs | ClassRows
    loss: float
    probabilities: bool
    coupled: bool
    threshold: float | None = None
    chosen_at_0: bool = False

    @property
    def whole(self) -> Outputs:
        """All outputs or logits (N, O)."""
        assert not isinstance(self.numbers, ClassRows)
        return self.numbers

    @property
    def class_rows(self) -> ClassRows:
        """The values derived from the logits of each row."""
        if isinstance(self.numbers, ClassRows):
            return self.numbers
        coupled = self.coupled if self.probabilities else None
        return ClassRows.of(self.truth, self.numbers, coupled=coupled)


@dataclass(frozen=True)
class Evaluation(ABC):
    """The metrics of a split.

    Attributes
    ----------
    headline : tuple of str
        Metrics shown with the loss in summaries of one line per split.
    part, parts : str
        The kind of things in `names`, singular and plural.
    by_row : bool
        Whether a few numbers per row are enough for all metrics.
    metrics : dict of str to float
        ``loss``, the training objective, and scikit-learn's metrics; metrics that are undefined
        for these rows are missing.
    figures : list of dict of str to float
        Metrics of every part; empty if there is only one, described by `metrics`.
    guess : Guess
        The best constant guess for these rows, as a baseline.
    mistakes : list of dict, or None
        Rows with the worst predictions, the worst first, if requested: ``row``, counted from 0,
        ``target``, ``prediction``, and their probabilities or the error.
    gate : dict, or None
        For the four rows of two binary inputs with two classes, the truth table of a gate:
        ``wrong`` lists the rows that are wrong, with ``inputs``, ``target`` and ``prediction``;
        ``lines`` the lines of the units of the first layer, with ``unit``, ``line``, ``weights``,
        ``bias``, and ``positive``, the inputs for which the sum w·x + b is above 0; if
        ``zero_is_positive``, as for a step, at least 0. From the bias of an output, the logit of
        the threshold is subtracted.
    """

    headline: ClassVar[tuple[str, ...]]
    part: ClassVar[str]
    parts: ClassVar[str]
    by_row: ClassVar[bool] = False

    split: str
    rows: int
    metrics: dict[str, float]
    names: list[str]
    figures: list[dict[str, float]]
    guess: Guess
    mistakes: list[dict[str, Any]] | None = field(default=None, kw_only=True)
    gate: dict[str, Any] | None = field(default=None, kw_only=True)

    @classmethod
    def kept(
        cls,
        blocks: Iterable[tuple[NDArray[Any], Outputs]],
        shape: tuple[int, int],
        dtype: DTypeLike,
        *,
        coupled: bool | None,
    ) -> Outputs | ClassRows:
        """Return the `numbers` of `Answers` from blocks of rows: truth, and outputs or logits.

        The result is an array of the given shape and type, mapped from a temporary file if it is
        large. If the metrics are `by_row`, it has only the values that they need. `coupled` is None
        without probabilities.
        """
        if cls.by_row:
            return ClassRows.joined(ClassRows.of(*block, coupled=coupled) for block in blocks)
        return stacked((numbers for _, numbers in blocks), shape, dtype)

    @classmethod
    @abstractmethod
    def of(cls, answers: Answers) -> "Evaluation":
        """Return the evaluation of a network's outputs."""

    def as_json(self) -> dict[str, Any]:
        """Return the evaluation as JSON values, as printed by ``eval --json``."""
        found = {"split": self.split, "rows": self.rows, "metrics": self.metrics}
        found |= {"constant_guess": self.guess.as_json()}
        found |= self.settings() | {self.parts: self.names}
        if self.figures:
            pairs = zip(self.names, self.figures, strict=True)
            found[f"per_{self.part}"] = [{self.part: name, **each} for name, each in pairs]
        found |= {} if self.gate is None else {"gate": self.gate}
        return found if self.mistakes is None else {**found, "mistakes": self.mistakes}

    def settings(self) -> dict[str, Any]:
        """Return the settings used for the predictions, by name."""
        return {}


@dataclass(frozen=True)
class ClassificationEvaluation(Evaluation):
    """The evaluation of a classification.

    Attributes
    ----------
    confusion : array (classes, classes), or ConfusionPairs
        Counts by true class (row) and predicted class (column); for more than a hundred classes,
        the pairs that occur.
    """

    headline: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    part, parts, by_row = "class", "classes", True

    confusion: Confusion

    @classmethod
    def of(cls, answers: Answers) -> "ClassificationEvaluation":
        """Return the evaluation of a classification into any number of classes."""
        truth, rows = answers.truth, answers.class_rows
        confusion = confusion_of(truth, rows.chosen, len(answers.names))
        metrics = {"loss": answers.loss, **classification_metrics(confusion)}
        if len(answers.names) > 3:
            metrics["top_3_accuracy"] = mean(rows.among_three)
        if answers.probabilities:
            metrics["log_loss"] = mean(rows.losses)
            metrics["ece"] = ece(rows.chosen == truth, rows.largest)
        figures, guess = per_class(confusion).rows(), guessed_class(truth, answers.names)
        return cls(answers.split, len(truth), metrics, answers.names, figures, guess, confusion)

    def as_json(self) -> dict[str, Any]:
        """Return the evaluation as JSON values, with the confusion matrix or its pairs."""
        if (matrix := self.matrix) is not None:
            return {**super().as_json(), "confusion_matrix": matrix}
        return {**super().as_json(), "confusion_pairs": self.confusion_pairs}

    @property
    def matrix(self) -> list[list[int]] | None:
        """The confusion matrix; None for more than a hundred classes."""
        if isinstance(self.confusion, ConfusionPairs):
            return None
        found: list[list[int]] = self.confusion.tolist()
        return found

    @property
    def confusion_pairs(self) -> list[tuple[int, int, int]]:
        """Predicted class, actual class and number of rows, for every pair that occurs."""
        return pairs_of(self.confusion)


@dataclass(frozen=True)
class BinaryEvaluation(ClassificationEvaluation):
    """The evaluation of a binary classification; the second class is the positive one."""

    headline = ("accuracy", "roc_auc", "brier")
    by_row = False

    threshold: float | None

    @classmethod
    def of(cls, answers: Answers) -> "BinaryEvaluation":
        """Return the evaluation; rows are ranked by the log-odds of the second class."""
        truth, logits, threshold = answers.truth, answers.whole, answers.threshold
        margin = margin_of(threshold, chosen_at_0=answers.chosen_at_0)
        confusion = confusion_matrix(truth, chosen_classes(logits, margin), 2)
        positive, odds = truth == 1, log_odds(logits)
        metrics = {"loss": answers.loss, **classification_metrics(confusion)}
        metrics |= ranking_metrics(ranking(positive, odds))
        if answers.probabilities:
            metrics["brier"] = brier(positive, odds)
            metrics["log_loss"] = log_loss(positive, odds)
            metrics["ece"] = ece(positive, sigmoid(odds))
        figures, guess = per_class(confusion).rows(), guessed_class(truth, answers.names)
        own = confusion, threshold
        return cls(answers.split, len(truth), metrics, answers.names, figures, guess, *own)

    def settings(self) -> dict[str, Any]:
        """Return the positive class, and the threshold if there is one."""
        found = {"positive_class": self.names[1]}
        return found if self.threshold is None else {**found, "threshold": self.threshold}


@dataclass(frozen=True)
class MultilabelEvaluation(Evaluation):
    """The evaluation of a multilabel classification."""

    headline = ("accuracy", "macro_f1", "micro_f1")
    part, parts = "label", "labels"

    threshold: float | None

    @classmethod
    def of(cls, answers: Answers) -> "MultilabelEvaluation":
        """Return the evaluation; rows are ranked by the logit of each label."""
        threshold, margin = answers.threshold, margin_of(answers.threshold)
        right = np.ones(len(answers.truth), np.bool_)
        confusions, ranked = [], []
        for truth, logits in zip(columns(answers.truth), columns(answers.whole), strict=True):
            chosen = chosen_labels(logits, margin)
            right &= truth == chosen
            confusions.append(confusion_matrix(truth, chosen, 2))
            ranked.append(ranking_metrics(ranking(truth == 1, logits)))
        of_labels = np.stack(confusions)
        metrics = {"loss": answers.loss, **label_metrics(right, of_labels)}
        pairs = zip(per_label(of_labels).rows(), ranked, strict=True)
        figures = [row | ranks for row, ranks in pairs]
        guess = guessed_labels(answers.truth, answers.names)
        return cls(answers.split, len(right), metrics, answers.names, figures, guess, threshold)

    def settings(self) -> dict[str, Any]:
        """Return the threshold, if there is one."""
        return {} if self.threshold is None else {"threshold": self.threshold}


@dataclass(frozen=True)
class RegressionEvaluation(Evaluation):
    """The evaluation of a regression."""

    headline = ("mae", "rmse", "r2")
    part, parts = "target", "targets"

    @classmethod
    def of(cls, answers: Answers) -> "RegressionEvaluation":
        """Return the evaluation; the metrics are means over the targets."""
        figures = per_target(answers.whole, answers.truth)
        metrics = {"loss": answers.loss, **regression_metrics(figures)}
        several = figures if len(figures) > 1 else []
        guess = guessed_numbers(answers.truth)
        return cls(answers.split, len(answers.truth), metrics, answers.names, several, guess)


EVALUATIONS: dict[str, type[Evaluation]] = {
    "binary": BinaryEvaluation,
    "multiclass": ClassificationEvaluation,
    "multilabel": MultilabelEvaluation,
    "regression": RegressionEvaluation,
}
