"""Pydantic types made from the tables of the core.

A config names an entry of a table, as a plain word or with parameters::

    activation: relu
    activation: {name: leaky_relu, slope: 0.2}

`OneOf` turns a table into such a type: the names, the parameters, their ranges, defaults and
descriptions all come from the entries.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from nncli.base.words import did_you_mean
from nncli.nn.entries import Entry, Parameter, Value

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)


def refusal(problem: str, *, below: str | None = None) -> PydanticCustomError:
    """Return the error that refuses a value; `below` is the key inside it that is to blame."""
    context = {"problem": problem} if below is None else {"problem": problem, "below": below}
    return PydanticCustomError("refusal", "{problem}", context)


def refusals(problems: Iterable[tuple[tuple[str | int, ...], str]]) -> ValidationError:
    """Return the error that refuses several values, each with its path below what is checked."""
    return ValidationError.from_exception_data(
        "refusals",
        [{"type": refusal(problem), "loc": path, "input": None} for path, problem in problems],
    )


class Section(BaseModel):
    """A part of a config: strict types, no unknown keys, never changed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Named(Section):
    """A chosen entry: its name and, in derived classes, its parameters."""

    tag: ClassVar[str] = "name"
    entry: ClassVar[Entry]

    name: str

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters of the entry, all of them."""
        return {key: getattr(self, key) for key in self.entry.parameters}

    @model_validator(mode="after")
    def _fit_together(self) -> "Named":
        if self.entry.conflict and (problem := self.entry.conflict(self.parameters)):
            raise refusal(problem)
        return self

    @model_serializer
    def _in_short(self) -> str | dict[str, Value | str]:
        return {"name": self.name, **self.parameters} if self.entry.parameters else self.name


class OneOf:
    """Annotation for a field that names one of several models.

    Parameters
    ----------
    models : mapping of name to a model with a field `tag` that holds the name
    tag : str
        The key that tells the models apart.
    default : str, optional
        Which one is meant by a mapping without a name.
    or_list : bool
        Whether a list of them is allowed too.
    """

    def __init__(
        self,
        models: Mapping[str, type[Section]],
        tag: str = "name",
        *,
        default: str | None = None,
        or_list: bool = False,
    ) -> None:
        self.models = models
        self.tag = tag
        self.default = default
        self.or_list = or_list

    @classmethod
    def of_table(
        cls, table: Mapping[str, Entry], *, default: str | None = None, or_list: bool = False
    ) -> "OneOf":
        """Make a model of every entry of `table`."""
        models = {name: _model(name, entry) for name, entry in table.items()}
        return cls(models, default=default, or_list=or_list)

    def check(self, value: Any) -> Section | list[Section]:
        """Validate one choice, or a list of them where that is allowed."""
        if self.or_list and isinstance(value, list):
            return self._list.validate_python(value)
        return self.pick(value)

    @cached_property
    def _list(self) -> TypeAdapter[list[Section]]:
        return TypeAdapter(list[Annotated[Section, PlainValidator(self.pick)]])

    def pick(self, value: Any) -> Section:
        """Validate a name, or a mapping with a name, by the model of that name."""
        if isinstance(value, Section):
            return value
        if isinstance(value, str):
            value = {self.tag: value}
        names = list(self.models)
        expected = "expected one of " + ", ".join(names)
        if not isinstance(value, dict):
            raise refusal(f"found {shown(value)}; {expected}")
        if self.tag not in value and self.default:
            value = {self.tag: self.default, **value}
        if self.tag not in value:
            raise refusal(f"no {self.tag} given; {expected}")
        name = value[self.tag]
        if not isinstance(name, str) or name not in self.models:
            near = did_you_mean(name, names) if isinstance(name, str) else ""
            hint = near or f"; {expected}"
            raise refusal(f"unknown {self.tag} {shown(name)}{hint}", below=self.tag)
        return self.models[name].model_validate(value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.check, serialization=core_schema.plain_serializer_function_ser_schema(_dump)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        one = {"anyOf": [{"enum": self._enough_alone}, *self._objects.values()]}
        return {"anyOf": [one, {"type": "array", "items": one}]} if self.or_list else one

    @cached_property
    def _objects(self) -> Mapping[str, dict[str, Any]]:
        schemas = {}
        for name, model in self.models.items():
            schema = schemas[name] = model.model_json_schema()
            schema["properties"][self.tag] = {"const": name}
            needed = {*schema.get("required", []), self.tag}
            schema["required"] = sorted(needed - {self.tag} if name == self.default else needed)
        return schemas

    @property
    def _enough_alone(self) -> list[str]:
        """The names that need no other key."""
        return [name for name, each in self._objects.items() if {*each["required"]} <= {self.tag}]


class Checked(ABC):
    """Annotation whose own `check` validates a value, so that its words are in every message."""

    @abstractmethod
    def check(self, value: Any) -> Any:
        """Return `value` as it is to be used, if it is allowed."""

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self.json_schema()


class IntegerOr(Checked):
    """Annotation for an integer of at least `at_least`, or something else."""

    def __init__(self, at_least: int, *, word: str = "", fraction: bool = False) -> None:
        self.at_least = at_least
        self.word = word
        self.fraction = fraction

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        if isinstance(value, int) and not isinstance(value, bool) and value >= self.at_least:
            return value
        if self.word and value == self.word:
            return value
        if self.fraction and isinstance(value, float) and 0 <= value < 1:
            return value
        other = f"'{self.word}'" if self.word else "a fraction of at least 0.0 and below 1.0"
        raise refusal(
            f"found {shown(value)}; expected an integer of {self.at_least} or more, or {other}"
        )

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        integer = {"type": "integer", "minimum": self.at_least}
        if self.word:
            return {"anyOf": [integer, {"const": self.word}]}
        return {"anyOf": [integer, {"type": "number", "minimum": 0, "exclusiveMaximum": 1}]}


class OneOrList(Checked):
    """Annotation for a value of a given type, or a list of them."""

    def __init__(self, kind: Any) -> None:
        self.one: TypeAdapter[Any] = TypeAdapter(kind, config=_STRICT)
        self.many: TypeAdapter[Any] = TypeAdapter(list[kind], config=_STRICT)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        return (self.many if isinstance(value, list) else self.one).validate_python(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [self.one.json_schema(), self.many.json_schema()]}


class Name(Checked):
    """Annotation for a name that prints on one line, or where `or_integer` also an integer."""

    _PATTERN = re.compile(r"\S(.*\S)?")

    def __init__(self, *, or_integer: bool = False) -> None:
        self.or_integer = or_integer

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        if isinstance(value, str) and value.isprintable() and self._PATTERN.fullmatch(value):
            return value
        if self.or_integer and isinstance(value, int) and not isinstance(value, bool):
            return value
        other = " or an integer" if self.or_integer else ""
        raise refusal(f"found {shown(value)}; expected a name{other}")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        name = {"type": "string", "pattern": f"^{self._PATTERN.pattern}$"}
        return {"anyOf": [name, {"type": "integer"}]} if self.or_integer else name


class WordOr(Checked):
    """Annotation for a certain word, or a value of a given type."""

    def __init__(self, word: str, kind: Any) -> None:
        self.word = word
        self.other: TypeAdapter[Any] = TypeAdapter(kind, config=_STRICT)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        if isinstance(value, str) and value != self.word:
            raise refusal(f"found {shown(value)}; expected '{self.word}' or a mapping")
        return value if value == self.word else self.other.validate_python(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"const": self.word}, self.other.json_schema()]}


class PathOr(Checked):
    """Annotation for numbers of a given type, or the path of a file that has them."""

    def __init__(self, kind: Any) -> None:
        self.numbers: TypeAdapter[Any] = TypeAdapter(kind, config=_STRICT)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        return value if isinstance(value, str) else self.numbers.validate_python(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"type": "string"}, self.numbers.json_schema()]}


def shown(value: Any) -> str:
    """Return a value as a message shows it: short, and strings in quotes."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    if not text.isprintable():
        text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _dump(chosen: Section | list[Section]) -> Any:
    if isinstance(chosen, list):
        return [each.model_dump() for each in chosen]
    return chosen.model_dump()


def _model(name: str, entry: Entry) -> type[Named]:
    fields: dict[str, Any] = {
        key: (type(each.default), _field(each)) for key, each in entry.parameters.items()
    }
    model = create_model(
        name, __base__=Named, __doc__=entry.summary, name=(str, Field(name)), **fields
    )
    model.entry = entry
    return model


def _field(parameter: Parameter) -> Any:
    return Field(
        parameter.default,
        description=parameter.description,
        ge=parameter.at_least,
        gt=parameter.above,
        le=parameter.at_most,
        lt=parameter.below,
    )
