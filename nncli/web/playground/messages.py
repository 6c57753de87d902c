"""What a page is told, as values of JSON; arrays of numbers are their bytes in base64."""

import math
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.dataset import Dataset
from nncli.data.splits import Rows, Split
from nncli.nn.entries import Array
from nncli.runs.job import Job
from nncli.web.playground.choices import used_values
from nncli.web.playground.features import offered_features
from nncli.web.playground.landscape import Landscape
from nncli.web.playground.setting import Setting, fits
from nncli.web.playground.trainer import Trainer
from nncli.web.playground.view import MOST_MAPS, SIDE, Plane, View, as_learned, shown_rows

MOST_NUMBERS = 4096  # of an array in a frame; a page asks for parts of larger ones
MOST_IN_LINK = 1000  # numbers to start from that a link says; more make it too long to send


def network_message(
    setting: Setting, job: Job, plane: Plane | None, points: Array | None
) -> dict[str, Any]:
    """Return what a change of the config changes.

    Parameters
    ----------
    plane : Plane or None
    points : array (P, I) or None
        The points of the plane as the network sees them.
    """
    data, blocks = job.dataset, job.blocks
    return {
        "type": "network",
        "used": used_values(job),
        "columns": [*data.columns],
        "inputs": [*data.inputs],
        "features": [] if plane is None else offered_features(data.columns),
        "numbers": [*setting.numbers],
        "units": [block.outputs for block in blocks],
        "activations": [block.activation.kind for block in blocks],
        "arrays": {name: [*each.shape] for name, each in job.network.named.items()},
        "task": data.task,
        "classes": [*data.classes],
        "targets": [*data.targets],
        "target_ends": _target_ends(data),
        "loss": job.setup.objective.name,
        "score": job.score.name,
        "epochs": job.plan.epochs,
        "batches": job.order.batches,
        "plane": None if plane is None or points is None else _plane(plane, points),
        "points": {} if plane is None else _points(job),
        "has_start": bool(setting.start),
        "start": _lists(setting.start),
        "warnings": [*job.warnings],
    }


def frame_message(trainer: Trainer, view: View, change: Array, *, plays: bool) -> dict[str, Any]:
    """Return what training changes.

    Parameters
    ----------
    change : array (P,)
        The mean change of the parameters in a step since the last frame.
    """
    job, network = trainer.job, view.network
    layers = job.progress.sums.layers() or (trainer.last.layers if trainer.last else [])
    return {
        "type": "frame",
        "step": trainer.steps,
        "epoch": job.progress.epoch,
        "plays": plays,
        "is_done": trainer.is_done,
        "problem": trainer.problem,
        "measured": {
            name: [_number(each.loss), _number(each.score)]
            for name, each in view.measured().items()
        },
        "arrays": {
            name: _bytes(each, np.float32)
            for name, each in network.named.items()
            if each.size <= MOST_NUMBERS
        },
        "maps": [[_bytes(each.values, np.int8), each.largest.tolist()] for each in view.maps()],
        "gradients": [_number(each.gradient_norm) for each in layers],
        "changes": [
            _number(float(np.linalg.norm(change[block.where]))) for block in network.blocks
        ],
    }


def landscape_answer(found: Landscape) -> dict[str, Any]:
    """Return a landscape; losses that are not finite are NaN."""
    return {
        "side": len(found.losses),
        "losses": _bytes(found.losses, np.float32),
        "low": found.low,
        "high": found.high,
        "path": _bytes(found.path, np.float32),
    }


def weights_answer(weights: Array, units: int) -> dict[str, Any]:
    """Return the weights into the first units of a layer."""
    first = weights[:, :units]
    return {"inputs": len(first), "units": first.shape[1], "weights": _bytes(first, np.float32)}


def hidden_answer(outputs: Array) -> dict[str, Any]:
    """Return the outputs of a layer for the rows that are drawn."""
    return {"units": outputs.shape[1], "outputs": _bytes(outputs, np.float32)}


def _target_ends(data: Dataset) -> dict[str, float] | None:
    """Return the ends of the first target of the training rows, not scaled; None for classes."""
    split = data.splits["train"]
    if split.of_classes:
        return None
    targets = split.targets[split.rows, 0]
    low, high = float(targets.min()), float(targets.max())
    return {"low": low, "high": high} if low < high else {"low": low - 1, "high": high + 1}


def _plane(plane: Plane, points: Array) -> dict[str, Any]:
    return {
        "names": plane.names,
        "low": plane.low,
        "high": plane.high,
        "side": SIDE,
        "inputs": _bytes(points.T[:MOST_MAPS], np.float32),
    }


def _points(job: Job) -> dict[str, Any]:
    found = {}
    for name in ("train", "test"):
        split, learned = job.dataset.splits.get(name), as_learned(job, name)
        if split is not None and learned is not None:
            found[name] = _split(split, learned, shown_rows(job, split))
    return found


def _split(split: Split, learned: Split, shown: Rows) -> dict[str, Any]:
    """Return inputs as in the plane, and targets in the scale of the network's output."""
    targets = learned.targets[learned.rows[shown]]
    return {
        "count": len(split),
        "rows": shown.tolist(),
        "inputs": _bytes(split.inputs[split.rows[shown]], np.float32),
        "targets": _bytes(targets if split.of_classes else targets[:, 0], np.float32),
    }


def _lists(arrays: Mapping[str, Array]) -> dict[str, Any] | None:
    """Return arrays as lists, with as few digits as they need; None if no link has them."""
    if not 0 < sum(each.size for each in arrays.values()) <= MOST_IN_LINK:
        return None
    if not all(map(fits, arrays.values())):
        return None
    return {
        name: np.reshape([float(str(number)) for number in each.flat], each.shape).tolist()
        for name, each in arrays.items()
    }


def numbers(values: Array) -> list[float | None]:
    """Return numbers, with None where JSON has none."""
    return [_number(each) for each in values.tolist()]


def _bytes(numbers: NDArray[Any], dtype: Any) -> str:
    with np.errstate(over="ignore"):
        packed = np.ascontiguousarray(numbers, np.dtype(dtype).newbyteorder("<"))
    return b64encode(packed.tobytes()).decode("ascii")


def _number(value: float) -> float | None:
    """Return a number, or None where JSON has none."""
    return value if math.isfinite(value) else None
