"""Read the events of a run as TensorBoard does."""

from pathlib import Path

import pytest

pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

NAME = "events.out.tfevents.0.nncli"
_ALL = dict.fromkeys(("scalars", "histograms", "images", "tensors"), 0)


def shown(run: Path, folder: str) -> EventAccumulator:
    """Return what TensorBoard reads in a folder of a run, nothing left out."""
    found = EventAccumulator(str(run / "tensorboard" / folder), size_guidance=_ALL)
    return found.Reload()


def scalars(run: Path, folder: str) -> dict[str, list[tuple[int, float]]]:
    """Return step and value of each scalar by tag."""
    found = shown(run, folder)
    return {
        tag: [(each.step, each.value) for each in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }


def events(run: Path) -> dict[str, list[bytes]]:
    """Return all events of a run by folder, without times."""
    return {
        path.parent.name: [_without_times(each) for each in EventFileLoader(str(path)).Load()]
        for path in sorted((run / "tensorboard").glob("*/*"))
    }


def _without_times(event) -> bytes:
    event.wall_time = 0
    for value in event.summary.value:
        if value.metadata.plugin_data.plugin_name == "hparams":
            data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
            data.session_start_info.start_time_secs = data.session_end_info.end_time_secs = 0
            value.metadata.plugin_data.content = data.SerializeToString(deterministic=True)
    return event.SerializeToString(deterministic=True)


def settings(run: Path) -> dict[str, object]:
    """Return the hyper-parameters of a run by name."""
    data = shown(run, "final").SummaryMetadata("_hparams_/session_start_info").plugin_data
    start = HParamsPluginData.FromString(data.content).session_start_info
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}


def status(run: Path) -> int:
    """Return how the run ended: 1 success, 2 failure, 3 still running."""
    data = shown(run, "final").SummaryMetadata("_hparams_/session_end_info").plugin_data
    return HParamsPluginData.FromString(data.content).session_end_info.status
