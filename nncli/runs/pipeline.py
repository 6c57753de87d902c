"""The whole training job: from a config to a run directory.

Only this module knows both the config and the core, which takes plain values.
"""

import json
import platform
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncli
from nncli.model.artifact import Model, Preprocessing, write_model
from nncli.config.load import LoadedConfig, saved_config
from nncli.config.render import config_text
from nncli.config.resolve import Misfit
from nncli.config.schema import Config
from nncli.runs.construction import build_network
from nncli.engines.numpy.batches import Batches
from nncli.data.dataset import Dataset, Task
from nncli.data.fingerprint import fingerprint
from nncli.data.scaling import NOT_SCALED, Scaling, fit, fit_targets, with_scaled_targets
from nncli.base.environment import environment
from nncli.base.errors import DivergenceError, ModelFileError, NncliError, OutputError
from nncli.model.evaluation import check_targets, class_codes, evaluate
from nncli.base.storage.files import remove_litter, write_text
from nncli.metrics.tasks import Evaluation
from nncli.nn.kernels import NUMPY, Kernels
from nncli.nn.network import Network, Objective
from nncli.base.threads import threads_in_use
from nncli.training.checkpoint import Checkpoint, Pace, write_checkpoint
from nncli.engines.numpy.engine import EVALUATION_ROWS, NumpyEngine
from nncli.engines.choice import KernelError, choose_kernels
from nncli.training.loop import Plan, Progress, StepReport, check_finite, train
from nncli.engines.scores import in_units, score_for
from nncli.training.observers import History, Observer
from nncli.training.profile import Profile
from nncli.nn.penalties import Regularization
from nncli.nn.schedules import plateau_of, rate_function

CHECKPOINT = "checkpoint.npz"
CONFIG = "config.yaml"


@dataclass(frozen=True)
class Job:
    """Everything that training needs, built from a config."""

    config: Config
    dataset: Dataset
    scaling: Scaling
    target_scaling: Scaling
    objective: Objective
    network: Network
    engine: NumpyEngine
    training: Batches
    validation: Batches | None
    plan: Plan

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """That of its data."""
        return fingerprint(self.dataset)


@dataclass(frozen=True)
class Outcome:
    """What a training job came to."""

    directory: Path
    evaluations: dict[str, Evaluation]
    progress: Progress
    epochs: int
    interrupted: bool


