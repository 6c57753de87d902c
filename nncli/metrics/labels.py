"""Metrics of multilabel predictions."""

from nncli.metrics.classes import Counts, PerClass
from nncli.metrics.means import Flags, mean


def per_label(confusions: Counts) -> PerClass:
    """Return precision, recall, F1 and support of every label, arrays (L,).

    `confusions` (L, 2, 2) are the confusion matrices of the labels: row and column 1 mean present.
    """
    return PerClass.of_counts(
        hits=confusions[:, 1, 1],
        chosen=confusions[:, :, 1].sum(axis=1),
        support=confusions[:, 1, :].sum(axis=1),
    )


def label_metrics(right: Flags, confusions: Counts) -> dict[str, float]:
    """Return the metrics by name.

    ``accuracy`` is the fraction of rows with all labels correct, ``hamming_loss`` the fraction of
    individual labels that are wrong. ``macro_f1`` is the mean F1 of the labels, ``micro_f1`` the F1
    of all labels pooled.

    Parameters
    ----------
    right : array (N,)
        Whether all labels of a row are correct.
    confusions : array (L, 2, 2)
        Confusion matrices, as for `per_label`.
    """
    together = per_label(confusions.sum(axis=0, keepdims=True))
    wrong = confusions[:, 0, 1].sum() + confusions[:, 1, 0].sum()
    return {
        "accuracy": mean(right),
        "macro_f1": float(per_label(confusions).f1.mean()),
        "micro_f1": float(together.f1[0]),
        "hamming_loss": float(wrong / confusions.sum()),
    }
