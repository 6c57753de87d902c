"""Read the data that a model names; the model file may be untrusted.

A model names files without folders; the config saved with it by its run has their paths. No content
of a named file is revealed before it is verified as that model's data. How it is verified depends
on its location; see `_Named`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.arguments import argument, said
from nncli.base.errors import (
    ConfigError,
    DataError,
    ModelFileError,
    NncliError,
    OutOfMemoryError,
    OutputError,
    UsageError,
)
from nncli.base.notes import Note
from nncli.base.paths import absolute, nearby, resolved
from nncli.base.platforms import leads_away
from nncli.base.storage.regular_file import read_regular
from nncli.base.storage.run_files import CONFIG
from nncli.config.config_file import MOST_BYTES
from nncli.config.load import LoadedConfig, saved_config
from nncli.config.places import (
    accept,
    check_data,
    files_of,
    path_keys,
    with_folders_of_files,
    without_folders_of_files,
)
from nncli.config.renamed import rename_keys
from nncli.config.schema import Config
from nncli.config.strict_yaml import parse
from nncli.data.dataset import Dataset
from nncli.data.files.texts import canonical
from nncli.data.fingerprint import changed_in_split, changed_parts, fingerprint
from nncli.data.names import plain_name
from nncli.data.tables.encoding import Encoding
from nncli.data.tables.targets import Targets
from nncli.model.model import Model


def without_folders(model: Model) -> Model:
    """Return a model whose config names files without folders, as in model files."""
    return replace(model, config=without_folders_of_files(model.config))


def config_of(
    model: Model, *, trust_paths: bool, remedy: str, moved_to: Path | None = None
) -> LoadedConfig:
    """Return the config of a model's training, without the file of initial weights.

    Parameters are as for `named_data`.

    Raises
    ------
    ConfigError
        If it is not a valid config.
    UsageError
        If it has no `data.path` that may have moved.
    DataError
        If the data may be on another machine, which would notice the access; see `leads_away`.
    """
    values = model.config
    if model.folder is not None:
        values = with_folders_of_files(values, _config_beside(model.folder))
    network = values.get("model")
    if isinstance(network, dict) and isinstance(network.get("initial_weights"), str):
        values = {**values, "model": {**network, "initial_weights": None}}  # not needed

    moved = None if moved_to is None else str(absolute(moved_to))
    if moved is not None:
        if "path" not in path_keys(values):
            raise UsageError(f"{argument('data')}: {model.called} has no data.path; leave it out")
        values = {**values, "data": {**values["data"], "path": moved}}

    def check(path: str) -> None:
        assert model.folder is not None
        if path != moved and leads_away(path, str(absolute(model.folder))):
            raise DataError(
                f"{model.called}: its data, {path}, is on another machine or a device; "
                f"{_or_trust(remedy)}"
            )

    is_own = trust_paths or model.folder is None
    name = f"{model.called}: its config"
    return saved_config(values, name, model.folder, accept if is_own else check)


def _config_beside(folder: Path) -> Any:
    """Return the values of the config that a run saved in a folder; None if there is none.

    It may be as untrusted as the model: nothing in it is trusted, and errors do not quote it.
    """
    try:
        document = parse(read_regular(folder / CONFIG, MOST_BYTES).decode(), CONFIG)
    except (OSError, ValueError, ConfigError):
        return None
    rename_keys(document)
    return document.value


def named_data(
    model: Model,
    config: Config,
    *,
    trust_paths: bool,
    remedy: str,
    moved_to: Path | None = None,
) -> Dataset:
    """Return the data that the config of a model names.

    Parameters
    ----------
    trust_paths : bool
        Whether to read its files from any path, like those of the user's own config.
    remedy : str
        An alternative to suggest in errors.
    moved_to : Path, optional
        The user's path of the data instead of `data.path`, which is trusted.

    Raises
    ------
    DataError
        If the data cannot be read, or is in an untrusted location and cannot be verified.
    ModelFileError
        If the data does not match the model.
    """
    moved = None if moved_to is None else str(absolute(moved_to))
    files = files_of(config)
    paths = [path for (section, _), path in files if section == "data" and path != moved]
    if trust_paths or model.folder is None or not paths:
        return _as_known(model, config, config.load_data(), remedy)
    return _Named(model, config, paths, remedy).dataset()


def note_changes(model: Model, dataset: Dataset, split: str, note: Note, remedy: str) -> bool:
    """Return whether the rows of a split have changed since training; call `note` if so."""
    changed = model.fingerprint and changed_in_split(model.fingerprint, dataset, split)
    if not changed:
        return False
    trained = f"it may have been trained on some of these {split} rows"
    if split == "train":
        trained = "it was trained on other rows"
    note(
        f"{model.called}: its data has changed since training: {', '.join(changed)}; {trained}; "
        f"{remedy}"
    )
    return True


@dataclass(frozen=True)
class _Named:
    """Data in files that a model names.

    In the model's own places, its folder and the project of its run, the rows may have changed as
    long as columns and classes match the model. Elsewhere they must match the fingerprint of the
    training data, which nobody can forge without having that data.
    """

    model: Model
    config: Config
    paths: list[str]
    remedy: str

    def dataset(self) -> Dataset:
        model, config = self.model, self.config
        check_data(config)
        outside = self._outside()
        with self._nothing_shown(outside):
            dataset = config.load_data()
            if outside is None:
                return _as_known(model, config, dataset, self.remedy)
        if not model.fingerprint or changed_parts(model.fingerprint, fingerprint(dataset)):
            raise self._refusal(outside)
        return _as_known(model, config, dataset, self.remedy)

    @contextmanager
    def _nothing_shown(self, outside: str | None) -> Iterator[None]:
        """Report errors in a file without their details."""
        try:
            yield
        except (ModelFileError, OutputError, OutOfMemoryError):
            raise  # errors of the model, the disk or the machine
        except NncliError as error:
            cause = error.__cause__
            if isinstance(cause, ImportError):
                raise  # a package is not installed
            number = cause.errno if isinstance(cause, OSError) else None
            raise self._refusal(outside, os.strerror(number).lower() if number else "") from None

    def _refusal(self, outside: str | None, reason: str = "") -> DataError:
        """Return the error for data that could not be verified as the model's."""
        why = f" ({reason})" if reason else ""
        if outside:
            problem = "is outside the model's folder and could not be verified as its training data"
        else:
            problem = "could not be read as its training data"
        path = nearby(outside or self.paths[0])
        return DataError(
            f"{self.model.called}: its data, {path}, {problem}{why}; {_or_trust(self.remedy)}"
        )

    def _outside(self) -> str | None:
        """Return the first path outside the model's own places."""
        own = self._own_places()
        return next((path for path in self.paths if not _is_within(Path(path), own)), None)

    def _own_places(self) -> list[Path]:
        """Return the folder of the model, and the project folder of its run.

        The model itself names the project, so it only counts if it contains the model. The user's
        home directory and its parents never count.
        """
        assert self.model.folder is not None
        folder = resolved(self.model.folder)
        places = [folder]
        if self.config.places and folder.is_relative_to(base := resolved(Path(self.config.base))):
            places.append(base)
        home = Path(os.path.expanduser("~"))  # noqa: PTH111 - keeps "~" if there is no home
        if not home.is_absolute():
            return places
        return [each for each in places if not resolved(home).is_relative_to(each)]


