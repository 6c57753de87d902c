"""Read a config: file, overrides, schema, and every problem with its place."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path as FilePath
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from nncli.base.errors import ConfigError, DataError, os_errors_as
from nncli.base.storage.regular_file import read_regular
from nncli.base.words import did_you_mean, listed, on_one_line
from nncli.config.choices import OneOf, Section, shown
from nncli.config.file_source import source_of
from nncli.config.renamed import rename_keys, renamed
from nncli.config.resolve import Misfit, check_monitor, filled_in, resolve
from nncli.config.schema import Config
from nncli.config.sources import SOURCES
from nncli.config.strict_yaml import (
    DEEPEST,
    MOST_VALUES,
    TOO_MANY_VALUES,
    Document,
    Path,
    dotted,
    end_of,
    parse,
)
from nncli.data.dataset import Task
from nncli.data.files.table_file import column_names

_MOST_BYTES = 1 << 20
_MOST_PROBLEMS = 100
_MOST_SAVED_VALUES = MOST_VALUES + 1000  # with the defaults
_BYTE_ORDER_MARK = "\ufeff"
_COMMAND_LINE = "command line"

_EXPECTED = {
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of keys",
    "finite_number": "a finite number",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "letters, digits, _ . - but no . or - first",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length} items",
    "too_short": "at least {min_length} items",
}


@dataclass(frozen=True)
class LoadedConfig:
    """A valid config that still knows where each key stood."""

    config: Config
    document: Document

    def filled_in(self, task: Task, *, has_validation: bool = True) -> Config:
        """Return the config with every default filled in for `task`.

        Raises
        ------
        ConfigError
            When output, loss, early stopping and data do not go together.
        """
        problems = []
        for check in (
            partial(check_monitor, self.config, task, has_validation),
            partial(resolve, self.config, task),
        ):
            try:
                check()
            except Misfit as error:
                problems.append(self._placed(error))
        if problems:
            raise _refusal(problems)
        return filled_in(self.config, task)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn a `Misfit` that is raised inside into a `ConfigError` with its place."""
        try:
            yield
        except Misfit as error:
            raise ConfigError(self._placed(error)) from error

    def _placed(self, error: Misfit) -> str:
        return f"{self.document.place(error.path)}: {dotted(error.path)}: {error.problem}"


def load_config(path: FilePath, overrides: Sequence[str] = ()) -> LoadedConfig:
    """Read and check the config at `path`, with ``key.path=value`` overrides.

    Raises
    ------
    ConfigError
        With a line ``file:line:column: key.path: problem`` for every problem.
    """
    document = parse(_read(path), str(path))
    if document.value is None:
        document.value = {}
    rename_keys(document)
    for override in overrides:
        _override(document, override)
        rename_keys(document)
    if overrides and _count(document.value) > MOST_VALUES:
        raise ConfigError(f"{_COMMAND_LINE}: {TOO_MANY_VALUES}")
    loaded = LoadedConfig(_validate(document, path), document)
    if (shape := loaded.config.data.shape) is not None:
        loaded.filled_in(shape.task, has_validation=_may_validate(loaded.config))
    return loaded


def saved_config(values: Any, name: str) -> LoadedConfig:
    """Check a config that was saved in a model file; `name` is for messages.

    Raises
    ------
    ConfigError
        With a line ``name: key.path: problem`` for every problem.
    """
    if _count(values) > _MOST_SAVED_VALUES:
        raise ConfigError(f"{name}: has more than {_MOST_SAVED_VALUES:,} keys and values")
    document = Document(values, {(): name})
    rename_keys(document)
    return LoadedConfig(_validate(document, FilePath(name)), document)


def _count(values: Any) -> int:
    """Return how many keys and values there are, as the reader of a config counts."""
    if isinstance(values, dict):
        return 1 + len(values) + sum(map(_count, values.values()))
    return 1 + (sum(map(_count, values)) if isinstance(values, list) else 0)


def _may_validate(config: Config) -> bool:
    return getattr(config.data, "validation", 0) != 0


def _read(path: FilePath) -> str:
    with os_errors_as(ConfigError, path, remedy="'nncli init' writes a config to start from"):
        content = read_regular(path, _MOST_BYTES)
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{path}:1:1: larger than 1 MiB; a config is a short text")
    try:
        return content.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        place = end_of(content[: error.start].decode().removeprefix(_BYTE_ORDER_MARK))
        raise ConfigError(
            f"{path}:{place}: not UTF-8 text (byte {content[error.start]:#04x} at offset "
            f"{error.start}); save the file as UTF-8"
        ) from error


def _override(document: Document, override: str) -> None:
    """Put a ``key.path=value`` into the document."""
    key, equals, text = override.partition("=")
    parts: Path = tuple(key.split("."))
    what = repr(override if len(override) <= 80 else override[:77] + "...")
    if not equals or "" in parts:
        raise ConfigError(f"{_COMMAND_LINE}: {what}: expected key.path=value")
    if any("\ud800" <= each <= "\udfff" for each in override):
        raise ConfigError(f"{_COMMAND_LINE}: {what}: not UTF-8 text")
    if len(parts) > DEEPEST:
        raise ConfigError(f"{_COMMAND_LINE}: {what}: nested more than {DEEPEST} levels deep")
    parsed = parse(text, f"{_COMMAND_LINE}: {dotted(parts)}", levels=len(parts))
    document.problems += parsed.problems
    parts, value = renamed(parts, parsed.value)
    if not isinstance(document.value, dict):
        return  # reported by the schema
    inner = document.value
    for depth, part in enumerate(parts[:-1], 1):
        found = inner.get(part)
        if isinstance(found, str):  # `data: mnist` and `optimizer: adam` are short forms
            found = {"source" if parts[:depth] == ("data",) else "name": found}
        if not isinstance(found, dict):
            found = {}
            _place_on_command_line(document, parts[:depth])
        inner[part] = found
        inner = found
    inner[parts[-1]] = value
    _place_on_command_line(document, parts)


