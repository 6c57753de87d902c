"""The arguments of public functions: what messages call them, and what they may be.

The commands call the same functions, so one message has to speak of ``--threshold`` to one user and
of ``threshold`` to another.
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
    """Let messages speak of the program's options while the block runs."""
    before = _of_program.set(True)
    try:
        yield
    finally:
        _of_program.reset(before)


def said(option: str, in_python: str) -> str:
    """Return the words for the user of the program, or else those for one of Python."""
    return option if _of_program.get() else in_python


def argument(name: str) -> str:
    """Return what the user calls an argument: its name, in the program with two hyphens."""
    return said(f"--{name}", name)


def unexpected(name: str, value: object, expected: str) -> UsageError:
    """Return the error that an argument, by its name in Python, is something else."""
    return UsageError(f"{name}: found {on_one_line(repr(value), 60)}; expected {expected}")


def path_in(value: object, name: str) -> Path:
    """Return an argument as a path. Raises `UsageError` when it is none."""
    if not isinstance(value, str | PathLike):
        raise unexpected(name, value, "a path")
    return Path(value)


def texts_in(value: object, name: str) -> list[str]:
    """Return an argument that is a text, or several, as a list. Raises `UsageError`."""
    if isinstance(value, str):
        return [value]
    texts: list[Any] = [*value] if isinstance(value, Iterable) else [value]
    if not all(isinstance(each, str) for each in texts):
        raise unexpected(name, value, "text, or a list of texts")
    return texts


def check_callable(value: object, name: str) -> None:
    """Raise `UsageError` when an argument cannot be called."""
    if not callable(value):
        raise unexpected(name, value, "a function")
