"""Disturbances of a run during training: in the middle of one of its calls, or from outside."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_A_MOMENT = 0.01  # seconds


@dataclass(frozen=True)
class Disturbance:
    """A disturbance of a run.

    Attributes
    ----------
    act : function
        Takes the run directory and the process ID.
    codes : tuple of int
        Resulting exit codes, in addition to 0 if training ended before.
    share : int
        Relative frequency of choosing it.
    """

    act: Callable[[Path, int], object]
    codes: tuple[int, ...]
    share: int = 1


def moved(run: Path) -> Path:
    """Return the new path of a renamed run directory."""
    return run.with_name(f"{run.name}-moved")


def _rename(run: Path, process: int) -> None:
    if run.exists():
        shutil.rmtree(moved(run), ignore_errors=True)  # left by a run that had not begun
        run.rename(moved(run))


def _remove(run: Path, process: int) -> None:
    while run.exists():  # until nothing new is written meanwhile
        shutil.rmtree(run, ignore_errors=True)


def _signals(*numbers: int) -> Callable[[Path, int], None]:
    def send(run: Path, process: int) -> None:
        for number in numbers:
            os.kill(process, number)
            time.sleep(_A_MOMENT)

    return send


def _rename_and_kill(run: Path, process: int) -> None:
    _rename(run, process)
    time.sleep(_A_MOMENT)
    os.kill(process, signal.SIGKILL)


DISTURBANCES = {
    "kill": Disturbance(_signals(signal.SIGKILL), (-9,), share=6),
    "SIGINT": Disturbance(_signals(signal.SIGINT), (130,)),
    "SIGTERM": Disturbance(_signals(signal.SIGTERM), (143,)),
    "SIGHUP": Disturbance(_signals(signal.SIGHUP), (129,)),
    "two signals": Disturbance(_signals(signal.SIGINT, signal.SIGTERM), (130, 143)),
    "rename": Disturbance(_rename, ()),
    "rename and kill": Disturbance(_rename_and_kill, (-9,)),
    "removal": Disturbance(_remove, (1,)),
}
