"""Drop the rows of classes that are too rare for the splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.base.errors import DataError
from nncli.base.notes import Note
from nncli.data.dataset import Task
from nncli.data.division import Fold, Share, division_of
from nncli.data.splits import whole
from nncli.data.tables.targets import Targets

if TYPE_CHECKING:
    from numpy.typing import NDArray


def without_rare(
    targets: Targets,
    values: NDArray[Any],
    shares: Mapping[str, Share],
    name: str,
    fold: Fold | None,
    note: Note,
) -> tuple[Targets, NDArray[Any], NDArray[np.intp]]:
    """Return the targets without classes that are too rare, and the rows of the other classes.

    Parameters
    ----------
    values : array (N,)
        Class of each row, from `Targets.values`.
    shares, name, fold
        As for `nncli.data.splitting.divide`.
    note : function of str
        Called with a message about what is dropped.

    Returns
    -------
    targets : Targets
    codes : array (N,)
        Class of each row among the remaining ones; 0 for dropped rows.
    rows : array
        Remaining rows.

    Raises
    ------
    DataError
        If fewer than two classes are left.
    """
    rows = whole(np.empty((len(values), 0)), values)
    while True:  # with fewer rows, the other splits get fewer, too
        present = np.unique(values[rows.rows]).tolist()
        names = [targets.classes[place] for place in present]
        codes = np.searchsorted(present, values)
        division = division_of(replace(rows, targets=codes), shares, names, name)
        rare = division.too_rare(fold.of if fold else None)
        if not rare:
            break
        if len(names) - len(rare) < 2:
            raise DataError(
                f"{division.about_rare(rare, fold)}; fewer than two classes remain; add rows of "
                "rare classes, or set data.rare: keep"
            )
        note(f"{division.about_rare(rare, fold)}; left out, as set by data.rare: drop")
        rows = rows.part(rows.rows[~np.isin(codes[rows.rows], rare)])
    is_left = np.isin(np.arange(len(values)), rows.rows)
    task: Task = "binary" if len(names) == 2 else "multiclass"
    left = np.where(is_left, codes, 0).astype(values.dtype)
    return replace(targets, classes=names, task=task), left, np.flatnonzero(is_left)
