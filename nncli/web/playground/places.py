"""One number of a network, as a page names it: an array and a place in it."""

from collections.abc import Mapping
from typing import Any

from nncli.base.errors import UsageError
from nncli.nn.entries import Array


def place_in(arrays: Mapping[str, Array], given: object) -> tuple[str, list[int]]:
    """Return the name of an array, and a place in it, that a page has chosen.

    Raises
    ------
    UsageError
        If there is no such number.
    """
    chosen = given if isinstance(given, Mapping) else {}
    name, at = chosen.get("array"), chosen.get("at")
    if not isinstance(name, str) or name not in arrays:
        raise UsageError("array: found an unknown name")
    if not isinstance(at, list) or not _is_place(at, arrays[name].shape):
        raise UsageError("at: expected the place of a number")
    return name, at


def _is_place(at: list[Any], shape: tuple[int, ...]) -> bool:
    return len(at) == len(shape) and all(
        type(n) is int and 0 <= n < size for n, size in zip(at, shape, strict=True)
    )
