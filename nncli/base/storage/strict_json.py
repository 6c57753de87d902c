"""The JSON in nncli's own files: written in exactly one way, and read only in that form."""

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
    """Return `value` as JSON. Raises `ValueError` if `parse_json` would reject it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    check_size(text)
    return text


def parse_json(text: str) -> Any:
    """Return the value of JSON text written by `to_json`.

    Raises
    ------
    ValueError
        With a short reason, for any other text, including duplicate keys, numbers that are not
        finite, and surrogates; also for text that is too long or too deeply nested.
    """
    value = parse_any_json(text)
    try:
        as_written = to_json(value)
    except ValueError as error:
        raise ValueError(f"is not valid JSON ({error})") from error
    if as_written != text:
        raise ValueError("is not valid JSON as nncli writes it")
    return value


def parse_any_json(text: str) -> Any:
    """Return the value of JSON text in any layout. Raises `ValueError` as `parse_json` does."""
    check_size(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_constant,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not valid JSON ({error})") from error


def check_size(text: str) -> None:
    """Raise `ValueError`, before parsing, for text that needs much memory or nests deeply."""
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
        raise ValueError("duplicate key")
    return mapping


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"an integer of {len(text):,} digits")
    return int(text)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
