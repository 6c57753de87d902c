"""What the controls of a page offer: every key of a config with its range, choices and meaning."""

from collections.abc import Collection, Iterator
from typing import Any, get_args

from pydantic import BaseModel

from nncli.config.choices import Section
from nncli.config.named import EntryOf
from nncli.config.schema import Config, ModelSection
from nncli.config.sources import SOURCES as ALL_SOURCES
from nncli.config.training_section import TrainingSection
from nncli.runs.job import Job
from nncli.web.playground.setting import SOURCES, WITH_PATHS

_USED = {"activation", "normalization", "output", "initializer", "bias_initializer", "density"}
_NOT_OFFERED = {"source", "validation"}  # of data; a page has no validation rows
_OF_FILES = {"test", "scale"}  # of data from a file; others name columns, or how to read it
_OF_RANGE = (
    "type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"
)  # fmt: skip


def choices() -> dict[str, Any]:
    """Return what a page needs once: the keys of the config, of each source and of files.

    A source that needs rows in the config is left out: no control can give them.
    """
    keys = {
        name: each
        for prefix, section in (
            ("", Config),
            ("model.", ModelSection),
            ("training.", TrainingSection),
        )
        for name, each in _keys(section, prefix).items()
    }
    offered = [name for name in SOURCES if not ALL_SOURCES[name].required_keys()]
    return {
        "keys": keys,
        "sources": {name: _source(ALL_SOURCES[name]) for name in offered},
        "files": {name: _of_file(ALL_SOURCES[name]) for name in WITH_PATHS},
    }


def used_values(job: Job) -> dict[str, Any]:
    """Return the settings of a job with all defaults, by key; entries by their names."""
    config = job.config.model_dump(mode="json", include={"model": _USED, "training": True})
    used = {f"{part}.{key}": each for part, keys in config.items() for key, each in keys.items()}
    used |= {
        "training.loss": job.setup.objective.name,
        "data.test": len(job.dataset.splits.get("test", ())),
    }
    return {
        key: each["name"] if isinstance(each, dict) and "name" in each else each
        for key, each in used.items()
    }


def _source(source: type[Section]) -> dict[str, Any]:
    return {"description": _first_line(source), "keys": _keys(source, "data.", skip=_NOT_OFFERED)}


def _of_file(source: type[Section]) -> dict[str, Any]:
    return {"keys": _keys(source, "data.", skip={*source.model_fields} - _OF_FILES)}


def _first_line(section: type[Section]) -> str:
    return (section.__doc__ or "").strip().partition("\n")[0]


def _keys(
    section: type[Section], prefix: str, skip: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return the keys of a section, without nested sections."""
    schemas = section.json_schema()["properties"]
    return {
        prefix + key: {
            "description": field.description,
            "default": schemas[key].get("default"),
            **_range(schemas[key]),
            "entries": _entries([*field.metadata, field.annotation]),
        }
        for key, field in section.model_fields.items()
        if key not in skip and not _is_section(field.annotation)
    }


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _range(schema: dict[str, Any]) -> dict[str, Any]:
    """Return type and bounds of a value: the first number that the schema allows, else its form."""
    forms = [*_forms(schema)]
    form = next((each for each in forms if each.get("type") in ("integer", "number")), forms[0])
    return {name: form[name] for name in _OF_RANGE if name in form}


def _forms(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the forms that a value may have."""
    if "anyOf" not in schema:
        yield schema
    for each in schema.get("anyOf", []):
        yield from _forms(each)


def _entries(annotations: list[Any]) -> dict[str, Any]:
    """Return the entries of the table that a key names one of, each with its parameters."""
    for choice in _all_choices(annotations):
        names = {name: choice.schema_of(name) for name in choice.choices}
        return {
            name: {
                "description": each["description"],
                "parameters": {
                    key: {"default": it["default"], "description": it["description"], **_range(it)}
                    for key, it in each["properties"].items()
                    if key != choice.tag
                },
            }
            for name, each in names.items()
        }
    return {}


def _all_choices(annotations: list[Any]) -> Iterator[EntryOf]:
    for each in annotations:
        if isinstance(each, EntryOf):
            yield each
        yield from _all_choices([*getattr(each, "__metadata__", ()), *get_args(each)])
