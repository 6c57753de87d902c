"""Detect the kind of a file from its first bytes, whatever its name."""

import codecs
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nncli.base.storage.regular_file import open_regular, read_regular

FileKind = Literal[
    "gzip", "parquet", "npy", "zip", "workbook", "opendocument", "document", "archive", "sas",
    "idx", "png", "jpeg", "excel", "bzip2", "xz", "zstandard", "sqlite", "feather", "old feather",
    "pickle", "stata", "hdf5", "sas transport", "spss", "r", "matlab", "arff", "access", "avro",
    "xml", "pdf", "rtf", "7z", "rar", "lz4", "json lines", "json", "json object", "html", "lfs",
]  # fmt: skip

_MARK = b"\xef\xbb\xbf"  # of UTF-8
_OF_OFFICES: dict[str, FileKind] = {  # members of all such documents
    "mimetype": "opendocument",
    "[Content_Types].xml": "document",
}


@dataclass(frozen=True)
class Signature:
    """How to recognize files of a kind.

    Attributes
    ----------
    words : str
        Description of such a file in messages.
    starts : tuple of bytes
        Possible first bytes.
    endings : tuple of str
        Extensions in lower case, where the kind is inferred from a name.
    remedy : str
        How to convert the file to a table.
    """

    words: str
    starts: tuple[bytes, ...]
    endings: tuple[str, ...] = ()
    remedy: str = ""


def _packed(words: str, command: str, *starts: bytes) -> Signature:
    return Signature(words, starts, remedy=f"unpack it with {command}")


def _of_pandas(words: str, call: str, *starts: bytes) -> Signature:
    return Signature(
        words, starts, remedy=f"convert it: pandas.{call}.to_csv('TABLE.csv', index=False)"
    )


_SAVE = "save its sheet as CSV in UTF-8"
_COPY = "copy its table into a spreadsheet, and save that as CSV"

_VALUES = ("{", "[", '"', "]", "-", *"0123456789", "true", "false", "null")
_STARTS_OF_ARRAYS = tuple(f"[{space}{value}".encode() for space in ("", " ") for value in _VALUES)

