"""Read rows of any form for a model: blocks of inputs, and targets on request.

Files, folders, standard input, arrays, frames and lists share this path, in prediction and
evaluation, so a row gives the same inputs in each of them. The first bytes of a file decide its
format, never its name. Readers are imported on demand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError, memory_for, os_errors_as
from nncli.base.notes import Note
from nncli.base.storage.temporary_file import Stack, joined
from nncli.base.words import briefly, count, listed
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.image_format import OF_MNIST, ImageFormat
from nncli.data.files.input_file import InputFile, open_input
from nncli.data.files.kinds import IMAGES, is_parquet_folder, kind_of_name
from nncli.data.files.table import Cells, OpenTable
from nncli.data.memory.forms import as_table, form_of
from nncli.data.memory.memory_table import MemoryTable
from nncli.data.names import plain_name
from nncli.data.rows.arrays import ArrayRows, array_blocks
from nncli.data.rows.blocks import Asked, RowBlock
from nncli.data.rows.derived import WithColumns, as_named_before
from nncli.data.rows.targets import as_array, check_given, given_columns
from nncli.data.splits import Split, whole
from nncli.data.tables.encoding import Encoding
from nncli.data.tables.targets import Targets
from nncli.data.tables.unseen import Far, Unseen

_ARRAYS = ("npy", "zip", "idx")


@dataclass(frozen=True)
class Taken:
    """The rows that a model takes.

    Attributes
    ----------
    columns : sequence of str
        Names of the inputs.
    encoding : Encoding or None
        Encoding of table columns as inputs; None if rows are plain numbers.
    images : ImageFormat or None
        Image format, if the rows are images as bytes.
    ranges : list of two lists of float, or None
        Minimum and maximum of each input in the training rows, if known.
    hints : Hints
        Options for reading the file of training rows.
    """

    columns: Sequence[str]
    encoding: Encoding | None = None
    images: ImageFormat | None = None
    ranges: list[list[float]] | None = None
    hints: Hints = NO_HINTS


def read_rows(
    taken: Taken, rows: object, asked: Asked, y: object | None = None
) -> Iterator[RowBlock]:
    """Yield rows of any form as inputs of a model.

    Parameters
    ----------
    rows : path, array, frame, list, or OpenTable
        Rows as for `form_of`; the path ``-`` is standard input, and a folder has images.
    y : array, list or series, optional
        The requested targets, if not in `rows`.

    Raises
    ------
    DataError
        When rows are invalid; the blocks before them are yielded.
    """
    name = "standard input" if (name := name_of(rows)) == "-" else name
    unseen = Unseen(Far(taken.columns, *taken.ranges) if taken.ranges else None)
    for block in _blocks(taken, rows, replace(asked, unseen=unseen), y):
        unseen.look(block.inputs, block.place)
        if asked.strict:
            unseen.refuse(name)
        yield block
    for line in unseen.notes(name):
        asked.note(line)


def _blocks(taken: Taken, rows: object, asked: Asked, y: object | None) -> Iterator[RowBlock]:
    form = form_of(rows)
    given = None if y is None else given_columns(y, asked.target_names)
    if isinstance(form, Path):
        yield from _of_path(taken, form, asked, given)
    elif isinstance(form, np.ndarray):
        if asked.wanted is not None and given is None:
            raise DataError("X: is an array without targets; pass X and y")
        arrays = ArrayRows(form, None if given is None else as_array(given), "X", in_memory=True)
        yield from _of_arrays(taken, arrays, asked)
    else:
        yield from _of_table(taken, form, asked, given)


def labelled_rows(
    taken: Taken,
    targets: Targets,
    rows: object,
    y: object | None = None,
    *,
    note: Note,
    left_out: Note | None = None,
    strict: bool = False,
) -> Split:
    """Return rows of any form with their targets.

    Parameters
    ----------
    rows, y
        Rows and targets as for `read_rows`.
    note : function of str
        Called with one line per warning or guess.
    left_out : function of str, optional
        Called with a line about rows without a target; by default `note`.
    strict : bool
        Whether values that no training row had are an error.

    Raises
    ------
    DataError
        As in `read_rows`, and for targets unknown to the model.
    """
    asked = Asked(note, targets=targets, left_out=left_out, strict=strict)
    values = Stack()

    def inputs() -> Iterator[NDArray[Any]]:
        for block in read_rows(taken, rows, asked, y):
            assert block.targets is not None  # requested above
            values.append(block.targets)
            yield block.inputs

    with memory_for(f"for the rows of {name_of(rows)}", "use fewer rows at once"):
        return whole(joined(inputs()), values.array())


def name_of(rows: object) -> str:
    """Return the name of rows for messages: a path, ``X`` for an array, else ``data``."""
    if isinstance(rows, str | Path):
        return str(rows)
    return "X" if isinstance(rows, np.ndarray) else "data"


def _of_path(
    taken: Taken, path: Path, asked: Asked, given: dict[str, Cells] | None
) -> Iterator[RowBlock]:
    if given is not None and path.is_dir():
        raise DataError(f"{path}: is a folder, whose subfolders are the classes; omit y")
    if path.is_dir() and (taken.images is not None or not is_parquet_folder(path)):
        yield from _of_images(taken, path, asked)
        return
    hints = replace(taken.hints, are_of_this=False, note=asked.note)
    with open_input(path, asked.advance) as file:
        # Check the name too: a broken image is then an error, and not read as a table.
        if (
            file.kind in IMAGES
            or kind_of_name(path) in IMAGES
            or (taken.images is not None and _is_other_image(file))
        ):
            if str(path) == "-":
                _image_format(taken, path, asked.note)
                raise DataError("standard input: is an image; pass its file name instead")
            yield from _of_images(taken, path, asked)
        elif file.kind in _ARRAYS:
            yield from _of_arrays(taken, _arrays_of_file(file, asked, given), asked)
        elif taken.encoding is not None or file.kind is not None:
            from nncli.data.files.table_file import table_in

            columns = taken.encoding.columns if taken.encoding else ()
            known = [plain_name(column.name) for column in columns]
            table = table_in(file, hints, known=known)
            yield from _of_table(taken, table, asked, given)
        else:
            from nncli.data.files.csv_file import CsvFile
            from nncli.data.rows.matching import matched_csv

            in_order = asked.wanted is None or given is not None
            table = matched_csv(
                CsvFile(file, hints), taken.columns, asked.note if in_order else None
            )
            yield from _numbers_of(taken, table, asked, given)


def _of_table(
    taken: Taken, table: OpenTable, asked: Asked, given: dict[str, Cells] | None
) -> Iterator[RowBlock]:
    from nncli.data.rows.matching import in_order, matched

    if taken.encoding is None:
        takes_order = asked.wanted is None or given is not None
        table = matched(table, taken.columns, asked.note if takes_order else None)
        yield from _numbers_of(taken, table, asked, given)
        return
    from nncli.data.rows.tables import encoded_blocks

    table, asked = _by_names_of(taken.encoding, table, asked)
    if isinstance(table, MemoryTable) and not table.has_names:
        table = in_order(table, [column.name for column in taken.encoding.columns])
    encoding = taken.encoding.strict if asked.strict else taken.encoding
    yield from encoded_blocks(_beside(table, given), encoding, asked)


def _by_names_of(encoding: Encoding, table: OpenTable, asked: Asked) -> tuple[OpenTable, Asked]:
    """Return the table and the options with the model's names for the columns."""
    asked = replace(asked, ids=[*map(plain_name, asked.ids)])
    names = [*(each.name for each in encoding.columns), *asked.target_names]
    names += [] if encoding.id is None else [encoding.id]
    before = {plain: name for name in names if (plain := plain_name(name)) != name}
    if not before:
        return table, asked
    ids = [each if each in names else before.get(each, each) for each in asked.ids]
    return as_named_before(table, names), replace(asked, ids=ids)


