"""The preprocessing of a model's rows before they enter the network."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.data.features import Features
from nncli.data.files.image_format import ImageFormat
from nncli.data.scaling import extremes
from nncli.data.splits import Split
from nncli.data.tables.encoding import Encoding

if TYPE_CHECKING:
    from nncli.data.rows.reading import Taken


@dataclass(frozen=True)
class Preprocessing:
    """The preprocessing of inputs and targets; inputs become ``(x - offset) * scale``.

    With features, these become inputs of the network, and are scaled, instead of the columns.

    Attributes
    ----------
    columns : list of str
    offset, scale : float or list of float
        One number for all inputs, or one per input.
    target_offset, target_scale : float or list of float
        For a regression: outputs are ``(t - target_offset) * target_scale`` for targets t.
    encoding : Encoding or None
        The encoding of table columns as inputs; None if the rows are already numeric.
    images : ImageFormat or None
        The format of image rows (bytes); None for other rows.
    ranges : list of two lists of float, or None
        The minima and maxima of the columns in the training rows; None for bytes, and in files of
        earlier versions. They do not affect the preprocessing.
    features : Features or None
        Features that are computed from the columns; None if the columns are the inputs.
    """

    columns: list[str]
    offset: float | list[float]
    scale: float | list[float]
    target_offset: float | list[float] = 0.0
    target_scale: float | list[float] = 1.0
    encoding: Encoding | None = None
    images: ImageFormat | None = None
    ranges: list[list[float]] | None = field(default=None, compare=False)
    features: Features | None = None

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs of the network: of the features, or else of the columns."""
        return self.columns if self.features is None else self.features.names

    def as_json(self) -> dict[str, Any]:
        """Return the preprocessing as JSON values, without `features` if there are none."""
        values = asdict(self)
        del values["features"]
        return values | ({"features": self.features.as_json()} if self.features else {})

    @property
    def taken(self) -> "Taken":
        """The rows that the model takes."""
        from nncli.data.rows.reading import Taken

        return Taken(self.columns, self.encoding, self.images, self.ranges)


def ranges_of(train: Split, before: Preprocessing | None = None) -> list[list[float]] | None:
    """Return the ranges of the training rows, extended by those of `before`; None for bytes."""
    if train.inputs.dtype.itemsize == 1 or (before and before.ranges is None):
        return None
    lowest, highest = extremes(train)
    if before and before.ranges is not None:
        lowest = np.minimum(lowest, before.ranges[0])
        highest = np.maximum(highest, before.ranges[1])
    return [lowest.tolist(), highest.tolist()]
