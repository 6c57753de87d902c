"""Check the arguments of public functions, and name them in messages.

The commands call the same functions, so a message names ``--threshold`` on the command line and
``threshold`` in Python.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from os import PathLike
from pathlib import Path
from typing import Any

from nncli.base.errors import UsageError
from nncli.base.words import on_one_line

# The options of the running command; None in Python.
_options: ContextVar[Collection[str] | None] = ContextVar("options", default=None)


@contextmanager
def speaking_of_options() -> Iterator[None]:
    """Name command-line options in messages while the block runs."""
    before = _options.set(())
    try:
        yield
    finally:
        _options.reset(before)


def set_options(options: Collection[str]) -> None:
    """Set the options of the running command, within `speaking_of_options` only."""
    if _options.get() is not None:
        _options.set(options)


def has_option(option: str) -> bool:
    """Return whether a command is running that has this option."""
    return option in (_options.get() or ())


def said(option: str, in_python: str) -> str:
    """Return the wording for the command line or for Python, whichever is in use."""
    return in_python if _options.get() is None else option


def argument(name: str) -> str:
    """Return the user's name for an argument: prefixed with ``--`` on the command line."""
    return said(f"--{name}", name)


def unexpected(name: str, value: object, expected: str) -> UsageError:
    """Return the error for an argument with an unexpected value; `name` is its Python name."""
    return UsageError(f"{name}: found {on_one_line(repr(value), 60)}; expected {expected}")


def path_in(value: object, name: str) -> Path:
    """Return an argument as a path. Raises `UsageError` if it is not a path."""
    if not isinstance(value, str | PathLike):
        raise unexpected(name, value, "a path")
    return Path(value)


def texts_in(value: object, name: str) -> list[str]:
    """Return a string or several strings as a list. Raises `UsageError`."""
    if isinstance(value, str):
        return [value]
    texts: list[Any] = [*value] if isinstance(value, Iterable) else [value]
    if not all(isinstance(each, str) for each in texts):
        raise unexpected(name, value, "a string or a list of strings")
    return texts


def check_callable(value: object, name: str) -> None:
    """Raise `UsageError` if an argument is not callable."""
    if not callable(value):
        raise unexpected(name, value, "a function")
