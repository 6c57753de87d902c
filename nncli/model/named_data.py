"""The data that a model names, which is read with care: its file may be another person's.

A model names files without their folders; the config that its run has saved beside it says where
they lie. Of a file that a model names nothing is shown before it is known to be that model's data.
Where it lies decides how that is known: see `_Named`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.arguments import said
from nncli.base.errors import (
    ConfigError,
    DataError,
    ModelFileError,
    NncliError,
    OutOfMemoryError,
    OutputError,
)
from nncli.base.paths import absolute, nearby, resolved
from nncli.base.platforms import leads_away
from nncli.base.storage.regular_file import read_regular
from nncli.base.storage.run_files import CONFIG
from nncli.config.load import MOST_BYTES, LoadedConfig, saved_config
from nncli.config.places import (
    accept,
    check_data,
    files_of,
    with_folders_of_files,
    without_folders_of_files,
)
from nncli.config.renamed import rename_keys
from nncli.config.schema import Config
from nncli.config.strict_yaml import parse
from nncli.data.dataset import Dataset
from nncli.data.files.texts import canonical
from nncli.data.fingerprint import changed_parts, fingerprint
from nncli.data.names import plain_name
from nncli.data.tables.encoding import Encoding
from nncli.data.tables.targets import Targets
from nncli.model.model import Model


def without_folders(model: Model) -> Model:
    """Return a model whose config names files without their folders, as its file has it."""
    return replace(model, config=without_folders_of_files(model.config))


def config_of(model: Model, *, trust_paths: bool, remedy: str) -> LoadedConfig:
    """Return the config that a model was trained by, without the file of its first weights.

    Parameters are as for `named_data`.

    Raises
    ------
    ConfigError
        When it is none.
    DataError
        When its data may be on another machine that would learn of it, see `leads_away`.
    """
    values = model.config
    if model.folder is not None:
        values = with_folders_of_files(values, _config_beside(model.folder))
    network = values.get("model")
    if isinstance(network, dict) and isinstance(network.get("initial_weights"), str):
        values = {**values, "model": {**network, "initial_weights": None}}  # it has its own

    def check(path: str) -> None:
        assert model.folder is not None
        if leads_away(path, str(absolute(model.folder))):
            raise DataError(
                f"{model.called}: its data, {path}, is on another machine or a device; "
                f"{_or_trust(remedy)}"
            )

    is_own = trust_paths or model.folder is None
    name = f"{model.called}: its config"
    return saved_config(values, name, model.folder, accept if is_own else check)


def _config_beside(folder: Path) -> Any:
    """Return the values of the config that a run has saved in a folder; None for none.

    It may be another person's, as the model beside it: nothing of it is believed or said.
    """
    try:
        document = parse(read_regular(folder / CONFIG, MOST_BYTES).decode(), CONFIG)
    except (OSError, ValueError, ConfigError):
        return None
    rename_keys(document)
    return document.value


def named_data(model: Model, config: Config, *, trust_paths: bool, remedy: str) -> Dataset:
    """Return the data that the config of a model names.

    Parameters
    ----------
    trust_paths : bool
        Whether its files are read like those of the user's own config, wherever they are.
    remedy : str
        What else to do, for errors.

    Raises
    ------
    DataError
        When it cannot be read, or its place alone does not let it be trusted.
    ModelFileError
        When it is that of another model.
    """
    paths = [path for (section, _), path in files_of(config) if section == "data"]
    if trust_paths or model.folder is None or not paths:
        return _as_known(model, config, config.load_data(), remedy)
    return _Named(model, config, paths, remedy).dataset()


@dataclass(frozen=True)
class _Named:
    """Data in files that a model names.

    In the model's own place, which is its folder or the project of its run, the rows may have
    changed if their names are the model's. Elsewhere they have to be those of its training, which
    nobody can describe who does not have them.
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
        """Say of an error in a file only that it is there."""
        try:
            yield
        except (ModelFileError, OutputError, OutOfMemoryError):
            raise  # of the model, the disk and the machine
        except NncliError as error:
            cause = error.__cause__
            if isinstance(cause, ImportError):
                raise  # of a package that is not installed
            number = cause.errno if isinstance(cause, OSError) else None
            raise self._refusal(outside, os.strerror(number).lower() if number else "") from None

    def _refusal(self, outside: str | None, reason: str = "") -> DataError:
        """Return what is said of data that is not known to be the model's."""
        why = f" ({reason})" if reason else ""
        if outside:
            problem = "lies outside of the model's folder and is not, or no longer, that of its"
        else:
            problem = "cannot be read as that of its"
        path = nearby(outside or self.paths[0])
        return DataError(
            f"{self.model.called}: its data, {path}, {problem} training{why}; "
            f"{_or_trust(self.remedy)}"
        )

    def _outside(self) -> str | None:
        """Return the first path that leads out of the model's own place."""
        own = self._own_places()
        return next((path for path in self.paths if not _is_within(Path(path), own)), None)

    def _own_places(self) -> list[Path]:
        """Return the folder of the model, and that of the project with its run.

        The project is what the model says that it is, and so has to be around the model. The
        user's home, and what is around it, is nobody's project.
        """
        assert self.model.folder is not None
        folder = resolved(self.model.folder)
        places = [folder]
        if self.config.places and folder.is_relative_to(base := resolved(Path(self.config.base))):
            places.append(base)
        home = Path(os.path.expanduser("~"))  # noqa: PTH111 - leaves "~" where there is none
        if not home.is_absolute():
            return places
        return [each for each in places if not resolved(home).is_relative_to(each)]


def _or_trust(remedy: str) -> str:
    trusting = said("--trust-paths", "trust_paths=True")
    return f"{remedy}, or if you trust the model, add {trusting}"


def _is_within(path: Path, places: list[Path]) -> bool:
    """Return whether a path leads into one of the places, not through links or hidden folders."""
    try:
        files = [path, *(path.rglob("*") if path.is_dir() else ())]
        leads_to = {resolved(file) for file in files if file == path or file.is_symlink()}
    except OSError:  # links in a circle, folders that nobody may look into
        return False
    for each in leads_to:
        inner = [each.relative_to(place) for place in places if each.is_relative_to(place)]
        if not any(all(not part.startswith(".") for part in found.parts) for found in inner):
            return False
    return True


def _as_known(model: Model, config: Config, dataset: Dataset, remedy: str) -> Dataset:
    """Return the data with columns and classes as the model knows them.

    Raises `ModelFileError` when it has others.
    """
    encoding = model.preprocessing.encoding
    described = (model.preprocessing.columns, model.targets, model.classes)
    if _described(dataset) != described and _means_the_same(dataset, model):
        dataset = config.load_from(config.data.knowing(model.classes, encoding))
    if _described(dataset) != described:
        raise ModelFileError(
            f"{model.called}: its config names the source {config.data.source}, but its columns, "
            f"targets or classes are not those of that source; {remedy}"
        )
    return dataset


def _described(dataset: Dataset) -> tuple[list[str], list[str], list[str]]:
    return [*dataset.columns], [*dataset.targets], [*dataset.classes]


def _means_the_same(dataset: Dataset, model: Model) -> bool:
    """Return whether a table has the model's columns and classes, whatever version named them.

    Earlier versions learned from columns that are left out now, and left out dates.
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
