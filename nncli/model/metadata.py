"""Read values from the metadata of an untrusted model file."""

from collections.abc import Mapping
from typing import Any, TypeVar

from nncli.data.fingerprint import PARTS
from nncli.nn.entries import Parameter

T = TypeVar("T")


class Refusal(ValueError):  # noqa: N818 - becomes a ModelFileError with the path
    """Invalid metadata; the message states the problem briefly."""


def get(mapping: Any, key: str, kind: type[T]) -> T:
    """Return the value of `key`, which must exist and have the type `kind`."""
    if not isinstance(mapping, dict) or key not in mapping:
        raise Refusal(f"its metadata has no {key}")
    value = mapping[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise Refusal(f"{key} in its metadata is not of type {kind.__name__}")
    return value


def get_texts(mapping: Any, key: str) -> list[str]:
    """Return the value of `key`, which must be a list of strings."""
    values = get(mapping, key, list)
    if not all(isinstance(value, str) for value in values):
        raise Refusal(f"{key} in its metadata is not a list of strings")
    return values


def metrics_of(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the metrics of each split."""
    splits = get(metadata, "metrics", dict)
    for values in splits.values():
        if not isinstance(values, dict) or not all(map(is_number, values.values())):
            raise Refusal("its metrics are not numbers by split and name")
    return splits


def fingerprint_of(metadata: dict[str, Any]) -> dict[str, str]:
    """Return the fingerprint of the data; files of earlier versions have none."""
    found = get({"data_fingerprint": {}, **metadata}, "data_fingerprint", dict)
    if not found.keys() <= {*PARTS} or not all(isinstance(each, str) for each in found.values()):
        raise Refusal("data_fingerprint in its metadata is not a valid fingerprint")
    return found


def check_parameters(name: str, expected: Mapping[str, Parameter], values: dict[str, Any]) -> None:
    """Raise `Refusal` unless `values` are exactly the expected parameters, with allowed values."""
    if values.keys() != expected.keys() or not all(map(is_number, values.values())):
        raise Refusal(f"has wrong parameters for {name}")
    for key, parameter in expected.items():
        if not parameter.allows(values[key]):
            raise Refusal(f"has the {key} {values[key]:g}, which {name} does not allow")


def is_number(value: object, largest: float = 1e308) -> bool:
    """Return whether a value is a finite number with |value| <= `largest`."""
    # abs(nan) <= largest is false.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= largest
