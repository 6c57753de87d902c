"""The keys of a config and their choices, from the schema and the tables of the core."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from nncli.base.words import yaml_word
from nncli.config.choices import shown
from nncli.config.keys import known_keys
from nncli.config.monitored import MONITORED
from nncli.config.reference import TABLES
from nncli.config.schema import Config, DiagnoseSection, ModelSection
from nncli.config.sources import SOURCES, data_set_names
from nncli.config.training_section import EarlyStopping, TrainingSection
from nncli.data.features import FeatureKind
from nncli.explain.terms.formulas import formulas_of
from nncli.explain.terms.meaning import Meaning, sentence
from nncli.nn.entries import Entry

_SECTIONS: dict[str, type[BaseModel]] = {
    "": Config,
    "model.": ModelSection,
    "training.": TrainingSection,
    "training.early_stopping.": EarlyStopping,
    "diagnose.": DiagnoseSection,
}
# The kind of the entries of each table, and the keys that name one.
_USES = {
    "Activations": ("activation", ("model.activation", "model.output")),
    "Normalizations": ("normalization", ("model.normalization",)),
    "Losses": ("loss", ("training.loss",)),
    "Initializers": ("initializer", ("model.initializer",)),
    "Optimizers": ("optimizer", ("training.optimizer",)),
    "Schedules of the learning rate": ("schedule", ("training.schedule",)),
    "Scaling": ("scaling", ("data.scale",)),
    "Features": ("feature", ("data.features",)),
}
_MANY = 30  # choices of a key that are not all listed


def config_keys() -> Iterator[Meaning]:
    """Yield a meaning per key; sources whose keys have the same description share one."""
    for prefix, section in _SECTIONS.items():
        for key, field in section.model_fields.items():
            yield _of_key(prefix + key, field, "")
    shared: dict[Meaning, list[str]] = {}
    for name, source in SOURCES.items():
        for key, field in source.model_fields.items():
            if key != "source":
                shared.setdefault(_of_key(f"data.{key}", field, name), []).append(name)
    for meaning, sources in shared.items():
        of = () if len(sources) == len(SOURCES) else (f"For the sources: {', '.join(sources)}.",)
        yield Meaning(meaning.kind, meaning.name, meaning.text, (*meaning.facts, *of))


def _of_key(key: str, field: Any, source: str) -> Meaning:
    text, _, default = (field.description or "").partition("; default: ")
    facts = []
    if default:
        facts.append(f"Default: {default}.")
    elif field.is_required():
        facts.append("It is required.")
    elif field.default is not None and field.default_factory is None:
        facts.append(f"Default: {json.dumps(field.default)}.")
    words = _words(source).get(key, ())
    if 1 < len(words) <= _MANY and words != ("true", "false"):
        facts.append(f"Choices: {', '.join(map(yaml_word, words))}.")
    return Meaning("config key", key, sentence(text), tuple(facts))


@cache
def _words(source: str) -> Mapping[str, tuple[str, ...]]:
    """Return the choices of each key, with a data source if it is not empty."""
    return {key: each.words for key, each in known_keys({"data": source or "xor"}).items()}


def sources() -> Iterator[Meaning]:
    """Yield a meaning per data source."""
    for name, source in SOURCES.items():
        keys = ", ".join(key for key in source.model_fields if key != "source")
        use = f" Write data: {{source: {name}}}." if name in data_set_names() else ""
        text = sentence((source.__doc__ or name).splitlines()[0])
        yield Meaning("data source", name, text, (f"Its keys: {keys}.{use}",))


def choices() -> Iterator[Meaning]:
    """Yield a meaning per entry of a table, and per parameter."""
    for title, table in TABLES.items():
        kind, keys = _USES[title]
        for name, entry in table.items():
            yield _of_entry(kind, name, entry, [key for key in keys if name in _words("")[key]])
        yield from _parameters(table, keys[0])


def _of_entry(kind: str, name: str, entry: Entry, keys: list[str]) -> Meaning:
    facts = [f"Write {' or '.join(f'{key}: {name}' for key in keys)}."]
    if isinstance(entry, FeatureKind):
        columns = ", ".join(f"x{number}" for number in range(1, entry.arguments + 1))
        columns = columns if entry.arguments == 1 else f"[{columns}]"
        facts = [f"Write {{{name}: {columns}}} in the list data.features."]
    if entry.parameters:
        listed = (f"{key} ({shown(each.default)})" for key, each in entry.parameters.items())
        facts.append(f"Parameters with their defaults: {', '.join(listed)}.")
    formulas, where = formulas_of(entry)
    return Meaning(kind, name, sentence(entry.summary), (*facts, *where), formulas)


def _parameters(table: Mapping[str, Entry], key: str) -> Iterator[Meaning]:
    """Yield a meaning per parameter; entries with the same one share it."""
    owners: dict[tuple[str, Any], list[str]] = {}
    for name, entry in table.items():
        for parameter, each in entry.parameters.items():
            owners.setdefault((parameter, each), []).append(name)
    for (parameter, each), names in owners.items():
        example = f"{key}: {{name: {names[0]}, {parameter}: {shown(each.default)}}}"
        yield Meaning(
            "parameter",
            parameter,
            sentence(each.description),
            (f"Default: {shown(each.default)}. Write {example}.",),
            of=", ".join(names),
        )


def other_choices() -> Iterator[Meaning]:
    """Yield a meaning per word that a key takes and that is in no table, such as ``full``."""
    known = {
        *SOURCES,
        *MONITORED,
        "true",
        "false",
        *(name for it in TABLES.values() for name in it),
    }
    described: dict[tuple[str, str], str] = {}
    for name in SOURCES:
        for key, each in known_keys({"data": name}).items():
            for word in each.words:
                if word not in known:
                    described.setdefault((word, key), each.description)
    for (word, key), description in described.items():
        text = f"A choice of {key}: {description.partition('; default: ')[0]}."
        yield Meaning("choice", word, text, (f"Write {key}: {yaml_word(word)}.",), of=key)
