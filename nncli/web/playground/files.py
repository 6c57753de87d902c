"""The files that a page may read: those of the command line, under other names."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from nncli.base.errors import ConfigError, NncliError, UsageError
from nncli.base.paths import nearby
from nncli.base.words import printable
from nncli.config.places import path_keys
from nncli.data.builtin.cache import cache_directory

Values = dict[str, Any]

_REST = r"([/\\][^:;,'\"]*)?"  # of a path in a folder


@dataclass(frozen=True)
class Files:
    """The files that the command line named, directly or by its config.

    A page knows them as ``FILE``, or ``FILE 1`` and so on, and reads no other.

    Attributes
    ----------
    paths : mapping of str to str
        Absolute paths by these names.
    """

    paths: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Values) -> tuple["Files", Values]:
        """Return the files of a config with absolute paths, and the config with their names."""
        found = [path for key in path_keys(values) for path in _listed(values["data"][key])]
        paths = dict.fromkeys(found)
        names = ["FILE"] if len(paths) == 1 else [f"FILE {n}" for n in range(1, len(paths) + 1)]
        files = cls(dict(zip(names, paths, strict=True)))
        return files, _mapped(values, {path: name for name, path in files.paths.items()})

    def read(self, values: Values) -> Values:
        """Return a config of a page with paths instead of names.

        Raises
        ------
        ConfigError
            If it names a file that is not one of these.
        """
        for key in path_keys(values):
            for name in _listed(values["data"][key]):
                if name not in self.paths:
                    raise ConfigError(f"data.{key}: a page reads only files of the command line")
        return _mapped(values, self.paths)

    def without_paths(self, told: Any) -> Any:
        """Return what a page is told, a value of JSON, with names instead of paths.

        Of a folder, its files are not named either.
        """
        if isinstance(told, str):
            return _without(told, self.paths)
        if isinstance(told, dict):
            return {key: self.without_paths(each) for key, each in told.items()}
        return [self.without_paths(each) for each in told] if isinstance(told, list) else told

    @contextmanager
    def hidden_in_errors(self) -> Iterator[None]:
        """Raise errors of the block as `UsageError`, with names instead of paths.

        The folders that nncli uses by itself are not named, either.
        """
        try:
            yield
        except NncliError as error:
            folders = {"the cache": cache_directory(), "the temporary folder": Path(gettempdir())}
            own = {name: str(each.absolute()) for name, each in folders.items()}
            raise UsageError(_without(str(error), {**self.paths, **own})) from None


def _without(text: str, paths: Mapping[str, str]) -> str:
    """Return a text with names instead of paths, the longest first, and of what is in them."""
    for name, path in sorted(paths.items(), key=lambda each: -len(each[1])):
        for written in {path, printable(path)}:
            text = re.sub(rf"{re.escape(written)}{_REST}", name, text)
        short = re.escape(str(nearby(path)))  # which messages begin with
        text = re.sub(rf"(^|(?<=: )){short}{_REST}(?=: )", name, text)
    return text


def _listed(value: object) -> list[str]:
    """Return the paths of a key: one, or a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if type(each) is str]


def _mapped(values: Values, other: Mapping[str, str]) -> Values:
    result = deepcopy(values)
    for key in path_keys(values):
        result["data"][key] = _renamed(result["data"][key], other)
    return result


def _renamed(value: Any, other: Mapping[str, str]) -> Any:
    """Return another name, or a list of them; what a page may send instead stays as it is."""
    if isinstance(value, list):
        return [_renamed(each, other) for each in value]
    return other.get(value, value) if isinstance(value, str) else value