def _numbers_of(
    taken: Taken, table: OpenTable, asked: Asked, given: dict[str, Cells] | None
) -> Iterator[RowBlock]:
    from nncli.data.rows.tables import number_blocks

    yield from number_blocks(_beside(table, given), taken.columns, asked)


def _beside(table: OpenTable, given: dict[str, Cells] | None) -> OpenTable:
    """Return a table with separately passed targets as columns."""
    return table if given is None else WithColumns(table, given, "y")


def _of_arrays(taken: Taken, arrays: ArrayRows, asked: Asked) -> Iterator[RowBlock]:
    """Yield rows of arrays; a model of named columns matches them by order."""
    if taken.encoding is None:
        yield from array_blocks(arrays, taken.columns, asked)
        return
    if arrays.X.dtype.kind not in "buif":
        raise DataError(f"{arrays.name}: holds values of type {arrays.X.dtype}; expected numbers")
    given = None
    if asked.wanted is not None and arrays.y is not None:
        given = given_columns(arrays.y, asked.target_names)
        check_given(arrays.y_name, given, arrays.place)
    yield from _of_table(taken, as_table(arrays.X, arrays.name), asked, given)


def _arrays_of_file(file: InputFile, asked: Asked, given: dict[str, Cells] | None) -> ArrayRows:
    """Return the only array of a file or its X, and its y if targets are requested."""
    from nncli.data.files.array_file import arrays_in, inputs_and_targets, named

    arrays, name, targets = arrays_in(file) or {}, file.name, asked.wanted
    advance = asked.advance if file.path is not None and file.kind == "npy" else lambda count: None
    if targets is not None and given is None:
        if "" in arrays:
            names = targets.names
            what = f"a column {names[0]!r}" if len(names) == 1 else "columns " + briefly(names)
            raise DataError(
                f"{name}: has no {'labels' if targets.classes else 'targets'}; give a CSV file "
                f"with {what}, or an npz with X and y"
            )
        return ArrayRows(*inputs_and_targets(arrays, name), name, advance=advance)
    if len(arrays) != 1 and "X" not in arrays:
        raise DataError(f"{name}: has {named(arrays)}; expected one array, or one named X")
    X = arrays["X"] if "X" in arrays else next(iter(arrays.values()))
    return ArrayRows(X, None if given is None else as_array(given), name, advance=advance)


