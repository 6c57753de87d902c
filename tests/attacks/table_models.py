"""Untrusted models of tables, with false metadata about columns, targets and config."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from nncli.base.storage.npz_file import read_own_npz
from nncli.data.tables.column import Column
from nncli.data.tables.encoding import Encoding
from nncli.model.model import Model
from nncli.model.model_file import write_model
from nncli.model.preprocessing import Preprocessing
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network
from nncli.nn.objective import Objective
from tests.attacks.packing import packed
from tests.model.old_formats import as_format_2, in_format_2

ENCODING = Encoding(
    (Column("a", "number", "median", 0.5), Column("city", "category", "error", None, ("x", "y"))),
    ("NA",),
    "id",
)


@cache
def arrays() -> dict[str, Any]:
    """Return the arrays of a valid model of a table."""
    model = Model(
        network=Network(block(3, 1, "identity"), np.ones(4, np.float32)),
        preprocessing=Preprocessing(ENCODING.inputs, 0.5, 2.0, [5.0], [0.5], ENCODING),
        task="regression",
        targets=["y"],
        classes=[],
        objective=Objective("mean_squared_error", {}),
        config={"data": {"source": "csv", "path": "none.csv", "target": "y"}},
        metrics={},
        training={},
    )
    with TemporaryDirectory() as directory:
        path = Path(directory) / "weights.npz"
        write_model(path, model)
        return read_own_npz(path)


def said(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a model file after `change` has modified its metadata in place."""
    metadata = json.loads(str(arrays()["metadata"]))
    change(metadata)
    return packed({**arrays(), "metadata": np.array(json.dumps(metadata, ensure_ascii=False))})


def of_preprocessing(**values: Any) -> bytes:
    """Return a model file with other values in its preprocessing."""
    return said(lambda metadata: metadata["preprocessing"].update(values))


def with_types(types: list[Any]) -> bytes:
    """Return a model file of format 2 with other column types."""
    return said(in_format_2(lambda metadata: metadata["preprocessing"].update(types=types)))


def of_encoding(**values: Any) -> bytes:
    """Return a model file with other values in its encoding."""
    return said(lambda metadata: metadata["preprocessing"]["encoding"].update(values))


def of_column(index: int, **values: Any) -> bytes:
    """Return a model file with other values of a column."""
    columns = [asdict(column) for column in ENCODING.columns]
    columns[index].update(values)
    return of_encoding(columns=columns)


def of_config(section: str, **values: Any) -> bytes:
    """Return a model file with other values in its config."""
    return said(lambda metadata: metadata["config"].setdefault(section, {}).update(values))


def numbers(count: int) -> list[str]:
    """Return `count` distinct texts."""
    return [str(number) for number in range(count)]


TABLE_MODELS: dict[str, Callable[[], bytes]] = {
    "a long name of many categories": lambda: of_column(
        1, name="x" * 1_000_000, categories=numbers(100_000)
    ),
    "a long name of two categories": lambda: of_column(1, name="x" * 1_000_000),
    "a category twice": lambda: of_column(1, categories=["x", "x"]),
    "categories in another order": lambda: of_column(1, categories=["y", "x"]),
    "a category that is none": lambda: of_column(1, categories=["x", None]),
    "many columns without inputs": lambda: of_encoding(
        columns=[
            {"name": each, "kind": "category", "missing": "error", "fill": None, "categories": []}
            for each in numbers(50_000)
        ]
    ),
    "too many blanks": lambda: of_encoding(blanks=numbers(300_000)),
    "a fill of true": lambda: of_column(0, fill=True),
    "a fill of 100 digits": lambda: of_column(0, fill=10**99),
    "a fill beyond float32": lambda: of_column(0, fill=1e300),
    "a scale of true": lambda: of_preprocessing(scale=True),
    "scales of true": lambda: of_preprocessing(scale=[True] * 3),
    "an offset beyond float32": lambda: of_preprocessing(offset=1e300),
    "a target scale of 0": lambda: of_preprocessing(target_scale=[0]),
    "a target scale of nearly 0": lambda: of_preprocessing(target_scale=[5e-324]),
    "a target scale that overflows": lambda: of_preprocessing(target_scale=1e-45),
    "a target offset beyond float32": lambda: of_preprocessing(target_offset=-1e300),
    "an encoding that is a list": lambda: of_preprocessing(encoding=[]),
    "a metric of true": lambda: said(lambda model: model.update(metrics={"t": {"loss": True}})),
    "an id for a terminal": lambda: of_encoding(id="\x1b[2J\n"),
    "a scale of 0": lambda: of_preprocessing(scale=0),
    "a table as it is written": lambda: said(lambda metadata: None),
    "a table of format 2": lambda: said(as_format_2),
    "a date in format 2": lambda: with_types(["number", "number", "date"]),
    "many types in format 2": lambda: with_types(["number"] * 500_000),
    "types that are lists in format 2": lambda: with_types([["number"]] * 3),
    "a type for a terminal in format 2": lambda: with_types(["\x1b[2J\n"] * 3),
}

# `nncli show` reads these; commands that train again or read the data refuse them.
CONFIGS_OF_MODELS: dict[str, Callable[[], bytes]] = {
    "columns that are none": lambda: of_config("data", columns=dict.fromkeys(numbers(60_000), 5)),
    "unknown keys": lambda: of_config("training", **dict.fromkeys(numbers(60_000), 5)),
    "weights below 0": lambda: of_config("data", class_weight=dict.fromkeys(numbers(60_000), -1)),
    "many layers": lambda: of_config("model", hidden_layers=["x"] * 60_000),
    "both names of a key": lambda: of_config("training", kernels="numpy", engine="numpy"),
    "a list by an old name": lambda: of_config("training", kernels=["x"] * 60_000),
    "a terminal by an old name": lambda: of_config("training", kernels="\x1b[2J\n"),
    "a path for a terminal": lambda: of_config("data", path="\x1b[2J\n"),
    "a path with a NUL": lambda: of_config("data", path="a\0b"),
    "a path that never ends": lambda: of_config("data", path="/dev/zero"),
}
