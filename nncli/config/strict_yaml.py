"""A parser for a strict, bounded subset of YAML that remembers the place of every value.

The subset has mappings, lists and scalars, but no anchors, aliases, tags, merges or second
documents. A plain scalar is null, ``true`` or ``false`` (also ``True`` or ``TRUE``), an integer, a
float, or else a string: ``no``, ``off``, ``010`` and ``1:30`` stay text (the YAML 1.2 core schema,
without octal and hexadecimal). Two escapes of a surrogate pair are one character, as in JSON.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from nncli.base.errors import ConfigError
from nncli.base.words import has_surrogate, is_printable, on_one_line

DEEPEST = 20
MOST_VALUES = 50_000  # keys count too
TOO_MANY_VALUES = f"more than {MOST_VALUES:,} keys and values; large tables belong in files"
_MOST_DIGITS = 100
_SHOWN = 80  # longest word that a message repeats in full

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL: dict[str, bool | None] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# The complement of YAML's "printable" characters (1.2.2, section 5.1), which is shorter.
_NOT_ALLOWED = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_UNEQUAL = "indent all keys of a section equally"
_REMEDIES = {  # by words in the problems of both parsers
    "did not find expected key": _UNEQUAL,
    "expected <block end>": _UNEQUAL,
    "mapping values are not allowed": f"{_UNEQUAL}, or put a text with a colon in quotes",
    "found unexpected end of stream": "close the quote",
}
_INFINITE = re.compile(r"[-+]?\.(inf|nan)")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPED_BEYOND_UNICODE = re.compile(r"\\U(?!000|0010)")  # the Python parser fails on it

Path = tuple[str | int, ...]


class NotYamlError(ConfigError):
    """A text breaks the rules of YAML itself, not only those of the subset."""


@dataclass
class Document:
    """A parsed text: plain values, and the place of every key and value.

    Attributes
    ----------
    value : dict, list or scalar
    values, keys : dict of path to str
        ``file:line:column`` of the value at a path, and of its key if it has one.
    problems : list of str
        Problems such as duplicate keys.
    """

    value: Any = None
    values: dict[Path, str] = field(default_factory=dict)
    keys: dict[Path, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def place(self, path: Path, *, of_key: bool = False) -> str:
        """Return the place of `path`, or of the nearest enclosing value with a place."""
        if of_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, "")


def parse(text: str, name: str, *, levels: int = 0) -> Document:
    """Parse `text`, nested `levels` deep; `name` is the name of the file in places.

    Raises
    ------
    ConfigError
        With the place and reason of the first error; `NotYamlError` if the text is not YAML.
    """
    if found := _NOT_ALLOWED.search(text):
        raise ConfigError(
            f"{name}:{end_of(text[: found.start()])}: found the character {found[0]!r}, which YAML "
            "does not allow; remove it"
        )
    reader = _Reader(name, levels)
    try:
        reader.read_document(_events(text))
    except yaml.MarkedYAMLError as error:
        marks = [mark for mark in (error.problem_mark, error.context_mark) if mark]
        # The parser looks ahead, and may fail before it reports an earlier problem, such as too
        # deep nesting. Reading the text before the error finds it.
        with suppress(yaml.MarkedYAMLError):
            before = text[: min((mark.index for mark in marks), default=0)]
            _Reader(name, levels).read_document(_events(before))
        place = reader.at(marks[0]) if marks else f"{name}:1:1"
        if marks and text[marks[0].index :].startswith("\t"):
            problem = _problem_of_tab(text, marks[0].index)
        else:
            problem = f"not YAML: {_with_remedy(error.problem or error.context or '')}"
        raise NotYamlError(f"{place}: {problem}") from error
    return reader.document


def _with_remedy(problem: str) -> str:
    """Return a problem of YAML with its usual remedy, if there is one."""
    remedies = (remedy for words, remedy in _REMEDIES.items() if words in problem)
    return "; ".join((problem, *remedies))


def _problem_of_tab(text: str, place: int) -> str:
    """Return the problem with a tab at `place` that YAML does not allow, and a remedy."""
    before = text[:place].rpartition("\n")[2]
    after = text[place:].partition("\n")[0]
    if before.strip():  # such as a dash
        return "found a tab; write a space instead"
    return "found a tab; indent with spaces" if after.strip() else "found a tab; remove it"


def end_of(text: str) -> str:
    """Return ``line:column`` of the end of `text`."""
    return f"{text.count(chr(10)) + 1}:{len(text) - text.rfind(chr(10))}"


def scalar(text: str) -> Any:
    """Return the value of a plain scalar by the rules of the module."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if len(text) <= _MOST_DIGITS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if FLOAT.fullmatch(text):
            return float(text)
        if _INFINITE.fullmatch(text):
            return float(text.replace(".", ""))
    return text


