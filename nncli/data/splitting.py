"""Take rows to test and to validate out of the training rows."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncli.data.dataset import Rows, Split
from nncli.errors import DataError
from nncli.random_streams import Stream, generator


def row_count(share: int | float, rows: int) -> int:
    """Return how many of `rows` a config's number means: rows (int) or a fraction (float)."""
    return share if isinstance(share, int) else round(share * rows)


def hold_out(
    split: Split, count: int, seed: int, stream: Stream = Stream.VALIDATION_SPLIT
) -> tuple[Split, Split]:
    """Divide a split into the rest and `count` held-out rows, stratified by class.

    Every class gives the same share of its rows; what rounding leaves goes to the classes with
    the largest remainders. Where the targets are numbers, any rows are held out. Rows stay in
    their order. The choice depends on `seed` and `stream` alone.

    Returns
    -------
    rest, held_out : Split
    """
    random = generator(seed, stream)
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


def divide(
    rows: Split, shares: Mapping[str, int | float], seed: int, classes: Sequence[str], name: str
) -> dict[str, Rows]:
    """Divide all rows of a file into ``train`` and what `shares` asks for.

    Parameters
    ----------
    shares : mapping of ``test`` and ``validation`` to rows or a fraction of all rows
    classes : sequence of str
        Names of the classes, for messages; none where the targets are numbers.
    name : str
        The file, for messages.

    Raises
    ------
    DataError
        When no training rows would be left, or a class has fewer rows than there are parts.
    """
    counts = {part: row_count(share, len(rows)) for part, share in shares.items()}
    counts = {part: number for part, number in counts.items() if number}
    if sum(counts.values()) >= len(rows):
        asked = " and ".join(f"data.{part}: {shares[part]}" for part in counts)
        raise DataError(f"{name}: has {len(rows)} rows, of which {asked} leave none to train with")
    rest, divided = rows, {}
    for part, number in counts.items():
        rest, held_out = hold_out(rest, number, seed, _STREAMS[part])
        divided[part] = held_out.rows
    if classes and counts:
        _check_sizes(rows, rest, classes, list(counts), name)
    return {"train": rest.rows, **divided}


def _check_sizes(
    rows: Split, rest: Split, classes: Sequence[str], parts: Sequence[str], name: str
) -> None:
    """Raise `DataError` for a class that has too few rows for every part, or none to train with."""
    sizes = np.bincount(rows.targets, minlength=len(classes))
    left = np.bincount(rest.targets[rest.rows], minlength=len(classes))
    few = np.flatnonzero((sizes <= len(parts)) | (left == 0))
    if len(few):
        label, size = classes[few[0]], sizes[few[0]]
        purposes = " and ".join([*(_PURPOSES[part] for part in parts), "train"])
        unset = " and ".join(f"data.{part}: 0" for part in parts)
        raise DataError(
            f"{name}: the class {label!r} has {size} of the rows, too few to {purposes} with; "
            f"leave it out, get more of its rows, or set {unset}"
        )


_PURPOSES = {"test": "test", "validation": "validate"}
_STREAMS = {"test": Stream.TEST_SPLIT, "validation": Stream.VALIDATION_SPLIT}
