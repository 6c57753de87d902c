"""Train in a run directory, with all that a user sees of it."""

import os
import shlex
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from nncli.base.clock import Clock
    from nncli.runs.job import Job
    from nncli.training.observers.observer import Observer
    from nncli.training.outcome import Outcome


class Options(NamedTuple):
    """What holds for a new run and for one that resumes.

    Attributes
    ----------
    clock : Clock or None
        What is told where the time goes, if that is asked for.
    """

    threads: int | None
    quiet: bool
    clock: "Clock | None"

    def preparing(self) -> AbstractContextManager[None]:
        """Count what is done inside as preparation."""
        return self.clock.phase("preparation") if self.clock else nullcontext()

    @property
    def progress_bar(self) -> bool:
        """Whether there may be one."""
        return not self.quiet and sys.stderr.isatty()


def settle_threads(job: "Job", options: Options, before: int | None = None) -> None:
    """Use as many threads as are asked for, or as `before`, or as suit the job."""
    from nncli.base.threads import suited_threads, use_threads

    largest = job.setup.network.largest_product(job.order.largest_batch)
    use_threads(options.threads or before or suited_threads(largest))


def warn(warnings: Iterable[str]) -> None:
    """Print a line on standard error for each."""
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


def run_single(job: "Job", directory: Path, options: Options, *, wall_seconds: float = 0.0) -> None:
    """Train in `directory`, from where the job stands, and print what came of it."""
    from nncli.base.errors import Interrupted
    from nncli.runs.recording import run_in
    from nncli.training.observers.interruption import InterruptRequest

    with InterruptRequest(announce_stop) as interruption:
        observers = [*observers_for(options), interruption]
        outcome = run_in(directory, job, observers, wall_seconds=wall_seconds, clock=options.clock)
    _print_outcome(outcome, directory)
    if options.clock:
        print_profile(options.clock)
    if not outcome.is_over and interruption.signal:
        raise Interrupted(
            f"Interrupted after {outcome.progress.epoch} of {outcome.epochs} epochs; to go on:  "
            f"nncli train --resume {shlex.quote(str(directory))}",
            interruption.signal,
        )


def print_profile(clock: "Clock") -> None:
    """Print the seconds of each phase."""
    from nncli.cli.output import print_table

    total = clock.total
    seconds = {**clock.seconds, "all else": total - sum(clock.seconds.values()), "all": total}
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


def observers_for(options: Options, name: str = "") -> list["Observer"]:
    """Return what shows the progress of a job, which has a name if there are several."""
    from nncli.training.observers.bar import Bar
    from nncli.training.observers.lines import PlainLines

    if options.quiet:
        return []
    if sys.stderr.isatty():
        return [Bar(name and f"{name}  ")]
    if name:  # a line of its own: the others have no room for it
        click.echo(name, err=True)
    return [PlainLines()]


def _print_outcome(outcome: "Outcome", directory: Path) -> None:
    from nncli.cli.output import print_splits

    headline = next(iter(outcome.evaluations.values())).headline
    print_splits(
        {name: {"rows": each.rows, **each.metrics} for name, each in outcome.evaluations.items()},
        ("rows", "loss", *headline),
    )
    progress = outcome.progress
    if progress.best is not None:
        click.echo(f"\nThe weights are those of epoch {progress.best_epoch}, the best of "
                   f"{progress.epoch}.")  # fmt: skip
    weights = shlex.quote(str(directory / "weights.npz"))
    split = "" if "test" in outcome.evaluations else f" --split {list(outcome.evaluations)[-1]}"
    click.echo(
        f"\nSaved in {directory}. Next:\n"
        f"  nncli eval {weights}{split}\n"
        f"  nncli show {weights}\n"
        f"  nncli predict {weights} INPUT"
    )
