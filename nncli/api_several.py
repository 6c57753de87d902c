"""Train and resume several models of one config: one per fold, or one per seed."""

from collections.abc import Sequence
from pathlib import Path

from nncli.base.arguments import path_in
from nncli.base.clock import Clock
from nncli.base.errors import UsageError
from nncli.base.notes import Note, warn
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CONFIG
from nncli.config.check import misfits_of_resumed
from nncli.config.load import ConfigSource, LoadedConfig, given_rows, read_config
from nncli.config.overrides import Overrides
from nncli.runs.call import Call
from nncli.runs.cross_validation import CrossValidation
from nncli.runs.directory import Out, check_out, run_directory, run_of
from nncli.runs.folds import Folds, with_folds
from nncli.runs.resuming import check_run
from nncli.runs.same_config import check_same
from nncli.runs.seeds import SeedRuns, Seeds, with_seeds
from nncli.runs.several import All, One, Several, check_is
from nncli.training.observers.observer import Observer

_FOLDS = 5
_SEEDS = 5


def cross_validate(
    config: ConfigSource,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    out: Out = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    log_every: int | None = None,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> CrossValidation:
    """Train one model per fold, each on the other folds.

    The number of folds is ``training.folds``, by default 5. Ctrl-C ends the cross-validation after
    the current step.

    Parameters
    ----------
    config, overrides, data, validation_data, test_data, out
        As for `train`.
    progress, log_every, threads, note, clock
        As for `train`.
    observers : sequence of Observer
        Observers of each fold in turn; stopping ends only the current fold.

    Raises
    ------
    ConfigError, DataError, UsageError, DivergenceError, OutputError
        As for `train`.
    """
    call = Call(
        observers, progress=progress, log_every=log_every, threads=threads, note=note, clock=clock
    )
    with call.preparing():
        rows = given_rows(data, validation_data, test_data)
        loaded = read_config(config, overrides, rows=rows)
        training = loaded.config.training
        if training.fold:
            raise UsageError(f"training.fold: {training.fold} trains one fold only; use train")
        _check_no_refit(loaded)
        if training.seeds:
            raise UsageError(f"training.seeds: {training.seeds} needs train_seeds")
        folds = Folds(loaded if training.folds else with_folds(loaded, _FOLDS))
    return _begin(folds, call, out)


def resume_cross_validation(
    run: str | Path,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    log_every: int | None = None,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> CrossValidation:
    """Resume an interrupted cross-validation: train its unfinished folds.

    Finished folds stay unchanged. Parameters and errors are as for `resume`.
    """
    call = Call(
        observers, progress=progress, log_every=log_every, threads=threads, note=note, clock=clock
    )
    rows = given_rows(data, validation_data, test_data)
    directory = _existing(run)
    with run_of(directory, note):
        with call.preparing():
            check_is("folds", directory)
            loaded = read_config(directory / CONFIG, overrides, rows=rows, check=misfits_of_resumed)
        return _resume(Folds(loaded), call, directory)


def train_seeds(
    config: ConfigSource,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    out: Out = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    log_every: int | None = None,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> SeedRuns:
    """Train one model per seed, all on the same split of the data.

    The seeds are ``seed``, ``seed`` + 1, ...; their number is ``training.seeds``, by default 5.
    They change the initial weights, the order of the rows, and dropout. Ctrl-C ends the training
    after the current step.

    Parameters
    ----------
    config, overrides, data, validation_data, test_data, out
        As for `train`.
    progress, log_every, threads, note, clock
        As for `train`.
    observers : sequence of Observer
        Observers of each training in turn; stopping ends only the current one.

    Raises
    ------
    ConfigError, DataError, UsageError, DivergenceError, OutputError
        As for `train`.
    """
    call = Call(
        observers, progress=progress, log_every=log_every, threads=threads, note=note, clock=clock
    )
    with call.preparing():
        rows = given_rows(data, validation_data, test_data)
        loaded = read_config(config, overrides, rows=rows)
        training = loaded.config.training
        if training.folds:
            raise UsageError(f"training.folds: {training.folds} and several seeds; remove one")
        _check_no_refit(loaded)
        seeds = Seeds(loaded if training.seeds else with_seeds(loaded, _SEEDS))
    return _begin(seeds, call, out)


def resume_seeds(
    run: str | Path,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    log_every: int | None = None,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> SeedRuns:
    """Resume runs of several seeds: train the unfinished ones.

    Finished seeds stay unchanged. ``training.seeds`` may increase, too. Other parameters and
    errors are as for `resume`.
    """
    call = Call(
        observers, progress=progress, log_every=log_every, threads=threads, note=note, clock=clock
    )
    rows = given_rows(data, validation_data, test_data)
    directory = _existing(run)
    with run_of(directory, note):
        with call.preparing():
            check_is("seeds", directory)
            before = read_config(directory / CONFIG, rows=rows, check=misfits_of_resumed)
            loaded = read_config(before, overrides, check=misfits_of_resumed)
            check_same(directory, before.config, loaded.config)
        return _resume(Seeds(loaded), call, directory)


def _begin(several: Several[One, All], call: Call, out: Out) -> All:
    """Train all models."""
    with call.preparing():
        check_out(out)
        job = several.prepare_first(progress_bar=call.progress, clock=call.clock)
    with run_directory(out, job.config, call.note) as directory, call.watching() as watching:
        runs = several.runs(directory)
        jobs = several.jobs(runs, begun=job, clock=call.clock)
        return several.train(
            directory, runs, jobs, watching, threads=call.threads, clock=call.clock
        )


def _resume(several: Several[One, All], call: Call, directory: Directory) -> All:
    """Train the unfinished models in an open directory."""
    with call.preparing():
        runs = several.runs(directory)
    jobs = several.jobs(runs, threads=call.threads, progress_bar=call.progress, clock=call.clock)
    with call.watching() as watching:
        return several.train(
            directory, runs, jobs, watching, threads=call.threads, clock=call.clock
        )


def _existing(run: str | Path) -> Directory:
    directory = Directory(path_in(run, "run"))
    check_run(directory.path)
    return directory


def _check_no_refit(loaded: LoadedConfig) -> None:
    if loaded.config.training.refit:
        raise UsageError("training.refit: true trains one model on all rows; use train")
