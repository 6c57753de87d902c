"""Suggest the key that an unknown key or option means, as the user has to write it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from nncli.base.errors import ConfigError
from nncli.base.words import did_you_mean, yaml_word
from nncli.config.keys import Key, known_keys
from nncli.config.overrides import COMMAND_LINE, OF_OVERRIDES, in_quotes
from nncli.config.schema import Config
from nncli.config.strict_yaml import Path, parse
from nncli.config.synonyms import choice_meant, has_other_values, keys_meant, letters
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.entries import Entry
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

# The tables of the choices that have a parameter.
_TABLES: dict[str, Mapping[str, Entry]] = {
    "model.activation": ACTIVATIONS,
    "training.optimizer": OPTIMIZERS,
    "training.schedule": SCHEDULES,
}
_SECTIONS = ("", "data", "model", "training", "training.early_stopping")
_LONGEST = 60  # characters of a value that a hint repeats
_FOR_THE_SHELL = {*" []{}'\"!$`\\*?&;|<>()#~"}


class KeyHints:
    """Hints for the unknown keys of a config.

    Parameters
    ----------
    values : object
        The whole config, as plain values.
    """

    def __init__(self, values: Any) -> None:
        self.values = values

    @cached_property
    def _keys(self) -> Mapping[str, Key]:
        return known_keys(self.values)

    @cached_property
    def _by_letters(self) -> dict[str, list[str]]:
        """The known keys of the sections by the letters of their name, alone and with dots."""
        found: dict[str, list[str]] = {}
        for key in [*self._keys, "training.early_stopping"]:
            section, name = _parts(key)
            if section in _SECTIONS:
                for each in {letters(key), letters(name)}:
                    found.setdefault(each, []).append(key)
        return found

    def hint(self, path: Path, known: Sequence[str], place: str) -> str:
        """Return how to write the key that was meant, or an empty text.

        Parameters
        ----------
        path : tuple
            Path of the unknown key.
        known : sequence of str
            The keys that are allowed instead.
        place : str
            Place of the key in messages.
        """
        key, section = str(path[-1]), ".".join(each for each in path[:-1] if isinstance(each, str))
        meant = list(self.meant(key, section))
        spelled = {letters(each): each for each in known}
        here = _parts(meant[0])[1] if meant and _parts(meant[0])[0] == section else key
        if letters(here) in spelled:
            return f"; did you mean '{spelled[letters(here)]}'?"
        if not meant:
            return did_you_mean(key, known)
        value = None if has_other_values(key) else _value_at(self.values, path)
        if place in (COMMAND_LINE, OF_OVERRIDES):
            written = [self.setting(each, value) for each in meant]
        else:
            written = [self._line(each, value, section) for each in meant]
        return "; write " + ", or ".join(written)

    def meant(self, key: str, section: str = "") -> Iterator[str]:
        """Yield the keys that a name in a section may mean."""
        in_choice = section not in _SECTIONS
        others = keys_meant(key, in_choice=in_choice)
        for each in dict.fromkeys([*others, *self._by_letters.get(letters(key), [])]):
            where, name = _parts(each)
            if where == section and name == key:
                continue
            if each.startswith("data.") and each not in self._keys and self._knows_source:
                continue
            # Below a choice, such as an optimizer, a name may only mean a key close to it.
            close = where == section or (where in _SECTIONS and section.startswith(f"{where}."))
            if not in_choice or (where and close):
                yield each

    @property
    def _knows_source(self) -> bool:
        return any(each.startswith("data.") and each != "data.source" for each in self._keys)

    def setting(self, key: str, value: Any) -> str:
        """Return a key and its value for the command line."""
        where, name = _parts(key)
        entry, text = self._entry(where, name), self._text(key, value) or "VALUE"
        if entry:
            return in_quotes(f"{where}={{name: {entry}, {name}: {text}}}")
        setting = f"{key}={text}"
        return in_quotes(setting) if {*setting} & _FOR_THE_SHELL else setting

    def _line(self, key: str, value: Any, section: str) -> str:
        """Return a key and its value for a YAML file, and where to write it."""
        where, name = _parts(key)
        text = self._text(key, value)
        line = name if text is None else f"{name}: {text}"
        if "." in where and text is not None:  # in a mapping within a section
            entry = self._entry(where, name)
            where, outer = _parts(where)
            line = f"{outer}: {{name: {entry}, {line}}}" if entry else f"{outer}: {{{line}}}"
        if where == section:
            return line
        return f"{line} under {where}" if where else f"{line} at the top level"

    def _entry(self, where: str, name: str) -> str | None:
        """Return the choice at `where` that has the parameter `name`: the chosen one if it does."""
        table = _TABLES.get(where, {})
        chosen = _value_at(self.values, tuple(where.split(".")))
        chosen = chosen.get("name") if isinstance(chosen, dict) else chosen
        names = [each for each, entry in table.items() if name in entry.parameters]
        return chosen if chosen in names else next(iter(names), None)

    def _text(self, key: str, value: Any) -> str | None:
        """Return a value in YAML, as `key` takes it; None if it cannot be translated."""
        words = self._keys[key].words if key in self._keys else ()
        if isinstance(value, str):
            value = choice_meant(value, words) or value
        elif key == "model.hidden_layers" and isinstance(value, int):
            value = [value]
        if value is None or isinstance(value, dict) or not self._takes(key, value):
            return None
        text = yaml_word(value) if isinstance(value, str) else json.dumps(value)
        return text if len(text) <= _LONGEST else None

    def _takes(self, key: str, value: Any) -> bool:
        """Return whether a key may have a value."""
        where, name = _parts(key)
        if where == "data":
            return self._source_takes(name, value)
        entry = self._entry(where, name)
        inner = {"name": entry, name: value} if entry else {name: value}
        for part in filter(None, reversed(where.split("."))):
            inner = {part: inner}
        try:
            Config.model_validate({"data": "xor", **inner})
        except ValidationError:
            return False
        return True

    def _source_takes(self, name: str, value: Any) -> bool:
        """Return whether a key of data may have a value: that of a table if there is no source."""
        data = _value_at(self.values, ("data",)) if self._knows_source else "table"
        data = data if isinstance(data, dict) else {"source": data}
        try:
            Config.model_validate({"data": {**data, name: value}})
        except ValidationError as error:  # other keys of data may be wrong or missing
            return all(name not in each["loc"] for each in error.errors())
        return True


def setting_of_option(option: str, text: str) -> str | None:
    """Return the setting that an unknown option such as ``--lr 0.1`` means, or None.

    Parameters
    ----------
    text : str
        The value of the option; empty if there is none.
    """
    value = None
    with suppress(ConfigError):
        value = None if has_other_values(option) else parse(text, option).value
    hints = KeyHints({})
    return next((hints.setting(each, value) for each in hints.meant(option)), None)


def _parts(key: str) -> tuple[str, str]:
    """Return the section and the name of a key."""
    section, _, name = key.rpartition(".")
    return section, name


def _value_at(values: Any, path: Path) -> Any:
    """Return the value at a path; None if there is none."""
    for part in path:
        if isinstance(values, list) and isinstance(part, int):
            values = values[part]
        else:
            values = values.get(part) if isinstance(values, dict) else None
    return values