def prepare(loaded: LoadedConfig, *, progress_bar: bool = False) -> Job:
    """Load the data and build the network; nothing is written.

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
    settings = config.training
    codes = class_codes(network, len(dataset.classes))
    encoding = dataset.encoding
    scaling = fit(
        config.data.scale.name, dataset.splits["train"], encoding.scaled if encoding else None
    )
    target_scaling = _target_scaling(dataset, network)
    splits = {
        name: with_scaled_targets(split, target_scaling) if dataset.scales_targets else split
        for name, split in dataset.splits.items()
    }
    rows = len(splits["train"])
    batch_rows = rows if settings.batch_size == "full" else min(settings.batch_size, rows)
    steps = settings.epochs * -(-rows // batch_rows)
    with loaded.explained():
        kernels = _kernels(config, steps, network)
    held_out = splits.get("validation")
    validation = Batches(held_out, scaling, codes, EVALUATION_ROWS, kernels) if held_out else None
    return Job(
        config=config,
        dataset=dataset,
        scaling=scaling,
        target_scaling=target_scaling,
        objective=objective,
        network=network,
        engine=build_engine(
            config,
            dataset.task,
            network,
            objective,
            batch_rows,
            kernels=kernels,
            units=1 / np.asarray(target_scaling.scale),
        ),
        training=Batches(splits["train"], scaling, codes, batch_rows, kernels),
        validation=validation,
        plan=_plan(config, has_validation=validation is not None),
    )


def prepare_again(model: Model, path: Path) -> Job:
    """Return the job that `model`, which was read from `path`, was trained by, with its weights.

    Raises
    ------
    ConfigError, ModelFileError
        When its config is none, or no longer leads to such a model.
    """
    loaded = saved_config(model.config, f"{path}: its config")
    # What it started from is not needed any more, and may be a file that is gone.
    start = {"initial_weights": None, "initial_biases": None}
    section = loaded.config.model.model_copy(update=start)
    training = loaded.config.training.model_copy(update={"kernels": "numpy"})
    update = {"model": section, "training": training}
    job = prepare(replace(loaded, config=loaded.config.model_copy(update=update)))
    if job.network.layers != model.network.layers:
        raise ModelFileError(f"{path}: its config describes other layers than it has")
    np.copyto(job.network.parameters, model.network.parameters)
    return job


def build_engine(
    config: Config,
    task: Task,
    network: Network,
    objective: Objective,
    batch_rows: int,
    *,
    dropout: bool = True,
    kernels: Kernels = NUMPY,
    units: float | NDArray[np.float64] = 1.0,
) -> NumpyEngine:
    """Return the engine that trains `network` as a complete config says, but for the kernels.

    Parameters
    ----------
    dropout : bool
        Whether units are left out, if the config says so.
    units : number or array (O,)
        What the network's 1 is in the units of each target of a regression.
    """
    settings = config.training
    rates = settings.dropout
    if not isinstance(rates, list):
        rates = [rates] * len(config.model.hidden_layers)
    return NumpyEngine(
        network,
        objective,
        score=in_units(score_for(task, config.model.threshold), units),
        optimizer=settings.optimizer.name,
        settings=settings.optimizer.parameters,
        regularization=Regularization(
            l1=settings.l1,
            l2=settings.l2,
            clip_norm=settings.clip_norm,
            clip_value=settings.clip_value,
            max_norm=settings.max_norm,
        ),
        dropout=rates if dropout else (),
        seed=config.seed,
        batch_rows=batch_rows,
        kernels=kernels,
    )


def _target_scaling(dataset: Dataset, network: Network) -> Scaling:
    """Return how targets are scaled: not those for an output that is bound to a range."""
    if dataset.scales_targets and network.layers[-1].activation == "identity":
        return fit_targets(dataset.splits["train"])
    return NOT_SCALED


def _kernels(config: Config, steps: int, network: Network) -> Kernels:
    """Return the kernels for so many steps. Raises `Misfit` where there are none such."""
    try:
        return choose_kernels(config.training.kernels, steps, len(network.parameters))
    except KernelError as error:
        raise Misfit(("training", "kernels"), str(error)) from error


def run(
    job: Job,
    directory: Path,
    observers: Sequence[Observer],
    stop_requested: Callable[[], bool],
    profile: Profile | None = None,
    checkpoint: Checkpoint | None = None,
) -> Outcome:
    """Train, and leave config, history, checkpoint, weights and metrics in `directory`.

    Parameters
    ----------
    profile : Profile, optional
        Is told how long history, checkpoints and the evaluation at the end take.
    checkpoint : Checkpoint, optional
        Where to go on from; the job's engine has its state already.

    Raises
    ------
    OutputError
        When a file cannot be written; the last checkpoint is then still there to go on from.
    DivergenceError
        When a number of the training is no longer finite; the best epoch before, if any, is saved
        first, and the message says so.
    """
    started = time.perf_counter() - (checkpoint.record["wall_seconds"] if checkpoint else 0.0)
    remove_litter(directory)
    write_text(directory / CONFIG, config_text(job.config))
    progress = checkpoint.progress if checkpoint else Progress()
    history = History(
        directory / "history.csv",
        job.engine.score,
        layers=job.network.layers,
        has_validation=job.validation is not None,
        epochs=progress.epoch,
    )
    if profile:
        profile.watch(history, "epoch", "history")
    else:
        profile = Profile()
    same = {
        "config": job.config.model_dump(),
        "data": job.fingerprint,
        "kernels": job.engine.kernels.name,
        "environment": environment(),
    }

    def save_checkpoint(ended: str | None = None) -> None:
        wall_seconds = time.perf_counter() - started
        record = {**same, "wall_seconds": wall_seconds, "ended": ended}
        write_checkpoint(directory / CHECKPOINT, job.engine, progress, record)

    def save_state() -> None:
        with profile.phase("checkpoint"):
            history.synchronize()  # a checkpoint is never ahead of the rows before it
            save_checkpoint()

    watching = [history, *observers]
    try:
        _train(job, progress, watching, stop_requested, save_state)
        interrupted = stop_requested()
        save_state() if interrupted else history.synchronize()
    except DivergenceError as error:
        if progress.best_parameters is None:
            raise
        _save(job, directory, progress, started, ended="diverged")
        raise DivergenceError(
            f"{error}; the best epoch before, {progress.best_epoch}, is saved in {directory}"
        ) from error
    except OutputError:
        with suppress(NncliError):  # what fits is better than nothing; the first error counts
            _save(job, directory, progress, started, ended="failed to write")
        raise
    finally:
        for observer in watching:
            observer.close()
    early = progress.epoch < job.plan.epochs
    ended = "interrupted" if interrupted else "stopped early" if early else "finished"
    with profile.phase("results"):
        evaluations = _save(job, directory, progress, started, ended=ended)
    if not interrupted:
        with profile.phase("checkpoint"):
            save_checkpoint(ended)
    return Outcome(directory, evaluations, progress, job.plan.epochs, interrupted)


def _train(
    job: Job,
    progress: Progress,
    observers: Sequence[Observer],
    stop_requested: Callable[[], bool],
    save_state: Callable[[], None],
) -> None:
    """Run the loop with everything that watches it, and save the state when it is time."""
    pace = Pace(job.config.training.checkpoint_seconds)
    reports = train(job.engine, job.training, job.validation, job.plan, progress, stop_requested)
    for report in reports:
        if isinstance(report, StepReport):
            for observer in observers:
                observer.step(report)
        else:
            for observer in observers:
                observer.epoch(report)
        if pace.is_due(within_epoch=isinstance(report, StepReport)):
            began = time.monotonic()
            save_state()
            pace.note(began)


def _save(
    job: Job, directory: Path, progress: Progress, started: float, *, ended: str
) -> dict[str, Evaluation]:
    """Evaluate the best parameters on every split; write the weights and the metrics.

    The engine keeps its own parameters, for the checkpoint.
    """
    network = job.network
    if progress.best_parameters is not None:
        network = Network(network.layers, progress.best_parameters)
    evaluations = {
        name: evaluate(
            network,
            job.objective,
            split,
            job.scaling,
            target_scaling=job.target_scaling,
            name=name,
            task=job.dataset.task,
            targets=list(job.dataset.targets),
            classes=list(job.dataset.classes),
            threshold=job.config.model.threshold,
        )
        for name, split in job.dataset.splits.items()
    }
    check_finite(float(np.abs(network.parameters).max()), "at the end the largest weight")
    for name, each in evaluations.items():
        check_finite(each.metrics["loss"], f"at the end the {name} loss")
    record = {
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch if job.plan.keep_best else progress.epoch,
        "monitor": job.plan.monitor,
        "ended": ended,
        "wall_seconds": round(time.perf_counter() - started, 3),
        "threads": threads_in_use(),
        "kernels": job.engine.kernels.name,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
    }
    write_model(directory / "weights.npz", _model(job, network, evaluations, record))
    versions = {"nncli_version": nncli.__version__, "numpy_version": np.__version__}
    metrics = {name: each.as_json() for name, each in evaluations.items()}
    text = json.dumps({**metrics, **record, **versions}, indent=2, ensure_ascii=False)
    write_text(directory / "metrics.json", text + "\n")
    return evaluations


def _model(
    job: Job, network: Network, evaluations: dict[str, Evaluation], record: dict[str, Any]
) -> Model:
    columns = list(job.dataset.columns)
    offset, scale = _as_lists(job.scaling)
    target_offset, target_scale = _as_lists(job.target_scaling)
    return Model(
        network=network,
        preprocessing=Preprocessing(
            columns,
            ["number"] * len(columns),
            offset,
            scale,
            target_offset,
            target_scale,
            job.dataset.encoding,
            job.dataset.images,
        ),
        task=job.dataset.task,
        targets=list(job.dataset.targets),
        classes=list(job.dataset.classes),
        objective=job.objective,
        config=job.config.model_dump(),
        metrics={name: each.metrics for name, each in evaluations.items()},
        training=record,
    )


def _as_lists(scaling: Scaling) -> tuple[Any, Any]:
    """Return offset and scale as JSON values: numbers, or lists of them."""
    return np.asarray(scaling.offset).tolist(), np.asarray(scaling.scale).tolist()


def _plan(config: Config, *, has_validation: bool) -> Plan:
    settings = config.training
    stopping, schedule = settings.early_stopping, settings.schedule
    return Plan(
        epochs=settings.epochs,
        rate=rate_function(
            schedule.name, schedule.parameters, settings.learning_rate, settings.epochs
        ),
        plateau=plateau_of(schedule.name, schedule.parameters),
        shuffle=settings.shuffle,
        seed=config.seed,
        monitor=stopping.monitor
        if stopping
        else ("validation_loss" if has_validation else "train_loss"),
        patience_epochs=stopping.patience if stopping else None,
        min_change=stopping.min_change if stopping else 0.0,
        keep_best=has_validation,
    )
