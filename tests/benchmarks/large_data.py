"""Write rows with a target, block by block: ``FORMAT ROWS COLUMNS FOLDER``, npy or parquet.

The inputs are normally distributed, with a mean that depends on the class.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASSES = 10
_BLOCK = 1 << 14


def _blocks(rows: int, columns: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield inputs (B, columns) in float32 and classes (B,)."""
    random = np.random.default_rng(0)
    centers = random.normal(0, 0.2, (CLASSES, columns)).astype(np.float32)
    for start in range(0, rows, _BLOCK):
        labels = random.integers(0, CLASSES, min(_BLOCK, rows - start), np.uint8)
        yield random.standard_normal((len(labels), columns), np.float32) + centers[labels], labels


def write_npy(rows: int, columns: int, folder: Path) -> None:
    """Write inputs.npy and targets.npy."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows, columns)}
    labels = []
    with (folder / "inputs.npy").open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for inputs, some in _blocks(rows, columns):
            stream.write(inputs.data)
            labels.append(some)
    np.save(folder / "targets.npy", np.concatenate(labels))


def write_parquet(rows: int, columns: int, folder: Path) -> None:
    """Write rows.parquet, with pyarrow's default compression and one row group per block."""
    import pyarrow
    from pyarrow import parquet

    names = [f"x{n}" for n in range(1, columns + 1)]
    schema = pyarrow.schema(
        [*((name, pyarrow.float32()) for name in names), ("y", pyarrow.uint8())]
    )
    with parquet.ParquetWriter(folder / "rows.parquet", schema) as writer:
        for inputs, labels in _blocks(rows, columns):
            writer.write_table(pyarrow.table([*np.ascontiguousarray(inputs.T), labels], schema))


WRITERS = {"npy": write_npy, "parquet": write_parquet}

if __name__ == "__main__":
    kind, rows, columns, folder = sys.argv[1:]
    WRITERS[kind](int(rows), int(columns), Path(folder))
