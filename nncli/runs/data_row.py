"""One row of the data of a config: its cells, its inputs, its target, its image."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.arguments import said, unexpected
from nncli.base.errors import DataError, UsageError
from nncli.base.words import count
from nncli.config.check import misfits_of_data
from nncli.config.load import ConfigSource, read_config
from nncli.config.overrides import Overrides
from nncli.data.dataset import Dataset
from nncli.data.files.image_format import ImageFormat
from nncli.data.files.table import Wanted


@dataclass(frozen=True)
class DataRow:
    """A row of the data of a config.

    Attributes
    ----------
    split : str
    row : int
        Number of the row in its file, from 0.
    target : dict of str to value
        Class, labels or numbers by the names of the targets.
    inputs : dict of str to float
        Inputs before scaling.
    cells : dict of str to str or None
        Cells of a table by column, as they are in the file; None for an empty cell.
    inputs_of : dict of str to list of str
        Names of the inputs that each column of a table becomes.
    roles : mapping of str to str
        Roles of the columns that are not inputs.
    image : array (height, width, channels) of bytes, or None
    has_light_background : bool
        Whether the images of the data have a light background.
    """

    split: str
    row: int
    target: dict[str, Any]
    inputs: dict[str, float]
    cells: dict[str, str | None] = field(default_factory=dict)
    inputs_of: dict[str, list[str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    image: NDArray[np.uint8] | None = None
    has_light_background: bool = False


def data_row(
    config: ConfigSource,
    row: int,
    overrides: Overrides = (),
    *,
    split: str | None = None,
    progress: bool = False,
) -> DataRow:
    """Return a row of the data of a config.

    Parameters
    ----------
    config, overrides
        As for `train`.
    row : int
        Number of the row in its file, from 0, as `export_data` and `Evaluation.mistakes` count.
    split : str, optional
        Split of the row; by default, the first split with a row of this number.
    progress : bool
        Whether a download shows a progress bar on standard error.

    Raises
    ------
    ConfigError, DataError
        As for `load_data`.
    UsageError
        If there is no such row.
    """
    if type(row) is not int or row < 0:
        raise unexpected("row", row, "a number of a row, from 0")
    loaded = read_config(config, overrides, check=misfits_of_data)
    dataset = loaded.config.load_data(progress=progress)
    name, place = _found(dataset, row, split)
    chosen = dataset.splits[name]
    values = np.asarray(chosen.inputs[place])
    table = loaded.config.data.table_of(name)
    columns = dataset.encoding.columns if dataset.encoding else ()
    return DataRow(
        split=name,
        row=row,
        target=_target(dataset, chosen.targets[place]),
        inputs=dict(zip(dataset.columns, values.tolist(), strict=True)),
        cells={} if table is None else _cells(table, row),
        inputs_of={column.name: column.inputs for column in columns},
        roles=dataset.roles,
        image=None if dataset.images is None else _image(dataset.images, values),
        has_light_background=dataset.images is not None and dataset.images.background == "light",
    )


def _found(dataset: Dataset, row: int, split: str | None) -> tuple[str, int]:
    """Return the split of a row, and its place in the arrays of the split."""
    if split is not None and split not in dataset.splits:
        raise UsageError(
            f"the data has no {split} rows; choose {said('--split', 'split')} "
            f"{' or '.join(dataset.splits)}"
        )
    highest, elsewhere = 0, ""
    for name in dataset.splits:
        each = dataset.splits[name]
        numbers = dataset.row_numbers(name)
        places = np.flatnonzero(numbers == row)
        if split not in (None, name):
            elsewhere = elsewhere or (name if len(places) else "")
            continue
        if len(places):
            return name, int(each.rows[places[0]])
        highest = max(highest, int(numbers.max()))
    if elsewhere:
        raise UsageError(
            f"{said('--row', 'row')} {row}: is a {elsewhere} row, not a {split} row; use "
            f"{said('--split', 'split')} {elsewhere}"
        )
    where = f"the {split} rows have" if split else "the data has"
    raise UsageError(
        f"{said('--row', 'row')} {row}: {where} no such row; rows are counted from 0 in their "
        f"file, and the last is {highest}"
    )


def _target(dataset: Dataset, value: Any) -> dict[str, Any]:
    if dataset.classes:
        return {dataset.targets[0]: dataset.classes[int(value)]}
    return dict(zip(dataset.targets, np.asarray(value).tolist(), strict=True))


def _image(format_: ImageFormat, values: NDArray[Any]) -> NDArray[np.uint8]:
    shape = format_.height, format_.width, format_.channels
    return np.asarray(values, np.uint8).reshape(shape)


def _cells(table: Any, row: int) -> dict[str, str | None]:
    """Return the cells of a row as text. Raises `DataError` if the file has fewer rows."""
    from nncli.data.files.table_file import column_names, name_of, table_blocks
    from nncli.data.files.texts import text_of

    kinds: dict[str, Wanted] = dict.fromkeys(column_names(table), "category")
    first = 0
    for block in table_blocks(table, rows=8192, kinds=kinds):
        if row < first + len(block):
            cells = ((name, each[row - first]) for name, each in block.columns.items())
            return {name: text_of(cell) for name, cell in cells}
        first += len(block)
    raise DataError(
        f"{name_of(table)}: has {count(first, 'row')}, fewer than a moment ago; try again"
    )