def _place_on_command_line(document: Document, path: Path) -> None:
    for places in (document.values, document.keys):
        for known in [each for each in places if each[: len(path)] == path]:
            del places[known]
        places[path] = _COMMAND_LINE


def _validate(document: Document, path: FilePath) -> Config:
    problems = list(document.problems)
    _name_source(document, path.parent)
    try:
        config = Config.model_validate(document.value)
    except ValidationError as error:
        problems += [_problem(document, dict(each), path.parent) for each in error.errors()]
    if problems:
        raise _refusal(problems)
    config = config.model_copy(update={"data": config.data.beside(path.parent)})
    given = config.model.initial_weights
    if isinstance(given, str):  # paths are relative to the config
        update = {"initial_weights": str(path.parent.absolute() / given)}
        config = config.model_copy(update={"model": config.model.model_copy(update=update)})
    if config.name is None:
        config = config.model_copy(update={"name": name_from(path)})
    return config


def _name_source(document: Document, directory: FilePath) -> None:
    """Say which source a file is of, where the config names the file alone."""
    if not isinstance(document.value, dict):
        return
    data = document.value.get("data")
    if isinstance(data, str):
        data = {"source": data}
    if not isinstance(data, dict):
        return
    name = data.get("source")
    if isinstance(name, str) and name not in SOURCES and _is_file(name, directory):
        data = {**data, "path": name}
        del data["source"]
    if "source" not in data and (source := source_of(data, directory)):
        document.value["data"] = {"source": source, **data}


def _is_file(name: str, directory: FilePath) -> bool:
    try:
        return bool(FilePath(name).suffix) or (directory / name).exists()
    except (OSError, ValueError):
        return False


def name_from(path: FilePath) -> str:
    """Return the name of a config that has none: its file's."""
    name = "".join(each if each.isalnum() and each.isascii() else "-" for each in path.stem)
    return name.strip("-")[:100] or "model"


def _problem(document: Document, error: dict[str, Any], directory: FilePath) -> str:
    """Return ``file:line:column: key.path: problem`` for one of pydantic's errors."""
    path: Path = error["loc"]
    context = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        known = _known_keys(document.value, path[:-1])
        hint = did_you_mean(str(path[-1]), known) or "; expected one of " + ", ".join(known)
        problem = f"unknown key{hint}"
        place = document.place(path, of_key=True)
    elif error["type"] == "missing":
        problem = "missing; a config needs this key" + _choice_of_target(document, path, directory)
        place = document.place(path)
    else:
        if _holds(document.value, below := (*path, context.get("below"))):
            path = below
        problem = context.get("problem") or _mismatch(error, context)
        place = document.place(path)
    return f"{place}: {dotted(path) or 'the config'}: {problem}"


def _choice_of_target(document: Document, path: Path, directory: FilePath) -> str:
    """Return the columns to choose from where it is the target that is missing."""
    data = document.value.get("data")
    name = data.get("path", data.get("train")) if isinstance(data, dict) else None
    if path != ("data", "target") or not isinstance(name, str):
        return ""
    file = directory / name
    try:
        return on_one_line(f": one of the columns {listed(column_names(file), 20)}")
    except DataError as error:
        return on_one_line(f"; {error}")


def _refusal(problems: Sequence[str]) -> ConfigError:
    lines = sorted(problems, key=_line_and_column)
    if len(lines) > _MOST_PROBLEMS:
        rest = len(lines) - _MOST_PROBLEMS
        lines[_MOST_PROBLEMS:] = [f"{lines[_MOST_PROBLEMS].split(' ')[0]} and {rest} more problems"]
    return ConfigError("\n".join(lines))


def _line_and_column(problem: str) -> tuple[int, int]:
    """Return what brings problems into the order of the file, the command line last."""
    if problem.startswith(f"{_COMMAND_LINE}: "):
        return sys.maxsize, 0
    place = re.match(r".*?:(\d+):(\d+): ", problem)
    return (int(place[1]), int(place[2])) if place else (sys.maxsize, 0)


def _mismatch(error: dict[str, Any], context: dict[str, Any]) -> str:
    expected = _EXPECTED.get(error["type"], error["msg"]).format(**context)
    return f"found {shown(error['input'])}; expected {expected}"


def _holds(value: Any, path: Path) -> bool:
    """Return whether there is something at `path`."""
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _known_keys(value: Any, path: Path) -> list[str]:
    """Return the keys that may stand at `path`, given what is chosen there."""
    model: type[Section] = Config
    for part in path:
        value = value[part]
        if isinstance(part, str) and part in model.model_fields:
            field = model.model_fields[part]
        if isinstance(value, dict):
            model = _section_of(field, value)
    return list(model.model_fields)


def _section_of(field: FieldInfo, value: Any) -> type[Section]:
    for choice in _choices(field.annotation, field.metadata):
        if isinstance(choice, OneOf):
            return choice.models[value.get(choice.tag, choice.default)]
        if isinstance(choice, type) and issubclass(choice, Section):
            return choice
    raise TypeError(f"no section in {field!r}")


def _choices(annotation: Any, metadata: Sequence[Any] = ()) -> list[Any]:
    """Return everything a type is made of, what annotates it first."""
    parts = [*metadata, *getattr(annotation, "__metadata__", ())]
    parts += [inner for each in get_args(annotation) for inner in _choices(each)]
    return [*parts, annotation]
