"""The config of a case with a changed setting, to train with it or to write it."""

from pathlib import Path
from typing import Any

from nncli.base.errors import UsageError
from nncli.base.paths import absolute, joined
from nncli.config.config_file import config_file_text
from nncli.config.edited import edited
from nncli.config.load import LoadedConfig, read_config
from nncli.config.overrides import OF_PYTHON
from nncli.config.places import PATHS_FROM, files_of, moved, without_folders
from nncli.config.render import plain_text
from nncli.config.resolve import Misfit, resolve
from nncli.config.schema import Config
from nncli.config.strict_yaml import parse
from nncli.data.dataset import Task
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change

_DERIVED = (  # the defaults of the later ones determine those of the earlier ones
    ("training", "loss"),
    ("model", "initializer"),
    ("model", "threshold"),
    ("model", "output"),
)


def changed(case: Case, change: Change) -> LoadedConfig:
    """Return the config of a case with a change. Raises `ConfigError` if it does not fit."""
    loaded, settings = case.loaded, {change.key: change.value}
    if not case.is_trained:
        return read_config(loaded, settings)
    written = _as_written(loaded.config, case.subject.model.task)
    found = read_config(written.model_dump(), settings)
    places = {path: [*tried] for path, tried in loaded.config.places.items()}
    return found.with_config(found.config.remembering(places, loaded.config.base))


def _as_written(config: Config, task: Task) -> Config:
    """Return a config without the defaults that depend on other settings, which may change.

    A run saves its config with all defaults filled in: not with what the user wrote.
    """
    for section, key in _DERIVED:
        part = getattr(config, section).model_copy(update={key: None})
        shorter = config.model_copy(update={section: part})
        try:
            same = resolve(shorter, task).config == resolve(config, task).config
        except Misfit:
            continue
        config = shorter if same else config
    return config


def changed_text(case: Case, change: Change, folder: Path) -> str:
    """Return the YAML text of the changed config of a case, to be written in a folder.

    A config keeps its comments and order. A run has a text with all settings. Relative paths start
    from the folder.

    Raises
    ------
    ConfigError
        If the change does not fit, or the config can no longer be read.
    UsageError
        If the config cannot be written: it needs more than its text.
    """
    loaded = changed(case, change)
    if loaded.config.data.is_given:
        raise UsageError(
            f"{case.subject.name}: its rows were passed from Python, and are in no file; train "
            f"again with the setting {change}"
        )
    if case.is_trained:
        return _text_of_run(case, loaded, change, folder)
    text = _written(case.loaded)
    paths = _moved_paths(parse(text, "config").value, loaded.config, folder)
    return edited(text, {**paths, change.key: change.value})


def _text_of_run(case: Case, loaded: LoadedConfig, change: Change, folder: Path) -> str:
    model = case.subject.model
    if isinstance(model.config["model"]["initial_weights"], str):
        raise UsageError(
            f"{case.subject.name}: began with weights from a file, whose path a model does not "
            f"save; set {change} in your own config"
        )
    config = loaded.resolved(model.task).config.with_training(fold=None)  # of all folds
    return plain_text(moved(config, folder).model_dump())


def _written(loaded: LoadedConfig) -> str:
    """Return the text of a config: that of the user's file, if there is one."""
    if loaded.document.values[()] == OF_PYTHON:
        return plain_text(loaded.document.value)
    text = config_file_text(loaded.path)
    values = parse(text, str(loaded.path)).value
    return plain_text(without_folders(values)) if PATHS_FROM in values else text


def _moved_paths(values: Any, config: Config, folder: Path) -> dict[str, Any]:
    """Return the new value of each path that does not lead from a folder to the same file."""
    here, there = str(absolute(folder)), moved(config, folder)
    found = {}
    for section, key in dict.fromkeys(place for place, _ in files_of(config)):
        written = values[section].get(key) if isinstance(values[section], dict) else None
        now = getattr(getattr(config, section), key)
        if _from(here, written) != _from(here, now):
            found[f"{section}.{key}"] = getattr(getattr(there, section), key)
    return found


def _from(folder: str, paths: Any) -> list[str]:
    """Return one path or several, relative to a folder, as absolute paths."""
    several = paths if isinstance(paths, list) else [paths]
    return [joined(folder, each) for each in several if isinstance(each, str)]