def _events(text: str) -> Iterator[Event]:
    # The C parser, if available, yields the same events much faster, but rejects surrogates.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if _ESCAPED_SURROGATE.search(text) and not _ESCAPED_BEYOND_UNICODE.search(text):
        loader = yaml.SafeLoader
    yield from yaml.parse(text, Loader=loader)


class _Reader:
    def __init__(self, name: str, levels: int) -> None:
        self.name = name
        self.levels = levels
        self.document = Document()

    def at(self, mark: Any) -> str:
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}"

    def refuse(self, event: Event, problem: str) -> ConfigError:
        return ConfigError(f"{self.at(event.start_mark)}: {problem}")

    def read_document(self, events: Iterator[Event]) -> None:
        documents = 0
        self.document.values[()] = f"{self.name}:1:1"
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.refuse(event, "found a second document; a config has one")
                self.document.value = self.read_value(next(events), events, ())

    def read_value(self, event: Event, events: Iterator[Event], path: Path) -> Any:
        if isinstance(event, AliasEvent):
            name = on_one_line(str(event.anchor), _SHOWN)
            raise self.refuse(event, f"found an alias (*{name}); repeat the value instead")
        if getattr(event, "anchor", None):
            raise self.refuse(event, "found an anchor (&); repeat the value instead")
        if tag := getattr(event, "tag", None):
            raise self.refuse(event, f"found a tag ({_one_line(tag)}); remove it")
        if self.levels + len(path) > DEEPEST:
            raise self.refuse(event, f"nested more than {DEEPEST} levels deep")
        places = self.document
        if len(places.values) + len(places.keys) + len(places.problems) >= MOST_VALUES:
            raise self.refuse(event, TOO_MANY_VALUES)
        places.values[path] = self.at(event.start_mark)
        if isinstance(event, MappingStartEvent):
            return self.read_mapping(events, path)
        if isinstance(event, SequenceStartEvent):
            return self.read_list(events, path)
        assert isinstance(event, ScalarEvent)
        return scalar(event.value) if event.implicit[0] else self.read_text(event)

    def read_text(self, event: ScalarEvent) -> str:
        """Return the text of a scalar, with surrogate pairs joined into characters."""
        text: str = event.value
        if not has_surrogate(text):
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError as error:
            raise self.refuse(
                event, f"{json.dumps(text[:_SHOWN])} has half a surrogate pair; expected text"
            ) from error

    def read_list(self, events: Iterator[Event], path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self.read_value(event, events, (*path, len(items))))
        return items

    def read_mapping(self, events: Iterator[Event], path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or event.anchor or event.tag:
                raise self.refuse(event, "expected a plain word as key")
            key = self.read_text(event)
            inner = (*path, key)
            if key in mapping:
                first = self.document.keys[inner]
                self.document.problems.append(
                    f"{self.at(event.start_mark)}: {dotted(inner)}: is already set at {first}; "
                    "remove one of the two"
                )
            self.document.keys[inner] = self.at(event.start_mark)
            mapping[key] = self.read_value(next(events), events, inner)
        return mapping


def dotted(path: Path) -> str:
    """Return a path in dotted form: ``model.hidden_layers[1]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_one_line(part)}" if text else _one_line(part)
    return text


def _one_line(text: str) -> str:
    """Return `text`, shortened if long, and quoted and escaped if empty or unprintable."""
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return text if text and is_printable(text) else json.dumps(text)
