"""What TensorBoard shows at the end of a run: settings, final metrics, confusion of classes."""

import time
from collections.abc import Mapping
from typing import Any

from nncli.base.storage.directory import Directory
from nncli.base.words import printable, shortened
from nncli.config.saved_settings import Settings, settings_of
from nncli.config.schema import Config
from nncli.metrics.tasks import ClassificationEvaluation, Evaluation
from nncli.model.model import Model
from nncli.runs.confusion_picture import confusion_picture
from nncli.training.events.event import event, version_event
from nncli.training.events.event_file import EventFile
from nncli.training.outcome import DIVERGED, EARLY, FINISHED, Outcome

_FOLDER = "final"
_NOT_OF_THE_MODEL = (
    "training.checkpoint_seconds",
    "training.record_weights",
    "training.log_every",
    "training.tensorboard",
)
_LONGEST = 60  # characters of a setting
_SHOWN_FIRST = ("validation", "held_out", "test", "train")


def write_final_events(run: Directory, config: Config, model: Model, outcome: Outcome) -> None:
    """Write ``tensorboard/final`` of a run, replacing an earlier one. Raises `OutputError`.

    Parameters
    ----------
    config : Config
        Config with all defaults filled in.
    """
    step = int(model.training["best_epoch"])
    metrics = {
        f"final/{split}_{name}": found.metrics[name]
        for split, found in outcome.evaluations.items()
        for name in ("loss", *found.headline)
        if name in found.metrics
    }
    file = EventFile(run, _FOLDER)
    file.start(
        [
            version_event(),
            event(values=[_session_start(hyperparameters(config))]),
            event(step, [*_numbers(metrics), *_confusion(outcome.evaluations)]),
            event(step, [_session_end(outcome)]),
        ]
    )
    file.close()


def hyperparameters(config: Config) -> dict[str, float | bool | str]:
    """Return the settings of a config that shape a model, by key; lists are texts."""
    settings: Settings = settings_of(config)
    parts = ("model.", "training.", "seed")
    return {
        key: value if isinstance(value, bool | int | float) else _text(value)
        for key, value in settings.items()
        if key.startswith(parts) and key not in _NOT_OF_THE_MODEL and value is not None
    }


def _text(value: Any) -> str:
    return shortened(printable(str(value)), _LONGEST)


def _numbers(metrics: Mapping[str, float]) -> list[Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [Summary.Value(tag=tag, simple_value=value) for tag, value in metrics.items()]


def _confusion(evaluations: Mapping[str, Evaluation]) -> list[Any]:
    """Return the picture of the confusion of classes; none for other tasks."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    split = next((name for name in _SHOWN_FIRST if name in evaluations), "")
    found = evaluations.get(split)
    if not isinstance(found, ClassificationEvaluation):
        return []
    width, height, png = confusion_picture(found)
    image = Summary.Image(width=width, height=height, colorspace=3, encoded_image_string=png)
    return [Summary.Value(tag=f"confusion/{split}", image=image)]


def _session_start(settings: Mapping[str, float | bool | str]) -> Any:
    from tensorboard.plugins.hparams.plugin_data_pb2 import SessionStartInfo

    start = SessionStartInfo(start_time_secs=time.time())
    for name, value in settings.items():
        kind = "string" if isinstance(value, str) else "number"
        kind = "bool" if isinstance(value, bool) else kind
        setattr(start.hparams[name], f"{kind}_value", value)
    return _of_session("session_start_info", start)


def _session_end(outcome: Outcome) -> Any:
    from tensorboard.plugins.hparams.api_pb2 import Status
    from tensorboard.plugins.hparams.plugin_data_pb2 import SessionEndInfo

    state = {FINISHED: "SUCCESS", EARLY: "SUCCESS", DIVERGED: "FAILURE"}.get(
        outcome.ended, "RUNNING"
    )
    end = SessionEndInfo(status=Status.Value(f"STATUS_{state}"), end_time_secs=time.time())
    return _of_session("session_end_info", end)


def _of_session(kind: str, content: Any) -> Any:
    """Return a value of the plugin that shows settings and metrics; it reads only the metadata."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_FLOAT
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    data = HParamsPluginData(version=0, **{kind: content})
    text = data.SerializeToString(deterministic=True)  # else settings have any order
    plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=text)
    none = TensorShapeProto(dim=[TensorShapeProto.Dim(size=0)])
    return Summary.Value(
        tag=f"_hparams_/{kind}",
        metadata=SummaryMetadata(plugin_data=plugin),
        tensor=TensorProto(dtype=DT_FLOAT, tensor_shape=none),
    )
