"""Choices from tables such as activations and optimizers.

A config names an entry of a table, alone or with parameters::

    activation: relu
    activation: {name: leaky_relu, slope: 0.2}

`EntryOf` turns a table into a type: names, parameters, ranges, defaults and descriptions come
from the entries.
"""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails

from nncli.config.choices import Choice, refusal
from nncli.nn.entries import Entry, Parameter, Value


@dataclass(frozen=True)
class Named:
    """A chosen entry with all its parameters."""

    name: str
    parameters: Mapping[str, Value]

    @classmethod
    def of(cls, table: Mapping[str, Entry], name: str) -> "Named":
        """Return an entry with its default parameters."""
        return cls(name, table[name].complete({}))

    def in_short(self) -> str | dict[str, Value | str]:
        """Return the entry as it appears in a config: the name, with parameters if it has any."""
        return {"name": self.name, **self.parameters} if self.parameters else self.name


class EntryOf(Choice):
    """Annotation for a field that names an entry of a table, or with `or_list` also several."""

    def __init__(
        self, table: Mapping[str, Entry], *, default: str | None = None, or_list: bool = False
    ) -> None:
        super().__init__(table, default=default)
        self.or_list = or_list

    def check(self, value: Any) -> Any:
        """Validate one choice, or a list of choices if allowed."""
        if self.or_list and isinstance(value, list):
            return self._list.validate_python(value)
        return value if isinstance(value, Named) else super().check(value)

    @cached_property
    def _list(self) -> TypeAdapter[list[Any]]:
        return TypeAdapter(list[Annotated[Any, PlainValidator(super().check)]])

    def validated(self, name: str, values: dict[str, Any]) -> Named:
        """Return the entry with its parameters, after checking the given ones."""
        entry: Entry = self.choices[name]
        given = {key: value for key, value in values.items() if key != self.tag}
        problems: list[InitErrorDetails] = [
            {"type": "extra_forbidden", "loc": (key,), "input": value}
            for key, value in given.items()
            if key not in entry.parameters
        ]
        for key in entry.parameters.keys() & given.keys():
            problems += _problems(key, entry.parameters[key], given[key])
        if problems:
            raise ValidationError.from_exception_data(name, problems)
        parameters = {
            key: type(entry.parameters[key].default)(value)
            for key, value in entry.complete(given).items()
        }
        if entry.conflict and (conflict := entry.conflict(parameters)):
            raise refusal(conflict)
        return Named(name, parameters)

    def keys(self, name: str) -> Mapping[str, Any]:
        """Return the keys of an entry: the name and the parameters."""
        return {self.tag: None, **self.choices[name].parameters}

    def schema_of(self, name: str) -> dict[str, Any]:
        """Return the JSON Schema of a mapping with an entry's parameters."""
        entry: Entry = self.choices[name]
        parameters = {key: _schema(key, each) for key, each in entry.parameters.items()}
        return {
            "additionalProperties": False,
            "description": entry.summary,
            "properties": {self.tag: None, **parameters},
            "title": name,
            "type": "object",
        }

    def serialized(self, chosen: Named | list[Named]) -> Any:
        """Return choices as they appear in a config."""
        if isinstance(chosen, list):
            return [each.in_short() for each in chosen]
        return chosen.in_short()

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        one = super().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [one, {"type": "array", "items": one}]} if self.or_list else one


# For each bound of a parameter: the comparison, and its names in pydantic and JSON Schema.
_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str, str]] = {
    "below": (operator.lt, "less_than", "exclusiveMaximum"),
    "above": (operator.gt, "greater_than", "exclusiveMinimum"),
    "at_most": (operator.le, "less_than_equal", "maximum"),
    "at_least": (operator.ge, "greater_than_equal", "minimum"),
}
_TYPES = {
    bool: ("boolean", "bool_type"),
    int: ("integer", "int_type"),
    float: ("number", "float_type"),
}


def _bounds(parameter: Parameter) -> dict[str, Value]:
    """Return the bounds of a parameter, as numbers of its type."""
    kind = type(parameter.default)
    found = {name: getattr(parameter, name) for name in _BOUNDS}
    return {name: kind(bound) for name, bound in found.items() if bound is not None}


def _problems(key: str, parameter: Parameter, value: Any) -> Iterator[InitErrorDetails]:
    """Yield the problems of a given value, as pydantic's errors."""
    kind = type(parameter.default)
    number = _number(value) if kind is float else value
    if type(number) is not kind:
        yield {"type": _TYPES[kind][1], "loc": (key,), "input": value}
        return
    if isinstance(number, float) and not math.isfinite(number):
        yield {"type": "finite_number", "loc": (key,), "input": value}
        return
    for name, limit in _bounds(parameter).items():
        compare, error, _ = _BOUNDS[name]
        if not compare(number, limit):
            yield {
                "type": error,
                "loc": (key,),
                "input": value,
                "ctx": {compare.__name__: limit},
            }


def _number(value: Any) -> Any:
    """Return an integer as a float, or None if it is too large."""
    if type(value) is not int:
        return value
    with suppress(OverflowError):
        return float(value)
    return None


def _schema(key: str, parameter: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of a parameter."""
    return {
        "default": parameter.default,
        "description": parameter.description,
        **{_BOUNDS[name][2]: bound for name, bound in _bounds(parameter).items()},
        "title": key.replace("_", " ").title(),
        "type": _TYPES[type(parameter.default)][0],
    }
