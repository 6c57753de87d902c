"""The building blocks of config sections: choices, and types with clear error messages."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from nncli.base.words import is_printable
from nncli.config.number_hints import colon_hint, number_hint
from nncli.config.synonyms import choice_hint
from nncli.data.names import plain_name

# Validators are built on first use: a config needs only a few of them.
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, defer_build=True)


def refusal(problem: str, *, below: str | None = None) -> PydanticCustomError:
    """Return the error for an invalid value; `below` is the invalid key inside it."""
    context = {"problem": problem} if below is None else {"problem": problem, "below": below}
    return PydanticCustomError("refusal", "{problem}", context)


def refusals(problems: Iterable[tuple[tuple[str | int, ...], str]]) -> ValidationError:
    """Return the error for several invalid values, each with its path below the checked value."""
    return ValidationError.from_exception_data(
        "refusals",
        [{"type": refusal(problem), "loc": path, "input": None} for path, problem in problems],
    )


class _PlainDefaults(GenerateJsonSchema):
    """Passes plain values through, for which pydantic would build a serializer each."""

    def encode_default(self, dft: Any) -> Any:
        """Return a default as a JSON value."""
        if dft is None or isinstance(dft, bool | int | float | str):
            return dft
        return super().encode_default(dft)


class Section(BaseModel):
    """A section of a config: strict types, no unknown keys, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, **_STRICT)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of the section."""
        return cls.model_json_schema(schema_generator=_PlainDefaults)


class Choice(ABC):
    """Annotation for a field that names one of several choices, each with its own keys.

    Parameters
    ----------
    choices : mapping of str to object
        The choices by name.
    tag : str
        Key that holds the name.
    default : str, optional
        The choice of a mapping without a name.
    """

    def __init__(
        self, choices: Mapping[str, Any], tag: str = "name", *, default: str | None = None
    ) -> None:
        self.choices = choices
        self.tag = tag
        self.default = default

    @abstractmethod
    def validated(self, name: str, values: dict[str, Any]) -> Any:
        """Return the validated value of a mapping that names a choice."""

    @abstractmethod
    def keys(self, name: str) -> Mapping[str, Any]:
        """Return the keys of a choice, with their fields if there are any."""

    @abstractmethod
    def schema_of(self, name: str) -> dict[str, Any]:
        """Return the JSON Schema of a choice's mapping."""

    def serialized(self, chosen: Any) -> Any:
        """Return the chosen value as it appears in a config."""
        return chosen.model_dump()

    def check(self, value: Any) -> Any:
        """Validate a name, or a mapping with a name."""
        if isinstance(value, str):
            value = {self.tag: value}
        names = list(self.choices)
        expected = "expected one of " + ", ".join(names)
        if not isinstance(value, dict):
            raise refusal(f"found {shown(value)}; {expected}")
        if self.tag not in value and self.default:
            value = {self.tag: self.default, **value}
        if self.tag not in value:
            raise refusal(f"{self.tag} is missing; {expected}")
        name = value[self.tag]
        if not isinstance(name, str) or name not in self.choices:
            near = choice_hint(name, names) if isinstance(name, str) else ""
            hint = near or f"; {colon_hint(name) or expected}"
            raise refusal(f"unknown {self.tag} {shown(name)}{hint}", below=self.tag)
        return self.validated(name, value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.check,
            serialization=core_schema.plain_serializer_function_ser_schema(self.serialized),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schemas = {name: self._schema_of(name) for name in self.choices}
        enough_alone = [name for name, each in schemas.items() if {*each["required"]} <= {self.tag}]
        return {"anyOf": [{"enum": enough_alone}, *schemas.values()]}

    def _schema_of(self, name: str) -> dict[str, Any]:
        schema = self.schema_of(name)
        schema["properties"][self.tag] = {"const": name}
        needed = {*schema.get("required", []), self.tag}
        schema["required"] = sorted(needed - {self.tag} if name == self.default else needed)
        return schema


class OneOf(Choice):
    """Annotation for a field that names one of several sections."""

    def validated(self, name: str, values: dict[str, Any]) -> Any:
        """Validate a mapping with the section of that name."""
        return self.choices[name].model_validate(values)

    def check(self, value: Any) -> Any:
        """Validate a name, or a mapping with a name; a section is returned unchanged."""
        return value if isinstance(value, Section) else super().check(value)

    def keys(self, name: str) -> Mapping[str, Any]:
        """Return the fields of a section."""
        fields: Mapping[str, Any] = self.choices[name].model_fields
        return fields

    def schema_of(self, name: str) -> dict[str, Any]:
        """Return the JSON Schema of a section."""
        schema: dict[str, Any] = self.choices[name].json_schema()
        return schema


class Checked(ABC):
    """Annotation that validates with its own `check`, for specific error messages."""

    @abstractmethod
    def check(self, value: Any) -> Any:
        """Return the validated form of `value`, if it is allowed."""

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
        other = f"'{self.word}'" if self.word else "a fraction from 0.0 to less than 1.0"
        expected = f"expected an integer of {self.at_least} or more, or {other}"
        hint = number_hint(value) if self.fraction else None
        raise refusal(f"found {shown(value)}; {hint or expected}")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        integer = {"type": "integer", "minimum": self.at_least}
        if self.word:
            return {"anyOf": [integer, {"const": self.word}]}
        return {"anyOf": [integer, {"type": "number", "minimum": 0, "exclusiveMaximum": 1}]}


class BooleanOr(Checked):
    """Annotation for false, a section, or true for the section's defaults."""

    def __init__(self, section: type[BaseModel]) -> None:
        self.section = section

    def check(self, value: Any) -> Any:
        """Return the section, or False."""
        if value is False or isinstance(value, self.section):
            return value
        if not isinstance(value, bool | dict):
            raise refusal(f"found {shown(value)}; expected true, false or a mapping of keys")
        return self.section.model_validate({} if value is True else value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"type": "boolean"}, self.section.model_json_schema()]}


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
    """Annotation for a name that prints on one line, or with `or_integer` also an integer."""

    _PATTERN = re.compile(r"\S(.*\S)?")

    def __init__(self, *, or_integer: bool = False) -> None:
        self.or_integer = or_integer

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        if isinstance(value, str) and is_printable(value) and self._PATTERN.fullmatch(value):
            return value
        if self.or_integer and isinstance(value, int) and not isinstance(value, bool):
            return value
        other = " or an integer" if self.or_integer else ""
        raise refusal(f"found {shown(value)}; expected a name{other}")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        name = {"type": "string", "pattern": f"^{self._PATTERN.pattern}$"}
        return {"anyOf": [name, {"type": "integer"}]} if self.or_integer else name


