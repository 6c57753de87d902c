"""``checkpoint.npz``: the state that training goes on from, and how often it is written."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError, DivergenceError, reason
from nncli.base.storage.npz_file import read_own_npz, write_npz
from nncli.base.words import on_one_line
from nncli.engines.divergence import NotFinite, is_finite
from nncli.engines.numpy.engine import Engine
from nncli.training.loop import Progress

FORMAT_VERSION = 1
_SHARE_OF_TIME = 0.005  # with the history, which takes as much, less than a hundredth


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes
    ----------
    state : dict of str to array
        The engine's.
    progress : Progress
    record : dict
        What must be the same for training to go on, as JSON values.
    """

    state: dict[str, NDArray[Any]]
    progress: Progress
    record: dict[str, Any]


def write_checkpoint(
    path: Path, engine: Engine, progress: Progress, record: dict[str, Any]
) -> None:
    """Write a `Checkpoint` atomically: until it is whole and on the disk, the one before stays.

    Raises
    ------
    DivergenceError
        When one of the numbers is not finite; nothing is written then.
    OutputError
        When the file cannot be written; an earlier checkpoint is then still whole.
    """
    counters = asdict(progress)
    best = counters.pop("best_parameters")
    arrays = engine.state()
    _check_finite(engine, arrays, progress)
    if best is not None:
        arrays["best_parameters"] = best
    metadata = {"checkpoint_version": FORMAT_VERSION, "progress": counters, **record}
    text = np.array(json.dumps(metadata, ensure_ascii=False))
    write_npz(path, {"metadata": text, **arrays})


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` has written.

    Raises
    ------
    DataError
        When it cannot be read, is damaged, or is none.
    """
    try:
        arrays = read_own_npz(path)
        record = json.loads(str(arrays.pop("metadata")))
        if record["checkpoint_version"] != FORMAT_VERSION:
            raise ValueError(f"version {record['checkpoint_version']}")
        _check_kinds(asdict(Progress()), record["progress"])
        progress = Progress(
            **record.pop("progress"), best_parameters=arrays.pop("best_parameters", None)
        )
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: is damaged, or no checkpoint of this version of nncli ({error}); train anew"
        ) from error
    return Checkpoint(arrays, progress, record)


def _check_kinds(expected: dict[str, Any], found: Any) -> None:
    """Raise `ValueError` for counters of another kind than they start as, or below 0."""
    if not isinstance(found, dict):
        raise ValueError("its progress is no mapping")
    for name, value in found.items():
        kinds = (int, float) if isinstance(expected[name], float) else (int,)
        if type(value) not in kinds or (kinds == (int,) and value < 0):
            raise ValueError(f"its {name} is {on_one_line(repr(value), 40)}")


def _check_finite(engine: Engine, arrays: dict[str, NDArray[Any]], progress: Progress) -> None:
    place = f"epoch {progress.epoch}, batch {progress.batch}"
    try:
        engine.check_finite()
    except NotFinite as error:
        raise DivergenceError(f"{place}: {error}") from error
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not is_finite(array):
            raise DivergenceError(
                f"{place}: the optimizer's {name} are not finite; try a smaller "
                "training.learning_rate, or data.scale: standard"
            )


class Pace:
    """Says when a checkpoint is due, so that to write them takes 1/200 of the time at most.

    It is due after an epoch when at least 200 times as long has passed as the last one took to
    write, so after every epoch unless they are very short; within an epoch also not before
    `seconds` have passed.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._after_epoch = 0.0
        self._within_epoch = time.monotonic() + seconds

    def is_due(self, *, within_epoch: bool) -> bool:
        """Return whether a checkpoint is to be written now."""
        return time.monotonic() >= (self._within_epoch if within_epoch else self._after_epoch)

    def note(self, started: float) -> None:
        """Take note that one has been written, begun at `started` by ``time.monotonic``."""
        now = time.monotonic()
        rest = (now - started) / _SHARE_OF_TIME
        self._after_epoch = now + rest
        self._within_epoch = now + max(self._seconds, rest)
