"""The config reference in docs/configuration.md, generated from the schema."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from nncli.config.choices import shown
from nncli.config.schema import Config, DiagnoseSection, ModelSection
from nncli.config.sources import SOURCES
from nncli.config.training_section import EarlyStopping, TrainingSection
from nncli.data.features import COMPUTED
from nncli.data.scaling import SCALERS
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.entries import Entry
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.kinds import NORMALIZATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

TABLES: dict[str, dict[str, Any]] = {
    "Activations": ACTIVATIONS,
    "Normalizations": NORMALIZATIONS,
    "Losses": LOSSES,
    "Initializers": INITIALIZERS,
    "Optimizers": OPTIMIZERS,
    "Schedules of the learning rate": SCHEDULES,
    "Scaling": SCALERS,
    "Features": COMPUTED,
}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config."""
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **Config.json_schema()}


def config_reference() -> str:
    """Return the config reference as Markdown: a table per section, then one per named choice."""
    keys = ["| key | default | meaning |", "|---|---|---|"]
    sections = {
        "Top level": [*keys, *_rows(Config, "")],
        "data": ["| key | default | meaning | sources |", "|---|---|---|---|", *_source_rows()],
        "model": [*keys, *_rows(ModelSection, "model.")],
        "training": [*keys, *_rows(TrainingSection, "training.")],
        "training.early_stopping": [*keys, *_rows(EarlyStopping, "training.early_stopping.")],
        "diagnose": [*keys, *_rows(DiagnoseSection, "diagnose.")],
    }
    for title, table in TABLES.items():
        rows = [_entry_row(name, entry) for name, entry in table.items()]
        sections[title] = ["| name | parameters | meaning |", "|---|---|---|", *rows]
    lines = [line for title, rows in sections.items() for line in (f"### {title}", "", *rows, "")]
    return "\n".join(lines[:-1]) + "\n"


def _source_rows() -> Iterator[str]:
    """Yield one row per key of a data source; sources with the same key share the row."""
    names: dict[str, list[str]] = {}
    for name, source in SOURCES.items():
        for row in _rows(source, "data.", skip="source"):
            names.setdefault(row, []).append(f"`{name}`")
    for row, sources in names.items():
        yield f"{row} {', '.join(sources)} |"


def _rows(model: type[BaseModel], prefix: str, skip: str | None = None) -> Iterator[str]:
    """Yield one row per key of a section, without the key `skip` and nested sections."""
    for key, field in model.model_fields.items():
        if key == skip or field.default_factory is not None:
            continue
        if field.is_required():
            default = "required"
        else:
            default = "" if field.default is None else f"`{json.dumps(field.default)}`"
        yield f"| `{prefix}{key}` | {default} | {field.description} |"


def _entry_row(name: str, entry: Entry) -> str:
    parameters = ", ".join(
        f"`{key}`: {each.description} ({shown(each.default)})"
        for key, each in entry.parameters.items()
    )
    return f"| `{name}` | {parameters} | {entry.summary} |"
