"""Take validation rows out of the training rows."""

import numpy as np

from nncli.data.dataset import Split
from nncli.random_streams import Stream, generator


def row_count(share: int | float, rows: int) -> int:
    """Return how many of `rows` a config's number means: rows (int) or a fraction (float)."""
    return share if isinstance(share, int) else round(share * rows)


def hold_out(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """Divide a split into the rest and `count` held-out rows, stratified by class.

    Every class gives the same share of its rows; what rounding leaves goes to the classes with
    the largest remainders. Rows stay in their order. The choice depends on `seed` alone.

    Returns
    -------
    rest, held_out : Split
    """
    random = generator(seed, Stream.VALIDATION_SPLIT)
    labels = split.labels[split.rows]
    classes, sizes = np.unique(labels, return_counts=True)
    chosen = np.zeros(len(split), bool)
    for label, wanted in zip(classes, _shares(sizes, count), strict=True):
        candidates = np.flatnonzero(labels == label)
        chosen[random.permutation(candidates)[:wanted]] = True
    rest, held_out = split.rows[~chosen], split.rows[chosen]
    return (
        Split(split.inputs, split.labels, rest),
        Split(split.inputs, split.labels, held_out),
    )


def _shares(sizes: np.ndarray[tuple[int], np.dtype[np.intp]], count: int) -> list[int]:
    """Divide `count` in proportion to `sizes` by the largest-remainder method."""
    exact = sizes * (count / sizes.sum())
    shares = np.floor(exact).astype(int)
    most_wanting = np.argsort(shares - exact, kind="stable")
    shares[most_wanting[: count - shares.sum()]] += 1
    return [int(share) for share in shares]
