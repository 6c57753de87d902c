"""The paths of a config, and how a run saves them so that it can be moved.

A run saves relative paths unchanged, with the folders that they may start from in ``paths_from``:
first the folder relative to the run directory, with and without links resolved, then its absolute
path. So a project that is moved or copied finds its own files, and a run that is moved alone finds
the original files. Absolute paths stay unchanged.
"""

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nncli.base.arguments import has_option
from nncli.base.errors import ConfigError, DataError, reason
from nncli.base.paths import (
    absolute,
    is_text,
    joined,
    nearby,
    problem_of_name,
    relative,
    without_links,
)
from nncli.base.storage.regular_file import NO_FILE
from nncli.base.words import closest, is_printable, listed, on_one_line
from nncli.config.sources import SOURCES

if TYPE_CHECKING:
    from nncli.config.schema import Config

PATHS_FROM = "paths_from"  # not a setting, but part of the configs that runs save


CheckPath = Callable[[str], None]
"""Function that raises an error for a path, as written, that must not be looked up."""


def accept(path: str) -> None:
    """Accept any path: a `CheckPath` for the user's own configs."""


def paths_from(values: Any) -> list[str]:
    """Return the folders that the paths of a saved config may start from, in order.

    Raises
    ------
    ValueError
        When the value is not a list of folders.
    """
    found = values.get(PATHS_FROM) if isinstance(values, dict) else None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("expected a list of folders")
    return found


def without_folders(values: Any) -> Any:
    """Return the values of a config without `paths_from`."""
    if not isinstance(values, dict):
        return values
    return {key: each for key, each in values.items() if key != PATHS_FROM}


def located(
    config: "Config", folder: Path, folders: Sequence[str] = (), check: CheckPath = accept
) -> "Config":
    """Return a config with absolute paths, which remembers which were relative.

    Parameters
    ----------
    folder : Path
        Folder of the config.
    folders : sequence of str
        Its `paths_from`. A path that was edited by hand may also start from `folder`.
    check : function
        Called before a path, or one of the folders, is looked up.
    """
    here = absolute(folder)
    starts = [without_links(here), str(here)] if folders else []
    written = {joined(start, each): each for each in folders for start in starts}
    written[str(here)] = ""
    bases = [*written]
    places: dict[str, list[str]] = {}
    found_in: list[str] = []

    def is_there(at: int, path: str) -> bool:
        check(written[bases[at]])
        return _exists(path)

    def find(name: str) -> str:
        check(name)
        if Path(name).is_absolute():
            return name
        # The user's own paths may lead through links.
        tried = [joined(base, name) for base in bases] if folders else [str(here / name)]
        at = next((at for at, path in enumerate(tried) if is_there(at, path)), None)
        if at is not None:
            found_in.append(bases[at])
        places[tried[at or 0]] = tried
        return tried[at or 0]

    found = _mapped(config, find)
    return found.remembering(places, next(iter(found_in), bases[0]))


def based_on(config: "Config", folder: str) -> "Config":
    """Return a config with relative paths joined to a folder, without looking them up."""
    return _mapped(config, lambda path: str(nearby(joined(folder, path))))


def moved(config: "Config", folder: Path) -> "Config":
    """Return a config whose relative paths start from another folder."""
    return _mapped(config, lambda path: relative(path, folder) if path in config.places else path)


def portable(config: "Config", folder: Path) -> dict[str, Any]:
    """Return the values of a config as saved in a folder.

    Raises
    ------
    ConfigError
        When the path of a file is not valid text.
    """

    def save(path: str) -> str:
        name = relative(path, config.base) if path in config.places else path
        if not is_text(name):
            raise _no_text(path)
        return name

    values = _mapped(config, save).model_dump()
    if not config.places:
        return values
    really = relative(without_links(config.base), without_links(folder))
    named = relative(config.base, absolute(folder))
    folders = [each for each in dict.fromkeys([really, named, config.base]) if is_text(each)]
    if not folders:
        raise _no_text(config.base)
    return {**values, PATHS_FROM: folders}