class ColumnName(Checked):
    """Annotation for the name of a column, which may be written as an integer.

    Surrounding whitespace is ignored.

    Parameters
    ----------
    printable : bool
        Whether the name must print on one line.
    """

    def __init__(self, *, printable: bool = False) -> None:
        self.text = Name() if printable else None

    def check(self, value: Any) -> str:
        """Return `value` as text, if it is allowed."""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str):
            name = plain_name(value)
            return self.text.check(name) if self.text else name
        hint = ""
        if value is None:
            hint = "; put a name such as Null in quotes"
        elif isinstance(value, bool | float):  # the spelling, such as 1.10, is lost
            hint = "; put it in quotes, spelled as in the file"
        raise refusal(f"found {shown(value)}; expected a name{hint}")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        text = {"type": "string", **({"pattern": r"\S"} if self.text else {})}
        return {"anyOf": [text, {"type": "integer"}]}


class WordOr(Checked):
    """Annotation for a given word, or a value of a given type."""

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
    """Annotation for numbers of a given type, or the path of a file with them."""

    def __init__(self, kind: Any) -> None:
        self.numbers: TypeAdapter[Any] = TypeAdapter(kind, config=_STRICT)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        return value if isinstance(value, str) else self.numbers.validate_python(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"type": "string"}, self.numbers.json_schema()]}


def shown(value: Any) -> str:
    """Return a value as messages show it: short, and strings in quotes."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a mapping"
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    text = text if is_printable(text) else json.dumps(value)
    quote = text[0] if text[0] == '"' else ""
    return text if len(text) <= 60 else f"{text[: 57 - len(quote)]}...{quote}"
