"""Every error that nncli raises on purpose, with the exit code that it ends in.

An error is raised where its cause is known; ``cli/main.py`` alone turns it into one line on
standard error and an exit code. Any other exception is a bug and keeps its traceback.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOMEM
from typing import Any


class NncliError(Exception):
    """Something failed while running: data, disk, network, divergence."""

    exit_code = 1


class UsageError(NncliError):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class ConfigError(UsageError):
    """A config is wrong; the message has one line for each problem.

    Attributes
    ----------
    problems : tuple of str
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DataError(NncliError):
    """A data set or an input file cannot be used."""


class DownloadError(DataError):
    """A data set could be neither found in the cache nor downloaded."""


class ModelFileError(NncliError):
    """A weights file is missing, damaged, or not one of nncli's."""


class OutputError(NncliError):
    """A result cannot be written."""


class OutOfMemoryError(NncliError):
    """There is less memory than what was asked for needs."""


class DivergenceError(NncliError):
    """Training produced a loss or a gradient that is not a finite number.

    Attributes
    ----------
    result : Result, CrossValidation or None
        The best epoch before, if there was one; of a cross-validation what was done of it.
    """

    result: Any = None


class Interrupted(NncliError):  # noqa: N818 - not a failure: it was asked for
    """A signal asked to stop, such as Ctrl-C; what there was has been saved."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal


class NncliWarning(UserWarning):
    """Something looks wrong or was guessed; the result stands."""


def reason(error: OSError) -> str:
    """Return the operating system's words for `error`, without the path that it repeats."""
    return (error.strerror or str(error)).lower()


@contextmanager
def os_errors_as(
    kind: type[NncliError], place: object, problem: str = "cannot be read", remedy: str = ""
) -> Iterator[None]:
    """Turn the operating system's errors in the block into ``place: problem (reason); remedy``.

    A pipe whose reader has gone is no place's fault, and stays what it is.

    Parameters
    ----------
    kind : type of NncliError
        The error to raise instead of an `OSError`.
    place : object
        What the error is about, mostly a path.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        words = f"{place}: {problem} ({reason(error)})"
        raise kind(f"{words}; {remedy}" if remedy else words) from error


def is_of_memory(error: BaseException) -> bool:
    """Return whether memory ran out; a file that is mapped says it as the system does."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM


@contextmanager
def memory_for(purpose: str, remedy: str) -> Iterator[None]:
    """Say what needed the memory that ran out in the block, and what to do.

    Parameters
    ----------
    purpose : str
        What it is for, after "there is not enough memory": ``for the rows of d.csv``.

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
    """Return the words for memory that ran out, with what was asked for, if that is known."""
    words = str(error) if isinstance(error, MemoryError) else ""
    asked = f" ({words[:1].lower()}{words[1:]})" if words else ""
    return f"there is not enough memory{purpose and ' '}{purpose}{asked}"
