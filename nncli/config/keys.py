"""The keys that a config may have, given its choices, and the values to choose from."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from nncli.base.errors import ConfigError
from nncli.base.storage.regular_file import read_regular
from nncli.config.choices import Checked, Choice, Section
from nncli.config.file_source import source_of
from nncli.config.named import EntryOf
from nncli.config.overrides import override
from nncli.config.renamed import rename_keys
from nncli.config.schema import Config
from nncli.config.sources import SOURCES
from nncli.config.strict_yaml import Document, parse
from nncli.nn.entries import Parameter

_MOST_BYTES = 1 << 18


@dataclass(frozen=True)
class Key:
    """Description and possible values of a key.

    Attributes
    ----------
    description : str
    words : tuple of str
        The values to choose from, if they are limited.
    """

    description: str
    words: tuple[str, ...]


def keys_of_file(path: Path, overrides: Sequence[str] = ()) -> dict[str, Key]:
    """Return the keys that may follow the config at `path`, by ``section.key``.

    Parameters
    ----------
    overrides : sequence of str
        Settings so far, each ``key.path=value``; invalid ones are ignored.
    """
    document = _document(path)
    for each in overrides:
        with suppress(ConfigError):
            override(document, [each])
    return known_keys(_with_source(document.value, path.parent))


def known_keys(values: Any) -> dict[str, Key]:
    """Return the keys that a config with these values may have, by ``section.key``."""
    return dict(_keys_below(Config.model_fields, values, ""))


def _document(path: Path) -> Document:
    """Return a config as written, or an empty one if it is unreadable or large."""
    with suppress(ConfigError, OSError, ValueError):
        content = read_regular(path, _MOST_BYTES)
        if len(content) <= _MOST_BYTES:
            document = parse(content.decode("utf-8-sig"), str(path))
            rename_keys(document)
            return document if isinstance(document.value, dict) else Document({})
    return Document({})


def _with_source(values: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Return the values, with the source added if they only name its files."""
    data = values.get("data")
    if isinstance(data, str):
        data = {"source": data} if data in SOURCES else {"path": data}
    if isinstance(data, dict) and "source" not in data:
        with suppress(ValueError):  # an impossible path
            data = {"source": source_of(data, directory), **data}
    return {**values, "data": data}


def _keys_of(field: Any, value: Any, path: str) -> Iterator[tuple[str, Key]]:
    """Yield the key at `path`, or the keys below it."""
    if isinstance(field, Parameter):
        yield path, Key(field.description, _words(type(field.default)))
        return
    kinds = list(_kinds(field.annotation, field.metadata))
    for kind in kinds:
        if isinstance(kind, Choice):
            yield from _keys_of_choice(kind, field, value, path)
            return
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from _keys_below(kind.model_fields, value, f"{path}.")
            return
    words = tuple(word for kind in kinds for word in _words(kind))
    yield path, Key(field.description or "", words)


def _keys_below(fields: Mapping[str, Any], value: Any, prefix: str) -> Iterator[tuple[str, Key]]:
    for name, field in fields.items():
        below = value.get(name) if isinstance(value, dict) else None
        yield from _keys_of(field, below, prefix + name)


def _keys_of_choice(
    choice: Choice, field: FieldInfo, value: Any, path: str
) -> Iterator[tuple[str, Key]]:
    """Yield the key of the choice, and the keys of the chosen entry."""
    key = path if isinstance(choice, EntryOf) else f"{path}.{choice.tag}"
    yield key, Key(field.description or "", tuple(choice.choices))
    name = value.get(choice.tag, choice.default) if isinstance(value, dict) else value
    name = field.default if name is None else name
    if isinstance(name, str) and name in choice.choices:
        fields = {each: it for each, it in choice.keys(name).items() if each != choice.tag}
        yield from _keys_below(fields, value, f"{path}.")


def _kinds(annotation: Any, metadata: Any = ()) -> Iterator[Any]:
    """Yield the possible types of a value, annotations first, but not the items of lists."""
    yield from metadata
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _kinds(inner[0], inner[1:])
    elif origin in (Union, UnionType):
        for each in inner:
            yield from _kinds(each)
    else:
        yield annotation


def _words(kind: Any) -> tuple[str, ...]:
    """Return the words that a type allows."""
    if kind is bool:
        return ("true", "false")
    if isinstance(kind, Checked):
        return tuple(kind.json_schema().get("enum", ()))
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()
