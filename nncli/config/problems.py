"""Error messages for the problems of a config: one line each, with its place."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from nncli.base.errors import ConfigError, DataError
from nncli.base.words import count, listed, on_one_line
from nncli.config.choices import Choice, Section, shown
from nncli.config.number_hints import colon_hint, list_hint, number_hint
from nncli.config.overrides import COMMAND_LINE, OF_PYTHON
from nncli.config.schema import Config
from nncli.config.strict_yaml import Document, Path, dotted

if TYPE_CHECKING:
    from nncli.config.meant_keys import KeyHints

_MOST_PROBLEMS = 100

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
    "string_pattern_mismatch": "letters, digits, _ . - but not . or - at the start",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length} items",
    "too_short": "at least {min_length} items",
}


def problems_of(
    document: Document, error: ValidationError, directory: FilePath | None
) -> list[str]:
    """Return ``file:line:column: key.path: problem`` for each of pydantic's errors.

    Parameters
    ----------
    directory : Path or None
        Base of relative paths in the config; None if no file may be read.
    """
    from nncli.config.meant_keys import KeyHints  # only here: few configs are wrong

    hints = KeyHints(document.value)
    return [_problem(document, dict(each), directory, hints) for each in error.errors()]


def refusal_of(problems: Sequence[str]) -> ConfigError:
    """Return the error with all these problems, in the order of the file."""
    lines = sorted(problems, key=_line_and_column)
    if len(lines) > _MOST_PROBLEMS:
        rest = count(len(lines) - _MOST_PROBLEMS, "more problem")
        lines[_MOST_PROBLEMS:] = [f"{lines[_MOST_PROBLEMS].split(' ')[0]} and {rest}"]
    return ConfigError(*lines)


def _line_and_column(problem: str) -> tuple[int, int]:
    """Return the sort key of problems: the order of the file, the command line last."""
    if problem.startswith(f"{COMMAND_LINE}: "):
        return sys.maxsize, 0
    place = re.match(r".*?:(\d+):(\d+): ", problem, re.DOTALL)
    return (int(place[1]), int(place[2])) if place else (sys.maxsize, 0)


def _problem(
    document: Document, error: dict[str, Any], directory: FilePath | None, hints: "KeyHints"
) -> str:
    """Return ``file:line:column: key.path: problem`` for one of pydantic's errors."""
    path: Path = error["loc"]
    context = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        known = _known_keys(document.value, path[:-1])
        place = document.place(path, of_key=True)
        hint = hints.hint(path, known, place) or "; expected one of " + ", ".join(known)
        problem = f"unknown key{hint}"
    elif error["type"] == "missing":
        problem = "missing required key" + _choice_of_target(document, path, directory)
        if path == ("data",) and document.place(()) == OF_PYTHON:
            problem += "; set it, or pass rows as data=(X, y)"
        place = document.place(path)
    else:
        if _holds(document.value, below := (*path, context.get("below"))):
            path = below
        problem = context.get("problem") or _mismatch(error, context)
        place = document.place(path)
    return f"{place}: {dotted(path) or 'the config'}: {problem}"


def _choice_of_target(document: Document, path: Path, directory: FilePath | None) -> str:
    """Return the columns to choose from, if the missing key is the target."""
    from nncli.data.files.hints import HintedFile, hints_of
    from nncli.data.files.table_file import column_names
    from nncli.data.names import named_columns

    data = document.value.get("data")
    name = data.get("path", data.get("train")) if isinstance(data, dict) else None
    if path != ("data", "target") or not isinstance(name, str) or directory is None:
        return ""
    file = directory / name
    try:
        names = column_names(HintedFile(file, hints_of(data)))
        named, _ = named_columns(str(file), names)
        return on_one_line(f"; choose from the columns {listed(named, 20)}")
    except DataError as error:
        return on_one_line(f"; {error}")


def _mismatch(error: dict[str, Any], context: dict[str, Any]) -> str:
    expected = _EXPECTED.get(error["type"], error["msg"]).format(**context)
    return f"found {shown(error['input'])}; {_meant(error) or f'expected {expected}'}"


def _meant(error: dict[str, Any]) -> str | None:
    """Return how to write what a value of another kind surely means, or None."""
    value, path = error["input"], error["loc"]
    match error["type"]:
        case "float_type":
            return number_hint(value)
        case "list_type" if path and isinstance(path[-1], str):  # not a row of a matrix
            return list_hint(value)
        case "model_type" | "dict_type":
            return colon_hint(value)
    return None


def _holds(value: Any, path: Path) -> bool:
    """Return whether `path` exists in a value."""
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _known_keys(value: Any, path: Path) -> list[str]:
    """Return the allowed keys at `path`, given the choices of the config."""
    keys: Mapping[str, Any] = Config.model_fields
    for part in path:
        value = value[part]
        if isinstance(part, str) and part in keys:
            field = keys[part]
        if isinstance(value, dict):
            keys = _keys_of(field, value)
    return list(keys)


def _keys_of(field: FieldInfo, value: Any) -> Mapping[str, Any]:
    for choice in _choices(field.annotation, field.metadata):
        if isinstance(choice, Choice):
            return choice.keys(value.get(choice.tag, choice.default))
        if isinstance(choice, type) and issubclass(choice, Section):
            return choice.model_fields
    raise TypeError(f"no section in {field!r}")


def _choices(annotation: Any, metadata: Sequence[Any] = ()) -> list[Any]:
    """Return all parts of a type, annotations first."""
    parts = [*metadata, *getattr(annotation, "__metadata__", ())]
    parts += [inner for each in get_args(annotation) for inner in _choices(each)]
    return [*parts, annotation]
