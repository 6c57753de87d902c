"""Load a config from a file or mapping, apply overrides, and report each problem with its place."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from nncli.base.errors import ConfigError, DataError, UsageError
from nncli.base.storage.directory import Entry
from nncli.config.check import Meaning, misfits
from nncli.config.config_file import config_file_text
from nncli.config.defaults import completed
from nncli.config.file_source import name_source
from nncli.config.overrides import OF_PYTHON, Overrides, counted, override
from nncli.config.places import PATHS_FROM, CheckPath, accept, located, paths_from, without_folders
from nncli.config.plain import plain_values
from nncli.config.problems import problems_of, refusal_of
from nncli.config.renamed import rename_keys
from nncli.config.render import config_text
from nncli.config.resolve import Misfit, Resolved, check_monitor, resolve
from nncli.config.schema import Config
from nncli.config.strict_yaml import (
    MOST_VALUES,
    TOO_MANY_VALUES,
    Document,
    dotted,
    parse,
)
from nncli.data.dataset import Dataset, Task

if TYPE_CHECKING:
    from nncli.config.memory_sources import Given

_MOST_SAVED_VALUES = MOST_VALUES + 1000  # with the defaults
_UNNAMED = FilePath("model")  # the name of a config without a file

Check = Callable[[Config, Meaning], list[Misfit]]


@dataclass(frozen=True, eq=False)
class LoadedConfig:
    """A valid config that remembers the place of each key.

    Attributes
    ----------
    config : Config
    document : Document
    path : Path
        The file, whose folder is the base of its relative paths.
    rows : Given or None
        Rows that were passed with it.
    """

    config: Config
    document: Document
    path: FilePath = _UNNAMED
    rows: "Given | None" = field(default=None, repr=False, compare=False)
    _resolved: dict[Task, Resolved] = field(default_factory=dict, repr=False, compare=False)

    def text(self) -> str:
        """Return the config as YAML, with every default filled in.

        The user's own data is read for it. If that fails, keys that depend on it stay null.
        """
        config, begun = self.config, self.selecting
        shape, division = config.data.shape, config.data.division
        try:
            if shape and division:
                rows = {"train": division.training_rows()}
                task, loaded = shape.task, begun._completed(shape.task, rows)
            else:
                dataset = begun.config.load_data()
                task, loaded = dataset.task, begun.completed(dataset)
        except DataError:
            return config_text(config)
        return config_text(loaded.resolved(task).config.with_training(refit=config.training.refit))

    @property
    def selecting(self) -> "LoadedConfig":
        """The config, or for a refit that of the first training, which chooses the epochs."""
        config = self.config.with_training(refit=False)
        return self.with_config(config) if self.config.training.refit else self

    def completed(self, dataset: Dataset) -> "LoadedConfig":
        """Return a copy with the settings that depend on the number of rows."""
        rows = {name: len(split) for name, split in dataset.splits.items()}
        return self._completed(dataset.task, rows)

    def _completed(self, task: Task, rows: Mapping[str, int]) -> "LoadedConfig":
        config = completed(self.config, task, rows)
        return self if config == self.config else self.with_config(config)

    def with_config(self, config: Config) -> "LoadedConfig":
        """Return a copy with another config, whose keys have the same places."""
        return LoadedConfig(config, self.document, self.path, self.rows)

    def resolved(self, task: Task, *, has_validation: bool = True) -> Resolved:
        """Return the meaning of the config for `task`, which is cached.

        Raises
        ------
        ConfigError
            When output, loss, early stopping and data do not fit together.
        """
        problems = []
        for check in (
            partial(check_monitor, self.config, task, has_validation),
            partial(self.meaning, task),
        ):
            try:
                check()
            except Misfit as error:
                problems.append(self.placed(error))
        if problems:
            raise refusal_of(problems)
        return self._resolved[task]

    def meaning(self, task: Task) -> Resolved:
        """Return the meaning of the config for `task`, which is cached. Raises `Misfit`."""
        if task not in self._resolved:
            self._resolved[task] = resolve(self.config, task)
        return self._resolved[task]

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn a `Misfit` raised in the block into a `ConfigError` with its place."""
        try:
            yield
        except Misfit as error:
            raise ConfigError(self.placed(error)) from error

    def placed(self, error: Misfit) -> str:
        """Return ``file:line:column: key.path: problem``."""
        return f"{self.document.place(error.path)}: {dotted(error.path)}: {error.problem}"


ConfigSource = FilePath | str | Mapping[str, Any] | Config | LoadedConfig


def load_config(
    source: ConfigSource,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
) -> LoadedConfig:
    """Read and check a config.

    Parameters
    ----------
    source : path, mapping, Config or LoadedConfig
        Paths in a file are relative to its folder, others to the working directory.
    overrides : sequence of str, or mapping of str
        Settings that override the config: ``key.path=value``, or values by ``key.path``.
    data, validation_data, test_data
        Rows that replace those named in the config, as `nncli.train` takes them.

    Raises
    ------
    ConfigError
        With a line ``file:line:column: key.path: problem`` for every problem; without a file, the
        line starts with ``config``.
    DataError
        When the passed rows are invalid.
    """
    return read_config(source, overrides, rows=given_rows(data, validation_data, test_data))


