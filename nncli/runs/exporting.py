"""Write the rows that a config trains on, split by split, to CSV or NPZ."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nncli.base.arguments import path_in, said
from nncli.base.errors import UsageError
from nncli.base.storage.files import atomic_write, checked_output
from nncli.base.storage.mapping import give_back
from nncli.config.check import misfits_of_data
from nncli.config.load import ConfigSource, read_config
from nncli.config.overrides import Overrides
from nncli.data.dataset import Dataset
from nncli.data.splits import Split
from nncli.model.formats import as_texts, csv_of
from nncli.model.predicted import class_values, written_parts


def export_data(
    config: ConfigSource,
    path: str | Path,
    overrides: Overrides = (),
    *,
    replace: bool = False,
    progress: bool = False,
) -> dict[str, int]:
    """Write the rows that a config trains on: inputs before scaling, and targets.

    A CSV file has the columns ``split`` and ``row``, the weight and the ID if the rows have them,
    the inputs and the targets. An NPZ file has the arrays ``X``, ``y``, ``split``, ``row``,
    ``columns`` and ``targets``, and ``weight`` and ``id`` if there are any. Rows are counted from 0
    in their file.

    Parameters
    ----------
    config, overrides
        As for `train`.
    path : path
        New file, whose name ends in ``.csv`` or ``.npz``. It is written completely or not at all,
        in blocks: the rows may be larger than memory.
    replace : bool
        Whether to replace an existing file.
    progress : bool
        Whether a download shows a progress bar on standard error.

    Returns
    -------
    dict of str to int
        Number of rows of each split.

    Raises
    ------
    ConfigError, DataError
        As for `load_data`.
    UsageError
        If the file exists, or its name has another ending.
    OutputError
        If the file cannot be written.
    """
    out = path_in(path, "path")
    write = _WRITERS.get(out.suffix.lower())
    if write is None:
        raise UsageError(f"{out}: unknown format {out.suffix!r}; end the name in .csv or .npz")
    hint = f", or {said('--force', 'replace=True')} to replace it"
    target = checked_output(out, replace=replace, hint=hint)
    loaded = read_config(config, overrides, check=misfits_of_data)
    dataset = loaded.config.load_data(progress=progress)
    with atomic_write(target, replace=replace) as stream:
        write(dataset, stream)
    return {name: len(split) for name, split in dataset.splits.items()}


class _Block(NamedTuple):
    """Rows of one split, with the columns that describe them."""

    split: str
    numbers: NDArray[Any]
    weights: NDArray[Any] | None
    ids: dict[str, NDArray[Any]]
    inputs: NDArray[Any]
    targets: NDArray[Any]


def _blocks(dataset: Dataset) -> Iterator[_Block]:
    """Yield the rows in blocks, split by split."""
    of_file = dataset.splits["train"].inputs
    for name, split in dataset.splits.items():
        is_of_file, numbers_of_split = split.inputs is of_file, dataset.row_numbers(name)
        for part in written_parts(len(split), len(dataset.columns)):
            rows = split.rows[part]
            numbers = numbers_of_split[part]
            inputs = np.asarray(split.inputs[rows])
            give_back(split.inputs)
            weights = _weights(dataset, split, rows)
            ids = _ids(dataset, rows, is_of_file=is_of_file)
            yield _Block(name, numbers, weights, ids, inputs, _targets(dataset, split, rows))


def _weights(dataset: Dataset, split: Split, rows: NDArray[Any]) -> NDArray[Any] | None:
    """Return the weights of rows, 1 for rows without one; None if no training row has any."""
    if dataset.splits["train"].weights is None:
        return None
    return np.ones(len(rows)) if split.weights is None else split.weights[rows]


def _ids(dataset: Dataset, rows: NDArray[Any], *, is_of_file: bool) -> dict[str, NDArray[Any]]:
    """Return the IDs of rows by the name of their column; empty ones for rows of other files."""
    found: dict[str, NDArray[Any]] = {}
    for name, cells in dataset.ids.items():
        texts = cells[rows] if is_of_file else [""] * len(rows)
        found[name] = np.array(["" if each is None else str(each) for each in texts])
    return found


def _targets(dataset: Dataset, split: Split, rows: NDArray[Any]) -> NDArray[Any]:
    values: NDArray[Any] = split.targets[rows]
    if not dataset.classes:
        return values
    return np.asarray(class_values(tuple(dataset.classes)).take(values))


def _write_csv(dataset: Dataset, stream: BinaryIO) -> None:
    """Write a header, and a line per row."""
    for at, block in enumerate(_blocks(dataset)):
        if not at:
            weight = [] if block.weights is None else ["weight"]
            own = _free_names(["split", "row", *weight, *block.ids], dataset)
            stream.write(csv_of([[*own, *dataset.columns, *dataset.targets]]))
        targets = block.targets.reshape(len(block.numbers), -1)
        weights = [] if block.weights is None else [block.weights]
        values = [block.numbers, *weights, *block.ids.values(), *block.inputs.T, *targets.T]
        splits = [block.split] * len(block.numbers)
        stream.write(csv_of(zip(splits, *as_texts(values), strict=True)))


def _free_names(names: list[str], dataset: Dataset) -> list[str]:
    """Return names of additional columns, with a number where another column has the name."""
    taken = {*dataset.columns, *dataset.targets}
    free = []
    for name in names:
        others = (f"{name}_{number}" for number in count(2))
        free.append(name if name not in taken else next(o for o in others if o not in taken))
        taken.add(free[-1])
    return free


def _write_npz(dataset: Dataset, stream: BinaryIO) -> None:
    """Write the arrays one by one, each in blocks."""
    rows = sum(map(len, dataset.splits.values()))
    first = next(_blocks(dataset))
    dtypes = [split.inputs.dtype for split in dataset.splits.values()]
    arrays: dict[str, tuple[np.dtype[Any], Callable[[_Block], NDArray[Any]]]] = {
        "X": (np.result_type(*dtypes), lambda block: block.inputs),
        "y": (first.targets.dtype, lambda block: _flat(block.targets)),
        "split": (
            np.array([*dataset.splits]).dtype,
            lambda block: np.array([block.split] * len(block.numbers)),
        ),
        "row": (np.dtype(np.int64), lambda block: block.numbers),
    }
    if first.weights is not None:
        arrays["weight"] = first.weights.dtype, lambda block: np.asarray(block.weights)
    for name in first.ids:
        widths = (block.ids[name].dtype for block in _blocks(dataset))
        longest = np.result_type(*widths)
        arrays["id"] = longest, lambda block, name=name: block.ids[name]  # type: ignore[misc]
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for name, (dtype, part) in arrays.items():
            shape = (rows, *part(first).shape[1:])
            with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                description = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False}
                npy.write_array_header_1_0(file, {**description, "shape": shape})
                for block in _blocks(dataset):
                    file.write(np.ascontiguousarray(part(block), dtype).tobytes())
        for name, texts in (("columns", dataset.columns), ("targets", dataset.targets)):
            with archive.open(ZipInfo(f"{name}.npy"), "w") as file:
                npy.write_array(file, np.array([*texts]), allow_pickle=False)


def _flat(targets: NDArray[Any]) -> NDArray[Any]:
    """Return the targets (N, O) of rows; a single target as (N,)."""
    return targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets


_WRITERS: dict[str, Callable[[Dataset, BinaryIO], None]] = {
    ".csv": _write_csv,
    ".npz": _write_npz,
}
