"""A training job: from a config to an engine that is ready to start."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.clock import Clock
from nncli.base.errors import ModelFileError
from nncli.config.load import LoadedConfig, saved_config
from nncli.config.resolve import Misfit
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.data.fingerprint import fingerprint
from nncli.data.order import Order
from nncli.data.scaling import NOT_SCALED, Scaling, fit, fit_targets, with_scaled_targets
from nncli.data.splits import Split
from nncli.engines.choice import EngineError, choose_engine
from nncli.engines.engine import Engine, Setup
from nncli.metrics.scores import Score, score_for
from nncli.metrics.tasks import Evaluation
from nncli.model.evaluation import check_targets, class_codes, evaluate
from nncli.model.model import Model, Preprocessing
from nncli.nn.network import Block, Network
from nncli.nn.penalties import Regularization
from nncli.nn.schedules import plateau_of, rate_function
from nncli.runs.construction import build_network
from nncli.training.loop import check_finite
from nncli.training.plan import Plan
from nncli.training.progress import Progress


@dataclass(frozen=True)
class Job:
    """Everything that training needs, built from a config.

    Attributes
    ----------
    config : Config
        With every default filled in.
    setup : Setup
        What the engine was made from; its network is the engine's.
    progress : Progress
        Brought up to date while training lasts.
    """

    config: Config
    dataset: Dataset
    target_scaling: Scaling
    setup: Setup
    engine: Engine
    order: Order
    plan: Plan
    progress: Progress = field(default_factory=Progress)

    @property
    def score(self) -> Score:
        """What is measured beside the loss."""
        return self.setup.score

    @property
    def blocks(self) -> Sequence[Block]:
        """The layers of the network, as users count them."""
        return self.setup.network.blocks

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """That of its data."""
        return fingerprint(self.dataset)

    def trained_network(self) -> Network:
        """Return the network with the weights to keep: the best epoch's, else the last."""
        kept = self.progress.best or self.engine.snapshot()
        return Network(self.setup.network.layers, kept["parameters"], kept["state"])

    def evaluations(self) -> dict[str, Evaluation]:
        """Measure the weights to keep on every split.

        Raises
        ------
        DivergenceError
            When a weight or a loss is not finite.
        """
        network, data = self.trained_network(), self.dataset
        found = {
            name: evaluate(
                network,
                self.setup.objective,
                split,
                self.setup.scaling,
                target_scaling=self.target_scaling,
                name=name,
                task=data.task,
                targets=list(data.targets),
                classes=list(data.classes),
                threshold=self.config.model.threshold,
            )
            for name, split in data.splits.items()
        }
        check_finite(float(np.abs(network.parameters).max()), "at the end the largest weight")
        for name, each in found.items():
            check_finite(each.metrics["loss"], f"at the end the {name} loss")
        return found

    def model(self, evaluations: dict[str, Evaluation], record: dict[str, Any]) -> Model:
        """Return the trained model with the metrics and the record of its training."""
        data = self.dataset
        return Model(
            network=self.trained_network(),
            preprocessing=Preprocessing(
                list(data.columns),
                *_as_lists(self.setup.scaling),
                *_as_lists(self.target_scaling),
                data.encoding,
                data.images,
            ),
            task=data.task,
            targets=list(data.targets),
            classes=list(data.classes),
            objective=self.setup.objective,
            config=self.config.model_dump(),
            metrics={name: each.metrics for name, each in evaluations.items()},
            training=record,
        )


def prepare(loaded: LoadedConfig, *, progress_bar: bool = False, clock: Clock | None = None) -> Job:
    """Load the data and build the network; nothing is written.

    Parameters
    ----------
    clock : Clock, optional
        Is told how long the parts of every step take.

    Raises
    ------
    ConfigError, DataError
        When the parts do not go together, or the data cannot be had.
    """
    dataset = loaded.config.load_data(progress=progress_bar)
    config = loaded.filled_in(dataset.task, has_validation="validation" in dataset.splits)
    with loaded.explained():
        network, objective = build_network(config, dataset.shape)
    for name, split in dataset.splits.items():
        check_targets(split, objective, dataset.targets, f"the {name} rows")
    target_scaling = _target_scaling(dataset, network)
    splits = {
        name: with_scaled_targets(split, target_scaling) if dataset.scales_targets else split
        for name, split in dataset.splits.items()
    }
    with loaded.explained():
        order = _order(config, splits["train"], network)
    setup = Setup(
        network=network,
        objective=objective,
        score=score_for(dataset.task, config.model.threshold, 1 / np.asarray(target_scaling.scale)),
        optimizer=config.training.optimizer.name,
        settings=config.training.optimizer.parameters,
        regularization=_regularization(config),
        training=splits["train"],
        validation=splits.get("validation"),
        scaling=fit(config.data.scale.name, dataset.splits["train"], _scaled(dataset)),
        codes=class_codes(network, len(dataset.classes)),
        batch_rows=order.largest_batch,
        dropout=_dropout(config),
        seed=config.seed,
    )
    steps = config.training.epochs * order.batches
    with loaded.explained():
        engine = _engine(config, steps, setup, clock)
    plan = _plan(config, has_validation="validation" in splits)
    return Job(config, dataset, target_scaling, setup, engine, order, plan)


