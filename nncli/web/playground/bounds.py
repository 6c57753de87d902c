"""How much a page may ask for, so that four pages fit in memory and each answers soon."""

from nncli.base.errors import ConfigError
from nncli.config.schema import Config
from nncli.runs.job import Job
from nncli.training.observers.history import column_names

MOST_LAYERS = 50
MOST_UNITS = 4000
MOST_PARAMETERS = 2_000_000
MOST_ROWS = 100_000

_MOST_VALUES = 20_000_000  # of the units for the rows of a batch, and of the results of all epochs
_MOST_WORK = 20_000_000_000  # parameters times rows: seconds to measure all rows, as saving does
_MOST_PLAIN = 5_000_000  # parameters times rows of a step in plain Python: a second
_REMEDY = "train larger networks with nncli train"


def check_config(config: Config) -> None:
    """Check what a config asks for, before anything is made. Raises `ConfigError`."""
    layers = config.model.hidden_layers
    if len(layers) > MOST_LAYERS:
        raise ConfigError(_too_many("model.hidden_layers", len(layers), MOST_LAYERS, "layers"))
    if sum(layers) > MOST_UNITS:
        raise ConfigError(_too_many("model.hidden_layers", sum(layers), MOST_UNITS, "units"))
    data = config.data
    if data.source == "mnist" or (division := data.division) is None:
        return  # these rows were made by others
    for key, rows in (("rows", division.training_rows()), ("test", getattr(data, "test", 0))):
        if type(rows) is int and rows > MOST_ROWS:
            raise ConfigError(_too_many(f"data.{key}", rows, MOST_ROWS, "rows"))


def check_job(job: Job) -> None:
    """Check what a job needs, before its engine is made. Raises `ConfigError`."""
    if (found := len(job.network.parameters)) > MOST_PARAMETERS:
        raise ConfigError(
            f"model.hidden_layers: give {found:,} parameters; the playground takes at most "
            f"{MOST_PARAMETERS:,}; {_REMEDY}"
        )
    rows = sum(map(len, job.dataset.splits.values()))
    if found * rows > _MOST_WORK:
        raise ConfigError(
            f"data: has {rows:,} rows; the playground takes at most {_MOST_WORK // found:,} for "
            f"{found:,} parameters; use fewer rows or a smaller network"
        )
    units = sum(block.outputs for block in job.blocks)
    if (batch := min(job.order.largest_batch, len(job.order.split))) * units > _MOST_VALUES:
        most = _MOST_VALUES // units
        raise ConfigError(
            f"training.batch_size: found {batch:,}; the playground takes at most {most:,} rows at "
            f"once through {units:,} units"
        )
    if job.config.training.engine == "plain" and batch * found > _MOST_PLAIN:
        raise ConfigError(
            f"training.engine: plain would take seconds for a step of {batch:,} rows and "
            f"{found:,} parameters; use numpy"
        )
    if job.plan.epochs * (columns := len(column_names(job))) > _MOST_VALUES:
        most = _MOST_VALUES // columns
        raise ConfigError(_too_many("training.epochs", job.plan.epochs, most, "epochs"))


def _too_many(key: str, found: int, most: int, what: str) -> str:
    return f"{key}: found {found:,} {what}; the playground takes at most {most:,}; {_REMEDY}"
