"""Prepare training jobs: from a config, or a trained model, to an engine that can start."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.clock import Clock
from nncli.base.errors import ModelFileError, memory_for
from nncli.config.load import LoadedConfig
from nncli.config.places import check_data
from nncli.config.plain_engine import ENGINE, refused_by_plain
from nncli.config.resolve import Misfit, Resolved
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.data.features import Features
from nncli.data.order import Order
from nncli.data.scaling import Scaling
from nncli.data.splits import Split
from nncli.engines.choice import EngineError, choose_engine
from nncli.engines.compiling import Compilation
from nncli.engines.engine import Engine, Setup
from nncli.metrics.scores import Score, score_for
from nncli.model.evaluation import (
    check_targets,
    class_codes,
)
from nncli.model.model import Model
from nncli.model.named_data import config_of, named_data
from nncli.nn.former import is_former
from nncli.nn.network import Network
from nncli.nn.objective import Objective
from nncli.runs.advice import advice
from nncli.runs.construction import build_network, learned_splits, scalings_of, seen_splits
from nncli.runs.job import Job
from nncli.runs.monitoring import Watch, watched, weighted_where_trained_so
from nncli.runs.selection import Selection
from nncli.runs.settings import (
    check_recorded,
    check_tensorboard,
    dropout_of,
    monitor_of,
    order_of,
    plan_of,
    regularization_of,
)
from nncli.training.observers.wording import print_line
from nncli.training.plan import Plan
from nncli.training.progress import Progress

SMALLER_NETWORK = "use smaller model.hidden_layers or a smaller training.batch_size"
"""Remedy if a network and its training do not fit in memory."""


def prepare(
    loaded: LoadedConfig,
    *,
    dataset: Dataset | None = None,
    start: Model | None = None,
    progress: Progress | None = None,
    engine: str | None = None,
    title: str = "",
    warnings: Sequence[str] | None = None,
    selection: Selection | None = None,
    progress_bar: bool = False,
    clock: Clock | None = None,
) -> Job:
    """Return the job of a config, with data loaded and network built; nothing is written.

    Parameters
    ----------
    dataset : Dataset, optional
        Data; by default loaded as the config specifies.
    start : Model, optional
        Model whose preprocessing and weights training starts from.
    progress : Progress, optional
        Progress of a job to resume; its weights are restored later.
    engine : str, optional
        Engine that replaces the one of the config.
    title : str
        Name of the job if there are several.
    warnings : sequence of str, optional
        Warnings that replace `advice`.
    selection : Selection, optional
        Selection that chose the epochs of a refit.
    progress_bar : bool
        Whether to show a progress bar during downloads, and a line when code is compiled.
    clock : Clock, optional
        Clock that measures the parts of each step, and the start of the engine.

    Raises
    ------
    ConfigError, DataError
        If parts of the config do not fit together, or the data cannot be loaded.
    EngineError
        If `engine` is not available, and the config does not name it.
    """
    dataset = dataset or loaded.config.load_data(progress=progress_bar)
    loaded, has_validation = loaded.completed(dataset), "validation" in dataset.splits
    resolved = loaded.resolved(dataset.task, has_validation=has_validation)
    config = resolved.config
    with loaded.explained():
        is_new = not (start or progress)
        network, objective = _network_for(dataset, resolved, start, is_new=is_new)
    with loaded.explained(), memory_for("for rows as the network sees them", "use fewer rows"):
        learned = learned_splits(dataset)
        scalings = scalings_of(dataset, learned["train"], config, network, start)
        scaling, target_scaling = scalings
        seen = seen_splits(dataset, learned, scalings, network.dtype)
        order = order_of(config, seen[0]["train"], network)
        setup = _setup(config, dataset, network, objective, order, seen, target_scaling)
        engine = engine or config.training.engine
        compilation = Compilation(clock, print_line if progress_bar else None)
        start_engine = _engine(engine, config, setup, order, compilation, clock)
        watch = Watch(network, objective, dataset, scaling, target_scaling, config.model.threshold)
        plan = _plan(config, watch, setup.score, selection)
        check_recorded(plan, order, network)
        if not start:
            check_tensorboard(config)
    return Job(
        config,
        dataset,
        scaling,
        target_scaling,
        setup,
        start_engine,
        order,
        plan,
        progress or Progress(),
        title,
        advice(dataset, network, config, engine) if warnings is None else warnings,
        start.preprocessing if start else None,
        selection,
        compilation,
    )


def prepare_again(
    model: Model, *, remedy: str, trust_paths: bool = False, moved_to: Path | None = None
) -> Job:
    """Return the job that trained a model, with the weights of the model.

    Parameters
    ----------
    remedy : str
        An alternative to suggest in errors of the data.
    trust_paths : bool
        As for `Model.evaluate`.
    moved_to : Path, optional
        The new path of the data that the model's config names as `data.path`.

    Raises
    ------
    ConfigError, DataError, ModelFileError
        If the model's config is invalid, or does not lead to such a model.
    """
    how: dict[str, Any] = {"trust_paths": trust_paths, "remedy": remedy, "moved_to": moved_to}
    loaded = config_of(model, **how)
    check_data(loaded.config, remedy)
    dataset = named_data(model, loaded.config, **how)
    return prepare(loaded, dataset=dataset, start=model, engine="numpy")


def _network_for(
    dataset: Dataset, resolved: Resolved, start: Model | None, *, is_new: bool
) -> tuple[Network, Objective]:
    """Return the network, with the weights of `start` if given, and an objective for the targets.

    Raises `Misfit` and `DataError`.
    """
    with memory_for("for this network", SMALLER_NETWORK):
        network, objective = build_network(resolved, dataset.shape, with_weights=is_new)
    if start:
        network, objective = _start_from(start, network, objective, dataset.features)
    for name, split in dataset.splits.items():
        check_targets(split, objective, dataset.targets, f"the {name} rows")
    return network, objective


def _start_from(
    model: Model, network: Network, objective: Objective, features: Features | None
) -> tuple[Network, Objective]:
    """Copy the arrays of a model into a network; keep the functions of a file's earlier format.

    Raises `ModelFileError` if the arrays or the features do not fit.
    """
    if network.layers != model.network.layers or features != model.preprocessing.features:
        raise ModelFileError(f"{model.called}: its config does not match its layers")
    np.copyto(network.parameters, model.network.parameters)
    np.copyto(network.state, model.network.state)
    own = model.objective
    if own.name == objective.name:
        objective = Objective(objective.name, objective.parameters, own.function)
    return network.with_layers(model.network.layers), objective


def _setup(
    config: Config,
    dataset: Dataset,
    network: Network,
    objective: Objective,
    order: Order,
    seen: tuple[dict[str, Split], Scaling],
    target_scaling: Scaling,
) -> Setup:
    settings, (splits, scaling) = config.training, seen
    score = score_for(
        dataset.task,
        config.model.threshold,
        1 / np.asarray(target_scaling.scale),
        chosen_at_0=network.output.entry.chosen_at_0,
    )
    return Setup(
        network=network,
        objective=objective,
        score=score,
        optimizer=settings.optimizer.name,
        settings=settings.optimizer.parameters,
        regularization=regularization_of(config),
        training=order.split,
        validation=splits.get("validation"),
        scaling=scaling,
        codes=class_codes(network, len(dataset.classes)),
        batch_rows=order.largest_batch,
        dropout=dropout_of(config),
        seed=config.seed,
    )


def _plan(config: Config, watch: Watch, score: Score, selection: Selection | None) -> Plan:
    """Return the plan, with a function for a monitored value that the engine does not measure."""
    has_validation = "validation" in watch.dataset.splits
    monitor = monitor_of(config, has_validation=has_validation)
    monitor = weighted_where_trained_so(monitor, watch.dataset)
    return plan_of(
        config,
        has_validation=has_validation,
        monitor=monitor,
        measure=watched(monitor, watch, score),
        selection=selection,
    )


def _engine(
    asked: str,
    config: Config,
    setup: Setup,
    order: Order,
    compilation: Compilation,
    clock: Clock | None,
) -> Callable[[], Engine]:
    """Return a function that creates the engine.

    Raises
    ------
    Misfit
        If it is not available, or does not support the config, which names it.
    EngineError
        The same, but the config does not name it.
    """
    if asked == "plain":
        if refused := next(refused_by_plain(config), None):
            raise refused
        if any(map(is_former, setup.network.layers)):
            raise Misfit(ENGINE, "plain does not support the step of an earlier nncli; use numpy")
    steps = config.training.complete.epochs * order.batches
    parameters = len(setup.network.parameters)
    try:
        with compilation.followed():
            kind = choose_engine(asked, steps, parameters, setup)
    except EngineError as error:
        if asked != config.training.engine:
            raise
        raise Misfit(ENGINE, str(error)) from error
    return partial(_started, kind, setup, compilation, clock)


def _started(
    kind: Callable[[Setup, Clock | None], Engine],
    setup: Setup,
    compilation: Compilation,
    clock: Clock | None,
) -> Engine:
    """Return a new engine; its start is a part of the preparation."""
    with compilation.followed(), clock.phase("preparation") if clock else nullcontext():
        return kind(setup, clock)
