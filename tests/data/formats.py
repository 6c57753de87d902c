"""The same table in every format that can represent it."""

import csv
import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest


def in_every_format(columns, folder):
    """Return a table in every format, by the format's name.

    `columns` maps names to lists of Python values of one type or None, a blank. Files are written
    to `folder`.
    """
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {
        "dicts": rows,
        "csv by hand": _csv(rows, folder / "hand.csv"),
        "json lines": _json_lines(rows, folder / "rows.jsonl"),
        "sqlite": _sqlite(columns, folder / "rows.db"),
        "json": _json(rows, folder / "rows.json"),
        **_of_pandas(columns, folder),
        **_of_polars(columns, folder),
        **_of_pyarrow(columns, folder),
        **_of_numpy(columns, folder),
    }


def _csv(rows, path):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(rows[0])
        writer.writerows([_by_hand(cell) for cell in row.values()] for row in rows)
    return path


def _json_lines(rows, path):
    """Write one object per line; from the second one on, blank cells have no key."""
    kept = [rows[0], *({key: cell for key, cell in row.items() if cell is not None}
                       for row in rows[1:])]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    return path


def _json(rows, path):
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def _sqlite(columns, path):
    if any(_is_large(cells) for cells in columns.values()):  # SQLite has no such integers
        return _json_lines([dict(zip(columns, row, strict=True))
                            for row in zip(*columns.values(), strict=True)], path)  # fmt: skip
    names = ['"' + name.replace('"', '""') + '"' for name in columns]
    booleans = [any(isinstance(cell, bool) for cell in cells) for cells in columns.values()]
    declared = [f"{name} boolean" if is_boolean else name
                for name, is_boolean in zip(names, booleans, strict=True)]  # fmt: skip
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"create table t ({', '.join(declared)})")
        rows = zip(*columns.values(), strict=True)
        connection.executemany(f"insert into t values ({', '.join('?' * len(names))})", rows)
    return path


def _by_hand(cell):
    """Return a cell as people write it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    return f" {cell:+}0 " if isinstance(cell, float) and "e" not in f"{cell}" else cell


def _is_large(cells):
    return any(isinstance(cell, int) and cell >= 2**63 for cell in cells)


def _of_pandas(columns, folder):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(columns)
    frame.to_csv(folder / "pandas.csv", index=False)
    frame.to_parquet(folder / "pandas.parquet")
    objects = pandas.DataFrame({name: pandas.Series(cells, dtype=object)
                                for name, cells in columns.items()})  # fmt: skip
    with np.errstate(invalid="ignore"):  # pandas 2.1 casts floats to integers
        nullable = objects.convert_dtypes()
    return {
        "pandas": frame,
        "pandas objects": objects,
        "pandas nullable": nullable,
        "pandas csv": folder / "pandas.csv",
        "pandas parquet": folder / "pandas.parquet",
    }


def _of_polars(columns, folder):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    large = {name: polars.UInt64 for name, cells in columns.items() if _is_large(cells)}
    frame = polars.DataFrame(columns, schema_overrides=large)
    frame.write_csv(folder / "polars.csv")
    frame.write_parquet(folder / "polars.parquet")
    return {
        "polars": frame,
        "polars csv": folder / "polars.csv",
        "polars parquet": folder / "polars.parquet",
    }


def _of_pyarrow(columns, folder):
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    from pyarrow import csv as pyarrow_csv
    from pyarrow import feather, parquet

    large = pyarrow.uint64()
    table = pyarrow.table(
        {name: pyarrow.array(cells, large) if _is_large(cells) else cells
         for name, cells in columns.items()}
    )  # fmt: skip
    pyarrow_csv.write_csv(table, folder / "pyarrow.csv")
    parquet.write_table(table, folder / "pyarrow.parquet")
    feather.write_feather(table, folder / "pyarrow.feather", chunksize=7)
    return {
        "pyarrow": table,
        "pyarrow csv": folder / "pyarrow.csv",
        "pyarrow parquet": folder / "pyarrow.parquet",
        "feather": folder / "pyarrow.feather",
    }


def _of_numpy(columns, folder):
    cells = np.array([*columns.values()], object).T
    if any(character in str(cell) for cell in cells.flat for character in '",\n\r'):
        return {}
    cells[cells == None] = ""  # noqa: E711 - cell by cell
    path = folder / "numpy.csv"
    np.savetxt(path, cells, "%s", ",", header=",".join(columns), comments="", encoding="utf-8")
    return {"numpy csv": path}
