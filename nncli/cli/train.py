"""``nncli train``."""

from itertools import chain
from pathlib import Path

import click

from nncli.cli.running import Options, run_single, settle_threads, warn

_PHASES = (
    "preparation",
    "data",
    "forward",
    "loss",
    "backward",
    "update",
    "validation",
    "history",
    "checkpoint",
    "results",
)


@click.command()
@click.argument("arguments", nargs=-1, metavar="CONFIG [KEY=VALUE]...")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The run directory, new or empty.  [default: runs/<name>-001, -002, ...]",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Resume a stopped run instead of starting CONFIG; of its settings training.epochs "
    "may be raised.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Threads for matrix products.  [default: as the environment says, else 1, or one a "
    "processor for large layers]",
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress, only the results.")
@click.option("--profile", "profiled", is_flag=True, help="Say at the end where the time went.")
@click.option("--dry-run", is_flag=True, help="Check data, shapes, memory and time; train nothing.")
def train(
    arguments: tuple[str, ...],
    out: Path | None,
    resume: Path | None,
    threads: int | None,
    quiet: bool,
    profiled: bool,
    dry_run: bool,
) -> None:
    """Train a network as CONFIG describes it.

    Settings of the config can be changed behind it:

      nncli train xor.yaml training.learning_rate=0.1 'model.hidden_layers=[4,4]'

    Leaves weights.npz, checkpoint.npz, config.yaml, history.csv and metrics.json in the run
    directory. Ctrl-C ends training after the current step and saves what there is. A run that was
    stopped, in whatever way, goes on where it was:

      nncli train --resume runs/xor-001
    """
    from nncli.base.clock import Clock

    options = Options(threads, quiet, Clock(*_PHASES) if profiled else None)
    if resume is not None:
        if out is not None or dry_run:
            raise click.UsageError("--resume goes with neither --out nor --dry-run.")
        _resume(resume, arguments, options)
    elif not arguments:
        raise click.UsageError("Missing argument 'CONFIG'.")
    else:
        _begin(Path(arguments[0]), arguments[1:], out, dry_run, options)


def _begin(
    config: Path,
    overrides: tuple[str, ...],
    out: Path | None,
    dry_run: bool,
    options: Options,
) -> None:
    from nncli.base.storage.locks import locked
    from nncli.cli.findings import print_findings
    from nncli.cli.folds import cross_validate
    from nncli.config.file_source import FileSource
    from nncli.config.load import load_config
    from nncli.runs.advice import warnings_for
    from nncli.runs.directory import check_chosen, make_run_directory
    from nncli.runs.folds import folds_of, in_fold, runs_of_folds
    from nncli.runs.job import prepare

    with options.preparing():
        loaded = load_config(config, overrides)
        folds = folds_of(loaded.config)
        if out is not None:
            check_chosen(out)
        first = in_fold(loaded, 1) if folds else loaded
        job = prepare(first, progress_bar=options.progress_bar, clock=options.clock)
    settle_threads(job, options)
    if isinstance(job.config.data, FileSource) and (dry_run or not options.quiet):
        print_findings(job.dataset, err=not dry_run)
        click.echo(err=not dry_run)
    if dry_run:
        from nncli.cli.dry_run import print_estimates

        print_estimates(job, folds or 1)
        return
    if not folds:
        warn(warnings_for(job))
    directory = make_run_directory(str(job.config.name), out)
    with locked(directory):
        if not folds:
            run_single(job, directory, options)
            return
        runs = runs_of_folds(directory, loaded)
        jobs = chain([job], (each.prepare(clock=options.clock) for each in runs[1:]))
        cross_validate(directory, runs, jobs, options)


def _resume(directory: Path, overrides: tuple[str, ...], options: Options) -> None:
    """Resume the run in `directory`, or say that it is finished."""
    from nncli.base.storage.locks import locked
    from nncli.cli.folds import cross_validate
    from nncli.config.load import load_config
    from nncli.runs.folds import folds_of, runs_of_folds
    from nncli.runs.recording import CONFIG
    from nncli.runs.resuming import check_run, load_run

    if plain := [each for each in overrides if "=" not in each]:
        raise click.UsageError(
            f"--resume takes no CONFIG: the run has its own; found {plain[0]!r}."
        )
    check_run(directory)
    with locked(directory):
        with options.preparing():
            loaded = load_config(directory / CONFIG, overrides)
            is_one = not folds_of(loaded.config)
            runs = [load_run(directory, loaded)] if is_one else runs_of_folds(directory, loaded)
        jobs = (
            each.prepare(progress_bar=options.progress_bar, clock=options.clock) for each in runs
        )
        if not is_one:
            cross_validate(directory, runs, jobs, options)
            return
        stopped = runs[0]
        if stopped.what_is_over:
            click.echo(stopped.what_is_over)
            return
        with options.preparing():
            job = next(jobs)
        settle_threads(job, options, stopped.threads)
        warn(stopped.warnings())
        run_single(job, directory, options, wall_seconds=stopped.wall_seconds)
