"""Compare finished runs: their metrics, and what differs in their configs."""

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nncli.base.arguments import argument, unexpected
from nncli.base.errors import ConfigError, DataError, UsageError, reason
from nncli.base.notes import Note, warn
from nncli.base.paths import problem_of_name
from nncli.base.storage.run_files import CONFIG, WEIGHTS
from nncli.base.words import count, did_you_mean, on_one_line
from nncli.config.sources import SOURCES
from nncli.metrics.names import METRICS, rises
from nncli.runs.compared_run import ComparedRun, read_run
from nncli.runs.saved_metrics import SPLITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_METRICS = ("loss", *dict.fromkeys(chain.from_iterable(METRICS.values())))

_LEFT_OUT = ("name",)  # the default is the name of the config file
_UNSET = object()


class Gap(NamedTuple):
    """The distance between the best two runs.

    Attributes
    ----------
    size : float
        Absolute difference of the metric.
    spread : float or None
        Larger of their standard deviations over seeds or folds; None if neither run has several.
    """

    size: float
    spread: float | None

    @property
    def is_larger(self) -> bool | None:
        """Whether the gap is larger than the spread; None if the spread is unknown."""
        return None if self.spread is None else self.size > self.spread


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`.

    Attributes
    ----------
    runs : list of ComparedRun
        Runs with the best first; those without the metric come last.
    split, metric : str
        What they are sorted by.
    skipped : list of str
        A line for each run that cannot be compared and is left out.
    """

    runs: list[ComparedRun]
    split: str
    metric: str
    skipped: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Comparison: {count(len(self.runs), 'run')} by {self.metric} of {self.split}>"

    @property
    def differences(self) -> dict[str, list[Any]]:
        """The values of every setting that differs, by key, in the order of `runs`.

        A run has None if it lacks the key, as it has another data source or optimizer.
        """
        keys = dict.fromkeys(key for run in self.runs for key in run.settings)
        found = {}
        for key in keys:
            if key not in _LEFT_OUT and _differ(values := self._values(key)):
                found[key] = [None if each is _UNSET else each for each in values]
        return found

    def _values(self, key: str) -> list[Any]:
        return [run.settings.get(key, _UNSET) for run in self.runs]

    @property
    def gap(self) -> Gap | None:
        """The gap between the first two runs.

        None if fewer have the metric, or if their tasks, data or rows differ, so that their metrics
        are not comparable.
        """
        values = [run.metric(self.split, self.metric) for run in self.runs[:2]]
        spreads = [run.deviation(self.split, self.metric) for run in self.runs[:2]]
        if len(values) < 2 or values[0] is None or values[1] is None:
            return None
        first = self.runs[:2]
        if _incomparable(first) or len(_different_rows(first, self.split)) > 1:
            return None
        known = [each for each in spreads if each is not None]
        return Gap(abs(values[0] - values[1]), max(known, default=None))

    @property
    def doubts(self) -> list[str]:
        """Why the comparison may be unfair, such as different data."""
        return [*_doubts(self.runs, self.split)]

    def plot(self, *, note: Note = warn) -> "dict[str, Figure]":
        """Return the curves of the runs in one matplotlib figure, as `nncli.plot` does."""
        import nncli  # a later package draws them

        return nncli.plot(self, note=note)

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as JSON values, as printed by ``compare --json``."""
        gap, differences = self.gap, self.differences
        return {
            "split": self.split,
            "metric": self.metric,
            "runs": [
                {
                    "run": str(run.path),
                    "metrics": run.metrics.get(self.split, {}),
                    "sample_standard_deviation": run.deviations.get(self.split, {}),
                    "rows": run.rows.get(self.split),
                    "varies": run.varies,
                    "models": run.models,
                    "best_epoch": run.best_epoch,
                    "epochs": run.epochs,
                    "seconds": run.seconds,
                    "ended": run.ended,
                    "settings": {key: values[at] for key, values in differences.items()},
                }
                for at, run in enumerate(self.runs)
            ],
            "gap": gap and {**gap._asdict(), "is_larger": gap.is_larger},
            "skipped": self.skipped,
        }


def compare(
    runs: str | Path | Iterable[str | Path],
    *,
    split: str = "test",
    sort: str | None = None,
    note: Note = warn,
) -> Comparison:
    """Compare runs by their ``config.yaml`` and ``metrics.json``; no other file is read.

    Parameters
    ----------
    runs : path, or several
        Run directories, also of folds and seeds, or their ``weights.npz``; folders of runs;
        patterns such as ``runs/xor*``.
    split : str
        Split whose metrics are compared: ``train``, ``validation``, ``test`` or ``held_out``.
    sort : str, optional
        Metric to sort by, the best run first; default: accuracy, or mae for a regression.
    note : function of str
        Called with a line for each run that cannot be compared, and for what makes a comparison
        doubtful; default: issue a `NncliWarning`.

    Raises
    ------
    UsageError
        If an argument is invalid, or no run has the split or the metric.
    DataError
        If no run can be compared.
    """
    if split not in SPLITS:
        raise unexpected("split", split, f"one of {', '.join(SPLITS)}")
    if sort is not None and sort not in _METRICS:
        known = did_you_mean(sort, _METRICS) if isinstance(sort, str) else ""
        raise unexpected("sort", sort, f"a metric such as accuracy or loss{known}")
    found, skipped = list[ComparedRun](), list[str]()
    for place in _places(runs):
        try:
            if isinstance(place, DataError):
                raise place
            found.append(read_run(place))
        except (ConfigError, DataError) as error:
            skipped.append(on_one_line(str(error.args[0]), 400))
    if not found and len(skipped) == 1:
        raise DataError(skipped[0])
    for line in skipped:
        problem, separator, remedy = line.partition("; ")
        note(f"{problem}; left out{separator}{remedy}")
    if not found:
        raise DataError("no run can be compared; give run directories, or a folder with runs")
    for line in _doubts(found, split):
        note(line)
    metric = _metric(found, split, sort)
    return Comparison(_sorted(found, split, metric), split, metric, skipped)


def _places(runs: object) -> Iterator[Path | DataError]:
    """Yield every run directory once, and an error for each argument without runs."""
    given = [runs] if isinstance(runs, str | Path) else runs
    if not isinstance(given, Iterable):
        raise unexpected("runs", runs, "paths of run directories")
    seen: set[str] = set()
    for each in given:
        if not isinstance(each, str | os.PathLike):
            raise unexpected("runs", each, "a path")
        for place in _expanded(os.fspath(each)):
            real = os.path.realpath(place) if isinstance(place, Path) else str(place)
            if real not in seen:
                seen.add(real)
                yield place


def _expanded(name: str) -> Iterator[Path | DataError]:
    """Yield what an argument names: a run, the runs of a folder, or the matches of a pattern."""
    if problem := problem_of_name(name):
        yield DataError(f"{name}: {problem}")
        return
    path = Path(name)
    try:
        if path.is_dir() or not glob.has_magic(name):
            yield from _runs_of(path)
        elif matches := sorted(glob.glob(name), key=_natural):  # noqa: PTH207 - also absolute
            yield from chain.from_iterable(_runs_of(Path(each)) for each in matches)
        else:
            yield DataError(f"{name}: matches nothing; expected run directories")
    except OSError as error:
        yield DataError(f"{name}: cannot be read ({reason(error)})")


def _runs_of(path: Path) -> list[Path]:
    """Return the runs in a folder, or the path itself if it is a run or no folder of runs.

    The weights of a run stand for the run, as in other commands.
    """
    if path.name == WEIGHTS and path.is_file() and (path.parent / CONFIG).exists():
        return [path.parent]
    if not path.is_dir() or (path / CONFIG).exists():
        return [path]
    inside = [each for each in path.iterdir() if _may_be_run(each)]
    return sorted(inside, key=lambda each: _natural(str(each))) or [path]


def _may_be_run(path: Path) -> bool:
    """Return whether a path has a config, or cannot be opened, which is reported later."""
    try:
        return (path / CONFIG).exists()
    except PermissionError:
        return True


def _natural(name: str) -> list[Any]:
    """Return the sort key of a name: numbers in it by their value."""
    parts = re.split(r"(\d{1,15})", name)
    return [int(part) if at % 2 else part for at, part in enumerate(parts)]


def _doubts(runs: Sequence[ComparedRun], split: str) -> Iterator[str]:
    """Yield why a comparison may be unfair."""
    yield from (run.warning for run in runs if run.warning)
    if found := _incomparable(runs):
        yield f"the runs have different {found}, so their metrics are not comparable"
        return
    rows = _different_rows(runs, split)
    if len(rows) > 1:
        yield (
            f"the runs have {rows[0]} to {rows[-1]} {split} rows; metrics of different rows are "
            "not comparable"
        )
    if len({_data_seed(run) for run in runs}) > 1:
        yield (
            "the runs differ in the seed of their data, so their rows may, too; set data_seed to "
            "compare on the same rows"
        )


def _incomparable(runs: Sequence[ComparedRun]) -> str | None:
    """Return what makes all metrics of the runs incomparable: their tasks or their data."""
    if len({_task_of(run) for run in runs}) > 1:
        return "tasks"
    return "data" if len({_data_of(run) for run in runs}) > 1 else None


def _different_rows(runs: Sequence[ComparedRun], split: str) -> list[int]:
    """Return the numbers of rows of a split; those of folds always differ."""
    return sorted({run.rows[split] for run in runs if split in run.rows and run.varies != "folds"})


def _task_of(run: ComparedRun) -> str:
    """Return the metric that only runs of the same task have; none for binary and multiclass."""
    names = {name for each in run.metrics.values() for name in each}
    return next((name for name in ("mae", "hamming_loss") if name in names), "")


def _data_of(run: ComparedRun) -> tuple[str, ...]:
    """Return the source of the data, its files and its target."""
    source = run.settings["data.source"]
    keys = ("target", *SOURCES[source].paths)
    values = [run.settings.get(f"data.{key}") for key in keys]
    return source, *(str(each) for each in values if isinstance(each, str | list))


def _data_seed(run: ComparedRun) -> Any:
    own = run.settings["data_seed"]
    return run.settings["seed"] if own is None else own


def _metric(runs: Sequence[ComparedRun], split: str, sort: str | None) -> str:
    """Return the metric to sort by. Raise `UsageError` if no run has the split or the metric."""
    having = [run.metrics[split] for run in runs if split in run.metrics]
    if not having:
        others = [name for name in SPLITS if any(name in run.metrics for run in runs)]
        raise UsageError(
            f"no run has {split} rows; choose {argument('split')} {' or '.join(others)}"
        )
    counts = Counter(name for each in having for name in each)
    if sort is None:
        main = [names[0] for names in METRICS.values() if counts[names[0]]]
        return max(main, key=lambda name: counts[name], default="loss")
    if not counts[sort]:
        raise UsageError(f"no run has the {split} metric {sort}; choose {', '.join(counts)}")
    return sort


def _sorted(runs: Sequence[ComparedRun], split: str, metric: str) -> list[ComparedRun]:
    def key(run: ComparedRun) -> tuple[bool, float]:
        value = run.metric(split, metric)
        return value is None, 0.0 if value is None else -value if rises(metric) else value

    return sorted(runs, key=key)


def _differ(values: Sequence[Any]) -> bool:
    """Return whether two runs that have a setting differ in it."""
    known = [each for each in values if each is not _UNSET]
    return any(each != known[0] for each in known[1:])
