"""Read the file of a config, or say what it is instead: data or a model."""

import os
import zipfile
from pathlib import Path

from nncli.base.errors import ConfigError, os_errors_as
from nncli.base.storage.directory import Place
from nncli.base.storage.regular_file import open_regular, read_regular
from nncli.base.storage.run_files import CONFIG
from nncli.base.words import shell_word
from nncli.config.strict_yaml import end_of
from nncli.data.files.kinds import IMAGES, SIGNATURES, FileKind, kind_of_file

MOST_BYTES = 1 << 20
OF_CONFIGS = (".yaml", ".yml")
_BYTE_ORDER_MARK = "\ufeff"
_OF_TEXT = (".csv", ".tsv", ".tab")
_TABLES: tuple[FileKind, ...] = ("parquet", "feather", "sqlite", "workbook")
_PACKED: tuple[FileKind, ...] = ("gzip", "bzip2", "xz", "archive")
_JSON: tuple[FileKind, ...] = ("json lines", "json", "json object")  # may also be a config
_USES: dict[FileKind, str] = {
    "npy": "write a config with data: {inputs: FILE, targets: FILE}",
    "idx": "write a config with data: {images: FILE, labels: FILE}",
    "zip": "write a config with data: {path: FILE}",
    **dict.fromkeys(
        IMAGES, "write a config for a folder of images: nncli init images --data FOLDER"
    ),
}


def config_file_text(path: Place) -> str:
    """Return the text of a config. Raises `ConfigError`, also if the file is surely no config."""
    with os_errors_as(ConfigError, path, remedy=_remedy(path)):
        if isinstance(path, Path) and path.is_dir() and (saved := path / CONFIG).is_file():
            raise ConfigError(
                f"{path}: is a run directory; expected a config; resume the run with nncli train "
                f"--resume {shell_word(str(path))}, or use its config {shell_word(str(saved))}"
            )
        content = read_regular(path, MOST_BYTES)
        if isinstance(path, Path) and (problem := _not_a_config(path, content)):
            raise ConfigError(f"{path}: {problem}")
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path}:1:1: larger than 1 MiB, the limit for a config")
    try:
        return content.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        place = end_of(content[: error.start].decode().removeprefix(_BYTE_ORDER_MARK))
        raise ConfigError(
            f"{path}:{place}: not UTF-8 text (byte {content[error.start]:#04x} at offset "
            f"{error.start}); save the file as UTF-8"
        ) from error


def lecture_of(path: Place) -> str | None:
    """Return the lecture whose config a path names, or None if the file exists."""
    if os.path.exists(str(path)):  # noqa: PTH110  Path.exists raises for a name that is too long
        return None
    from nncli.config.lectures.lecture import lectures  # only here: it reads 30 files

    name = Path(str(path)).name.removesuffix(OF_CONFIGS[0])
    return name if name in lectures() else None


def _remedy(path: Place) -> str:
    if lecture := lecture_of(path):
        return f"'nncli init lecture {lecture}' writes the config of this lecture"
    return "'nncli init' writes a config to start from"


def _not_a_config(path: Path, content: bytes) -> str | None:
    """Return what a file is and how to use it, if it is surely no config.

    Raises
    ------
    OSError
    """
    if path.suffix.lower() in OF_CONFIGS:
        return None  # its problems have a line and column
    kind = kind_of_file(path)
    if kind is None or kind in _JSON:
        return _as_table(path, "a table") if _is_text_table(path, content, kind) else None
    if kind in _TABLES:
        return _as_table(path, f"a table ({SIGNATURES[kind].words})")
    if kind in _PACKED:
        return _as_table(path, SIGNATURES[kind].words)
    if kind == "zip" and _is_model(path):
        config = shell_word(str(path.parent / CONFIG))
        return f"is a model file, not a config; use the config of its run: {config}"
    use = _USES.get(kind, "'nncli init' writes a config to start from")
    words = "an archive of arrays" if kind == "zip" else SIGNATURES[kind].words
    return f"is {words}, not a config; {use}"


def _as_table(path: Path, what: str) -> str:
    word = shell_word(str(path))
    return (
        f"is {what}, not a config; write a config for it: nncli init table --data {word} --target "
        "COLUMN"
    )


def _is_text_table(path: Path, content: bytes, kind: FileKind | None) -> bool:
    """Return whether text is a table: by its name, or by lines that no config starts with."""
    if path.suffix.lower() in (*_OF_TEXT, *SIGNATURES["json lines"].endings) or kind == "json":
        return True
    first, _, second = content.strip().partition(b"\n")
    if kind is not None:
        return first.startswith(b"{") and second.lstrip().startswith(b"{")
    is_key = b":" in first or first.startswith((b"#", b"{", b"[", b"?", b"'"))
    return not is_key and any(each in first for each in (b",", b";", b"\t"))


def _is_model(path: Path) -> bool:
    with open_regular(path) as stream:
        try:
            return "metadata.npy" in zipfile.ZipFile(stream).namelist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError):
            return False
