"""Conversion of a config in Python to the plain values of YAML."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from nncli.base.errors import ConfigError
from nncli.base.words import has_surrogate
from nncli.config.strict_yaml import DEEPEST, Path, dotted


def plain_values(value: Any, place: str, path: Path = ()) -> Any:
    """Return a copy of a value that consists of dicts, lists, text, numbers, Booleans and None.

    Tuples and arrays become lists, NumPy scalars Python ones, and paths text.

    Parameters
    ----------
    place : str
        Name of the config in messages.
    path : tuple of str
        Path of the value in the config.

    Raises
    ------
    ConfigError
        For values that YAML lacks, for keys that are not text, and for too deep nesting.
    """
    where = f"{place}: {dotted(path) or 'the config'}"
    if len(path) > DEEPEST:
        raise ConfigError(f"{where}: nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        if other := [key for key in value if not isinstance(key, str)]:
            raise ConfigError(f"{where}: found the key {other[0]!r}; expected text")
        for key in value:
            plain_values(key, place, path)
        return {str(key): plain_values(each, place, (*path, key)) for key, each in value.items()}
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # an array or a scalar of NumPy
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain_values(each, place, (*path, n)) for n, each in enumerate(value)]
    if isinstance(value, str) and has_surrogate(value):
        raise ConfigError(f"{where}: {value[:60]!r} has half a surrogate pair; expected text")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ConfigError(
        f"{where}: found a value of type {type(value).__name__}; expected numbers, text, true or "
        "false, lists and mappings"
    )
