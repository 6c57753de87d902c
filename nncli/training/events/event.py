"""The events in TensorBoard's files: messages of its type ``Event``."""

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import HistogramProto

BUCKETS = 30  # of a histogram, as many as TensorBoard shows

_FORMAT = "brain.Event:2"
_LARGE = 1e307  # beyond it, differences may exceed the range of float64
_BLOCK = 1 << 14  # numbers that fit into the cache of a processor
_WITH_ALL_HISTOGRAMS = 7  # the epochs with fewer binary digits, up to 127


def version_event() -> bytes:
    """Return the event that starts every file."""
    return event(file_version=_FORMAT)


def event(step: int = 0, values: Iterable[Any] = (), **fields: Any) -> bytes:
    """Return an event.

    Parameters
    ----------
    values : iterable of Summary.Value
        What the event shows.
    fields
        Other fields of the message.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    if found := [*values]:
        fields["summary"] = Summary(value=found)
    content: bytes = Event(wall_time=time.time(), step=step, **fields).SerializeToString()
    return content


def epoch_event(
    epoch: int,
    numbers: Mapping[str, float],
    arrays: Mapping[str, NDArray[Any]] | None = None,
) -> bytes:
    """Return the event of an epoch: numbers by tag, and histograms of arrays by tag."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    values = [Summary.Value(tag=tag, simple_value=number) for tag, number in numbers.items()]
    for tag, array in (arrays or {}).items():
        values.append(Summary.Value(tag=tag, histo=histogram(array)))
    return event(epoch, values)


def parsed(content: bytes) -> "Event | None":
    """Return an event that was read, without its time; None if it is none."""
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto.event_pb2 import Event

    try:
        found = Event.FromString(content)
    except DecodeError:
        return None
    found.ClearField("wall_time")
    return found


def has_histograms(epoch: int) -> bool:
    """Return whether an epoch has histograms.

    The first 127 epochs have them. Between two powers of two, 64 later ones have them: a long run
    has not many more, and a longer one has the same.
    """
    return epoch % (1 << max(0, epoch.bit_length() - _WITH_ALL_HISTOGRAMS)) == 0


def histogram(array: NDArray[Any]) -> "HistogramProto":
    """Return the histogram of the finite values of an array, in equal buckets."""
    from tensorboard.compat.proto.summary_pb2 import HistogramProto

    values = array.ravel()
    if values.size and not (np.isfinite(values.min()) and np.isfinite(values.max())):
        values = values[np.isfinite(values)]
    if not values.size:
        return HistogramProto()
    low, high = float(values.min()), float(values.max())
    scale = 1.0 if max(high, -low) < _LARGE else 0.25
    start, end = low * scale, high * scale
    sums, counts = np.zeros(2), np.zeros(BUCKETS, np.intp)
    with np.errstate(over="ignore"):
        for first in range(0, values.size, _BLOCK):
            block = values[first : first + _BLOCK].astype(np.float64)
            sums += block.sum(), block @ block
            places = (block * scale - start) / ((end - start) or 1.0) * BUCKETS
            buckets = np.minimum(places.astype(np.uint8), BUCKETS - 1)
            counts += np.bincount(buckets, minlength=BUCKETS)
    return HistogramProto(
        min=low,
        max=high,
        num=values.size,
        sum=sums[0],
        sum_squares=sums[1],
        bucket_limit=(np.linspace(start, end, BUCKETS + 1)[1:] / scale).tolist(),
        bucket=counts.tolist(),
    )
