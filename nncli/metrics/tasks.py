"""What is measured for each task."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from nncli.metrics.classes import (
    Counts,
    classification_metrics,
    confusion_matrix,
    per_class,
    top_k_accuracy,
)
from nncli.metrics.labels import label_confusions, label_metrics, per_label
from nncli.metrics.means import Outputs, mean
from nncli.metrics.probabilities import brier, ece, log_loss, losses_and_largest, sigmoid
from nncli.metrics.ranking import ranking, ranking_metrics
from nncli.metrics.regression import per_target, regression_metrics
from nncli.metrics.scores import chosen_classes, chosen_labels, log_odds, margin_of


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
    numbers : array (N, O)
        Of a regression the outputs; of classes and labels the logits, which are the sums before
        the output activation.
    loss : float
    probabilities : bool
        Whether the activation makes probabilities of the logits.
    coupled : bool
        Whether several are made so together, by softmax.
    threshold : float or None
        The probability over which the second class, or a label, is predicted; None where there
        are no probabilities, or other tasks.
    """

    split: str
    names: list[str]
    truth: NDArray[Any]
    numbers: Outputs
    loss: float
    probabilities: bool
    coupled: bool
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
        truth, logits = answers.truth, answers.numbers
        chosen = chosen_classes(logits)
        confusion = confusion_matrix(truth, chosen, len(answers.names))
        metrics = {"loss": answers.loss, **classification_metrics(confusion)}
        if len(answers.names) > 3:
            metrics["top_3_accuracy"] = top_k_accuracy(truth, logits, 3)
        if answers.probabilities:
            losses, largest = losses_and_largest(truth, logits, coupled=answers.coupled)
            metrics["log_loss"] = mean(losses)
            metrics["ece"] = ece(chosen == truth, largest)
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
        """Return the evaluation; rows are ranked by the log-odds of the second class."""
        truth, logits, threshold = answers.truth, answers.numbers, answers.threshold
        confusion = confusion_matrix(truth, chosen_classes(logits, margin_of(threshold)), 2)
        positive, odds = truth == 1, log_odds(logits)
        metrics = {"loss": answers.loss, **classification_metrics(confusion)}
        metrics |= ranking_metrics(ranking(positive, odds))
        if answers.probabilities:
            metrics["brier"] = brier(positive, odds)
            metrics["log_loss"] = log_loss(positive, odds)
            metrics["ece"] = ece(positive, sigmoid(odds))
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
        """Return the evaluation; rows are ranked by the logit of each label."""
        truth, logits, threshold = answers.truth, answers.numbers, answers.threshold
        chosen = chosen_labels(logits, margin_of(threshold))
        confusions = label_confusions(truth, chosen)
        metrics = {"loss": answers.loss, **label_metrics(truth, chosen, confusions)}
        columns = zip(truth.T == 1, logits.T, strict=True)
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
        figures = per_target(answers.numbers, answers.truth)
        metrics = {"loss": answers.loss, **regression_metrics(figures)}
        several = figures if len(figures) > 1 else []
        return cls(answers.split, len(answers.truth), metrics, answers.names, several)


EVALUATIONS: dict[str, type[Evaluation]] = {
    "binary": BinaryEvaluation,
    "multiclass": ClassificationEvaluation,
    "multilabel": MultilabelEvaluation,
    "regression": RegressionEvaluation,
}
