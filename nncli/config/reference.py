"""The config reference of the README, made from the schema."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from nncli.config.choices import shown
from nncli.config.schema import Config, EarlyStopping, ModelSection, TrainingSection
from nncli.config.sources import SOURCES
from nncli.data.scaling import SCALERS
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.entries import Entry
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.kinds import NORMALIZATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

_OF_SOURCE = "\0"  # stands for the names of sources

_TABLES: dict[str, dict[str, Any]] = {
    "Activations": ACTIVATIONS,
    "Normalizations": NORMALIZATIONS,
    "Losses": LOSSES,
    "Initializers": INITIALIZERS,
    "Optimizers": OPTIMIZERS,
    "Schedules of the learning rate": SCHEDULES,
    "Scaling": SCALERS,
}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Config.json_schema()}


def config_reference() -> str:
    """Return the reference as Markdown: a table of keys, and a table of names for each choice."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    lines += _rows(Config, "")
    lines += _source_rows()
    lines += _rows(ModelSection, "model.")
    lines += _rows(TrainingSection, "training.")
    lines += _rows(EarlyStopping, "training.early_stopping.")
    for title, table in _TABLES.items():
        lines += ["", f"**{title}**", "", "| name | parameters | meaning |", "|---|---|---|"]
        lines += [_entry_row(name, entry) for name, entry in table.items()]
    return "\n".join(lines) + "\n"


def _source_rows() -> Iterator[str]:
    """Yield a row for each key of a source, that of several sources only once."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, source in SOURCES.items():
        for row in _rows(source, "data.", _OF_SOURCE, skip="source"):
            before, _, meaning = row.partition(_OF_SOURCE)
            names.setdefault((before, meaning), []).append(f"`{name}`")
    for (before, meaning), sources in names.items():
        yield f"{before}{', '.join(sources)}: {meaning}"


def _rows(
    model: type[BaseModel], prefix: str, before: str = "", skip: str | None = None
) -> Iterator[str]:
    for key, field in model.model_fields.items():
        if key == skip or field.default_factory is not None:
            continue
        if field.is_required():
            default = "required"
        else:
            default = "" if field.default is None else f"`{json.dumps(field.default)}`"
        yield f"| `{prefix}{key}` | {default} | {before}{field.description} |"


def _entry_row(name: str, entry: Entry) -> str:
    parameters = ", ".join(
        f"`{key}`: {each.description} ({shown(each.default)})"
        for key, each in entry.parameters.items()
    )
    return f"| `{name}` | {parameters} | {entry.summary} |"
