"""Weights of training rows: given for each row, or by class."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import count, did_you_mean, listed
from nncli.data.files.table import Table
from nncli.data.files.texts import canonical, places_of
from nncli.data.memory.forms import column_of
from nncli.data.memory.memory_table import place
from nncli.data.splits import Rows
from nncli.data.tables.column import check_size
from nncli.data.tables.targets import Targets

ClassWeights = Literal["balanced"] | Mapping[str, float]


def row_weights(
    name: str,
    targets: Targets,
    values: NDArray[Any],
    train: Rows,
    *,
    given: NDArray[np.float64] | None,
    of_classes: ClassWeights | None,
) -> NDArray[np.float64] | None:
    """Return the weight of each row (N,), 1 on average over the training rows.

    Parameters
    ----------
    name : str
        Name of the rows in messages.
    values : array (N,) or (N, O)
        Targets of the rows.
    given : array (N,), optional
        Weights from `given_weights`.
    of_classes : "balanced" or mapping of class to number, optional
        Weights of the classes; ``balanced`` gives all classes the same total weight.

    Returns
    -------
    array (N,) or None
        None if all rows have the same weight.

    Raises
    ------
    DataError
        If there are no classes, or all training rows have weight 0.
    """
    if given is None and of_classes is None:
        return None
    weights = np.ones(len(values)) if given is None else given
    if of_classes is not None:
        if not targets.classes:
            raise DataError(f"{name}: data.class_weight is for classes; a {targets.task} has none")
        weights = weights * _of_classes(of_classes, targets.classes, values[train])[values]
    mean = float(weights[train].mean())
    if not mean > 0:
        raise DataError(f"{name}: every training row has weight 0; nothing would be learned")
    return np.asarray(weights / mean)


def given_weights(table: Table, name: str) -> NDArray[np.float64]:
    """Return a column of weights (N,). Raise `DataError` for one that is negative or missing."""
    if table.kind(name) == "category":
        raise DataError(f"{table.name}: column {name} is text; weights must be numbers")
    weights = table.columns[name].astype(np.float64)
    wrong = ~(weights >= 0)  # or blank
    if wrong.any():
        row = int(wrong.argmax())
        blank = np.isnan(weights[row])
        found = "is blank" if blank else f"found {weights[row]:g}"
        remedy = "; write 0 to ignore a row" if blank else ""
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: {found}; weights must be 0 or more"
            f"{remedy}"
        )
    check_size(table, name, weights)
    return weights


def weight_table(weights: object, rows: int, name: str = "weights") -> Table:
    """Return weights in memory (N,) as a table of one column, called `name`.

    Raises
    ------
    DataError
        If there is not exactly one weight for each of `rows` rows.
    """
    columns = [*column_of(weights, name).values()]
    if len(columns) != 1 or len(columns[0]) != rows:
        found = count(len(columns[0]), "row") + (f" of {len(columns)}" if len(columns) > 1 else "")
        raise DataError(f"{name}: has {found}; expected one number for each of {rows} rows")
    return Table(name, {name: columns[0]}, place)


def _of_classes(
    chosen: ClassWeights, classes: Sequence[str], train: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    if not isinstance(chosen, str):
        places, weights = places_of(classes), np.ones(len(classes))
        for name, weight in chosen.items():
            place = places.get(name, places.get(canonical(name)))
            if place is None:
                raise DataError(
                    f"data.class_weight: {name!r} is not one of the classes {listed(classes, 10)}"
                    + did_you_mean(name, classes)
                )
            weights[place] = weight
        return weights
    counts = np.bincount(train, minlength=len(classes))
    return len(train) / (len(classes) * np.maximum(counts, 1))
