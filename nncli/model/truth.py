"""The targets of predicted rows, and the errors of the predictions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.files.table import Cells
from nncli.model.predicted import Columns, Predicted, PredictedNumbers, Predictions


def true_columns(truth: Sequence[Cells], predictions: Predicted) -> tuple[Columns, Columns]:
    """Return the targets of rows, and the errors of their predictions.

    The target column is ``target``, or ``target_<name>`` if there are several. The error column is
    ``error`` for numbers, the prediction minus the target, else ``correct``; it gets the same
    suffix. Both are blank where a target is unknown: None in lists of text, masked in arrays.
    """
    if isinstance(predictions, Predictions):
        (known,) = truth
        pairs = zip(known, predictions.names, strict=True)
        right = [None if true is None else true == name for true, name in pairs]
        return {"target": known.tolist()}, {"correct": _masked(right)}
    if is_numbers := isinstance(predictions, PredictedNumbers):
        names = predictions.targets
    else:
        names = predictions.labels
    found = predictions.result().reshape(len(predictions), -1).T
    targets, errors = Columns(), Columns()
    for name, known, predicted in zip(names, truth, found, strict=True):
        end = f"_{name}" if len(names) > 1 else ""
        true = np.ma.masked_invalid(known)
        if is_numbers:
            targets[f"target{end}"], errors[f"error{end}"] = true, predicted - true
        else:
            targets[f"target{end}"] = np.ma.array(true.filled(0).astype(np.intp), mask=true.mask)
            errors[f"correct{end}"] = true == predicted
    return targets, errors


def _masked(values: list[bool | None]) -> NDArray[Any]:
    """Return Booleans as an array, with None masked."""
    return np.ma.array([bool(each) for each in values], mask=[each is None for each in values])
