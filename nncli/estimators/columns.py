"""Check that rows have the columns of `fit`, with scikit-learn's messages."""

from collections.abc import Sequence
from dataclasses import replace

from nncli.base.notes import warn
from nncli.data.names import plain_name
from nncli.estimators.errors import RowsError
from nncli.estimators.inputs import Inputs, inputs_of

_MOST_NAMES = 5


def check_columns(owner: str, inputs: Inputs, names: Sequence[str] | None, width: int) -> None:
    """Raise `RowsError` if the columns are not those of `fit`.

    Warn if only one of the two has column names.

    Parameters
    ----------
    owner : str
        Class name of the estimator, for messages.
    names : sequence of str or None
        Column names seen in `fit`, if any.
    width : int
        Number of columns seen in `fit`.

    Raises
    ------
    RowsError
        If the names, their order or their number differ.
    """
    if inputs.names is not None and names is None:
        warn(f"X has feature names, but {owner} was fitted without feature names")
    elif inputs.names is None and names is not None:
        warn(f"X does not have valid feature names, but {owner} was fitted with feature names")
    elif inputs.names is not None and names is not None:
        _check_names(inputs, [*map(plain_name, names)])  # earlier versions kept outer white space
    if inputs.width != width:
        raise RowsError(
            f"X has {inputs.width} features, but {owner} is expecting {width} features as input"
        )


def inputs_like(X: object, owner: str, names: Sequence[str] | None, width: int) -> Inputs:
    """Return inputs, checked against the columns of `fit`.

    Parameters and errors are as for `check_columns` and `inputs_of`.
    """
    inputs = inputs_of(X)
    check_columns(owner, inputs, names, width)
    if inputs.names is not None and names is None:
        return replace(inputs, rows=inputs.unnamed, names=None)
    return inputs


def _check_names(inputs: Inputs, names: list[str]) -> None:
    found = inputs.names or []
    unseen, missing = sorted({*found} - {*names}), sorted({*names} - {*found})
    in_any_order = isinstance(inputs.rows, list | tuple)  # one dict per row
    if found == names or (in_any_order and not unseen and not missing):
        return
    lines = ["The feature names should match those that were passed during fit."]
    if unseen:
        lines += ["Feature names unseen at fit time:", *_listed(unseen)]
    if missing:
        lines += ["Feature names seen at fit time, yet now missing:", *_listed(missing)]
    if not unseen and not missing:
        lines.append("Feature names must be in the same order as they were in fit.")
    raise RowsError("\n".join([*lines, ""]))


def _listed(names: Sequence[str]) -> list[str]:
    more = ["- ..."] if len(names) > _MOST_NAMES else []
    return [*(f"- {name}" for name in names[:_MOST_NAMES]), *more]