def _of_images(taken: Taken, path: Path, asked: Asked) -> Iterator[RowBlock]:
    format_ = _image_format(taken, path, asked.note)
    from nncli.data.rows.images import image_blocks, labelled_images

    if asked.truth is not None:
        raise DataError(f"{path}: holds images and has no column {asked.truth.names[0]!r}")
    if asked.targets is not None:
        yield labelled_images(path, format_, asked.targets.classes, asked.note)
    else:
        yield from image_blocks(path, format_, asked)


def _is_other_image(file: InputFile) -> bool:
    from nncli.data.files.images import HEAD_BYTES, other_format

    return other_format(file.head(HEAD_BYTES)) is not None


def _image_format(taken: Taken, path: Path, note: Note) -> ImageFormat:
    """Return the image format of a model; MNIST's for 784 inputs of unknown format."""
    if taken.images is not None:
        return taken.images
    if taken.encoding is not None or len(taken.columns) != OF_MNIST.inputs:
        found = "holds images" if _has_images(path) else "is a folder without images"
        raise DataError(
            f"{path}: {found}; the model takes {count(len(taken.columns), 'number')} per row: "
            f"{listed(taken.columns)}"
        )
    note(
        f"{path}: the model has no image format for its {OF_MNIST.inputs} inputs; assuming that "
        f"of MNIST: {OF_MNIST}"
    )
    return OF_MNIST


def _has_images(path: Path) -> bool:
    """Return whether a path is a file, or a folder with images in it or in its subfolders."""
    with os_errors_as(DataError, path):
        files = chain(path.glob("*"), path.glob("*/*"))
        return not path.is_dir() or any(kind_of_name(each) in IMAGES for each in files)
