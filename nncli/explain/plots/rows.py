"""The first training rows: images with their numbers, tables as text."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.data.files.image_format import ImageFormat
from nncli.explain.plots.names import (
    COUNTED,
    head_figure,
    listed_short,
    number_text,
    rows_of,
    short,
)
from nncli.explain.plots.pictures import draw_pictures, pictures_of, size_of_pictures
from nncli.explain.plots.style import DOTS_PER_INCH, new_figure
from nncli.explain.plots.subject import Subject
from nncli.explain.plots.text_table import (
    CHARACTER_WIDTH,
    LISTED,
    MONOSPACE,
    columns_as_text,
    table_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES = 20
_PICTURES = 8
_INCHES = 8.4
_MOST_ACROSS = 32  # pixels with their numbers
_WIDEST_CHARACTER = 9  # dots
_TITLE = 0.8  # inches
_DIGITS = 4  # characters a pixel: up to 255, and a space


def rows(subject: Subject) -> "Figure":
    """Draw the first training rows: images with the numbers of the first one, or a table."""
    dataset = subject.dataset
    images, split = dataset.images, dataset.splits["train"]
    first = np.arange(min(len(split), _PICTURES if images else _LINES))
    numbers = dataset.row_numbers("train")[first].tolist()
    caption = f"The first {len(first)} of {rows_of(len(split), 'train')}"
    if images is None:
        names, cells = columns_as_text(subject, "train", first)
        targets = _targets(subject, first)
        header = ["row", listed_short(dataset.targets, 2, 12), *names]
        lines = [
            [str(number), target, *line]
            for number, target, line in zip(numbers, targets, cells, strict=True)
        ]
        figure = table_figure(header, lines)
        head_figure(figure, subject, "rows", f"{caption}. {COUNTED}")
        return figure
    targets = _targets(subject, first)
    titles = [f"row {number}: {target}" for number, target in zip(numbers, targets, strict=True)]
    inputs = take_rows(split.inputs, split.rows[first])
    above = size_of_pictures(images, len(first), _PICTURES, 1, _INCHES)
    pixels = _Numbers.of(inputs[0], images, numbers[0])
    height = _TITLE + above + pixels.height + 0.2
    figure = new_figure(_INCHES, height)
    figure.set_layout_engine("none")
    # Fixed places: with characters of a given size, the numbers must fit the pixels.
    upper = figure.add_axes((0.01, (pixels.height + 0.2) / height, 0.98, above / height))
    lower = figure.add_axes(
        (0.1 / _INCHES, 0.1 / height, pixels.width / _INCHES, pixels.height / height)
    )
    pictures = pictures_of(inputs, images)
    draw_pictures(upper, pictures, len(first), titles, cmap="gray", vmin=0, vmax=1)
    pixels.draw(lower)
    words = f"{caption}. {COUNTED} Below: {pixels.said}. {images}."
    head_figure(figure, subject, "rows", words)
    return figure


@dataclass(frozen=True)
class _Numbers:
    """The numbers of an image, or of its middle.

    Attributes
    ----------
    pixels : array (height, width)
    character : float
        Width of a character in inches, a whole number of dots, so that widths are not rounded.
    said : str
        What it shows.
    """

    pixels: NDArray[np.uint8]
    character: float
    said: str

    @classmethod
    def of(cls, row: NDArray[np.uint8], images: ImageFormat, number: int) -> "_Numbers":
        """Return the numbers of a row of bytes, whose own number is `number`."""
        pixels = row.reshape(images.height, images.width, images.channels)[:, :, 0]
        top, left = (max(0, (each - _MOST_ACROSS) // 2) for each in pixels.shape)
        shown = pixels[top : top + _MOST_ACROSS, left : left + _MOST_ACROSS]
        part = "" if shown.shape == pixels.shape else ", its middle"
        channel = "" if images.channels == 1 else " of the red channel"
        dots = (_INCHES - 0.2) * DOTS_PER_INCH / (shown.shape[1] * _DIGITS)
        return cls(
            shown,
            min(int(dots), _WIDEST_CHARACTER) / DOTS_PER_INCH,
            f"the numbers{channel} of row {number}{part}; 0 is black, 255 white, here inverted",
        )

    @property
    def width(self) -> float:
        """The width of the image in inches."""
        return float(self.pixels.shape[1] * _DIGITS * self.character)

    @property
    def height(self) -> float:
        """The height of the image in inches."""
        return float(self.pixels.shape[0] * _DIGITS * self.character)

    def draw(self, axes: "Axes") -> None:
        """Draw the image and a text per line, as a text per pixel would take long."""
        axes.imshow(self.pixels, cmap="gray_r", vmin=0, vmax=2.2 * 255, aspect="auto")  # pale
        for number, line in enumerate(self.pixels.tolist()):
            text = "".join(f"{pixel:>{_DIGITS - 1}} " for pixel in line)
            size = 72 * self.character / CHARACTER_WIDTH
            axes.text(-0.5, number, text, family=MONOSPACE, fontsize=size, va="center")
        axes.set_axis_off()


def _targets(subject: Subject, numbers: NDArray[np.intp]) -> list[str]:
    """Return the target of each of some training rows as text."""
    dataset, split = subject.dataset, subject.dataset.splits["train"]
    targets = take_rows(split.targets, split.rows[numbers])
    if dataset.classes:
        return [short(dataset.classes[each], 12) for each in targets.tolist()]
    if dataset.task == "multilabel":
        return [
            listed_short((dataset.targets[each] for each in np.flatnonzero(line).tolist()), *LISTED)
            or "none"
            for line in targets
        ]
    return [listed_short(map(number_text, line.tolist()), 2) for line in targets]
