"""Where a training run leaves its files."""

from itertools import count
from pathlib import Path

from nncli.base.errors import OutputError, UsageError, os_errors_as, reason

PARENT = Path("runs")


def make_run_directory(name: str, chosen: Path | None = None) -> Path:
    """Make the directory `chosen`, or else ``runs/<name>-001`` with the next free number.

    Raises
    ------
    UsageError
        When `chosen` is a file, or a directory that is not empty.
    OutputError
        When the directory cannot be made.
    """
    try:
        if chosen is not None:
            return _make_chosen(chosen)
        PARENT.mkdir(exist_ok=True)
        for number in count(1):
            directory = PARENT / f"{name}-{number:03}"
            try:
                directory.mkdir()
            except FileExistsError:
                continue
            return directory
    except OSError as error:
        raise OutputError(
            f"{chosen or PARENT}: the run directory cannot be made ({reason(error)}); choose "
            "another place with -o"
        ) from error
    raise AssertionError("count() does not end")


def check_chosen(chosen: Path) -> None:
    """Raise `UsageError` when `chosen` is neither new nor an empty directory."""
    with os_errors_as(OutputError, chosen, "cannot be the run directory", "choose another with -o"):
        is_free = not chosen.exists() or (chosen.is_dir() and not any(chosen.iterdir()))
    if not is_free:
        raise UsageError(
            f"{chosen}: exists and is not an empty directory; choose another place with -o, or "
            "leave -o out for the next free runs/<name>-NNN"
        )


def _make_chosen(chosen: Path) -> Path:
    check_chosen(chosen)
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen
