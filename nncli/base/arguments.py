"""Check the arguments of public functions, and name them in messages.

The commands call the same functions, so a message names ``--threshold`` on the command line and
``threshold`` in Python.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from os import PathLike
from pathlib import Path
from typing import Any

from nncli.base.errors import UsageError
from nncli.base.words import on_one_line

_of_program: ContextVar[bool] = ContextVar("of_program", default=False)


@contextmanager
def speaking_of_options() -> Iterator[None]:
    """Name command-line options in messages while the block runs."""
    before = _of_program.set(True)
    try:
        yield
    finally:
        _of_program.reset(before)


def said(option: str, in_python: str) -> str:
    """Return the wording for the command line or for Python, whichever is in use."""
    return option if _of_program.get() else in_python


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
