"""The key ``data.features``: the inputs of the network, computed from those of the rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from nncli.base.words import count
from nncli.config.choices import Checked, ColumnName, refusal, refusals, shown
from nncli.config.synonyms import choice_hint
from nncli.data.features import COMPUTED, FEATURES, MOST, parts_of, unknown_column

Written = str | dict[str, str | list[str]]
"""A feature as a config has it: the name of a column, or ``{kind: names}``."""

_NAME = ColumnName()


class FeatureList(Checked):
    """Annotation for a list of features."""

    def check(self, value: Any) -> list[Written]:
        """Return the features, with column names as text, if they are allowed."""
        if not isinstance(value, list):
            raise refusal(f"found {shown(value)}; expected a list of features, such as [x1, x2]")
        if not value:
            raise refusal("found an empty list; list one feature or more, or remove the key")
        if len(value) > MOST:
            raise refusal(f"found {len(value)} features; expected at most {MOST}")
        return [_feature(number, each) for number, each in enumerate(value)]

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        name = _NAME.json_schema()
        return {
            "type": "array",
            "items": {"anyOf": [name, *(_schema(kind, name) for kind in COMPUTED)]},
            "minItems": 1,
            "maxItems": MOST,
        }


def _schema(kind: str, name: dict[str, Any]) -> dict[str, Any]:
    arguments = COMPUTED[kind].arguments
    names = {"type": "array", "items": name, "minItems": arguments, "maxItems": arguments}
    allowed = {"anyOf": [name, names]} if arguments == 1 else names
    return {
        "type": "object",
        "properties": {kind: allowed},
        "required": [kind],
        "additionalProperties": False,
    }


def _feature(number: int, value: Any) -> Written:
    """Return a feature with column names as text. Raise a refusal with its place in the list."""
    if not isinstance(value, dict):
        return _name(value, (number,))
    if len(value) != 1:
        found = count(len(value), "key")
        raise _refused((number,), f"found {found}; expected one, such as {{square: x1}}")
    ((kind, names),) = value.items()
    if kind not in COMPUTED:
        hint = choice_hint(kind, [*COMPUTED]) if isinstance(kind, str) else ""
        hint = hint or "; expected one of " + ", ".join(COMPUTED)
        raise _refused((number,), f"unknown feature {shown(kind)}{hint}")
    arguments = COMPUTED[kind].arguments
    given = names if isinstance(names, list) else [names]
    if len(given) != arguments:
        expected = "the name of a column" if arguments == 1 else f"a list of {arguments} columns"
        found = f"a list of {len(given)}" if isinstance(names, list) else shown(names)
        raise _refused((number, kind), f"found {found}; expected {expected}")
    found_names = [_name(each, (number, kind)) for each in given]
    if len({*found_names}) < arguments:
        raise _refused(
            (number, kind), f"found {found_names[0]!r} twice; for its square, write square"
        )
    return {kind: found_names[0] if arguments == 1 else found_names}


def _name(value: Any, path: tuple[str | int, ...]) -> str:
    if isinstance(value, list):
        raise _refused(path, "found a list; expected a name, or a feature such as {square: x1}")
    try:
        return _NAME.check(value)
    except ValueError as error:
        raise _refused(path, str(error)) from error


def _refused(path: tuple[str | int, ...], problem: str) -> Exception:
    return refusals([(path, problem)])


def problems_of_features(
    features: Sequence[Written], columns: Sequence[str] | None
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what no data can have: a feature twice, and columns that are not `columns`.

    Parameters
    ----------
    columns : sequence of str or None
        All columns, if they are known without the data.

    Yields
    ------
    path : tuple
        The place below ``data``.
    problem : str
    """
    seen = set[tuple[str, tuple[str, ...]]]()
    for number, each in enumerate(features):
        kind, names = parts_of(each)
        same = kind, tuple(sorted(names) if FEATURES[kind].commutes else names)
        if same in seen:
            yield ("features", number), "is in the list twice; remove one of them"
        seen.add(same)
        if columns is not None:
            problems = (unknown_column(name, columns) for name in names)
            yield from ((("features", number), problem) for problem in problems if problem)