def without_folders_of_files(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a saved config with file names instead of paths.

    So a model does not reveal where it was trained, and does not depend on it.
    """
    named = {key: each for key, each in values.items() if key != PATHS_FROM}
    data, network = named.get("data"), named.get("model")
    if isinstance(data, Mapping):
        named["data"] = {**data, **{key: _names_of(data[key]) for key in _path_keys(data)}}
    if isinstance(network, Mapping) and isinstance(network.get("initial_weights"), str):
        named["model"] = {**network, "initial_weights": _names_of(network["initial_weights"])}
    return named


def with_folders_of_files(values: dict[str, Any], saved: object) -> dict[str, Any]:
    """Return the values of a model's config with the paths of the config saved next to it.

    A config with its own paths stays unchanged; so does one whose neighbor describes other data.
    """
    if not isinstance(saved, Mapping) or PATHS_FROM in values:
        return values
    data, found = values.get("data"), saved.get("data")
    if not isinstance(data, Mapping) or not isinstance(found, Mapping):
        return values
    keys = [key for key in _path_keys(data) if _has_path(data[key])]
    paths = {key: found[key] for key in keys if _is_path_like(found.get(key), data[key])}
    named = {key: data[key] for key in keys}
    alike = _set_in({**found, **named}) == _set_in(data)  # even if the data was renamed since
    if not alike and _all_names(paths) != named:
        return values
    if found.get("source") != data.get("source") or named != _all_names(named):
        return values
    folders = saved.get(PATHS_FROM, [])
    if not isinstance(folders, list) or not all(isinstance(each, str) for each in folders):
        return values
    folders = {PATHS_FROM: folders} if folders else {}
    return {**values, "data": {**data, **paths}, **folders}


def _set_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that are set: a model file has no `features` if they are null."""
    return {key: each for key, each in values.items() if each is not None}


def path_keys(values: Mapping[str, Any]) -> list[str]:
    """Return the keys of a saved config's data that are paths."""
    data = values.get("data")
    return _path_keys(data) if isinstance(data, Mapping) else []


def _path_keys(data: Mapping[str, Any]) -> list[str]:
    source = data.get("source")
    kind = SOURCES.get(source) if isinstance(source, str) else None
    return [key for key in kind.paths if key in data] if kind else []


def _is_path_like(value: object, known: object) -> bool:
    """Return whether a value is a path or a list of paths, like the known one."""
    if isinstance(known, list):
        return isinstance(value, list) and [*map(type, value)] == [*map(type, known)]
    return isinstance(value, str) and isinstance(known, str)


def _all_names(paths: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _names_of(each) for key, each in paths.items()}


def _has_path(value: object) -> bool:
    return isinstance(value, str | list)


def _names_of(value: Any) -> Any:
    """Return the name of a file, or of each in a list, without the folder; keep other values."""
    if isinstance(value, list):
        return [*map(_names_of, value)]
    return Path(value).name or value if isinstance(value, str) else value


def without_places(config: "Config") -> dict[str, Any]:
    """Return a config as plain values, with the same name for all files."""
    return _mapped(config, lambda path: "a file").model_dump()


def check_data(config: "Config", remedy: str = "", *, is_own: bool = False) -> None:
    """Raise `DataError` when a data file is unusable, or missing in all searched places.

    Parameters
    ----------
    remedy : str
        What to do if a missing file is not restored; by default, give its new path.
    is_own : bool
        Whether the user may have written the config, with a wrong path, rather than a run.
    """
    for key, path in files_of(config):
        if key[0] != "data":
            continue
        if problem := problem_of_name(path):
            raise DataError(f"{on_one_line(str(nearby(path)), 60)}: cannot be read; {problem}")
        try:
            mode = Path(path).stat().st_mode
        except (FileNotFoundError, NotADirectoryError) as error:
            others = [place for place in config.places.get(path, ()) if place != path]
            also = f"; also not found at {listed(others, quote='')}" if others else ""
            is_written = is_own and not others  # a run searches several folders
            first = f"check its spelling{_near_file(path)}" if is_written else "restore it"
            raise DataError(
                f"{nearby(path)}: cannot be read ({reason(error)}){also}; {first}, or "
                f"{remedy or _with_new_path(key[1])}"
            ) from error
        except OSError:  # reported when the file is read
            continue
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise DataError(f"{nearby(path)}: {NO_FILE}")


def _near_file(path: str) -> str:
    """Return `` (did you mean 'data/rows.csv'?)`` for a file of a similar name, or nothing."""
    folder, name = Path(path).parent, Path(path).name
    with suppress(OSError):
        names = sorted(each.name for each in folder.iterdir() if is_printable(each.name))
        if near := closest(name, names):
            return f" (did you mean '{nearby(str(folder / near))}'?)"
    return ""


def _with_new_path(key: str) -> str:
    """Return how to give the new path of a file, as far as the running command can take it."""
    setting = f"data.{key}=FILE"
    if not has_option("--data"):
        return f"give its new path with {setting}"
    if key == "path":
        return f"give its new path with --data FILE (for training also {setting})"
    takes_settings = has_option("overrides") or has_option("arguments")
    return f"give its new path with {setting}" if takes_settings else "give rows with --data FILE"


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # no permission, or an impossible name
        return False


def _no_text(path: str) -> ConfigError:
    return ConfigError(
        f"{nearby(path)}: the path is not UTF-8 text, so the run cannot save it; rename the file "
        "or folder"
    )


def files_of(config: "Config") -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the key and path of each file named in a config."""
    for key in config.data.paths:
        value = getattr(config.data, key)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield ("data", key), each
    if isinstance(config.model.initial_weights, str):
        yield ("model", "initial_weights"), config.model.initial_weights


def _mapped(config: "Config", change: Callable[[str], str]) -> "Config":
    """Return a config with every path in it changed."""
    update: dict[str, Any] = {"data": config.data.with_paths(change)}
    weights = config.model.initial_weights
    if isinstance(weights, str):
        model = config.model.model_copy(update={"initial_weights": change(weights)})
        update["model"] = model
    return config.model_copy(update=update)
