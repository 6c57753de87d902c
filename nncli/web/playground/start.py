"""The first setting of the playground, from what the command line names."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from nncli.base.errors import DataError, UsageError
from nncli.base.paths import absolute
from nncli.config.load import read_config
from nncli.config.places import path_keys
from nncli.config.schema import Config
from nncli.data.files.table_file import column_names
from nncli.model.model_file import read_model
from nncli.model.named_data import config_of
from nncli.nn.entries import Array
from nncli.runs.preparation import prepare
from nncli.web.playground.files import Files
from nncli.web.playground.setting import Setting, without_validation

DEFAULT: dict[str, Any] = {
    "data": {"source": "xor", "rows": 500, "noise": 0.25, "test": 500},
    "model": {"hidden_layers": [4, 2], "activation": "tanh"},
    "training": {
        "optimizer": "sgd",
        "learning_rate": 0.03,
        "batch_size": 10,
        "epochs": 10_000,
        "engine": "numpy",
    },
}
"""The config of a page when the command line names none."""


def start_of(what: Path | None, *, target: str | None = None) -> Setting:
    """Return the first setting of a page.

    Parameters
    ----------
    what : Path, optional
        A config, a run directory, a weights file, or a file with a table.
    target : str, optional
        The column of a table to predict; default: the last one.

    Raises
    ------
    NncliError
        If it cannot be read.
    UsageError
        If a target is named, but no table.
    """
    if what is not None and _is_table(what):
        return _of_table(what, target)
    if target is not None:
        raise UsageError("target: there is no table to predict it in; name a file with a table")
    if what is None:
        return Setting(deepcopy(DEFAULT))
    return _of_model(what) if what.is_dir() or what.suffix == ".npz" else _of_config(what)


def _is_table(path: Path) -> bool:
    return not path.is_dir() and path.suffix not in (".npz", ".yaml", ".yml")


def _of_config(path: Path) -> Setting:
    loaded = read_config(path)
    values = _with_paths(loaded.document.value, loaded.config)
    if not isinstance(loaded.config.model.initial_weights, str):
        return _setting(values)
    return _setting(values, prepare(loaded).network.named)


def _of_model(path: Path) -> Setting:
    model = read_model(path)
    loaded = config_of(model, trust_paths=False, remedy="open its config")
    values = loaded.config.model_dump(exclude_defaults=True)
    return _setting(_with_paths(values, loaded.config), model.network.named)


def _of_table(path: Path, target: str | None) -> Setting:
    """Return a setting that learns the target from the first two columns of numbers."""
    names = column_names(path)
    target = target or names[-1]
    data = {"source": "table", "path": str(absolute(path)), "target": target}
    dataset = read_config({"data": data}).config.load_data()
    assert dataset.encoding is not None
    numbers = [each.name for each in dataset.encoding.columns if each.kind == "number"]
    if len(numbers) < 2:
        raise DataError(f"{path}: the playground needs two columns of numbers beside the target")
    chosen = {*numbers[:2], target}
    values = deepcopy(DEFAULT)
    values["data"] = {**data, "drop": [each for each in names if each not in chosen]}
    return replace(_setting(values), numbers=tuple(numbers))


def _setting(values: dict[str, Any], start: Mapping[str, Array] | None = None) -> Setting:
    """Return a setting of a config with absolute paths."""
    files, named = Files.of(without_validation(values))
    return Setting(named, start or {}, files)


def _with_paths(values: Any, config: Config) -> dict[str, Any]:
    """Return the values of a config as written, but with the absolute paths of what was read."""
    written, read = deepcopy(values), config.data.model_dump()
    if isinstance(written["data"], str):
        written["data"] = {"source": written["data"]}  # which a page can change
    for key in path_keys(written):
        written["data"][key] = read[key]
    model = written.get("model")
    if isinstance(model, dict) and isinstance(model.get("initial_weights"), str):
        del model["initial_weights"]  # they become the start of the page
    return dict(written)
