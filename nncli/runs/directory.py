"""Create and lock run directories."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from nncli.base.arguments import path_in, said
from nncli.base.errors import OutputError, UsageError, os_errors_as, reason
from nncli.base.notes import Note
from nncli.base.storage.directory import Directory
from nncli.base.storage.locks import LOCK, locked
from nncli.config.schema import Config

PARENT = Path("runs")

Out = str | Path | bool | None
"""Where to write a run: a directory, True for the next free one, None or False for nowhere."""


def check_out(out: Out) -> None:
    """Raise `UsageError` if the chosen directory is neither new nor empty."""
    if not isinstance(out, bool | None):
        check_chosen(path_in(out, "out"))


@contextmanager
def run_directory(out: Out, config: Config, note: Note) -> Iterator[Directory | None]:
    """Create and lock the run directory, unless `out` is None or False."""
    if out is None or out is False:
        yield None
        return
    chosen = None if out is True else Path(out)
    with new_run(str(config.name), chosen, note) as directory:
        yield directory


@contextmanager
def new_run(name: str, chosen: Path | None, note: Note) -> Iterator[Directory]:
    """Create a run directory with `make_run_directory`, and lock it during the block.

    If the block fails before it has written a file, the directory is removed.

    Raises
    ------
    UsageError, OutputError
        As for `make_run_directory`, and if another process has started a run in it meanwhile.
    """
    is_new = chosen is None or not chosen.exists()
    directory = Directory(make_run_directory(name, chosen))
    try:
        with run_of(directory, note):
            if any(name != LOCK for name in directory.names()):
                raise _not_free(directory.path)
            yield directory
    except BaseException:
        if is_new:
            with suppress(OSError):  # it has files
                directory.path.rmdir()
        raise


@contextmanager
def run_of(directory: Directory, note: Note) -> Iterator[None]:
    """Open and lock a run directory during the block. Raise `OutputError`."""
    with locked(directory) as is_locked:
        if not is_locked:
            note(
                f"{directory}: its file system does not support locks; do not train in it with "
                "another nncli at the same time"
            )
        yield


def make_run_directory(name: str, chosen: Path | None = None) -> Path:
    """Create the directory `chosen`, or ``runs/<name>-001`` with the next free number.

    Raises
    ------
    UsageError
        If `chosen` is a file, or a directory that is not empty.
    OutputError
        If the directory cannot be created.
    """
    try:
        if chosen is not None:
            return _make_chosen(chosen)
        PARENT.mkdir(exist_ok=True)
        return _make_next(PARENT, name)
    except OSError as error:
        raise OutputError(
            f"{chosen or PARENT}: cannot create the run directory ({reason(error)}); {_another()}"
        ) from error


def make_directory_beside(removed: Path) -> Path:
    """Create a directory next to one that was removed, to replace it. Raise `OutputError`."""
    parent, name = removed.parent, removed.name
    while parent.name and not parent.is_dir():
        parent, name = parent.parent, f"{parent.name}-{name}"
    with os_errors_as(OutputError, removed, "was removed, and cannot be replaced"):
        return _make_next(parent, f"saved-{name[:50]}")


def _make_next(parent: Path, name: str) -> Path:
    """Create ``<name>-001``, or with the next free number. Raise `OSError`."""
    for number in count(1):
        directory = parent / f"{name}-{number:03}"
        try:
            directory.mkdir()
        except FileExistsError:
            continue
        return directory
    raise AssertionError("count() does not end")


def check_chosen(chosen: Path) -> None:
    """Raise `UsageError` if `chosen` exists and is not an empty directory."""
    with os_errors_as(OutputError, chosen, "cannot be the run directory", _another()):
        is_free = not chosen.exists() or (chosen.is_dir() and not any(chosen.iterdir()))
    if not is_free:
        raise _not_free(chosen)


def _not_free(directory: Path) -> UsageError:
    return UsageError(
        f"{directory}: exists and is not an empty directory; {_another()}, or "
        f"{said('omit -o', 'set out=True')} for the next free runs/<name>-NNN"
    )


def _make_chosen(chosen: Path) -> Path:
    check_chosen(chosen)
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


def _another() -> str:
    return f"choose another place{said(' with -o', ' with out=DIR')}"