def given_rows(data: object, validation: object, test: object) -> "Given | None":
    """Return the passed rows, if any. Raises `UsageError` when training rows are missing."""
    if data is None:
        if validation is not None or test is not None:
            raise UsageError("validation_data and test_data need data, the training rows")
        return None
    from nncli.config.memory_sources import Given

    return Given(data, validation, test)


def read_config(
    source: ConfigSource | Entry,
    overrides: Overrides = (),
    *,
    rows: "Given | None" = None,
    check: Check = misfits,
    path: FilePath = _UNNAMED,
) -> LoadedConfig:
    """Read and check a config as `load_config` does.

    Parameters
    ----------
    rows : Given, optional
        Rows that replace those named in the config.
    check : function
        Returns the misfits of a valid config for its purpose.
    path : Path
        File that a mapping will be written to.
    """
    if isinstance(source, LoadedConfig):
        if not overrides and rows is None:
            return source
        path, document, rows = source.path, deepcopy(source.document), rows or source.rows
        return _checked(document, path, overrides, rows, check)
    if isinstance(source, Config):
        source = source.model_dump()
    if isinstance(source, str | FilePath | Entry):
        path = FilePath(str(source))
        document = parse(config_file_text(source if isinstance(source, Entry) else path), str(path))
    else:
        document = _document(source)
    return _checked(document, path, overrides, rows, check)


def config_name(source: ConfigSource) -> str:
    """Return the name of a config in messages: its path, or ``config``."""
    return str(source) if isinstance(source, str | FilePath) else OF_PYTHON


def _document(values: Mapping[str, Any]) -> Document:
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"config: found {type(values).__name__}; expected a path, a mapping or a Config"
        )
    document = Document(plain_values(values, OF_PYTHON), {(): OF_PYTHON})
    if counted(document.value) > _MOST_SAVED_VALUES:
        raise ConfigError(f"config: {TOO_MANY_VALUES}")
    return document


def _checked(
    document: Document,
    path: FilePath,
    overrides: Overrides,
    rows: "Given | None",
    check: Check,
) -> LoadedConfig:
    if document.value is None:
        document.value = {}
    rename_keys(document)
    override(document, overrides)
    held = _with_rows(document, rows) if rows else None
    config = _validate(document, path)
    if held:
        data = config.data.holding(held)  # type: ignore[attr-defined]  # one in memory
        config = config.model_copy(update={"data": data})
    loaded = LoadedConfig(config, document, path, rows)
    if problems := check(loaded.config, loaded.meaning):
        raise refusal_of([loaded.placed(each) for each in problems])
    return loaded


def _with_rows(document: Document, given: "Given") -> dict[str, Any] | None:
    """Make the config describe the passed rows; return the rows by part."""
    from nncli.config.memory_sources import given_section

    if not isinstance(document.value, dict):
        return None  # reported by the schema
    document.value["data"], rows = given_section(document.value.get("data"), given)
    return rows


def saved_config(
    values: Any, name: str, folder: FilePath | None = None, check: CheckPath = accept
) -> LoadedConfig:
    """Check a config that was saved in a model file.

    No file is read. Whether files exist is only checked for paths that `check` accepts.

    Parameters
    ----------
    name : str
        Name of the config in messages.
    folder : Path, optional
        Folder of the file.
    check : function
        Raises an error for a path that must not be looked up.

    Raises
    ------
    ConfigError
        With a line ``name: key.path: problem`` for every problem.
    """
    if counted(values) > _MOST_SAVED_VALUES:
        raise ConfigError(f"{name}: has more than {_MOST_SAVED_VALUES:,} keys and values")
    document = Document(values, {(): name})
    rename_keys(document)
    return LoadedConfig(_validate(document, FilePath(name), folder or FilePath(), check), document)


def _validate(
    document: Document,
    path: FilePath,
    saved_in: FilePath | None = None,
    check: CheckPath = accept,
) -> Config:
    """Return the config; relative paths start from its folder, or the folder it is saved in."""
    directory = path.parent if saved_in is None else None  # files fill in what the user omits
    problems, folders = list(document.problems), list[str]()
    name_source(document.value, directory)
    try:
        folders = paths_from(document.value)
    except ValueError as error:
        problems.append(f"{document.place((PATHS_FROM,))}: {PATHS_FROM}: {error}")
    try:
        config = Config.model_validate(without_folders(document.value))
    except ValidationError as error:
        problems += problems_of(document, error, directory)
    if problems:
        raise refusal_of(problems)
    config = located(config, saved_in or path.parent, folders, check)
    if config.name is None:
        config = config.model_copy(update={"name": name_from(path)})
    return config


def name_from(path: FilePath) -> str:
    """Return the default name of a config, derived from its file."""
    name = "".join(each if each.isalnum() and each.isascii() else "-" for each in path.stem)
    return name.strip("-")[:100] or "model"
