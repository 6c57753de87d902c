"""Settings that override those of a config: ``key.path=value``, or a mapping."""

from collections.abc import Mapping, Sequence
from typing import Any

from nncli.base.errors import ConfigError
from nncli.base.words import has_surrogate
from nncli.config.plain import plain_values
from nncli.config.renamed import rename_keys, renamed
from nncli.config.strict_yaml import (
    DEEPEST,
    MOST_VALUES,
    TOO_MANY_VALUES,
    Document,
    Path,
    dotted,
    parse,
)

COMMAND_LINE = "command line"
OF_PYTHON = "config"  # the place of a config without a file
_OVERRIDES = "overrides"

# A new setting removes its alternative from the config.
_REPLACED: dict[Path, str] = {("training", "epochs"): "steps", ("training", "steps"): "epochs"}

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
    place = _OVERRIDES if by_mapping else COMMAND_LINE
    for each in overrides:
        if isinstance(overrides, Mapping):
            parts, value = _of_mapping(overrides, each)
        else:
            parts, value = _of_text(document, each)
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
        raise ConfigError(f"{_OVERRIDES}: found {overrides!r}; expected a list or a mapping")


def _of_text(document: Document, override: str) -> tuple[Path, Any]:
    if not isinstance(override, str):
        raise ConfigError(f"{_OVERRIDES}: found {override!r}; expected text: 'key.path=value'")
    key, equals, text = override.partition("=")
    parts: Path = tuple(key.split("."))
    what = repr(override if len(override) <= 80 else override[:77] + "...")
    if not equals or "" in parts:
        raise ConfigError(f"{COMMAND_LINE}: {what}: expected key.path=value")
    if has_surrogate(override):
        raise ConfigError(f"{COMMAND_LINE}: {what}: not UTF-8 text")
    if len(parts) > DEEPEST:
        raise ConfigError(f"{COMMAND_LINE}: {what}: nested more than {DEEPEST} levels deep")
    if text == ",":  # invalid YAML, and the shell removes quotes around it
        return parts, text
    parsed = parse(text, f"{COMMAND_LINE}: {dotted(parts)}", levels=len(parts))
    document.problems += parsed.problems
    return parts, parsed.value


def _of_mapping(overrides: Mapping[str, Any], key: object) -> tuple[Path, Any]:
    parts: Path = tuple(key.split(".")) if isinstance(key, str) else ()
    if not parts or "" in parts or len(parts) > DEEPEST:
        raise ConfigError(f"{_OVERRIDES}: {key!r}: expected a key such as 'training.epochs'")
    return parts, plain_values(overrides[str(key)], _OVERRIDES, parts)


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
    if (other := _REPLACED.get(parts)) and document.values.get((*parts[:-1], other)) != place:
        inner.pop(other, None)
    _note_place(document, parts, place)


def _note_place(document: Document, path: Path, place: str) -> None:
    for places in (document.values, document.keys):
        for known in [each for each in places if each[: len(path)] == path]:
            del places[known]
        places[path] = place
