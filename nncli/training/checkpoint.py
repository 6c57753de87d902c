"""``checkpoint.npz``: the state that training can go on from."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from nncli.data.npz_file import write_npz
from nncli.training.engine import Engine
from nncli.training.loop import Progress


def write_checkpoint(
    path: Path, engine: Engine, progress: Progress, config: dict[str, Any]
) -> None:
    """Write the engine's state, the counters and the best parameters so far, atomically.

    Raises
    ------
    OutputError
        When the file cannot be written; an earlier checkpoint is then still whole.
    """
    counters = {
        "epoch": progress.epoch,
        "batch": progress.batch,
        "best_epoch": progress.best_epoch,
        "best_value": progress.best_value if progress.best_epoch else None,
        "patience_epoch": progress.patience_epoch,
        "patience_value": progress.patience_value if progress.patience_epoch else None,
        "falls": progress.falls,
        "last_fall": progress.last_fall,
        "config": config,
    }
    arrays = engine.state()
    if progress.best_parameters is not None:
        arrays["best_parameters"] = progress.best_parameters
    text = np.array(json.dumps(counters, ensure_ascii=False))
    write_npz(path, {"metadata": text, **arrays})
