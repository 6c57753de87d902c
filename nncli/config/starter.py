"""A commented config for the user's own table or images, with what was inferred from the data."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from nncli.base.errors import UsageError
from nncli.base.notes import Note
from nncli.base.paths import absolute, is_text, relative
from nncli.base.words import count, is_printable, listed, printable, shell_word
from nncli.config.check import folds_of, misfits_of_first
from nncli.config.defaults import training_defaults
from nncli.config.file_source import source_of
from nncli.config.load import name_from, read_config
from nncli.config.overrides import Overrides
from nncli.config.render import commented_text, setting_lines
from nncli.config.schema import Config
from nncli.config.table_sources import ColumnSection, TableSource
from nncli.config.templates import overridden
from nncli.data.dataset import OF_CLASSES, Task
from nncli.data.division import ROWS_TO_TEST, TEST, Share, row_count, share_to_validate
from nncli.data.files.hints import HintedFile, hints_of
from nncli.data.files.image_heads import differences
from nncli.data.files.images import format_of, image_files
from nncli.data.files.input_file import standard_input
from nncli.data.files.table import Table
from nncli.data.names import plain_name
from nncli.data.tables.column import Column, blank_cells
from nncli.data.tables.tabular import Prepared, dataset_of, prepared

_MOST_USES = 10
_NO_COLUMNS = "  columns: {}\n"


def starter_text(
    path: Path,
    targets: Sequence[str],
    config: Path,
    note: Note,
    overrides: Overrides = (),
    *,
    saved: Path | None = None,
) -> str:
    """Return the config for a table, as the text of the file `config`.

    Parameters
    ----------
    path : Path
        The file with the table.
    targets : sequence of str
        The columns to predict.
    note : function of str
        Receives a warning for columns that are left out.
    overrides : sequence of str, or mapping of str
        Settings that override the inferred ones, and guide the inference.
    saved : Path, optional
        Where the rows will be, if not at `path`.

    Raises
    ------
    DataError
        When the table cannot be read, lacks a target, or the targets suit no task.
    """
    named = [*map(plain_name, targets)]
    data: dict[str, Any] = {
        "source": "table" if saved else source_of({"path": path.name}, path.parent),
        "path": _path_in(config, saved or path),
        "target": named[0] if len(named) == 1 else named,
    }
    said = read_config({"data": data}, overrides, path=config, check=misfits_of_first).config
    found, shares = _understood_with_shares(path, data, overrides, said, note)
    source = said.data
    assert isinstance(source, TableSource)
    data = {
        **{key: data[key] for key in ("source", "path")},
        **found.hints.understood,
        "target": data["target"],
        "task": found.targets.task,
        "columns": {},
        "blanks": [],
        **({"decimal": found.decimal} if found.decimal else {}),
        "drop": [],
        "id": None,
        "scale": "standard",
        **shares,
    }
    text = _text(
        saved or path, data, len(found.table), found.targets.task, config,
        overrides, _merged(source, found), needed="data.path and data.target",
    )  # fmt: skip
    text = _with_uses(text, found)
    lines = _lines_of_columns(found, source.columns)
    for line in dataset_of(found, {}).warnings:
        note(line)
    return text.replace(_NO_COLUMNS, "\n".join(["  columns:", *lines, ""])) if lines else text


def _merged(source: TableSource, found: Prepared) -> dict[str, Any]:
    """Return the findings, merged with the settings."""
    left_out = [name for name, role in found.roles.items() if role == "left out"]
    return {
        "columns": {},
        "blanks": list(dict.fromkeys([*source.blanks, *found.blanks])),
        "drop": [*source.drop, *left_out],
        "id": found.choices.id,
    }


def _understood_with_shares(
    path: Path, data: dict[str, Any], overrides: Overrides, said: Config, note: Note
) -> tuple[Prepared, dict[str, Any]]:
    """Return the inferred table, and the split sizes if they must be in the config.

    With ``rare: drop``, the remaining rows depend on the split sizes, and these on the rows.
    """
    found = _understood(path, said, note)
    if getattr(said.data, "rare", None) != "drop":
        return found, {}
    test, validation, _ = _shares(data, overrides, len(found.table), found.targets.task)
    shares = {"test": test, "validation": validation}
    written = overridden({"data": data | shares}, overrides)
    return _understood(path, Config.model_validate(written), note), shares


def _understood(path: Path, said: Config, note: Note) -> Prepared:
    """Read a table and infer its columns; also check the splits of all folds of the config."""
    source = said.data
    assert isinstance(source, TableSource)
    shares = {part: each for part, each in source.parts.items() if isinstance(each, Share)}
    content = standard_input() if str(path) == "-" else None
    hints = hints_of(dict(source))
    first, *others = folds_of(said)
    file = HintedFile(path, replace(hints, note=note), content)
    found = prepared(file, shares, source.choices, said.seed_of_data, first)
    for fold in others:
        prepared(HintedFile(path, hints, content), shares, source.choices, said.seed_of_data, fold)
    return found


def starter_text_of_images(
    folder: Path, config: Path, note: Note, overrides: Overrides = ()
) -> str:
    """Return the config for a folder of images, as the text of the file `config`.

    Raises
    ------
    DataError
        When it lacks a folder per class, or its first image cannot be read.
    """
    found = format_of(folder)
    data = {
        "source": "images",
        "path": _path_in(config, folder),
        "size": [found.height, found.width],
        "color": "gray" if found.channels == 1 else "rgb",
        "scale": "unit",
    }
    said = overridden({"data": data}, overrides)["data"]
    sized, colored = differences(folder, found)
    if sized and said["size"] == data["size"]:
        note(
            f"{folder}: images have different sizes; all are resized to {found.height} x "
            f"{found.width} (height x width), the size of the first; to change this, set data.size"
        )
    if colored and said["color"] == data["color"]:
        note(
            f"{folder}: some images are in color; all are converted to gray, as the first is gray; "
            "to change this, set data.color: rgb"
        )
    rows = len(image_files(folder))
    return _text(folder, data, rows, "multiclass", config, overrides, {}, needed="data.path")


def _text(
    path: Path,
    data: dict[str, Any],
    rows: int,
    task: Task,
    config: Path,
    overrides: Overrides,
    found: dict[str, Any],
    *,
    needed: str,
) -> str:
    """Return the text of a config; `found` overrides the settings of the data."""
    test, validation, left = _shares(data, overrides, rows, task)
    validates = validation != 0
    values: dict[str, Any] = {
        "name": name_from(config),
        "seed": 0,
        "data": {**data, "test": test, "validation": validation},
        "model": {"hidden_layers": [128], "activation": "relu"},
        "training": {"optimizer": "adam", **training_defaults(left, task, validates=validates)},
    }
    values = overridden(values, overrides)
    values["data"] |= found
    head = (
        f"# A config for {printable(path.name)}. Correct what nncli inferred wrongly, then run\n"
        f"#   nncli train {shell_word(config.name)}\n"
        f"# All keys except {needed} are optional.\n\n"
    )
    return head + commented_text(values, Config.model_validate(values))


def _with_uses(text: str, found: Prepared) -> str:
    """Return a config with comments on how to use the columns in ``drop`` and ``id``.

    The warnings on these columns are for a config that does not mention them.
    """
    named: dict[str, list[str]] = {"drop": [], "id": []}
    for name, use in found.uses.items():
        is_id = name == found.choices.id
        undo = "set data.id: null" if is_id else "remove it here"
        named["id" if is_id else "drop"].append(f"to use {name}: {undo}, and {use}")
    for key, comments in named.items():
        lines = [
            f"  # {line}" for each in comments[:_MOST_USES] for line in wrap(printable(each), 76)
        ]
        text = text.replace(f"\n  {key}:", "\n".join(["", *lines, f"  {key}:"]), 1)
    return text


def _shares(
    data: dict[str, Any], overrides: Overrides, rows: int, task: Task
) -> tuple[Any, Any, int]:
    """Return the sizes of test and validation sets, given or by default, and the other rows."""
    settings = overridden({"data": data}, overrides)
    said, folds = settings["data"], settings.get("training", {}).get("folds")
    test = said.get("test", TEST if rows >= ROWS_TO_TEST else 0)
    left = rows - row_count(test, rows) if isinstance(test, int | float) else rows
    left -= left // folds if folds else 0
    validation = said.get("validation", share_to_validate(left, of_classes=task in OF_CLASSES))
    return test, validation, left


def _lines_of_columns(found: Prepared, said: Mapping[str, ColumnSection]) -> list[str]:
    """Return the lines of the inputs, and of other columns that the settings mention."""
    inputs, lines = found.encoding.columns, list[str]()
    for column in inputs:
        lines += _column_lines(found.table, column, said.get(column.name))
    names = {each.name for each in inputs}
    for name, section in said.items():
        if name not in names:  # it may order the rows
            lines += setting_lines(name, section.model_dump(), "    ")
    return lines


def _column_lines(table: Table, column: Column, said: ColumnSection | None) -> list[str]:
    """Return the lines of a column: its kind, and a comment with its values."""
    cells, kind, name = table.columns[column.name], column.kind, column.name
    blank = blank_cells(cells)
    is_filled = column.missing in ("median", "indicator")
    setting: Any = {"kind": kind, "missing": column.missing} if is_filled else kind
    if said is not None and (given := said.model_dump(exclude_none=True)) not in ({}, kind):
        setting = given if isinstance(given, str) else {"kind": kind, **given}
    *before, last = setting_lines(name, setting, "    ")
    known = cells[~blank]
    facts = []
    if kind == "category":
        facts.append(listed(sorted({*known}), 4, quote=""))
    elif kind == "number" and len(known):
        facts.append(f"{np.min(known):g} to {np.max(known):g}")
    elif kind == "date" and len(known):
        ends = (str(each.astype("datetime64[s]")) for each in (known.min(), known.max()))
        facts.append(" to ".join(ends).replace("T00:00:00", "").replace("T", " "))
    if blank.any():
        facts.append(count(int(blank.sum()), "missing value"))
    comment = "; ".join(facts)
    return [*before, f"{last}  # {comment}" if is_printable(comment) and comment else last]


def _path_in(config: Path, path: Path) -> str:
    """Return a path relative to the config. Raises `UsageError` if it is not valid text."""
    name = relative(absolute(path), absolute(config).parent)
    if not is_text(name):
        raise UsageError(f"{path}: the path is not UTF-8 text, which a config requires; rename it")
    return name
