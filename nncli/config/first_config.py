"""The config that ``nncli init`` writes, from a template or for the user's own data."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nncli.base.arguments import argument, path_in, said, texts_in, unexpected
from nncli.base.errors import UsageError
from nncli.base.notes import Note, warn
from nncli.base.paths import absolute
from nncli.base.words import did_you_mean, listed
from nncli.config.check import misfits_of_first
from nncli.config.lectures.lecture import lectures
from nncli.config.load import read_config
from nncli.config.overrides import Overrides
from nncli.config.strict_yaml import parse
from nncli.config.templates import PURPOSES, TEMPLATES, lecture_text, template_text

_OF_TABLES = ("table", "csv", "parquet")
_OF_IMAGES = "images"
_OF_LECTURES = "lecture"
TEMPLATE_NAMES = (*TEMPLATES, *_OF_TABLES, _OF_IMAGES, _OF_LECTURES)

# By name, without synonyms.
TEMPLATE_PURPOSES = {
    **PURPOSES,
    "table": "Your own table: --data FILE --target COLUMN",
    _OF_IMAGES: "Your own images: --data FOLDER",
    _OF_LECTURES: "A lecture from the list below: NAME",
}


class FirstConfig(NamedTuple):
    """A commented config, and the path to write it to; its paths are relative to that folder."""

    path: Path
    text: str


def first_config(
    template: str = "xor",
    overrides: Overrides = (),
    *,
    data: str | Path | None = None,
    target: str | Sequence[str] = (),
    lecture: str | None = None,
    path: str | Path | None = None,
    note: Note = warn,
) -> FirstConfig:
    """Return a commented config to start from, without writing it.

    Parameters
    ----------
    template : str
        ``xor``, ``mnist`` or another built-in data set such as ``spiral``, or ``lecture``, or for
        your own data ``table`` or ``images``; ``csv`` and ``parquet`` are synonyms of ``table``, as
        the file format is detected.
    overrides : sequence of str, or mapping of str
        Settings of the config, as `nncli.train` takes them: ``key.path=value``, or values by
        ``key.path``.
    data : path, optional
        For table, the file, or ``-`` for standard input; for images, the folder. Rows from
        standard input must also be saved, for training.
    target : str or sequence of str
        For table, the column to predict, or several.
    lecture : str, optional
        For lecture, its name, one of `lectures()`.
    path : path, optional
        File that the config is for; default: named after the template, the data or the lecture.
    note : function of str
        Receives warnings, such as columns of a table that are left out; default: a
        `NncliWarning`.

    Raises
    ------
    UsageError
        When the template or lecture is unknown, or `data`, `target` or `lecture` do not suit it.
    DataError
        When the data is not usable.
    ConfigError
        When a setting is not usable.
    """
    if not isinstance(template, str):
        raise unexpected("template", template, "the name of a template")
    data = None if data is None else path_in(data, "data")
    if data == Path("-") and template == _OF_IMAGES:
        raise unexpected(argument("data"), "-", "a folder, as training reads it again")
    chosen = None if path is None else path_in(path, "path")
    targets = texts_in(target, "target")
    _check_names(template, lecture)
    place = chosen or default_place(template, data, lecture)
    if template in _OF_TABLES:
        text = _text_of_table(template, data, targets, place, note, overrides)
    elif template == _OF_IMAGES:
        text = _text_of_images(data, targets, place, note, overrides)
    elif data or targets:
        raise UsageError(
            f"{template} has built-in data; {argument('data')} and {argument('target')} are for "
            "table and images"
        )
    elif lecture is not None:
        text = lecture_text(lectures()[lecture], overrides)
    else:
        text = template_text(template, overrides)
    written = parse(text, str(place)).value
    read_config(written, overrides, path=place, check=misfits_of_first)
    return FirstConfig(place, text)


def _check_names(template: str, lecture: str | None) -> None:
    """Raise `UsageError` unless these are the name of a template, and of a lecture if it is one."""
    known = lectures()
    if template not in TEMPLATE_NAMES:
        names = ", ".join(TEMPLATE_NAMES)
        hint = did_you_mean(template, TEMPLATE_NAMES) or f"; expected one of {names}"
        if template in known:
            hint = "; it is a lecture: " + said(
                f"nncli init lecture {template}", f'first_config("lecture", lecture="{template}")'
            )
        raise UsageError(f"unknown template {template!r}{hint}")
    if template != _OF_LECTURES:
        if lecture is not None:
            raise unexpected("lecture", lecture, f"None for the template {template}")
        return
    all_of_them = said("'nncli init --list' lists", "nncli.lectures() returns") + " all lectures"
    if lecture is None:
        raise UsageError(f"lecture needs a name, such as {next(iter(known))}; {all_of_them}")
    if not isinstance(lecture, str):
        raise unexpected("lecture", lecture, "the name of a lecture")
    if lecture not in known:
        hint = did_you_mean(lecture, [*known]) or f"; {all_of_them}"
        raise UsageError(f"unknown lecture {lecture!r}{hint}")


def default_place(template: str, data: Path | None, lecture: str | None) -> Path:
    """Return the default path of a config."""
    if lecture is not None:
        return Path(f"{lecture}.yaml")
    if data is None or data == Path("-") or template in TEMPLATES:
        return Path(f"{template}.yaml")
    return Path(f"{absolute(data).name if template == _OF_IMAGES else data.stem}.yaml")


def _text_of_images(
    data: Path | None, targets: Sequence[str], path: Path, note: Note, overrides: Overrides
) -> str:
    from nncli.config.starter import starter_text_of_images

    if data is None or targets:
        raise UsageError(
            f"images needs {argument('data')} with the folder; its subfolders are the classes"
        )
    return starter_text_of_images(data, path, note, overrides)


def _text_of_table(
    template: str,
    data: Path | None,
    targets: Sequence[str],
    path: Path,
    note: Note,
    overrides: Overrides,
) -> str:
    from nncli.config.starter import starter_text
    from nncli.data.files.table_file import column_names
    from nncli.data.names import named_columns

    if data is None:
        raise UsageError(
            f"{template} needs {argument('data')} with the file, and {argument('target')} with the "
            "column"
        )
    if not targets:
        names = listed(named_columns(str(data), column_names(data))[0], 20)
        raise UsageError(f"{template} needs {argument('target')} with a column of {data}: {names}")
    targets = list(dict.fromkeys(targets))
    if data == Path("-"):
        stem = template if path == Path("-") else path.stem
        saved = path.with_name(f"{stem}.csv")
        note(
            f"standard input: the config has data.path: {saved.name}; save the rows there, or "
            "change data.path, as training reads them again"
        )
        return starter_text(data, targets, path, note, overrides, saved=saved)
    return starter_text(data, targets, path, note, overrides)
