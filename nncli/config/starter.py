"""A commented config for a user's own table or images: what was understood, to be corrected."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.errors import UsageError
from nncli.base.notes import Note
from nncli.base.paths import absolute, is_text, relative
from nncli.base.words import count, is_printable, listed, printable, shell_word
from nncli.config.defaults import training_defaults
from nncli.config.file_source import source_of
from nncli.config.load import name_from
from nncli.config.render import commented_text, setting_lines
from nncli.config.schema import Config
from nncli.data.dataset import Task
from nncli.data.files.hints import HintedFile, Hints
from nncli.data.files.images import format_of, image_files
from nncli.data.files.table import Table
from nncli.data.files.table_file import column_names, open_table, read_table
from nncli.data.names import named_columns, plain_name
from nncli.data.splitting import ROWS_TO_TEST, ROWS_TO_VALIDATE, TEST, VALIDATION, row_count
from nncli.data.tables.column import blank_cells, unsuited
from nncli.data.tables.tabular import Choices
from nncli.data.tables.targets import understand, with_targets

_NO_COLUMNS = "  columns: {}\n"


def starter_text(
    path: Path, targets: Sequence[str], config: Path, note: Note, *, saved: Path | None = None
) -> str:
    """Return the config for a table, to be written to `config`.

    Parameters
    ----------
    path : Path
        The file with the table.
    targets : sequence of str
        The columns to predict.
    note : function of str
        Told which columns are left out.
    saved : Path, optional
        Where the rows are to lie, if not at `path`.

    Raises
    ------
    DataError
        When the table cannot be read, or the targets are not in it or make no task.
    """
    file = HintedFile(path, Hints(note=note))
    with open_table(file) as opened:  # once, as standard input can be
        names, targets = column_names(opened), [*map(plain_name, targets)]
        Choices(targets).check_names(names, opened.name)
        used, unnamed = named_columns(opened.name, names, targets)
        table, _ = with_targets(read_table(opened, used=used), targets)
    understood = understand(table, targets)
    names = [name for name in used if name not in targets]
    odd = [name for name in names if unsuited(table, name)]
    ids = [name for name in odd if _names_rows(table, name)][:1]
    data: dict[str, Any] = {
        "source": "table" if saved else source_of({"path": path.name}, path.parent),
        "path": _path_in(config, saved or path),
        **file.hints.understood,
        "target": targets[0] if len(targets) == 1 else list(targets),
        "task": understood.task,
        "columns": {},
        "drop": [name for name in odd if name not in ids],
        "id": ids[0] if ids else None,
        "scale": "standard",
    }
    needed = "data.path and data.target"
    text = _text(saved or path, data, len(table), understood.task, config, needed=needed)
    for line in unnamed:
        note(line)
    lines = [line for name in names if name not in odd for line in _column_lines(table, name)]
    return text.replace(_NO_COLUMNS, "\n".join(["  columns:", *lines, ""])) if lines else text


def starter_text_of_images(folder: Path, config: Path) -> str:
    """Return the config for a folder of images, to be written to `config`.

    Raises
    ------
    DataError
        When it has not a folder for each class, or its first image cannot be read.
    """
    found = format_of(folder)
    data = {
        "source": "images",
        "path": _path_in(config, folder),
        "size": [found.height, found.width],
        "color": "gray" if found.channels == 1 else "rgb",
        "scale": "unit",
    }
    rows = len(image_files(folder))
    return _text(folder, data, rows, "multiclass", config, needed="data.path")


def _text(
    path: Path, data: dict[str, Any], rows: int, task: Task, config: Path, *, needed: str
) -> str:
    test = TEST if rows >= ROWS_TO_TEST else 0
    left = rows - row_count(test, rows)
    validates = left >= ROWS_TO_VALIDATE
    values = {
        "name": name_from(config),
        "seed": 0,
        "data": {**data, "test": test, "validation": VALIDATION if validates else 0},
        "model": {"hidden_layers": [128], "activation": "relu"},
        "training": {"optimizer": "adam", **training_defaults(left, task, validates=validates)},
    }
    head = (
        f"# {printable(path.name)}, as nncli understands it: correct what is wrong.\n"
        f"#   nncli train {shell_word(config.name)}\n"
        f"# Every key is optional but {needed}.\n\n"
    )
    return head + commented_text(values, Config.model_validate(values))


def _column_lines(table: Table, name: str) -> list[str]:
    """Return the lines of a column: its kind, and a comment with what is in it."""
    cells, kind = table.columns[name], table.kind(name)
    blank = blank_cells(cells)
    setting: Any = kind
    if blank.any():
        policy = "median" if kind == "number" else "indicator"
        setting = {"kind": kind, "missing": policy}
    *before, last = setting_lines(name, setting, "    ")
    known = cells[~blank]
    facts = []
    if kind == "category":
        facts.append(listed(sorted({*known}), 4, quote=""))
    elif kind == "number" and len(known):
        facts.append(f"{np.min(known):g} to {np.max(known):g}")
    if blank.any():
        facts.append(count(int(blank.sum()), "blank cell"))
    comment = "; ".join(facts)
    return [*before, f"{last}  # {comment}" if is_printable(comment) and comment else last]


def _names_rows(table: Table, name: str) -> bool:
    """Return whether every row has another text."""
    cells = table.columns[name]
    return len({*cells}) == len(cells) and not blank_cells(cells).any()


def _path_in(config: Path, path: Path) -> str:
    """Return a path as a config has it. Raises `UsageError` where it is no text."""
    name = relative(absolute(path), absolute(config).parent)
    if not is_text(name):
        raise UsageError(f"{path}: its path is not UTF-8 text, as a config is; rename it")
    return name