SIGNATURES: Mapping[FileKind, Signature] = {
    "gzip": _packed("gzip data", "gunzip", b"\x1f\x8b"),
    "parquet": Signature("a Parquet file", (b"PAR1",), (".parquet",)),
    "npy": Signature("a NumPy array", (b"\x93NUMPY",)),
    # A member, the end of an empty archive, and a part of a split one.
    "zip": Signature(
        "an archive, such as npz or an Excel workbook",
        (b"PK\3\4", b"PK\5\6", b"PK\7\x08"),
        (".npz",),
    ),
    # These zip archives are distinguished by the names of their members.
    "workbook": Signature("an Excel workbook", (), (".xlsx", ".xlsm")),
    "opendocument": Signature("an OpenDocument file, such as .ods", (), remedy=_SAVE),
    "document": Signature("an Office document, such as .xlsb or .docx", (), remedy=_SAVE),
    "archive": _packed("a zip archive", "unzip"),
    # Before IDX, which has the same first bytes.
    "sas": _of_pandas(
        "a SAS data set",
        "read_sas(FILE, format='sas7bdat')",
        bytes(12) + b"\xc2\xea\x81\x60",
    ),
    "idx": Signature("an IDX file", (b"\0\0",)),
    # Without the line ends that follow: if a transfer changed them, the image is damaged.
    "png": Signature("a PNG image", (b"\x89PNG",), (".png",)),
    "jpeg": Signature("a JPEG image", (b"\xff\xd8\xff",), (".jpg", ".jpeg")),
    "excel": Signature(
        "an old Office document, such as .xls or .doc", (b"\xd0\xcf\x11\xe0",), remedy=_SAVE
    ),
    "bzip2": _packed("bzip2 data", "bunzip2", *(b"BZh%d1AY&SY" % level for level in range(1, 10))),
    "xz": _packed("xz data", "unxz", b"\xfd7zXZ\0"),
    "zstandard": _packed("Zstandard data", "unzstd", b"\x28\xb5\x2f\xfd"),
    "sqlite": Signature(
        "an SQLite database",
        (b"SQLite format 3\0",),
        (".db", ".sqlite", ".sqlite3"),
    ),
    "feather": Signature("a Feather file", (b"ARROW1",), (".feather", ".arrow")),
    "old feather": _of_pandas("a Feather file of version 1", "read_feather(FILE)", b"FEA1"),
    "pickle": _of_pandas(
        "a pickle, which can run any program when loaded",
        "read_pickle(FILE)",
        *(bytes([128, protocol]) for protocol in range(2, 6)),
        *(b"ccopy_reg\n", b"cpandas.", b"cnumpy.", b"(lp0\n", b"(dp0\n"),
    ),
    "stata": _of_pandas(
        "a Stata file",
        "read_stata(FILE)",
        b"<stata_dta>",
        *(bytes([version, order, 1, 0]) for version in range(105, 116) for order in (1, 2)),
    ),
    "hdf5": _of_pandas("an HDF5 file", "read_hdf(FILE)", b"\x89HDF"),
    "sas transport": _of_pandas(
        "a SAS transport file", "read_sas(FILE, format='xport')", b"HEADER RECORD*******"
    ),
    "spss": _of_pandas("an SPSS file", "read_spss(FILE)", b"$FL2@(#)", b"$FL3@(#)"),
    "r": Signature(
        "R data",
        (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"X\n\0\0\0\2", b"X\n\0\0\0\3"),
        remedy="convert it, in R: write.csv(TABLE, 'TABLE.csv', row.names = FALSE)",
    ),
    "matlab": Signature(
        "a MATLAB file",
        (b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"),
        remedy="convert it, in MATLAB: writetable(TABLE, 'TABLE.csv')",
    ),
    "arff": Signature(
        "an ARFF file",
        (b"@relation", b"@RELATION", b"@Relation"),
        remedy="convert it: pandas.DataFrame(scipy.io.arff.loadarff(FILE)[0])"
        ".to_csv('TABLE.csv', index=False)",
    ),
    "access": Signature(
        "an Access database",
        (b"\0\1\0\0Standard Jet DB", b"\0\1\0\0Standard ACE DB"),
        remedy="export its table as text",
    ),
    "avro": Signature(
        "an Avro file",
        (b"Obj\1",),
        remedy="convert it: polars.read_avro(FILE).write_csv('TABLE.csv')",
    ),
    "xml": _of_pandas("XML", "read_xml(FILE)", b"<?xml"),
    "pdf": Signature("a PDF document", (b"%PDF-",), remedy=_COPY),
    "rtf": Signature("a text document", (b"{\\rtf",), remedy=_COPY),
    "7z": _packed("a 7z archive", "7z x", b"7z\xbc\xaf\x27\x1c"),
    "rar": _packed("a RAR archive", "unrar x", b"Rar!\x1a\7"),
    "lz4": _packed("LZ4 data", "unlz4", b"\x04\x22\x4d\x18"),
    # Text with beginnings that no header has.
    "json lines": Signature("JSON lines", (b'{"', b'{ "'), (".jsonl", ".ndjson")),
    "json": Signature("JSON", (*_STARTS_OF_ARRAYS, b"[\n", b"[\r"), (".json",)),
    "json object": _of_pandas(
        "a JSON object over several lines", "read_json(FILE)", b"{\n", b"{\r"
    ),
    "html": Signature(
        "an HTML page",
        (b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<table", b"<TABLE"),
        remedy="download the file itself, not its page, or convert its table: "
        "pandas.read_html(FILE)[0].to_csv('TABLE.csv', index=False)",
    ),
    "lfs": Signature(
        "a Git LFS pointer, not the file itself",
        (b"version https://git-lfs.github.com/",),
        remedy="get the file with: git lfs pull",
    ),
}
IMAGES: tuple[FileKind, ...] = ("png", "jpeg")
HEAD_BYTES = 128  # enough for all starts, with some blank lines before text


def kind_of_head(head: bytes) -> FileKind | None:
    """Return the kind of a file from its first `HEAD_BYTES` bytes; None for text.

    All archives are ``zip``; `kind_of_archive` distinguishes them.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", "ignore").encode()  # text of any kind
    for beginning in (head, head.removeprefix(_MARK).lstrip(b" \t\r\n")):
        for kind, each in SIGNATURES.items():
            if beginning.startswith(each.starts):
                return kind
    return None


def kind_of_archive(stream: Any) -> FileKind:
    """Return the kind of a zip archive (a seekable stream) from the names of its members."""
    try:
        names = [name for name in zipfile.ZipFile(stream).namelist() if not is_hidden(name)]
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return "zip"  # its reader reports the damage
    if "xl/workbook.xml" in names:
        return "workbook"
    for mark, kind in _OF_OFFICES.items():
        if mark in names:
            return kind
    is_of_arrays = not names or any(name.endswith(".npy") for name in names)
    return "zip" if is_of_arrays else "archive"


def is_hidden(name: str) -> bool:
    """Return whether a member of an archive is a folder or a hidden file, as ``a/._X.npy``."""
    last = name.rpartition("/")[2]
    return not last or last.startswith(".")


def kind_of_file(path: Path) -> FileKind | None:
    """Return the kind of a file without unpacking it. Raises `OSError`."""
    kind = kind_of_head(read_regular(path, HEAD_BYTES)[:HEAD_BYTES])
    if kind != "zip":
        return kind
    with open_regular(path) as stream:
        return kind_of_archive(stream)


def is_parquet_folder(path: Path) -> bool:
    """Return whether a path is a folder with the parts of a Parquet table."""
    if not path.is_dir():
        return False
    if path.suffix.lower() in SIGNATURES["parquet"].endings:
        return True
    return any(any(path.glob(parts)) for parts in ("*.parquet", "*=*/*.parquet"))


def kind_of_name(path: Path) -> FileKind | None:
    """Return the kind that a file extension implies, if any."""
    ending = path.suffix.lower()
    return next((kind for kind, each in SIGNATURES.items() if ending in each.endings), None)
