"""Read what `compare` needs of a run: its config and its metrics, no other file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from nncli.base.errors import DataError, os_errors_as
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CONFIG, HISTORY, METRICS
from nncli.base.words import count
from nncli.config.saved_settings import Settings, saved_settings
from nncli.model.no_model import why_no_model
from nncli.runs.saved_metrics import (
    number_of,
    numbers_of,
    read_text,
    read_values,
    rows_of,
    splits_of,
)
from nncli.training.history_file import Table, read_history
from nncli.training.outcome import DIVERGED, INTERRUPTED

_KINDS = {"folds": "fold", "seeds": "seed"}


@dataclass(frozen=True)
class ComparedRun:
    """A run, a cross-validation, or the runs of several seeds.

    Attributes
    ----------
    path : Path
        Run directory.
    settings : dict of str
        Settings of the config, by key path such as ``training.learning_rate``.
    metrics : dict of str to dict of str to float
        Metrics of each split; of several models their means.
    deviations : dict of str to dict of str to float
        Sample standard deviations over several models; empty for a single one.
    rows : dict of str to int
        Number of rows of each split, of the first model.
    varies : str or None
        ``folds`` or ``seeds`` if there are several models.
    models : int
        Number of models.
    epochs, best_epoch : int, float or None
        Completed epochs and the epoch of the weights; of several models their means, an int if
        whole.
    seconds : float or None
        Time of training and evaluation, of all models together.
    ended : str
        How training ended: ``finished``, ``stopped early``, ``interrupted`` or ``diverged``.
    parts : tuple of str
        Subdirectories of several models.
    """

    path: Path
    settings: Settings = field(repr=False)
    metrics: dict[str, dict[str, float]] = field(repr=False)
    deviations: dict[str, dict[str, float]] = field(repr=False)
    rows: dict[str, int]
    varies: str | None
    models: int
    epochs: int | float | None
    best_epoch: int | float | None
    seconds: float | None
    ended: str
    parts: tuple[str, ...] = field(default=(), repr=False)

    def metric(self, split: str, name: str) -> float | None:
        """Return a metric, or None if the run does not have it."""
        return self.metrics.get(split, {}).get(name)

    def deviation(self, split: str, name: str) -> float | None:
        """Return the deviation of a metric over several models, or None."""
        return self.deviations.get(split, {}).get(name)

    def histories(self) -> list[Table]:
        """Read the history of the run, or of each of several models.

        Raises
        ------
        DataError
            If one is missing, damaged, or has no epoch.
        """
        directory = Directory(self.path)
        with os_errors_as(DataError, self.path), directory.opened():
            return [_history(directory.directory(part)) for part in self.parts] or [
                _history(directory)
            ]

    @property
    def warning(self) -> str | None:
        """A line if training did not end; the metrics are those so far."""
        done = count(int(self.epochs or 0), "epoch")
        if self.ended == INTERRUPTED:
            return f"{self.path}: was interrupted after {done}; its metrics are those so far"
        if self.ended == DIVERGED:
            return f"{self.path}: diverged after {done}; its metrics are those of the best epoch"
        return None


def read_run(path: Path) -> ComparedRun:
    """Read a run directory.

    Raises
    ------
    ConfigError, DataError
        If it is not a run directory, is unfinished, or a file cannot be read.
    """
    directory = Directory(path)
    with os_errors_as(DataError, path):
        if not path.is_dir():
            raise DataError(f"{path}: is not a directory; expected a run directory")
    with os_errors_as(DataError, path), directory.opened():
        if not (directory / CONFIG).exists():
            raise DataError(f"{path}: has no {CONFIG}; expected a run directory")
        text = read_text(directory / CONFIG, f"{path / CONFIG}")
        if not (directory / METRICS).exists():
            raise DataError(why_no_model(path) or f"{path}: has no {METRICS}; train anew")
        values = read_values(directory / METRICS, f"{path / METRICS}")
        settings = saved_settings(text, f"{path / CONFIG}")
        kind = next((each for each in _KINDS if type(values.get(each)) is int), None)
        try:
            if kind is None:
                return _single(path, settings, values)
            parts = _parts(values, kind)
            return _several(path, settings, values, kind, parts, [*_read(directory, parts)])
        except ValueError as error:
            raise DataError(f"{path / METRICS}: {error}; restore it, or train anew") from error


def _single(path: Path, settings: Settings, values: Mapping[str, Any]) -> ComparedRun:
    splits = splits_of(values)
    ended = values.get("ended")
    return ComparedRun(
        path,
        settings,
        metrics={name: numbers_of(each, "metrics") for name, each in splits.items()},
        deviations={},
        rows={name: rows_of(each) for name, each in splits.items()},
        varies=None,
        models=1,
        epochs=number_of(values, "epochs"),
        best_epoch=number_of(values, "best_epoch"),
        seconds=number_of(values, "wall_seconds"),
        ended=ended if isinstance(ended, str) else "",
    )


def _several(
    path: Path,
    settings: Settings,
    values: Mapping[str, Any],
    kind: str,
    parts: tuple[str, ...],
    metrics: Sequence[Mapping[str, Any]],
) -> ComparedRun:
    splits = splits_of(values)
    numbers = {
        key: [each for part in metrics if (each := number_of(part, key)) is not None]
        for key in ("epochs", "best_epoch", "wall_seconds")
    }
    first = {name: _first(each, kind) for name, each in splits.items()}
    return ComparedRun(
        path,
        settings,
        metrics={name: numbers_of(each, "mean") for name, each in splits.items()},
        deviations={
            name: numbers_of(each, "sample_standard_deviation") for name, each in splits.items()
        },
        rows={name: rows_of(each) for name, each in first.items()},
        varies=kind,
        models=max(len(each[kind]) for each in splits.values()),
        epochs=_mean(numbers["epochs"]),
        best_epoch=_mean(numbers["best_epoch"]),
        seconds=sum(numbers["wall_seconds"]) if numbers["wall_seconds"] else None,
        ended="finished",
        parts=parts,
    )


def _parts(values: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """Return the names of the directories of several models."""
    word = _KINDS[kind]
    entries = next(iter(splits_of(values).values()), {}).get(kind)
    numbers = [
        each.get(word)
        for each in (entries if isinstance(entries, list) else [])
        if isinstance(each, Mapping)
    ]
    return tuple(f"{word}-{number}" for number in numbers if type(number) is int)


def _read(directory: Directory, parts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the metrics of each model that can still be read, for its epochs and time."""
    for name in parts:
        part = directory.directory(name)
        with suppress(OSError, DataError), part.opened():
            yield read_values(part / METRICS, str(part.path))


def _history(directory: Directory) -> Table:
    """Return the history of one model. Raise `DataError`."""
    with os_errors_as(DataError, directory.path), directory.opened():
        table = read_history(directory / HISTORY)
    if not table.get("epoch"):
        raise DataError(f"{directory.path}: has no completed epoch")
    return table


def _first(split: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Return the values of the first model."""
    found = split.get(kind)
    if not isinstance(found, list) or not found or not isinstance(found[0], Mapping):
        raise ValueError(f"has no valid {kind}")
    return found[0]


def _mean(values: Sequence[float]) -> int | float | None:
    """Return the mean, as an int if it is whole, as it is for a single model."""
    mean = fmean(values) if values else None
    return int(mean) if mean is not None and mean.is_integer() else mean
