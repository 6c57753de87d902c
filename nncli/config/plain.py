"""Values that a config in Python may have, as the plain ones that YAML has."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from nncli.base.errors import ConfigError
from nncli.base.words import has_surrogate
from nncli.config.strict_yaml import DEEPEST, Path, dotted


def plain_values(value: Any, place: str, path: Path = ()) -> Any:
    """Return a copy of a value that has dicts, lists, text, numbers, Booleans and None alone.

    Tuples and arrays become lists, the scalars of NumPy those of Python, paths text.

    Parameters
    ----------
    place : str
        What it is a part of, for messages.
    path : tuple of str
        Where it stands there.

    Raises
    ------
    ConfigError
        For what YAML has no word for, for keys that are no text, and when it is nested too deep.
    """
    where = f"{place}: {dotted(path) or 'the config'}"
    if len(path) > DEEPEST:
        raise ConfigError(f"{where}: nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        if other := [key for key in value if not isinstance(key, str)]:
            raise ConfigError(f"{where}: the key {other[0]!r} is not text")
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
