"""Train in a run directory, with all that a user sees of it."""

import os
import shlex
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from nncli.runs.pipeline import Job, Outcome
    from nncli.training.checkpoint import Checkpoint
    from nncli.training.observers import Observer
    from nncli.training.profile import Profile


class Options(NamedTuple):
    """What holds for a new run and for one that goes on."""

    threads: int | None
    quiet: bool
    profiled: bool

    @property
    def progress_bar(self) -> bool:
        """Whether there may be one."""
        return not self.quiet and sys.stderr.isatty()


def settle_threads(job: "Job", options: Options, before: int | None = None) -> None:
    """Use as many threads as are asked for, or as `before`, or as suit the job."""
    from nncli.base.threads import suited_threads, use_threads

    largest = job.network.largest_product(job.training.batch_rows)
    use_threads(options.threads or before or suited_threads(largest))


def warn(warnings: Iterable[str]) -> None:
    """Print a line on standard error for each."""
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


def run_single(
    job: "Job",
    directory: Path,
    options: Options,
    profile: "Profile",
    checkpoint: "Checkpoint | None" = None,
) -> None:
    """Train in `directory`, from a checkpoint on if there is one, and print what came of it."""
    from nncli.base.errors import Interrupted
    from nncli.runs.pipeline import run
    from nncli.training.interruption import InterruptRequest

    observers = observers_for(job, options)
    if options.profiled:
        watch(job, profile)
    with InterruptRequest(announce_stop) as stop_requested:
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
        print_profile(profile)
    if outcome.interrupted and stop_requested.signal:
        raise Interrupted(
            f"Interrupted after {outcome.progress.epoch} of {outcome.epochs} epochs; to go on:  "
            f"nncli train --resume {shlex.quote(str(directory))}",
            stop_requested.signal,
        )


def watch(job: "Job", profile: "Profile") -> None:
    """Let a profile measure the parts of every step."""
    profile.watch(job.training, "gather", "data")
    profile.watch(job.engine.network, "logits", "forward")
    profile.watch(job.engine, "objective", "loss")
    profile.watch(job.engine.network, "backward", "backward")
    profile.watch(job.engine, "update", "update")
    profile.watch(job.engine, "evaluate", "validation")


def print_profile(profile: "Profile") -> None:
    """Print the seconds of each phase."""
    from nncli.cli.output import print_table

    total = profile.total
    seconds = {**profile.seconds, "all else": total - sum(profile.seconds.values()), "all": total}
    click.echo()
    print_table(
        ("where the time went", "seconds", "share"),
        [(phase, f"{each:.3f}", f"{each / total:.1%}") for phase, each in seconds.items()],
    )


def announce_stop() -> None:
    """Say what the first signal leads to."""
    words = b"\nFinishing this step and saving; Ctrl-C again stops at once.\n"
    with suppress(OSError):  # written past Python's buffer, which the signal may have come upon
        os.write(sys.stderr.fileno(), words)


def observers_for(job: "Job", options: Options, name: str = "") -> list["Observer"]:
    """Return what shows the progress of a job, which has a name if there are several."""
    from nncli.training.observers import Bar, PlainLines

    if options.quiet:
        return []
    if sys.stderr.isatty():
        rows, batches = len(job.training.split), len(job.training)
        return [Bar(job.plan.epochs, rows, batches, job.engine.score, name and f"{name}  ")]
    if name:  # a line of its own: the others have no room for it
        click.echo(name, err=True)
    return [PlainLines(job.plan.epochs, job.engine.score)]


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
