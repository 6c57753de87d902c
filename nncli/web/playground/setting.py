"""What a page trains: a config without files of its choice, and weights to start from."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nncli.base.errors import ConfigError, UsageError
from nncli.base.words import either
from nncli.config.load import read_config
from nncli.config.sources import SOURCES as ALL_SOURCES
from nncli.data.builtin.mnist import in_cache
from nncli.data.dataset import Dataset
from nncli.engines.batches import Scaled
from nncli.nn.entries import Array
from nncli.runs.job import Job
from nncli.runs.preparation import prepare
from nncli.runs.several import check_is_single
from nncli.web.playground.bounds import check_config, check_job
from nncli.web.playground.files import Files
from nncli.web.playground.view import Plane

SOURCES = tuple(name for name, kind in ALL_SOURCES.items() if not (kind.is_own or kind.is_given))
"""The sources that a page may name; none reads a file of its choice."""

WITH_PATHS = tuple(name for name, kind in ALL_SOURCES.items() if kind.paths)
"""The sources that read the files of the command line."""

START = "start.npz"
"""Name of the file with the weights to start from."""

MOST_SIZE = 1e30
"""The largest absolute value of a weight that a page may set."""

_MARGIN = 0.15  # of the plane around the rows, as a fraction of their extent

Values = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Setting:
    """What a page trains.

    Attributes
    ----------
    values : dict
        The config; names of `files` stand for paths.
    start : mapping of str to array
        Arrays of the network to start from instead of those of the config; empty for none.
    files : Files
    numbers : tuple of str
        The columns of a table of which a page chooses two as inputs; empty for other data.
    """

    values: Values
    start: Mapping[str, Array] = field(default_factory=dict)
    files: Files = field(default_factory=Files)
    numbers: tuple[str, ...] = ()

    def changed(self, values: Values, start: object = None) -> "Setting":
        """Return a setting with another config from a page, and weights to start from.

        Parameters
        ----------
        values : dict
        start : mapping of str to nested lists of numbers, optional
            All arrays of the network.

        Raises
        ------
        ConfigError
            If the config names a file.
        UsageError
            If `start` is something else.
        """
        _check_source(values, self.files)
        arrays = {} if start is None else _arrays(start)
        return replace(self, values=deepcopy(values), start=arrays)

    def with_seed(self, seed: object) -> "Setting":
        """Return a setting with another seed, and the weights that it gives."""
        return replace(self, values={**self.values, "seed": seed}, start={})

    def job(self, kept: Mapping[str, Array]) -> tuple[Job, "Setting"]:
        """Return a job that can begin, and the setting with the weights from which it does.

        Parameters
        ----------
        kept : mapping of str to array
            Arrays to start from, if all of them fit the network.

        Raises
        ------
        NncliError
            If the config is wrong, or asks for too much, or `start` does not fit its network.
        """
        loaded = read_config(self.files.read(self.values))
        check_is_single(loaded.config)
        if loaded.config.training.refit:
            raise ConfigError("training.refit: a page trains one network; set it to false")
        check_config(loaded.config)
        job = prepare(loaded)
        check_job(job)
        if job.setup.validation is not None:
            raise ConfigError(
                "data.validation: a page measures the test rows and shows the last weights, not "
                "those of the best epoch; set it to 0"
            )
        if job.plan.patience_epochs is not None:
            raise ConfigError("training.early_stopping: you end the training of a page; remove it")
        start = kept or self.start
        named = job.network.named
        if {name: each.shape for name, each in start.items()} != {
            name: each.shape for name, each in named.items()
        }:
            if self.start and not kept:
                raise UsageError("start: these weights are those of another network")
            return job, replace(self, start={})
        for name, each in start.items():
            named[name][...] = each
        if job.network.mask is not None:
            job.network.parameters *= job.network.mask  # what is no connection stays 0
        return job, replace(self, start={name: each.copy() for name, each in named.items()})


def without_validation(values: Values) -> Values:
    """Return a config without validation rows, with as many training rows if they are generated."""
    result = deepcopy(values)
    data, training = result["data"], result.get("training", {})
    for key in ("early_stopping", "refit"):
        training.pop(key, None)
    if "validation" in ALL_SOURCES[data["source"]].model_fields:
        rows, taken = data.get("rows"), data.get("validation")
        if type(rows) is int and type(taken) is int:
            data["rows"] = rows - taken
        data["validation"] = 0
    return result


def _arrays(given: object) -> dict[str, Array]:
    """Return the arrays that a page gives as lists; raise `UsageError` for anything else."""
    if not isinstance(given, dict):
        raise UsageError("start: expected an object of lists")
    arrays = {}
    for name, lists in given.items():
        try:
            array = np.array(lists)
        except ValueError:  # lists of different lengths
            array = np.array(None)
        if array.dtype.kind not in "if" or not fits(array):
            raise UsageError(f"start: expected lists of numbers of at most {MOST_SIZE:g}")
        arrays[name] = array
    return arrays


def fits(array: Array) -> bool:
    """Return whether a page may begin with these numbers."""
    return bool((np.abs(array) <= MOST_SIZE).all())  # not of NaN


def _check_source(values: Values, files: Files) -> None:
    """Check that a config of a page has no path of its own."""
    data, model = values.get("data"), values.get("model")
    source = data.get("source") if isinstance(data, dict) else None
    if source not in SOURCES and not (files.paths and source in WITH_PATHS):
        raise ConfigError(f"data.source: expected {either(SOURCES)}")
    files.read(values)
    if source == "mnist" and not in_cache():
        raise ConfigError("data.source: mnist is not in the cache; type nncli data fetch mnist")
    if isinstance(model, dict) and isinstance(model.get("initial_weights"), str):
        raise ConfigError("model.initial_weights: expected lists of numbers")


def plane_of(dataset: Dataset) -> Plane | None:
    """Return the plane of two inputs, or None if a network has more or fewer."""
    if len(dataset.columns) != 2:
        return None
    first, *others = (split.inputs[split.rows] for split in dataset.splits.values())
    low, high = first.min(axis=0), first.max(axis=0)
    for each in others:
        low, high = np.minimum(low, each.min(axis=0)), np.maximum(high, each.max(axis=0))
    extent = np.where(high > low, high - low, 1) * _MARGIN
    (x1, y1), (x2, y2) = (low - extent).tolist(), (high + extent).tolist()
    x, y = dataset.columns
    return Plane((x, y), (x1, y1), (x2, y2))


def network_inputs(job: Job, points: Array) -> Array:
    """Return points (B, 2) of the plane as the network sees them."""
    scaled = Scaled(job.scaling, points.dtype, job.network.dtype)
    X = np.empty((len(points), job.network.layers[0].inputs), job.network.dtype)
    scaled.write(points, X, scaled.scratch(len(X), X))
    return X
