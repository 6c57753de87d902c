"""What is measured for each task."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncli.metrics.classes import (
    Counts,
    classification_metrics,
    confusion_matrix,
    per_class,
    top_k_accuracy,
)
from nncli.metrics.labels import label_confusions, label_metrics, per_label
from nncli.metrics.means import Outputs
from nncli.metrics.probabilities import brier, ece, log_loss
from nncli.metrics.ranking import ranking, ranking_metrics
from nncli.metrics.regression import per_target, regression_metrics


@dataclass(frozen=True)
class Answers:
    """What a network makes of the rows of a split, beside the truth.

    Attributes
    ----------
    split : str
        The name of the split, or the file that has its rows.
    names : list of str
        Of the classes, the labels or the targets.
    truth : array (N,) of class indices, or (N, O) of numbers, for labels 0 and 1
    outputs : array (N, O)
        Where they are probabilities of several classes, they add up to 1.
    chosen : array (N,)
        The class that is predicted; not used for labels and targets.
    loss : float
    probabilities : bool
        Whether the outputs are probabilities.
    threshold : float or None
        The probability over which the second class, or a label, is predicted; None where there
        are no probabilities, or other tasks.
    """

    split: str
    names: list[str]
    truth: NDArray[Any]
    outputs: Outputs
    chosen: NDArray[np.intp]
    loss: float
    probabilities: bool
    threshold: float | None = None


@dataclass(frozen=True)
class Evaluation(ABC):
    """The metrics of a split.

    Attributes
    ----------
    headline : tuple of str
        The metrics that stand beside the loss where there is a line for each split.
    part, parts : str
        What `names` are the names of.
    metrics : dict of str to float
        ``loss``, which is what was trained for, and scikit-learn's metrics; one that is not
        defined for these rows is left out.
    figures : list of dict of str to float
        Those of every part; empty where a single part has the metrics themselves.
    """

    headline: ClassVar[tuple[str, ...]]
    part: ClassVar[str]
    parts: ClassVar[str]

    split: str
    rows: int
    metrics: dict[str, float]
    names: list[str]
    figures: list[dict[str, float]]

    @classmethod
    @abstractmethod
    def of(cls, answers: Answers) -> "Evaluation":
        """Return the evaluation of what a network makes of some rows."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values: what ``eval --json`` prints."""
        found = {"split": self.split, "rows": self.rows, "metrics": self.metrics}
        found |= self.settings() | {self.parts: self.names}
        if self.figures:
            pairs = zip(self.names, self.figures, strict=True)
            found[f"per_{self.part}"] = [{self.part: name, **each} for name, each in pairs]
        return found

    def settings(self) -> dict[str, Any]:
        """Return by what the predictions were made, by name."""
        return {}


@dataclass(frozen=True)
class ClassificationEvaluation(Evaluation):
    """The evaluation of a classification.

    Attributes
    ----------
    confusion : array (classes, classes)
        Counts by true class (row) and chosen class (column).
    """

    headline: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    part, parts = "class", "classes"

    confusion: Counts

    @classmethod
    def of(cls, answers: Answers) -> "ClassificationEvaluation":
        """Return the evaluation of a classification into any number of classes."""
        truth, outputs = answers.truth, answers.outputs
        confusion = confusion_matrix(truth, answers.chosen, len(answers.names))
        metrics = {"loss": answers.loss, **classification_metrics(confusion)}
        if len(answers.names) > 3:
            metrics["top_3_accuracy"] = top_k_accuracy(truth, outputs, 3)
        if answers.probabilities:
            metrics["log_loss"] = log_loss(truth, outputs)
            right = answers.chosen == truth
            metrics["ece"] = ece(right, outputs.max(axis=1))
        figures = per_class(confusion).rows()
        return cls(answers.split, len(truth), metrics, answers.names, figures, confusion)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, with the confusion matrix."""
        return {**super().as_json(), "confusion_matrix": self.confusion.tolist()}


@dataclass(frozen=True)
class BinaryEvaluation(ClassificationEvaluation):
    """The evaluation of a classification into two classes, of which the second is sought."""

    headline = ("accuracy", "roc_auc", "brier")

    threshold: float | None

    @classmethod
    def of(cls, answers: Answers) -> "BinaryEvaluation":
        """Return the evaluation; the last output is the score of the second class."""
        truth, scores = answers.truth, answers.outputs[:, -1]
        chosen, threshold = answers.chosen, answers.threshold
        if threshold is not None:
            chosen = (scores > threshold).astype(np.intp)
        confusion = confusion_matrix(truth, chosen, 2)
        positive = truth == 1
        metrics = {"loss": answers.loss, **classification_metrics(confusion)}
        metrics |= ranking_metrics(ranking(positive, scores))
        if answers.probabilities:
            metrics["brier"] = brier(positive, scores)
            metrics["log_loss"] = log_loss(truth, scores)
            metrics["ece"] = ece(positive, scores)
        figures = per_class(confusion).rows()
        return cls(answers.split, len(truth), metrics, answers.names, figures, confusion, threshold)

    def settings(self) -> dict[str, Any]:
        """Return the positive class, and the threshold where there is one."""
        found = {"positive_class": self.names[1]}
        return found if self.threshold is None else {**found, "threshold": self.threshold}


@dataclass(frozen=True)
class MultilabelEvaluation(Evaluation):
    """The evaluation of several labels, each of which a row may have or not."""

    headline = ("accuracy", "macro_f1", "micro_f1")
    part, parts = "label", "labels"

    threshold: float | None

    @classmethod
    def of(cls, answers: Answers) -> "MultilabelEvaluation":
        """Return the evaluation; outputs that are no probabilities are over 0 for a label."""
        truth, outputs = answers.truth, answers.outputs
        threshold = answers.threshold
        chosen = outputs > (0 if threshold is None else threshold)
        confusions = label_confusions(truth, chosen)
        metrics = {"loss": answers.loss, **label_metrics(truth, chosen, confusions)}
        columns = zip(truth.T == 1, outputs.T, strict=True)
        pairs = zip(per_label(confusions).rows(), columns, strict=True)
        figures = [row | ranking_metrics(ranking(*each)) for row, each in pairs]
        return cls(answers.split, len(truth), metrics, answers.names, figures, threshold)

    def settings(self) -> dict[str, Any]:
        """Return the threshold, where there is one."""
        return {} if self.threshold is None else {"threshold": self.threshold}


@dataclass(frozen=True)
class RegressionEvaluation(Evaluation):
    """The evaluation of a regression."""

    headline = ("mae", "rmse", "r2")
    part, parts = "target", "targets"

    @classmethod
    def of(cls, answers: Answers) -> "RegressionEvaluation":
        """Return the evaluation; the metrics are means over the targets."""
        figures = per_target(answers.outputs, answers.truth)
        metrics = {"loss": answers.loss, **regression_metrics(figures)}
        several = figures if len(figures) > 1 else []
        return cls(answers.split, len(answers.truth), metrics, answers.names, several)


EVALUATIONS: dict[str, type[Evaluation]] = {
    "binary": BinaryEvaluation,
    "multiclass": ClassificationEvaluation,
    "multilabel": MultilabelEvaluation,
    "regression": RegressionEvaluation,
}
