"""``nncli train``."""

import os
import shlex
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from nncli.pipeline import Job, Outcome
    from nncli.training.checkpoint import Checkpoint
    from nncli.training.observers import Observer
    from nncli.training.profile import Profile

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
    help="Go on with a run that was stopped, in place of CONFIG; of its settings training.epochs "
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
    from nncli.training.profile import Profile

    profile = Profile(*_PHASES)
    options = _Options(threads, quiet, profiled)
    if resume is not None:
        if out is not None or dry_run:
            raise click.UsageError("--resume goes with neither --out nor --dry-run.")
        _resume(resume, arguments, options, profile)
    elif not arguments:
        raise click.UsageError("Missing argument 'CONFIG'.")
    else:
        _begin(Path(arguments[0]), arguments[1:], out, dry_run, options, profile)


class _Options(NamedTuple):
    """What holds for a new run and for one that goes on."""

    threads: int | None
    quiet: bool
    profiled: bool

    @property
    def progress_bar(self) -> bool:
        return not self.quiet and sys.stderr.isatty()


def _begin(
    config: Path,
    overrides: tuple[str, ...],
    out: Path | None,
    dry_run: bool,
    options: _Options,
    profile: "Profile",
) -> None:
    from nncli.advice import warnings_for
    from nncli.cli.findings import print_findings
    from nncli.config.file_sources import FileSource
    from nncli.config.load import load_config
    from nncli.files import locked
    from nncli.pipeline import prepare
    from nncli.run_directory import check_chosen, make_run_directory
    from nncli.threads import suited_threads, use_threads

    with profile.phase("preparation"):
        loaded = load_config(config, overrides)
        if out is not None:
            check_chosen(out)
        job = prepare(loaded, progress_bar=options.progress_bar)
    largest = job.network.largest_product(job.training.batch_rows)
    use_threads(options.threads or suited_threads(largest))
    if isinstance(job.config.data, FileSource) and (dry_run or not options.quiet):
        print_findings(job.dataset, err=not dry_run)
        click.echo(err=not dry_run)
    if dry_run:
        from nncli.cli.dry_run import print_estimates

        print_estimates(job)
        return
    _warn(warnings_for(job))
    directory = make_run_directory(str(job.config.name), out)
    with locked(directory):
        _run(job, directory, options, profile)


def _resume(
    directory: Path, overrides: tuple[str, ...], options: _Options, profile: "Profile"
) -> None:
    """Go on with the run in `directory`, or say that it is finished."""
    from nncli.files import locked
    from nncli.resuming import check_run, load_run
    from nncli.threads import suited_threads, use_threads

    if plain := [each for each in overrides if "=" not in each]:
        raise click.UsageError(
            f"--resume takes no CONFIG: the run has its own; found {plain[0]!r}."
        )
    check_run(directory)
    with locked(directory):
        with profile.phase("preparation"):
            stopped = load_run(directory, overrides)
            if stopped.what_is_over:
                click.echo(stopped.what_is_over)
                return
            job = stopped.prepare(progress_bar=options.progress_bar)
        largest = job.network.largest_product(job.training.batch_rows)
        use_threads(options.threads or stopped.threads or suited_threads(largest))
        _warn(stopped.warnings())
        _run(job, directory, options, profile, stopped.checkpoint)


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


def _run(
    job: "Job",
    directory: Path,
    options: _Options,
    profile: "Profile",
    checkpoint: "Checkpoint | None" = None,
) -> None:
    """Train in `directory`, from a checkpoint on if there is one, and print what came of it."""
    from nncli.errors import Interrupted
    from nncli.pipeline import run
    from nncli.training.interruption import InterruptRequest

    observers = [] if options.quiet else [_observer(job)]
    if options.profiled:
        _watch(job, profile)
    with InterruptRequest(_announce_stop) as stop_requested:
        outcome = run(
            job,
            directory,
            observers,
            stop_requested,
            profile if options.profiled else None,
            checkpoint,
        )
    _print_outcome(outcome)
    if options.profiled:
        _print_profile(profile)
    if outcome.interrupted and stop_requested.signal:
        raise Interrupted(
            f"Interrupted after {outcome.progress.epoch} of {outcome.epochs} epochs; to go on:  "
            f"nncli train --resume {shlex.quote(str(directory))}",
            stop_requested.signal,
        )


def _watch(job: "Job", profile: "Profile") -> None:
    """Let a profile measure the parts of every step."""
    profile.watch(job.training, "gather", "data")
    profile.watch(job.engine.network, "logits", "forward")
    profile.watch(job.engine, "objective", "loss")
    profile.watch(job.engine.network, "backward", "backward")
    profile.watch(job.engine, "update", "update")
    profile.watch(job.engine, "evaluate", "validation")


def _print_profile(profile: "Profile") -> None:
    from nncli.cli.output import print_table

    total = profile.total
    seconds = {**profile.seconds, "all else": total - sum(profile.seconds.values()), "all": total}
    click.echo()
    print_table(
        ("where the time went", "seconds", "share"),
        [(phase, f"{each:.3f}", f"{each / total:.1%}") for phase, each in seconds.items()],
    )


def _announce_stop() -> None:
    words = b"\nFinishing this step and saving; Ctrl-C again stops at once.\n"
    with suppress(OSError):  # written past Python's buffer, which the signal may have come upon
        os.write(sys.stderr.fileno(), words)


def _observer(job: "Job") -> "Observer":
    from nncli.training.observers import Bar, PlainLines

    if sys.stderr.isatty():
        rows, batches = len(job.training.split), len(job.training)
        return Bar(job.plan.epochs, rows, batches, job.engine.score)
    return PlainLines(job.plan.epochs, job.engine.score)


def _print_outcome(outcome: "Outcome") -> None:
    from nncli.cli.output import print_splits

    headline = next(iter(outcome.evaluations.values())).headline
    print_splits(
        {name: {"rows": each.rows, **each.metrics} for name, each in outcome.evaluations.items()},
        ("rows", "loss", *headline),
    )
    progress = outcome.progress
    if progress.best_parameters is not None:
        click.echo(f"\nThe weights are those of epoch {progress.best_epoch}, the best of "
                   f"{progress.epoch}.")  # fmt: skip
    weights = shlex.quote(str(outcome.directory / "weights.npz"))
    split = "" if "test" in outcome.evaluations else f" --split {list(outcome.evaluations)[-1]}"
    click.echo(
        f"\nSaved in {outcome.directory}. Next:\n"
        f"  nncli eval {weights}{split}\n"
        f"  nncli show {weights}\n"
        f"  nncli predict {weights} INPUT"
    )
