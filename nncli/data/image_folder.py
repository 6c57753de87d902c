"""Data sets from folders of images, with one subfolder per class."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nncli.data.arrays import Arrays, load_arrays
from nncli.data.dataset import Dataset, Task
from nncli.data.division import Fold, Share
from nncli.data.drawing import Rules
from nncli.data.files.image_format import ImageFormat
from nncli.data.files.images import LabelledImages, read_classes
from nncli.data.tables.class_order import ClassOrder
from nncli.data.weights import ClassWeights


def load_folders(
    path: Path,
    parts: Mapping[str, Path | Share],
    task: Task | None,
    seed: int,
    fold: Fold | None = None,
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    class_weight: ClassWeights | None = None,
    rules: Rules | None = None,
    order: ClassOrder | None = None,
) -> Dataset:
    """Return the data set of a folder with the training images.

    Parameters
    ----------
    parts : mapping
        For ``test`` and ``validation``, another such folder, or the number (int) or fraction of
        images to take from `path`.
    fold : Fold, optional
        As for `load_arrays`.
    size : (height, width), optional
    channels : 1 or 3, optional
        As for `read_classes`; images of other folders are converted to the format of the training
        images.
    class_weight : "balanced" or mapping of class to number, optional
    rules : Rules, optional
    order : ClassOrder, optional
        As for `load_arrays`.

    Raises
    ------
    DataError
        With the folder or file, what was found and what was expected.
    """
    first = read_classes(path, size=size, channels=channels)
    found = first.images.format
    others = {
        name: _arrays(_alike(each, found), each) if isinstance(each, Path) else each
        for name, each in parts.items()
    }
    return load_arrays(
        _arrays(first, path), others, task, seed, fold, class_weight, rules=rules, order=order
    )


def _alike(path: Path, format_: ImageFormat) -> LabelledImages:
    size = (format_.height, format_.width)
    return read_classes(path, size=size, channels=format_.channels)


def _arrays(labelled: LabelledImages, path: Path) -> Arrays:
    """Return images (N, height, width, channels) and their class names (N,) as `Arrays`."""
    images, classes = labelled.images, np.array(labelled.classes)
    format_ = images.format
    rows = images.rows.reshape(-1, format_.height, format_.width, format_.channels)
    return Arrays(rows, classes[labelled.labels], str(path), f"{path}: the classes", ["class"])
