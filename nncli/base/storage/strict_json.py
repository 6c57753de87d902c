"""The JSON text in nncli's own files: written in one way, and read only if written so."""

import json
import re
from itertools import accumulate
from typing import Any

_MOST_CHARACTERS = 3 << 22
_MOST_VALUES = 1 << 20
_MOST_CONTAINERS = 1 << 18  # a mapping takes more memory than its text
_DEEPEST = 40
_MOST_DIGITS = 100


def to_json(value: Any) -> str:
    """Return `value` as JSON. Raises `ValueError` for what `parse_json` would not take."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    check_size(text)
    return text


def parse_json(text: str) -> Any:
    """Return the value of a text that `to_json` made.

    Raises
    ------
    ValueError
        In a few words, for every other text, and for one that is too long or too deep: among
        them keys that stand twice, numbers that are not finite, and halves of characters.
    """
    check_size(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_constant,
            parse_int=_integer,
        )
        as_written = to_json(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not valid JSON ({error})") from error
    if as_written != text:
        raise ValueError("is not valid JSON as nncli writes it")
    return value


def check_size(text: str) -> None:
    """Raise `ValueError` for what would take much memory or nests deeply: nothing is made of it."""
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("is longer than nncli writes")
    bare = re.sub('"[^"]*"', "", text.replace("\\\\", "").replace('\\"', ""))
    if bare.count(",") > _MOST_VALUES or bare.count("{") + bare.count("[") > _MOST_CONTAINERS:
        raise ValueError("has more values than nncli writes")
    steps = (1 if mark in "{[" else -1 for mark in re.findall(r"[\[\]{}]", bare))
    if max(accumulate(steps), default=0) > _DEEPEST:
        raise ValueError(f"is not valid JSON (nested more than {_DEEPEST} levels deep)")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError("a key stands twice")
    return mapping


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"an integer of {len(text):,} digits")
    return int(text)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
