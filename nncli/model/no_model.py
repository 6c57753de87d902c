"""Explain why a run directory has no model, and what to do next."""

from contextlib import suppress
from pathlib import Path

from nncli.base.errors import DataError
from nncli.base.storage.locks import in_use
from nncli.base.storage.regular_file import read_regular
from nncli.base.storage.run_files import CONFIG, DIVERGENCE, HISTORY, METRICS, SELECTION, WEIGHTS
from nncli.base.words import count, on_one_line, shell_word

_LONGEST_LINE = 500


def why_no_model(directory: Path) -> str | None:
    """Return an error message that explains why a directory does not have a single model.

    None if it has one, or if it is not the directory of an unfinished run.
    """
    word, parts = parts_in(directory)
    if is_of_several(directory):
        return f"{directory}: has a model for each {word}; choose {parts[0]}"
    if (directory / WEIGHTS).exists() or (directory / METRICS).exists():
        return None
    if not (parts or (directory / CONFIG).is_file()):
        return folder_of_runs(directory, "choose one of them")
    if in_use(directory):
        return f"{directory}: another process is training in it; wait until it ends"
    selection = directory / SELECTION
    for place in (directory, *parts, selection):
        if not (place / WEIGHTS).exists() and (problem := divergence_of(place)):
            return f"{place}: training diverged and left no weights: {problem}"
    resume = f"resume it: nncli train --resume {shell_word(str(directory))}"
    if not parts:
        begun, where = directory, ""
        if selection.is_dir() and not (directory / HISTORY).exists():
            begun, where = selection, " in the selection of epochs"
        epochs = count(_epochs(begun), "epoch") + where
        return (
            f"{directory}: training was interrupted after {epochs}, before it saved weights; "
            f"{resume}"
        )
    done = [part for part in parts if (part / WEIGHTS).is_file()]
    other = f", or choose the model of a {word}: {done[0]}" if done else ""
    of_folds = word == "fold"
    what = "is an interrupted cross-validation" if of_folds else "has interrupted runs of seeds"
    return f"{directory}: {what}; {resume}{other}"


def is_of_several(directory: Path) -> bool:
    """Return whether a directory is that of a finished run of folds or seeds."""
    return bool(parts_in(directory)[1]) and (directory / METRICS).is_file()


def folder_of_runs(directory: Path, remedy: str) -> str | None:
    """Return an error message if a directory is not a run, but has runs: it names the newest.

    Parameters
    ----------
    remedy : str
        What to do with the run: ``choose one of them``.
    """
    runs: list[tuple[int, Path]] = []
    with suppress(OSError):
        for each in directory.iterdir():
            if (each / CONFIG).is_file():
                runs.append(((each / CONFIG).stat().st_mtime_ns, each))
    if not runs:
        return None
    return f"{directory}: is a folder of runs; {remedy}, such as the newest: {max(runs)[1]}"


def parts_in(directory: Path) -> tuple[str, list[Path]]:
    """Return the word for the models of a cross-validation or of seeds, and their directories."""
    for word in ("fold", "seed"):
        if parts := [*directory.glob(f"{word}-[0-9]*")]:
            return word, sorted(parts, key=lambda part: (len(part.name), part.name))
    return "", []


def divergence_of(directory: Path) -> str | None:
    """Return the divergence message that a run saved, if any; it may have weights nevertheless."""
    try:
        line = read_regular(directory / DIVERGENCE, _LONGEST_LINE).decode(errors="replace")
    except OSError:
        return None
    return on_one_line(line.strip(), _LONGEST_LINE)


def _epochs(directory: Path) -> int:
    """Return the number of epochs in the history of a run."""
    from nncli.training.history_file import read_history

    try:
        return len(read_history(directory / HISTORY)["epoch"])
    except DataError:
        return 0
