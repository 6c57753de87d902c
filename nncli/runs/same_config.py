"""Check that a resumed run has the same config as before."""

import filecmp
from typing import Any

from nncli.base.errors import ConfigError
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CONFIG
from nncli.base.words import shell_word
from nncli.config.choices import shown
from nncli.config.places import without_places
from nncli.config.render import setting_lines
from nncli.config.schema import Config

_MAY_BE_RAISED = "training.epochs"
_MAY_CHANGE = "diagnose."  # has no effect on training
_SEEDS = "training.seeds"
_LONGEST_LIST = 60  # characters of a list in a message


def check_same(directory: Directory, before: Config, now: Config) -> None:
    """Raise `ConfigError` if training has changed except for more epochs or seeds."""
    # Files may have been moved; the fingerprint shows whether they have the same rows.
    old, new = _flat(without_places(before)), _flat(without_places(now))
    key = "model.initial_weights"
    paths = [config.model.initial_weights for config in (before, now)]
    if _are_other_files(*paths):
        old[key], new[key] = paths
    changed = [
        key
        for key in {**old, **new}
        if old.get(key) != new.get(key) and not key.startswith(_MAY_CHANGE)
    ]
    if changed == [_MAY_BE_RAISED] and now.training.refit:
        raise chosen_once(directory, old[_MAY_BE_RAISED], new[_MAY_BE_RAISED])
    raisable = [_MAY_BE_RAISED, *([_SEEDS] if before.training.seeds else [])]
    if all(key in raisable and (new[key] or 0) > (old[key] or 0) for key in changed):
        return
    what = ", ".join(_change(key, old.get(key), new.get(key)) for key in changed)
    raise ConfigError(
        f"{directory}: cannot resume with another config: {what}; only "
        f"{' and '.join(raisable)} may change, and only increase; otherwise start a new run"
    )


def _change(key: str, before: object, now: object) -> str:
    """Say how a key has changed; lists that are long are not shown."""
    old, new = map(_briefly, (before, now))
    return f"{key} has changed" if old == new else f"{key} was {old} and is {new}"


def _briefly(value: object) -> str:
    if not isinstance(value, dict | list):
        return shown(value)
    text = " ".join(setting_lines("key", value, "")).removeprefix("key: ")
    return text if len(text) <= _LONGEST_LIST else shown(value)


def chosen_once(directory: Directory, before: int, now: int) -> ConfigError:
    """Return the error for a refit whose planned epochs have changed."""
    return ConfigError(
        f"{directory}: {_MAY_BE_RAISED} was {before} and is {now}; a refit chooses its epochs only "
        f"once; train anew: nncli train {shell_word(str(directory / CONFIG))} "
        f"{_MAY_BE_RAISED}={now}"
    )


def _are_other_files(before: object, now: object) -> bool:
    """Return whether two paths are files that differ; a missing file may have been moved."""
    if not isinstance(before, str) or not isinstance(now, str) or before == now:
        return False
    try:
        return not filecmp.cmp(before, now, shallow=False)
    except OSError:
        return False


def _flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: value}
    return flat
