"""Metrics of several labels, each of which a row may have or not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.metrics.classes import Counts, PerClass, confusion_matrix
from nncli.metrics.means import Flags, mean


def label_confusions(truth: NDArray[Any], chosen: Flags) -> Counts:
    """Return the confusion matrix of not having and having each label, shape (L, 2, 2).

    Parameters
    ----------
    truth : array (N, L) of 0 and 1
    chosen : array (N, L)
    """
    pairs = zip(truth.T, chosen.T, strict=True)
    return np.stack([confusion_matrix(*columns, 2) for columns in pairs])


def per_label(confusions: Counts) -> PerClass:
    """Return precision, recall, F1 and support of every label, arrays (L,)."""
    return PerClass.of_counts(
        hits=confusions[:, 1, 1],
        chosen=confusions[:, :, 1].sum(axis=1),
        support=confusions[:, 1, :].sum(axis=1),
    )


def label_metrics(truth: NDArray[Any], chosen: Flags, confusions: Counts) -> dict[str, float]:
    """Return the metrics by name.

    ``accuracy`` is the share of the rows with all labels right, ``hamming_loss`` the share of
    single labels that are wrong; ``macro_f1`` is the mean F1 of the labels, ``micro_f1`` that of
    all labels pooled.

    Parameters
    ----------
    truth, chosen
        As for `label_confusions`.
    confusions : array (L, 2, 2)
        What that gives.
    """
    together = per_label(confusions.sum(axis=0, keepdims=True))
    wrong = confusions[:, 0, 1].sum() + confusions[:, 1, 0].sum()
    return {
        "accuracy": mean((truth == chosen).all(axis=1)),
        "macro_f1": float(per_label(confusions).f1.mean()),
        "micro_f1": float(together.f1[0]),
        "hamming_loss": float(wrong / confusions.sum()),
    }