def prepare_again(model: Model, path: Path) -> Job:
    """Return the job that `model`, which was read from `path`, was trained by, with its weights.

    Raises
    ------
    ConfigError, ModelFileError
        When its config is none, or no longer leads to such a model.
    """
    loaded = saved_config(model.config, f"{path}: its config")
    job = prepare(without_start(loaded, engine="numpy"))
    if job.setup.network.layers != model.network.layers:
        raise ModelFileError(f"{path}: its config describes other layers than it has")
    np.copyto(job.setup.network.parameters, model.network.parameters)
    np.copyto(job.setup.network.state, model.network.state)
    return job


def without_start(loaded: LoadedConfig, *, engine: str) -> LoadedConfig:
    """Return a config without given weights, whose file may be gone, and with this engine."""
    start = {"initial_weights": None, "initial_biases": None}
    update = {
        "model": loaded.config.model.model_copy(update=start),
        "training": loaded.config.training.model_copy(update={"engine": engine}),
    }
    return replace(loaded, config=loaded.config.model_copy(update=update))


def _scaled(dataset: Dataset) -> list[bool] | None:
    """Return which inputs are scaled; None for all."""
    return dataset.encoding.scaled if dataset.encoding else None


def _order(config: Config, training: Split, network: Network) -> Order:
    settings, rows = config.training, len(training)
    batch_rows = rows if settings.batch_size == "full" else min(settings.batch_size, rows)
    layer = network.neediest
    if batch_rows < layer.smallest_batch:
        raise Misfit(
            ("training", "batch_size"),
            f"{layer.kind} needs at least {layer.smallest_batch} rows in a batch; found "
            f"{batch_rows} of {rows} training rows",
        )
    return Order(
        training,
        batch_rows,
        shuffle=settings.shuffle,
        seed=config.seed,
        smallest_batch=layer.smallest_batch,
    )


def _target_scaling(dataset: Dataset, network: Network) -> Scaling:
    """Return how targets are scaled: not those for an output that is bound to a range."""
    if dataset.scales_targets and network.output.kind == "identity":
        return fit_targets(dataset.splits["train"])
    return NOT_SCALED


def _regularization(config: Config) -> Regularization:
    settings = config.training
    return Regularization(
        l1=settings.l1,
        l2=settings.l2,
        clip_norm=settings.clip_norm,
        clip_value=settings.clip_value,
        max_norm=settings.max_norm,
    )


def _dropout(config: Config) -> list[float]:
    rates = config.training.dropout
    return rates if isinstance(rates, list) else [rates] * len(config.model.hidden_layers)


def _engine(config: Config, steps: int, setup: Setup, clock: Clock | None) -> Engine:
    """Return the engine for so many steps. Raises `Misfit` where the one asked for is not there."""
    asked, parameters = config.training.engine, len(setup.network.parameters)
    try:
        return choose_engine(asked, steps, parameters)(setup, clock)
    except EngineError as error:
        raise Misfit(("training", "engine"), str(error)) from error


def _plan(config: Config, *, has_validation: bool) -> Plan:
    settings = config.training
    stopping, schedule = settings.early_stopping, settings.schedule
    return Plan(
        epochs=settings.epochs,
        rate=rate_function(
            schedule.name, schedule.parameters, settings.learning_rate, settings.epochs
        ),
        plateau=plateau_of(schedule.name, schedule.parameters),
        monitor=stopping.monitor
        if stopping
        else ("validation_loss" if has_validation else "train_loss"),
        patience_epochs=stopping.patience if stopping else None,
        min_change=stopping.min_change if stopping else 0.0,
        keep_best=has_validation,
        validates=has_validation,
    )


def _as_lists(scaling: Scaling) -> tuple[Any, Any]:
    """Return offset and scale as JSON values: numbers, or lists of them."""
    return np.asarray(scaling.offset).tolist(), np.asarray(scaling.scale).tolist()
