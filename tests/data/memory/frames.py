"""The same table in every form in memory, and as CSV."""

import csv
import io

import pytest

ROWS = [
    {"age": 30, "city": "Bern", "member": True, "income": 1.5},
    {"age": None, "city": "Basel", "member": False, "income": -2.25},
    {"age": 41, "city": None, "member": None, "income": None},
    {"age": 7, "city": "Genf", "member": True, "income": 1e6},
]
FORMS = ["dicts", "pandas", "pandas nullable", "polars", "pyarrow", "objects"]


def in_form(rows, form):
    """Convert dicts with the same keys to another form; skip if its library is missing."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    if form == "dicts":
        return rows
    if form in ("pandas", "pandas nullable"):
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        frame = pandas.DataFrame(columns)
        return frame.convert_dtypes() if form == "pandas nullable" else frame
    if form == "objects":
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        return pandas.DataFrame(columns, dtype=object)
    if form == "polars":
        polars = pytest.importorskip("polars", reason="polars is not installed")
        return polars.DataFrame(columns)
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    return pyarrow.table(columns)


def as_csv(rows):
    """Return the text of a CSV file with the same cells."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {name: str(cell).lower() if isinstance(cell, bool) else cell
                 for name, cell in row.items()}  # fmt: skip
        writer.writerow(cells)
    return stream.getvalue()
