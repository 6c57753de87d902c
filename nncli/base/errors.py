"""All errors that nncli raises on purpose, with their exit codes.

An error is raised where its cause is known. Only ``cli/main.py`` turns it into one line on standard
error and an exit code. Any other exception is a bug and keeps its traceback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOMEM
from pathlib import Path
from typing import Any


class NncliError(Exception):
    """A failure at run time: data, disk, network, divergence."""

    exit_code = 1


class UsageError(NncliError):
    """The command line asks for something impossible."""

    exit_code = 2


class ConfigError(UsageError):
    """A config is invalid; the message has one line per problem.

    Attributes
    ----------
    problems : tuple of str
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ExpressionError(UsageError):
    """An expression is invalid; below the message are its line and a mark at the place."""


class DataError(NncliError):
    """A data set or an input file cannot be used."""


class DownloadError(DataError):
    """A data set is not in the cache and cannot be downloaded."""


class ModelFileError(NncliError):
    """A weights file is missing, damaged, or was not written by nncli."""


class OutputError(NncliError):
    """A result cannot be written."""


class OutOfMemoryError(NncliError):
    """There is not enough memory for the request."""


class DivergenceError(NncliError):
    """Training produced a loss or a gradient that is not finite.

    Attributes
    ----------
    result : Result, CrossValidation, SeedRuns or None
        The best epoch so far, if any; for several models, the results so far.
    directory : Path or None
        The run directory, if the training has one.
    """

    result: Any = None
    directory: Path | None = None


class Interrupted(NncliError):  # noqa: N818 - not a failure: the user asked for it
    """A signal such as Ctrl-C ended the work; the results so far are saved."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal


class NncliWarning(UserWarning):
    """Something looks wrong or was guessed; the result is still valid."""


def reason(error: OSError) -> str:
    """Return the operating system's message for `error`, without the path."""
    return (error.strerror or str(error)).lower()


@contextmanager
def os_errors_as(
    kind: type[NncliError], place: object, problem: str = "cannot be read", remedy: str = ""
) -> Iterator[None]:
    """Turn the operating system's errors in the block into ``place: problem (reason); remedy``.

    A `BrokenPipeError` is raised unchanged: the place is not at fault.

    Parameters
    ----------
    kind : type of NncliError
        The error to raise instead of an `OSError`.
    place : object
        Subject of the error, usually a path.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        words = f"{place}: {problem} ({reason(error)})"
        raise kind(f"{words}; {remedy}" if remedy else words) from error


def is_of_memory(error: BaseException) -> bool:
    """Return whether memory ran out; for a mapped file this is an `OSError` with ENOMEM."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM


@contextmanager
def memory_for(purpose: str, remedy: str) -> Iterator[None]:
    """Report what needed the memory if it runs out in the block, with a remedy.

    Parameters
    ----------
    purpose : str
        Purpose of the memory, as in ``for the rows of d.csv``.

    Raises
    ------
    OutOfMemoryError
    """
    try:
        yield
    except (MemoryError, OSError) as error:
        if not is_of_memory(error):
            raise
        raise OutOfMemoryError(f"{no_memory(error, purpose)}; {remedy}") from error


def no_memory(error: BaseException, purpose: str = "") -> str:
    """Return the message for memory that ran out, with the requested amount if known."""
    words = str(error) if isinstance(error, MemoryError) else ""
    asked = f" ({words[:1].lower()}{words[1:]})" if words else ""
    return f"not enough memory{purpose and ' '}{purpose}{asked}"
