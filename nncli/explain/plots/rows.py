"""The first training rows: images with their numbers, tables as text."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.data.files.image_format import ImageFormat
from nncli.explain.plots.names import head_figure, listed_short, short
from nncli.explain.plots.pictures import draw_pictures, pictures_of, size_of_pictures
from nncli.explain.plots.sample import rows_of
from nncli.explain.plots.style import new_figure
from nncli.explain.plots.subject import Subject
from nncli.explain.plots.text_table import (
    CHARACTER_WIDTH,
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
_DIGITS = 4  # characters a pixel: up to 255, and a space


def rows(subject: Subject) -> "Figure":
    """Draw the first training rows: images with the numbers of the first one, or a table."""
    dataset = subject.dataset
    images, split = dataset.images, dataset.splits["train"]
    first = np.arange(min(len(split), _PICTURES if images else _LINES))
    caption = f"The first {len(first)} of {rows_of(len(split), 'train')}"
    if images is None:
        names, cells = columns_as_text(subject, "train", first)
        targets = _targets(subject, first)
        header = ["row", listed_short(dataset.targets, 2, 12), *names]
        lines = [[str(n), targets[n], *cells[n]] for n in first.tolist()]
        figure = table_figure(header, lines)
        head_figure(figure, subject, "rows", f"{caption}. Rows count from 0.")
        return figure
    titles = [f"row {n}: {target}" for n, target in enumerate(_targets(subject, first))]
    inputs = take_rows(split.inputs, split.rows[first])
    above = size_of_pictures(images, len(first), _PICTURES, 1, _INCHES) + 0.1
    shown = min(images.width, _MOST_ACROSS), min(images.height, _MOST_ACROSS)
    below = _INCHES * shown[1] / shown[0]
    figure = new_figure(_INCHES, above + below + 0.8)
    panels = figure.subplots(2, 1, height_ratios=[above, below])
    pictures = pictures_of(inputs, images)
    draw_pictures(panels[0], pictures, len(first), titles, cmap="gray", vmin=0, vmax=1)
    what = _draw_numbers(panels[1], inputs[0], images, below)
    head_figure(figure, subject, "rows", f"{caption}. Below: {what}. {images}.")
    return figure


def _targets(subject: Subject, numbers: NDArray[np.intp]) -> list[str]:
    """Return the target of each of some training rows as text."""
    dataset, split = subject.dataset, subject.dataset.splits["train"]
    targets = take_rows(split.targets, split.rows[numbers])
    if dataset.classes:
        return [short(dataset.classes[each], 12) for each in targets.tolist()]
    if dataset.task == "multilabel":
        return [
            listed_short((dataset.targets[each] for each in np.flatnonzero(line).tolist()), 2, 8)
            or "none"
            for line in targets
        ]
    return [listed_short((f"{each:.4g}" for each in line), 2) for line in targets]


def _draw_numbers(axes: "Axes", row: NDArray[np.uint8], images: ImageFormat, inches: float) -> str:
    """Draw an image with the number of each pixel, and return what is drawn.

    A line of pixels is one text, in a font with characters of equal width; a text per pixel would
    take seconds.
    """
    pixels = row.reshape(images.height, images.width, images.channels)[:, :, 0]
    top, left = (max(0, (each - _MOST_ACROSS) // 2) for each in pixels.shape)
    shown = pixels[top : top + _MOST_ACROSS, left : left + _MOST_ACROSS]
    height, width = shown.shape
    axes.imshow(shown, cmap="gray_r", vmin=0, vmax=2.2 * 255)  # pale, for numbers in black
    size = 72 * 0.96 * inches / height / (_DIGITS * CHARACTER_WIDTH)
    for number, line in enumerate(shown.tolist()):
        text = "".join(f"{pixel:>{_DIGITS - 1}} " for pixel in line)
        axes.text(
            -0.5, number, text, family=MONOSPACE, fontsize=size, va="center", parse_math=False
        )
    axes.set_axis_off()
    part = "" if shown.shape == pixels.shape else f", its middle {height} x {width} pixels"
    channel = "" if images.channels == 1 else " of the red channel"
    return f"the numbers{channel} of row 0{part}; 0 is black, 255 white, here drawn inverted"
