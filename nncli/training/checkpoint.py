"""``checkpoint.npz``: the state from which training resumes, and how often it is written."""

import json
import math
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError, DivergenceError, reason
from nncli.base.storage.directory import Place
from nncli.base.storage.npz_file import read_own_npz, write_npz
from nncli.base.storage.strict_json import check_size
from nncli.base.words import on_one_line
from nncli.engines.engine import Engine, Sums
from nncli.training.progress import Progress

# The content is that of version 2, but numbers are scaled more precisely since version 3, the step
# is 1 at z = 0 since version 4, and compiled code takes whole steps since version 5.
FORMAT_VERSION = 5
_BEST = "best_"  # prefix of the arrays of the best epoch
_SHARE_OF_TIME = 0.005  # the history takes as much: together at most 1 %


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint.

    Attributes
    ----------
    state : dict of str to array
        State of the engine.
    progress : Progress
    record : dict
        Settings that must not change when training resumes, as JSON values.
    version : int
        Format version of the file.
    """

    state: dict[str, NDArray[Any]]
    progress: Progress
    record: dict[str, Any]
    version: int = FORMAT_VERSION


def write_checkpoint(
    place: Place, engine: Engine, progress: Progress, record: dict[str, Any]
) -> None:
    """Write a `Checkpoint` atomically: the previous one stays until the new one is on disk.

    Raises
    ------
    DivergenceError
        If a number is not finite; nothing is written.
    OutputError
        If the file cannot be written; an earlier checkpoint stays intact.
    """
    counters = asdict(replace(progress, best=None))
    counters.pop("best")
    arrays = engine.state()
    _check_finite(engine, arrays, progress)
    for name, array in (progress.best or {}).items():
        arrays[f"{_BEST}{name}"] = array
    metadata = {"checkpoint_version": FORMAT_VERSION, "progress": counters, **record}
    text = np.array(json.dumps(metadata, ensure_ascii=False))
    write_npz(place, {"metadata": text, **arrays})


def read_checkpoint(place: Place) -> Checkpoint:
    """Read a checkpoint of this version or an earlier one.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, or is not a checkpoint.
    """
    try:
        arrays = read_own_npz(place)
        text = str(arrays.pop("metadata"))
        check_size(text)
        record = json.loads(text)
        version = record["checkpoint_version"]
        if version not in (1, 2, 3, 4, FORMAT_VERSION):
            raise ValueError(f"version {on_one_line(repr(version), 40)}")
        if version == 1:
            _bring_up_to_date(arrays, record)
        counters = record.pop("progress")
        _check_kinds(asdict(Progress()), counters)
        sums = _sums(counters.pop("sums"))
        names = [name for name in arrays if name.startswith(_BEST)]
        best = {name.removeprefix(_BEST): arrays.pop(name) for name in names}
        progress = Progress(**counters, sums=sums, best=best or None)
    except OSError as error:
        raise DataError(f"{place}: cannot be read ({reason(error)})") from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        what = on_one_line(str(error))
        raise DataError(
            f"{place}: is damaged, or not a checkpoint of this nncli version ({what}); train anew"
        ) from error
    return Checkpoint(arrays, progress, record, version)


def _bring_up_to_date(arrays: dict[str, NDArray[Any]], record: dict[str, Any]) -> None:
    """Convert the content of a version 1 checkpoint to this version.

    Version 1 stored some sums of the epoch with the engine, and named kernels instead of engines.
    Its layers had no state.
    """
    counters = record["progress"]
    norms, shares = arrays.pop("statistics").tolist()
    steps = int(arrays.pop("steps_in_statistics"))
    # Version 1 did not distinguish 0 from a missing fraction; `resume` does, by the layers.
    sums = {"steps": steps, "squared_norms": norms, "saturated": shares}
    sums["rows"] = counters.pop("rows")
    sums |= {name: counters.pop(f"{name}_sum") for name in ("loss", "score")}
    counters["sums"] = sums if steps else asdict(Sums())
    arrays["state"] = arrays["parameters"][:0]
    if "best_parameters" in arrays:
        arrays["best_state"] = arrays["state"]
    record["engine"] = {"numba": "compiled"}.get(record["kernels"], record["kernels"])


def _sums(values: dict[str, Any]) -> Sums:
    """Return the sums of an epoch. Raises `ValueError`, `TypeError` or `KeyError`."""
    _check_kinds(asdict(Sums()), values)
    saturated = [each for each in values["saturated"] if each is not None]
    if not all(type(each) in (int, float) for each in [*values["squared_norms"], *saturated]):
        raise ValueError("its sums are not numbers")
    # A negative square has a complex root.
    if not all(
        math.isfinite(each) and each >= 0 for each in [*values["squared_norms"], *saturated]
    ):
        raise ValueError("its sums are negative or not finite")
    return Sums(**values)


def _check_kinds(expected: dict[str, Any], found: Any) -> None:
    """Raise `ValueError` for values that differ in kind from the initial ones, or are negative."""
    if not isinstance(found, dict):
        raise ValueError("its progress is not a mapping")
    for name, value in found.items():
        if not _is_like(expected[name], value):
            raise ValueError(f"its {name} is {on_one_line(repr(value), 40)}")


def _is_like(start: Any, value: Any) -> bool:
    """Return whether a value has the kind of the initial one: finite, unless that one is NaN.

    Raises `OverflowError` for an integer larger than any float.
    """
    if isinstance(start, float):
        return type(value) in (int, float) and (math.isfinite(value) or math.isnan(start))
    return type(value) is type(start) and not (isinstance(value, int) and value < 0)


def _check_finite(engine: Engine, arrays: dict[str, NDArray[Any]], progress: Progress) -> None:
    if progress.batch:
        place = f"epoch {progress.epoch + 1}, batch {progress.batch}"
    else:
        place = f"after epoch {progress.epoch}"
    if problem := engine.problem():
        raise DivergenceError(f"{place}: {problem}")
    for array in arrays.values():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DivergenceError(
                f"{place}: the optimizer's state is not finite; try a smaller "
                "training.learning_rate, or data.scale: standard"
            )


class Pace:
    """Decide when a checkpoint is due, spending at most 0.5 % of the time on checkpoints.

    After an epoch, a checkpoint is due if 200 times the duration of the last write has passed. That
    is every epoch, unless epochs are very short. Within an epoch, `seconds` must also have passed.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._after_epoch = 0.0
        self._within_epoch = time.monotonic() + seconds

    def is_due(self, *, within_epoch: bool) -> bool:
        """Return whether to write a checkpoint now."""
        return time.monotonic() >= (self._within_epoch if within_epoch else self._after_epoch)

    def note(self, started: float) -> None:
        """Record that a checkpoint was written, starting at the ``time.monotonic`` of `started`."""
        now = time.monotonic()
        rest = (now - started) / _SHARE_OF_TIME
        self._after_epoch = now + rest
        self._within_epoch = now + max(self._seconds, rest)