def _or_trust(remedy: str) -> str:
    trusting = said("--trust-paths", "trust_paths=True")
    return f"{remedy}, or if you trust the model, add {trusting}"


def _is_within(path: Path, places: list[Path]) -> bool:
    """Return whether a path, with links resolved, is in one of the places and not hidden there."""
    try:
        files = [path, *(path.rglob("*") if path.is_dir() else ())]
        leads_to = {resolved(file) for file in files if file == path or file.is_symlink()}
    except OSError:  # circular links, unreadable folders
        return False
    for each in leads_to:
        inner = [each.relative_to(place) for place in places if each.is_relative_to(place)]
        if not any(all(not part.startswith(".") for part in found.parts) for found in inner):
            return False
    return True


def _as_known(model: Model, config: Config, dataset: Dataset, remedy: str) -> Dataset:
    """Return the data with columns and classes named as in the model.

    Raises `ModelFileError` if they do not match.
    """
    encoding = model.preprocessing.encoding
    described = (model.preprocessing.columns, model.targets, model.classes)
    if _described(dataset) != described and _means_the_same(dataset, model):
        dataset = config.load_from(config.data.knowing(model.classes, encoding))
    if _described(dataset) != described:
        raise ModelFileError(
            f"{model.called}: its config names the source {config.data.source}, but its columns, "
            f"targets or classes do not match that source; {remedy}"
        )
    return dataset


def _described(dataset: Dataset) -> tuple[list[str], list[str], list[str]]:
    return [*dataset.columns], [*dataset.targets], [*dataset.classes]


def _means_the_same(dataset: Dataset, model: Model) -> bool:
    """Return whether a table has the model's columns and classes, as named by any version.

    Earlier versions used columns that are now left out, and left out dates.
    """
    known = Targets(model.task, model.targets, model.classes)
    codes = known.codes(np.array(dataset.classes, object))
    same_classes = {*codes.tolist()} == {*range(len(model.classes))}
    others = {name for name, role in dataset.roles.items() if role in ("left out", "id")}
    inputs = [each for each in _meaning(model.preprocessing.encoding) if each[0] not in others]
    found = [each for each in _meaning(dataset.encoding) if each[1] != "date" or each in inputs]
    return same_classes and found == inputs


def _meaning(encoding: Encoding | None) -> list[tuple[str, str, set[str]]]:
    columns = encoding.columns if encoding else ()
    return [
        (plain_name(each.name), each.kind, {*map(canonical, each.categories)}) for each in columns
    ]
