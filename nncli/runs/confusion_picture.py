"""A picture of the confusion of classes, drawn with Pillow: it comes with TensorBoard."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import combining, normalize

import numpy as np

from nncli.base.words import printable, shortened
from nncli.metrics.classes import Counts, pairs_of
from nncli.metrics.means import quotient
from nncli.metrics.tasks import ClassificationEvaluation

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

MOST_CLASSES = 20
_LONGEST = 18  # characters of a class name
_CELL, _MARGIN, _TEXT = 44, 8, 15  # pixels
_DARK = 0.65  # share above which black text would be hard to read
_BLACK, _GRAY, _WHITE, _BLUE = (0, 0, 0), (170, 170, 170), (255, 255, 255), (0, 114, 178)


class Picture(NamedTuple):
    """A PNG file."""

    width: int
    height: int
    png: bytes


def confusion_picture(found: ClassificationEvaluation) -> Picture:
    """Draw the confusion matrix of an evaluation, with row counts in cells.

    A cell is as dark as its share of the true class. Of more than `MOST_CLASSES` classes, only
    those that are most often confused are shown.
    """
    from PIL import Image, ImageDraw, ImageFont

    chosen, matrix, support = _shown(found)
    names = [_label(found.names[each]) for each in chosen]
    font = ImageFont.load_default(_TEXT)
    room = int(max(font.getlength(name) for name in names)) + _MARGIN
    title = f"{found.split}: true classes in rows, predicted in columns"
    if len(chosen) < len(found.names):
        title += f"; {len(chosen)} of {len(found.names):,} classes"
    top = 3 * _MARGIN + _TEXT + room
    side, width = _CELL * len(names), int(font.getlength(title))
    size = (max(3 * _MARGIN + room + side, 2 * _MARGIN + width), top + side + _MARGIN)
    image = Image.new("RGB", size, _WHITE)
    draw = ImageDraw.Draw(image)
    draw.text((_MARGIN, _MARGIN), title, _BLACK, font)
    _draw_names(image, names, (2 * _MARGIN + room, top), font)
    shares = quotient(matrix, np.broadcast_to(support[:, np.newaxis], matrix.shape))
    for (row, column), rows in np.ndenumerate(matrix):
        corner = (2 * _MARGIN + room + _CELL * column, top + _CELL * row)
        _draw_cell(draw, corner, int(rows), float(shares[row, column]), font)
    stream = BytesIO()
    image.save(stream, "PNG")
    return Picture(*size, stream.getvalue())


def _shown(found: ClassificationEvaluation) -> tuple[list[int], Counts, Counts]:
    """Return the classes to show, their confusion matrix, and the rows of each."""
    classes = len(found.names)
    support, wrong = np.zeros((2, classes), np.intp)
    pairs = pairs_of(found.confusion)
    for predicted, actual, rows in pairs:
        support[actual] += rows
        if predicted != actual:
            wrong[[predicted, actual]] += rows
    chosen = sorted(np.argsort(-wrong, kind="stable")[:MOST_CLASSES].tolist())
    places = {each: place for place, each in enumerate(chosen)}
    matrix = np.zeros((len(chosen), len(chosen)), np.intp)
    for predicted, actual, rows in pairs:
        if predicted in places and actual in places:
            matrix[places[actual], places[predicted]] = rows
    return chosen, matrix, support[chosen]


def _label(name: str) -> str:
    """Return a short name in ASCII, as Pillow's font has no other characters: é is an e."""
    plain = "".join(each for each in normalize("NFKD", name) if not combining(each))
    return shortened(printable(plain.encode("ascii", "backslashreplace").decode()), _LONGEST)


def _draw_names(
    image: "Image", names: Sequence[str], corner: tuple[int, int], font: "Font"
) -> None:
    """Write names to the left of the matrix at `corner`, and above it; there long ones turned."""
    from PIL import Image, ImageDraw

    left, top = corner
    lines = []
    for name in names:
        lines.append(Image.new("RGB", (int(font.getlength(name)) + 1, _TEXT + 4), _WHITE))
        ImageDraw.Draw(lines[-1]).text((0, 0), name, _BLACK, font)
    are_long = any(line.width > _CELL for line in lines)
    for place, line in enumerate(lines):
        x, y = left + _CELL * place, top + _CELL * place
        image.paste(line, (left - _MARGIN - line.width, y + (_CELL - line.height) // 2))
        above = line.transpose(Image.Transpose.ROTATE_90) if are_long else line
        place_above = (x + (_CELL - above.width) // 2, top - _MARGIN // 2 - above.height)
        image.paste(above, place_above)


def _draw_cell(
    draw: "ImageDraw", corner: tuple[int, int], rows: int, share: float, font: "Font"
) -> None:
    """Fill a cell by its share, and write its number of rows."""
    x, y = corner
    color = tuple(round(255 - share * (255 - each)) for each in _BLUE)
    draw.rectangle((x, y, x + _CELL - 2, y + _CELL - 2), fill=color)
    text = _short(rows)
    place = (x + (_CELL - font.getlength(text)) / 2, y + (_CELL - _TEXT) / 2 - 2)
    draw.text(place, text, _WHITE if share > _DARK else _BLACK if rows else _GRAY, font)


def _short(rows: int) -> str:
    """Return a number of rows in a few characters, as cells are narrow."""
    if rows < 10_000:
        return f"{rows}"
    return f"{rows / 1e3:.0f}k" if rows < 1_000_000 else f"{rows / 1e6:.0f}M"
