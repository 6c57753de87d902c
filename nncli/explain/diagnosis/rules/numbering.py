"""Columns that only number the rows, or have a different number in each."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import is_large, take_rows
from nncli.base.words import count
from nncli.data.dataset import Dataset
from nncli.data.splits import Rows
from nncli.explain.diagnosis.spread import spread

Values = NDArray[Any]

_FEWEST_ROWS = 20  # 20 numbers are in the order of the file by chance once in 20! times
_SAMPLE = 1000
_FIRST = 20  # usually enough to rule a column out

# A name that ends like this, in a column of different whole numbers, names rows.
_IDS = re.compile(r"(?:.*[ _.-])?(?i:id|uid|pk)|.*[a-z]I[dD]", re.DOTALL)
# Numbers that count up, but mean something.
_MEANINGFUL = re.compile(
    r".*(time|date|year|month|week|day|hour|minute|second|step|epoch|age|rank|place|position|order"
    r"|distance|level).*|t|x",
    re.IGNORECASE | re.DOTALL,
)
_YEARS = (1500, 2200)


def numbering_columns(data: Dataset) -> Iterator[tuple[int, str]]:
    """Yield the place of each such input, and what shows it."""
    train = data.splits["train"]
    has_one_column = len(data.encoding.columns if data.encoding else data.columns) == 1
    # A single column is what there is to learn from, such as a coordinate. In bytes, only 256
    # rows have different numbers, and pixels are no row numbers.
    if has_one_column or data.images is not None or len(train) < _FEWEST_ROWS:
        return
    if train.inputs.dtype.itemsize == 1:
        return
    places = spread(len(train), _SAMPLE)
    rows = train.rows[places]
    some, numbers = take_rows(train.inputs, rows), data.row_numbers("train")[places]
    for at in _all_different(some):
        name = str(data.columns[at])
        first, last = float(some[:, at].min()), float(some[:, at].max())
        if _MEANINGFUL.fullmatch(name) or (_YEARS[0] <= first and last <= _YEARS[1]):
            continue
        if what := _numbering(data, at, some[:, at], numbers):
            yield at, what


def _all_different(some: Values) -> list[int]:
    """Return the columns with a different whole number in each row."""
    found = some[:_FIRST].astype(np.float64)
    whole = np.flatnonzero((found == np.rint(found)).all(axis=0) & (found[0] != found[-1]))
    return [
        int(at)
        for at in whole
        if len(np.unique(some[:, at])) == len(some) and (some[:, at] == np.rint(some[:, at])).all()
    ]


def _numbering(data: Dataset, at: int, values: Values, numbers: Rows) -> str | None:
    """Return how a column of different whole numbers numbers the rows, if it does."""
    rows = len(data.splits["train"])
    ahead = np.unique(values.astype(np.float64) - numbers)
    if len(ahead) == 1:
        return f"increases by 1 from row to row of the file, in all {count(rows, 'training row')}"
    inputs = data.splits["train"].inputs
    if is_large(inputs):
        return None
    of_file = [each.rows for each in data.splits.values() if each.inputs is inputs]
    every = inputs[np.unique(np.concatenate(of_file)), at]
    if len(np.unique(every)) < len(every):
        return None
    low, high = int(every.min()), int(every.max())
    if low in (0, 1) and high - low + 1 == len(every):
        return f"has each whole number from {low} to {high} once, in {len(every)} rows"
    if _IDS.fullmatch(str(data.columns[at])):
        return f"has a different whole number in each of {len(every)} rows, as its name says"
    return None
