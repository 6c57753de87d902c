"""The settings of a saved config, by key, without reading any other file."""

from typing import Any

from pydantic import ValidationError

from nncli.config.places import based_on, paths_from, without_folders
from nncli.config.problems import problems_of, refusal_of
from nncli.config.renamed import rename_keys
from nncli.config.schema import Config
from nncli.config.strict_yaml import parse

Settings = dict[str, Any]
"""Values by key path, such as ``training.learning_rate``."""


def saved_settings(text: str, name: str) -> Settings:
    """Return the settings of a config that a run saved, with defaults for missing keys.

    An entry with parameters, such as an optimizer, is a name and its parameters:
    ``training.optimizer`` and ``training.optimizer.beta1``. Paths start where the run was trained.

    Parameters
    ----------
    name : str
        Name of the config in messages.

    Raises
    ------
    ConfigError
        If the config is invalid.
    """
    document = parse(text, name)
    rename_keys(document)
    problems = list(document.problems)
    try:
        folders = paths_from(document.value)
        config = Config.model_validate(without_folders(document.value))
    except ValidationError as error:
        raise refusal_of([*problems, *problems_of(document, error, None)]) from error
    except ValueError as error:
        raise refusal_of([*problems, f"{name}: paths_from: {error}"]) from error
    if problems:
        raise refusal_of(problems)
    if folders:
        config = based_on(config, folders[-1])
    return settings_of(config)


def settings_of(config: Config) -> Settings:
    """Return the settings of a config by key path, as `saved_settings` does."""
    flat: Settings = {}
    for key, value in config.model_dump().items():
        if isinstance(value, dict):
            for inner, setting in value.items():
                flat |= _setting(f"{key}.{inner}", setting)
        else:
            flat |= _setting(key, value)
    return flat


def _setting(key: str, value: Any) -> Settings:
    if isinstance(value, dict) and "name" in value:
        parameters = {f"{key}.{each}": value[each] for each in value if each != "name"}
        return {key: value["name"], **parameters}
    return {key: value}
