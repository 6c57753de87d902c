"""Find everything in a config that cannot be trained, without reading the data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nncli.base.paths import nearby, problem_of_name
from nncli.base.words import count, on_one_line
from nncli.config.choices import shown
from nncli.config.defaults import batch_size
from nncli.config.network import check_memory, given_arrays, given_masks, layers_of
from nncli.config.places import files_of
from nncli.config.plain_engine import ENGINE, refused_by_plain
from nncli.config.resolve import Misfit, Resolved, check_monitor
from nncli.config.schema import SEEDS_END, Config
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import Task
from nncli.data.division import DivisionError, Fold
from nncli.engines.choice import missing_for
from nncli.nn.layers.layer import Layer
from nncli.training.events.available import missing_tensorboard

Meaning = Callable[[Task], Resolved]

_SOURCE = ("data", "source")
_SEEDS = ("training", "seeds")
REFIT = ("training", "refit")
NO_VALIDATION = (
    "a refit needs validation rows to choose its epochs; set data.validation, such as 0.1"
)


def misfits_of_data(config: Config, meaning: Meaning) -> list[Misfit]:
    """Return the `misfits` of the section ``data`` only."""
    absence = config.data.absence
    missing = [Misfit(_SOURCE, absence)] if absence else []
    return [*missing, *_problems_of_data(config)]


def misfits_of_resumed(config: Config, meaning: Meaning) -> list[Misfit]:
    """Return the `misfits` without those of given weights and rows.

    A resumed run has its own weights, and reports itself that it needs the rows again.
    """
    return misfits(config, meaning, given=False)


def misfits_of_first(config: Config, meaning: Meaning) -> list[Misfit]:
    """Return the `misfits` without missing data, which may be elsewhere."""
    return [each for each in misfits(config, meaning) if each.path != _SOURCE]


def misfits(config: Config, meaning: Meaning, *, given: bool = True) -> list[Misfit]:
    """Return everything in a valid config that training would reject for any data.

    If the task is unknown, return what every task rejects, as the closest task reports it.

    Parameters
    ----------
    meaning : function of Task to Resolved
        Returns the meaning of the config for a task. Raises `Misfit`.
    given : bool
        Whether to check given rows and initial weights, also in a file.
    """
    found = misfits_of_data(config, meaning) if given else _problems_of_data(config)
    if problem := missing_for(config.training.engine):
        found.append(Misfit(ENGINE, problem))
    if config.training.engine == "plain":
        found += refused_by_plain(config)
    if config.training.tensorboard and (problem := missing_tensorboard()):
        found.append(Misfit(("training", "tensorboard"), problem))
    rows: list[int] = []
    found += _caught([lambda: rows.extend(_training_rows(config))])
    by_task = [
        [*_of_a_task(config, task, meaning, rows, weights=given)]
        for task in config.data.possible_tasks
    ]
    return [*found, *min(by_task, key=_distance, default=[])]


def _problems_of_data(config: Config) -> list[Misfit]:
    found = [Misfit(("data", *path), problem) for path, problem in config.data.problems()]
    if config.training.folds and getattr(config.data, "time", None) is not None:
        problem = "folds split rows at random, but data.time by time; remove one of them"
        found.append(Misfit(("training", "folds"), problem))
    return [*_misnamed(config), *found, *_problems_of_refit(config), *_problems_of_seeds(config)]


def _problems_of_refit(config: Config) -> Iterator[Misfit]:
    """Yield the settings that conflict with a refit."""
    training = config.training
    if not training.refit:
        return
    if training.folds:
        yield Misfit(
            REFIT,
            f"found true, and training.folds: {training.folds}; a refit is one model of all rows; "
            "remove one of them",
        )
    if training.schedule and training.schedule.name == "plateau":
        yield Misfit(
            REFIT,
            "found true, and training.schedule: plateau, which needs validation rows; a refit has "
            "none; choose another schedule",
        )
    if config.data.validates_apart:
        yield Misfit(
            REFIT,
            "found true, but the validation rows are given separately; a refit takes them from the "
            "training rows; set data.validation to a fraction, such as 0.1",
        )
    elif not config.data.may_validate:
        yield Misfit(REFIT, f"found true, but {NO_VALIDATION}")


def _problems_of_seeds(config: Config) -> Iterator[Misfit]:
    """Yield the settings that conflict with several seeds."""
    training = config.training
    if not training.seeds:
        return
    for key, value in (("folds", training.folds), ("refit", training.refit)):
        if value:
            yield Misfit(
                _SEEDS, f"found {training.seeds}, and training.{key}: {shown(value)}; remove one"
            )
    if config.seed + training.seeds > SEEDS_END:
        yield Misfit(
            _SEEDS,
            f"found {training.seeds}, and seed: {config.seed}; the last seed would be above "
            f"{SEEDS_END - 1}; reduce one of them",
        )


def _misnamed(config: Config) -> Iterator[Misfit]:
    """Yield the files with an impossible name."""
    for key, path in files_of(config):
        if problem := problem_of_name(path):
            yield Misfit(key, f"found {on_one_line(repr(str(nearby(path))), 60)}; {problem}")


def rows_a_batch(training: TrainingSection, rows: int, layers: Iterable[Layer]) -> int:
    """Return the batch size for a number of training rows.

    Raises
    ------
    Misfit
        When a layer needs larger batches.
    """
    size = batch_size(rows) if training.batch_size is None else training.batch_size
    batch = rows if size == "full" else min(size, rows)
    layer = max(layers, key=lambda each: each.smallest_batch)
    if batch < layer.smallest_batch:
        raise Misfit(
            ("training", "batch_size"),
            f"{layer.kind} needs at least {layer.smallest_batch} rows in a batch; found {batch} of "
            f"{count(rows, 'training row')}",
        )
    return batch


def folds_of(config: Config) -> list[Fold | None]:
    """Return the fold held out from each model; None for a single model."""
    training = config.training
    if not training.folds:
        return [None]
    numbers = [training.fold] if training.fold else range(1, training.folds + 1)
    return [Fold(number, training.folds) for number in numbers]


def _training_rows(config: Config) -> list[int]:
    """Return the number of training rows of each model, if the config determines it.

    Raises
    ------
    Misfit
        When the rows cannot be split as the config asks.
    """
    division = config.data.division
    if division is None:
        return []
    try:
        return [division.training_rows(fold) for fold in folds_of(config)]
    except DivisionError as error:
        path = ("training", "folds") if error.of_folds else ("data", "validation")
        raise Misfit(path, str(error)) from error


def _of_a_task(
    config: Config, task: Task, meaning: Meaning, rows: Sequence[int], *, weights: bool
) -> Iterator[Misfit]:
    """Yield what cannot be trained if the data has the given task."""
    resolved: list[Resolved] = []
    yield from _caught(
        [
            lambda: check_monitor(config, task, config.data.may_validate),
            lambda: resolved.append(meaning(task)),
        ]
    )
    for each in resolved:
        yield from _of_the_network(config, each, task, rows, weights=weights)


def _of_the_network(
    config: Config, resolved: Resolved, task: Task, rows: Sequence[int], *, weights: bool
) -> Iterator[Misfit]:
    ends = config.data.ends(task)
    layers = layers_of(resolved, task, ends)
    checks: list[Callable[[], Any]] = [
        lambda: check_memory(layers, config.training.precision),
        lambda: given_masks(config, layers, ends),
    ]
    if weights and _can_be_read(config.model.initial_weights):
        checks.append(lambda: given_arrays(config, layers, ends))
    if rows:
        checks.append(lambda: rows_a_batch(config.training, min(rows), layers))
    yield from _caught(checks)


def _caught(checks: Iterable[Callable[[], Any]]) -> Iterator[Misfit]:
    for check in checks:
        try:
            check()
        except Misfit as misfit:
            yield misfit


def _distance(found: Sequence[Misfit]) -> tuple[bool, bool, bool]:
    """Return the sort key of tasks: no misfits first, then a fitting output, then fitting loss."""
    paths = [each.path for each in found]
    return bool(paths), ("model", "output") in paths, ("training", "loss") in paths


def _can_be_read(weights: Any) -> bool:
    """Return whether weights are given in the config, or in an existing regular file."""
    try:
        return not isinstance(weights, str) or Path(weights).is_file()
    except (OSError, ValueError):  # an impossible path
        return False
