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
    the largest remainders. Where the targets are numbers, any rows are held out. Rows stay in
    their order. The choice depends on `seed` alone.

    Returns
    -------
    rest, held_out : Split
    """
    random = generator(seed, Stream.VALIDATION_SPLIT)
    strata = split.targets[split.rows] if split.of_classes else np.zeros(len(split), np.uint8)
    classes, sizes = np.unique(strata, return_counts=True)
    chosen = np.zeros(len(split), bool)
    for label, wanted in zip(classes, _shares(sizes, count), strict=True):
        candidates = np.flatnonzero(strata == label)
        chosen[random.permutation(candidates)[:wanted]] = True
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def _shares(sizes: np.ndarray[tuple[int], np.dtype[np.intp]], count: int) -> list[int]:
    """Divide `count` in proportion to `sizes` by the largest-remainder method."""
    exact = sizes * (count / sizes.sum())
    shares = np.floor(exact).astype(int)
    most_wanting = np.argsort(shares - exact, kind="stable")
    shares[most_wanting[: count - shares.sum()]] += 1
    return [int(share) for share in shares]
