"""Change settings in the YAML text of a config; comments and all other lines stay as they are."""

import json
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from nncli.base.errors import ConfigError
from nncli.config.overrides import REPLACED, override
from nncli.config.renamed import rename_keys
from nncli.config.render import plain_text, setting_lines
from nncli.config.strict_yaml import Path, parse

_Pair = tuple[Node, Node]


def edited(text: str, changes: Mapping[str, Any]) -> str:
    """Return the text of a config with other settings.

    A changed value is replaced in its place; a new key is added at the end of its section, and a
    new section at the end of the text. Where that is not possible, the text is written anew.

    Parameters
    ----------
    text : str
        A config that `parse` accepts.
    changes : mapping
        Values by key, such as ``training.learning_rate``, which mean the same as in `override`.

    Raises
    ------
    ConfigError
        If the text is not the subset of YAML that configs use.
    """
    found = text
    for key, value in changes.items():
        expected = _values(found, {key: value})
        try:
            candidate = _edited(found, tuple(key.split(".")), expected)
        except yaml.YAMLError:  # this parser allows less than that of `parse`
            candidate = ""
        found = candidate if _has(candidate, expected) else plain_text(expected)
    return found


def _values(text: str, changes: Mapping[str, Any]) -> Any:
    """Return the values of a config after some changes. Raises `ConfigError`, also for problems."""
    document = parse(text, "config")
    document.value = {} if document.value is None else document.value
    rename_keys(document)
    override(document, changes)
    if document.problems:
        raise ConfigError(document.problems[0])
    return document.value


def _has(text: str, expected: Any) -> bool:
    """Return whether a text is a config with the expected values."""
    try:
        found = _values(text, {})
    except ConfigError:
        return False
    # As JSON, because 1, 1.0 and True are equal in Python.
    return json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def _edited(text: str, path: Path, expected: Any) -> str:
    """Return a text with the expected value at a path, if it can be edited; else any text."""
    # This parser refuses tabs before comments, which `parse` allows. Spaces have the same places.
    node = yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader)
    if node is None:
        return _with_line_after(
            text, len(text.rstrip()), _lines(str(path[0]), expected[path[0]], "")
        )
    pair: _Pair | None = None
    for at, part in enumerate(path):
        if not isinstance(node, MappingNode):  # a short form, such as `optimizer: adam`
            break
        expected = expected[part]
        pair = _pair_of(node, str(part))
        if pair is None:
            other = REPLACED.get(path) if at == len(path) - 1 else None
            instead = _pair_of(node, other) if other else None
            if instead is None:
                return _with_key(text, node, str(part), expected)
            start, end = instead[0].start_mark.index, _end(text, instead[1])
            return f"{text[:start]}{part}: {_flow(expected)}{text[end:]}"
        node = pair[1]
    return _with_value(text, pair, expected) if pair else text


def _pair_of(node: MappingNode, key: str) -> _Pair | None:
    """Return the nodes of a key of a mapping and its value."""
    pairs: list[_Pair] = node.value
    return next((pair for pair in pairs if pair[0].value == key), None)


def _with_value(text: str, pair: _Pair, value: Any) -> str:
    """Return a text with another value of a key."""
    after_key, start, end = pair[0].end_mark.index, pair[1].start_mark.index, _end(text, pair[1])
    between = text[after_key:start]
    if between.strip() in ("", ":") and ("\n" in between or not between.endswith(" ")):
        between = ": "
    return f"{text[:after_key]}{between}{_flow(value)}{text[end:]}"


def _with_key(text: str, node: MappingNode, key: str, value: Any) -> str:
    """Return a text with another key at the end of a mapping."""
    if node.flow_style:
        setting = f"{key}: {_flow(value)}"
        if not node.value:
            at = node.start_mark.index + 1
            return f"{text[:at]}{setting}{text[at:]}"
        at = _end(text, node.value[-1][1])
        return f"{text[:at]}, {setting}{text[at:]}"
    indent = " " * node.start_mark.column
    lines = _lines(key, value, indent)
    if not isinstance(value, dict) or indent:
        return _with_line_after(text, _end(text, node), lines)
    return _with_line_after(text, len(text.rstrip()), ["", *lines] if "\n\n" in text else lines)


def _lines(key: str, value: Any, indent: str) -> list[str]:
    """Return the lines of a new key; a section has a line for each of its keys."""
    if isinstance(value, dict) and not indent:
        return plain_text({key: value}).splitlines()
    return setting_lines(key, value, indent)


def _with_line_after(text: str, at: int, lines: list[str]) -> str:
    """Return a text with more lines, after the line that a place is in."""
    newline = "\r\n" if "\r\n" in text else "\n"
    end = text.find(newline, at)
    end = len(text) if end < 0 else end
    added = newline.join(lines)
    before = f"{text[:end]}{newline}" if text[:end] else ""
    return f"{before}{added}{text[end:] or newline}"


def _end(text: str, node: Node) -> int:
    """Return the place after the last character of a node.

    The mark at the end of a node in block style is the start of whatever comes next.
    """
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(node, MappingNode) else last)
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return start + len(text[start:end].rstrip())
    return int(end)


def _flow(value: Any) -> str:
    """Return the text of a value that may stand in a list or mapping in one line."""
    lines = setting_lines("key", [value], "")
    return " ".join(line.strip() for line in lines).removeprefix("key: [").removesuffix("]")
