"""What is done to the rows of a model before its network sees them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nncli.data.files.image_format import ImageFormat
from nncli.data.scaling import extremes
from nncli.data.splits import Split
from nncli.data.tables.encoding import Encoding

if TYPE_CHECKING:
    from nncli.data.rows.reading import Taken


@dataclass(frozen=True)
class Preprocessing:
    """What is done to an input row before the network sees it: ``(x - offset) * scale``.

    Attributes
    ----------
    columns : list of str
    offset, scale : float or list of float
        One number for all columns, or one for each.
    target_offset, target_scale : float or list of float
        Of a regression: its outputs are ``(t - target_offset) * target_scale``, of the targets t.
    encoding : Encoding or None
        How the columns of a table became these; None where rows are numbers as they are.
    images : ImageFormat or None
        What images the rows are, if they are, as bytes.
    ranges : list of two lists of float, or None
        The lowest and the highest value of each column in the training rows; None for bytes, and
        in files of earlier versions. They change nothing that is done.
    """

    columns: list[str]
    offset: float | list[float]
    scale: float | list[float]
    target_offset: float | list[float] = 0.0
    target_scale: float | list[float] = 1.0
    encoding: Encoding | None = None
    images: ImageFormat | None = None
    ranges: list[list[float]] | None = field(default=None, compare=False)

    @property
    def taken(self) -> "Taken":
        """What rows it takes."""
        from nncli.data.rows.reading import Taken

        return Taken(self.columns, self.encoding, self.images, self.ranges)


def ranges_of(train: Split, before: Preprocessing | None = None) -> list[list[float]] | None:
    """Return the ranges of training rows, and of those `before`; None for bytes, of any value."""
    if train.inputs.dtype.itemsize == 1 or (before and before.ranges is None):
        return None
    lowest, highest = extremes(train)
    if before and before.ranges is not None:
        lowest = np.minimum(lowest, before.ranges[0])
        highest = np.maximum(highest, before.ranges[1])
    return [lowest.tolist(), highest.tolist()]
