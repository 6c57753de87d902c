"""Settings that override those of a config: ``key.path=value``, or a mapping."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from nncli.base.errors import ConfigError
from nncli.base.words import has_surrogate, on_one_line, shell_word
from nncli.config.choices import shown
from nncli.config.plain import plain_values
from nncli.config.renamed import rename_keys, renamed
from nncli.config.strict_yaml import (
    DEEPEST,
    MOST_VALUES,
    TOO_MANY_VALUES,
    Document,
    NotYamlError,
    Path,
    dotted,
    parse,
    scalar,
)

COMMAND_LINE = "command line"
OF_PYTHON = "config"  # the place of a config without a file
OF_OVERRIDES = "overrides"  # the place of a mapping
_MOST_PIECES = 50  # of a setting that the shell split at its spaces
_CLOSING = ("]", "}", "'", '"')

# A new setting removes its alternative from the config.
REPLACED: dict[Path, str] = {("training", "epochs"): "steps", ("training", "steps"): "epochs"}

Overrides = Sequence[str] | Mapping[str, Any]


def override(document: Document, overrides: Overrides) -> None:
    """Put settings into a document; later ones override earlier ones.

    Parameters
    ----------
    overrides : sequence of str, or mapping of str
        Each ``key.path=value`` with a value in YAML, or values by ``key.path``.

    Raises
    ------
    ConfigError
    """
    _check(overrides)
    by_mapping = isinstance(overrides, Mapping)
    place = OF_OVERRIDES if by_mapping else COMMAND_LINE
    for index, each in enumerate(overrides):
        if isinstance(overrides, Mapping):
            parts, value = _of_mapping(overrides, each)
        else:
            parts, value = _of_text(document, overrides, index)
        _put(document, parts, value, place)
        rename_keys(document)
    if overrides and counted(document.value) > MOST_VALUES:
        raise ConfigError(f"{place}: {TOO_MANY_VALUES}")


def with_setting(overrides: Overrides, key: str, value: str) -> Overrides:
    """Return the settings with another one added."""
    _check(overrides)
    if isinstance(overrides, Mapping):
        return {**overrides, key: value}
    return [*overrides, f"{key}={value}"]


def counted(values: Any) -> int:
    """Return the number of keys and values, as the config reader counts them."""
    if isinstance(values, dict):
        return 1 + len(values) + sum(map(counted, values.values()))
    return 1 + (sum(map(counted, values)) if isinstance(values, list) else 0)


def _check(overrides: Overrides) -> None:
    if isinstance(overrides, str) or not isinstance(overrides, Sequence | Mapping):
        raise ConfigError(f"{OF_OVERRIDES}: found {overrides!r}; expected a list or a mapping")


def _of_text(document: Document, overrides: Sequence[str], index: int) -> tuple[Path, Any]:
    override = overrides[index]
    if not isinstance(override, str):
        raise ConfigError(f"{OF_OVERRIDES}: found {override!r}; expected text: 'key.path=value'")
    key, equals, text = override.partition("=")
    parts: Path = tuple(key.split("."))
    what = repr(override if len(override) <= 80 else override[:77] + "...")
    if not equals or "" in parts:
        hint = "" if equals else _hint_of_piece(overrides[index - 1 : index], override)
        raise ConfigError(f"{COMMAND_LINE}: {what}: expected key.path=value{hint}")
    if has_surrogate(override):
        raise ConfigError(f"{COMMAND_LINE}: {what}: not UTF-8 text")
    if len(parts) > DEEPEST:
        raise ConfigError(f"{COMMAND_LINE}: {what}: nested more than {DEEPEST} levels deep")
    if text == ",":  # invalid YAML, and the shell removes quotes around it
        return parts, text
    place = f"{COMMAND_LINE}: {dotted(parts)}"
    try:
        parsed = parse(text, place, levels=len(parts))
    except NotYamlError as error:
        raise ConfigError(f"{place}: {_not_yaml(text, overrides[index:])}") from error
    document.problems += parsed.problems
    return parts, parsed.value


def _not_yaml(text: str, overrides: Sequence[str]) -> str:
    """Return the problem with the value of the first setting, and a remedy.

    Without quotes, the shell splits a list or mapping at its spaces.
    """
    whole = overrides[0]
    for piece in overrides[1:_MOST_PIECES]:
        if not isinstance(piece, str):
            break
        whole += f" {piece}"
        if piece.endswith(_CLOSING):
            with suppress(ConfigError):
                parse(whole.partition("=")[2], "")
                return f"found {shown(text)}; put the whole setting in quotes: {in_quotes(whole)}"
    if text.startswith(("[", "{", "'", '"')):
        remedy = "its brackets or quotes do not match; put the whole setting in quotes"
    else:
        key = whole.partition("=")[0]
        remedy = f"put the value in quotes: {in_quotes(f'{key}={json.dumps(text)}')}"
    return f"not YAML: found {shown(text)}; {remedy}"


def _hint_of_piece(before: Sequence[str], piece: str) -> str:
    """Return a remedy in case the shell split the setting `before` this piece of it."""
    value = before[0].partition("=")[2] if before and isinstance(before[0], str) else ""
    if not value or not piece or not isinstance(scalar(value), str):
        return ""
    return f"; to set a value with spaces, put it in quotes: {in_quotes(f'{before[0]} {piece}')}"


def in_quotes(setting: str) -> str:
    """Return a setting in quotes for the shell."""
    is_plain = not {*setting} & {*'"$`!\\'} and setting.isprintable()
    return on_one_line(f'"{setting}"' if is_plain else shell_word(setting))


def _of_mapping(overrides: Mapping[str, Any], key: object) -> tuple[Path, Any]:
    parts: Path = tuple(key.split(".")) if isinstance(key, str) else ()
    if not parts or "" in parts or len(parts) > DEEPEST:
        raise ConfigError(f"{OF_OVERRIDES}: {key!r}: expected a key such as 'training.epochs'")
    return parts, plain_values(overrides[str(key)], OF_OVERRIDES, parts)


def _put(document: Document, parts: Path, value: Any, place: str) -> None:
    """Put a value at the path `parts`, and record its `place`."""
    parts, value = renamed(parts, value)
    if not isinstance(document.value, dict):
        return  # reported by the schema
    inner = document.value
    for depth, part in enumerate(parts[:-1], 1):
        found = inner.get(part)
        if isinstance(found, str):  # `data: mnist` and `optimizer: adam` are short forms
            found = {"source" if parts[:depth] == ("data",) else "name": found}
        if not isinstance(found, dict):
            found = {}
            _note_place(document, parts[:depth], place)
        inner[part] = found
        inner = found
    inner[parts[-1]] = value
    if (other := REPLACED.get(parts)) and document.values.get((*parts[:-1], other)) != place:
        inner.pop(other, None)
    _note_place(document, parts, place)


def _note_place(document: Document, path: Path, place: str) -> None:
    for places in (document.values, document.keys):
        for known in [each for each in places if each[: len(path)] == path]:
            del places[known]
        places[path] = place
