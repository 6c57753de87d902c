import json

import pytest

from nncli.config.choices import shown
from nncli.config.reference import config_reference
from nncli.config.schema import Config, ModelSection
from nncli.config.sources import SOURCES
from nncli.config.training_section import EarlyStopping, TrainingSection
from nncli.data.scaling import SCALERS
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS

ROWS = config_reference().splitlines()
SECTIONS = [("model.", ModelSection), ("training.", TrainingSection)]
SECTIONS += [("training.early_stopping.", EarlyStopping)]
KEYS = [(key, Config.model_fields[key]) for key in ("name", "seed", "data")]
KEYS += [
    (prefix + key, field) for prefix, model in SECTIONS for key, field in model.model_fields.items()
]
SOURCE_KEYS = [
    (name, key, field)
    for name, source in SOURCES.items()
    for key, field in source.model_fields.items()
    if key != "source"
]
TABLES = {
    "Activations": ACTIVATIONS,
    "Losses": LOSSES,
    "Initializers": INITIALIZERS,
    "Optimizers": OPTIMIZERS,
    "Scaling": SCALERS,
}


def default_of(field):
    if field.is_required():
        return "required"
    return "" if field.default is None else f"`{json.dumps(field.default)}`"


@pytest.mark.parametrize(("key", "field"), KEYS, ids=[key for key, _ in KEYS])
def test_every_key_is_in_the_reference_with_its_default(key, field):
    assert ROWS.count(f"| `{key}` | {default_of(field)} | {field.description} |") == 1


@pytest.mark.parametrize(("source", "key", "field"), SOURCE_KEYS)
def test_every_key_of_a_source_is_in_the_reference(source, key, field):
    start = f"| `data.{key}` | {default_of(field)} | {field.description} | "
    (row,) = (row for row in ROWS if row.startswith(start))
    assert f"`{source}`" in row[len(start) : -len(" |")].split(", ")


@pytest.mark.parametrize("title", TABLES)
def test_every_name_of_a_table_is_below_its_title(title):
    start = ROWS.index(f"### {title}") + 4
    end = ROWS.index("", start) if "" in ROWS[start:] else len(ROWS)
    names = [row.split("`")[1] for row in ROWS[start:end]]
    assert names == list(TABLES[title])
    for row, entry in zip(ROWS[start:end], TABLES[title].values(), strict=True):
        assert entry.summary in row
        for key, parameter in entry.parameters.items():
            assert f"`{key}`: {parameter.description} ({shown(parameter.default)})" in row


def test_the_rows_of_a_table_have_its_columns():
    columns = None
    for row in ROWS:
        if not row.startswith("|"):
            assert row == "" or row.startswith("### ")
            columns = None
        else:
            columns = columns or row.count("|")
            assert row.count("|") == columns
