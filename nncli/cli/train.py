"""``nncli train``."""

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nncli.pipeline import Job, Outcome
    from nncli.training.metrics import Score
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
    "checkpoint",
    "results",
)


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The run directory, new or empty.  [default: runs/<name>-001, -002, ...]",
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
    config: Path,
    overrides: tuple[str, ...],
    out: Path | None,
    threads: int | None,
    quiet: bool,
    profiled: bool,
    dry_run: bool,
) -> None:
    """Train a network as CONFIG describes it.

    Settings of the config can be changed behind it:

      nncli train xor.yaml training.learning_rate=0.1 'model.hidden_layers=[4,4]'

    Leaves weights.npz, checkpoint.npz, config.yaml, history.csv and metrics.json in the run
    directory. Ctrl-C ends training after the current step and saves what there is.
    """
    from nncli.advice import warnings_for
    from nncli.config.load import load_config
    from nncli.errors import Interrupted
    from nncli.pipeline import prepare, run
    from nncli.run_directory import check_chosen, make_run_directory
    from nncli.threads import suited_threads, use_threads
    from nncli.training.interruption import InterruptRequest
    from nncli.training.profile import Profile

    profile = Profile(*_PHASES)
    with profile.phase("preparation"):
        loaded = load_config(config, overrides)
        if out is not None:
            check_chosen(out)
        job = prepare(loaded, progress_bar=not quiet and sys.stderr.isatty())
    use_threads(threads or suited_threads(job.network.largest_product(job.training.batch_rows)))
    if dry_run:
        from nncli.cli.dry_run import print_estimates

        print_estimates(job)
        return
    for warning in warnings_for(job):
        click.echo(f"Warning: {warning}", err=True)
    directory = make_run_directory(str(job.config.name), out)
    if profiled:
        _watch(job, profile)
    with InterruptRequest(_announce_stop) as stop_requested:
        outcome = run(job, directory, [] if quiet else [_observer(job)], stop_requested, profile)
    _print_outcome(outcome, job.engine.score)
    if profiled:
        _print_profile(profile)
    if outcome.interrupted:
        raise Interrupted(
            f"Interrupted after {outcome.progress.epoch} of {outcome.epochs} epochs; "
            f"what there is has been saved in {directory}"
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


def _print_outcome(outcome: "Outcome", score: "Score") -> None:
    from nncli.cli.output import figure, print_table

    columns = ("loss", score.name)
    rows = [
        (name, str(each.rows), *(figure(each.metrics[column]) for column in columns))
        for name, each in outcome.evaluations.items()
    ]
    print_table(("split", "rows", *columns), rows)
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
