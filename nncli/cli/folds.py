"""``nncli train`` with ``training.folds``: a run for each fold, and what they come to together."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.running import (
    Options,
    announce_stop,
    observers_for,
    print_profile,
    settle_threads,
    warn,
)

if TYPE_CHECKING:
    from nncli.runs.folds import FoldResult
    from nncli.runs.job import Job
    from nncli.runs.resuming import StoppedRun
    from nncli.training.observers.interruption import InterruptRequest


def cross_validate(
    directory: Path,
    runs: Sequence["StoppedRun"],
    jobs: Iterable["Job"],
    options: Options,
) -> None:
    """Train what is not finished of the folds in `directory`, and print what came of all.

    Parameters
    ----------
    runs : sequence of StoppedRun
        That of each fold as it was left, or as it is to begin.
    jobs : iterable of Job
        The job of each; it is asked for the next one when the last fold is done.
    """
    from nncli.runs.advice import warnings_for
    from nncli.runs.folds import fold_result, write_config, write_results
    from nncli.training.observers.interruption import InterruptRequest

    results, warned = [], set[str]()
    if all(run.what_is_over for run in runs):
        click.echo(f"{directory} is finished: all of its {len(runs)} folds are done.\n")
    with InterruptRequest(announce_stop) as interruption:
        for number, (stopped, job) in enumerate(zip(runs, jobs, strict=True), 1):
            if number == 1:
                write_config(directory, job.config)
            if not stopped.what_is_over:
                going_on = stopped.warnings() if stopped.checkpoint else ()
                new = dict.fromkeys([*warnings_for(job), *going_on])
                warn(each for each in new if each not in warned)
                warned |= new.keys()
                _train(stopped, job, f"fold {number}/{len(runs)}", options, interruption)
            results.append(fold_result(stopped.directory, number, job))
    write_results(directory, results)
    _print_results(directory, results)
    if options.clock:
        print_profile(options.clock)


def _train(
    stopped: "StoppedRun",
    job: "Job",
    name: str,
    options: Options,
    interruption: "InterruptRequest",
) -> None:
    """Train one fold to its end. Raises `Interrupted` when a signal asked to stop."""
    from nncli.base.errors import DivergenceError, Interrupted
    from nncli.base.storage.locks import locked
    from nncli.runs.recording import run_in

    settle_threads(job, options, stopped.threads)
    observers = [*observers_for(options, name), interruption]
    stopped.directory.mkdir(exist_ok=True)
    with locked(stopped.directory):
        try:
            outcome = run_in(
                stopped.directory,
                job,
                observers,
                wall_seconds=stopped.wall_seconds,
                clock=options.clock,
            )
        except DivergenceError as error:
            raise DivergenceError(f"{name}: {error}") from error
    if not outcome.is_over and interruption.signal:
        raise Interrupted(
            f"Interrupted in {name} after {outcome.progress.epoch} of {outcome.epochs} epochs; to "
            f"go on:  nncli train --resume {shlex.quote(str(stopped.directory.parent))}",
            interruption.signal,
        )


def _print_results(directory: Path, results: Sequence["FoldResult"]) -> None:
    """Print the held-out rows of each fold, then mean and deviation of every metric."""
    from nncli.cli.output import print_splits
    from nncli.runs.folds import PREDICTIONS

    held_out = {
        str(each.number): {"rows": each.rows["held_out"], **each.metrics["held_out"]}
        for each in results
    }
    print_splits(held_out, ("rows", "loss", *results[0].headline), first="fold")
    click.echo()
    _print_summaries(results)
    first = shlex.quote(str(directory / "fold-1" / "weights.npz"))
    click.echo(
        f"\nSaved in {directory}.\n"
        f"{PREDICTIONS}: each row as predicted by the model that has not seen it.\n"
        "Next, a fold again, and a model of all rows:\n"
        f"  nncli eval {first} --split held_out\n"
        f"  nncli train {shlex.quote(str(directory / 'config.yaml'))} training.folds=null"
    )


def _print_summaries(results: Sequence["FoldResult"]) -> None:
    """Print a line a metric, with as many splits as there is room for."""
    from nncli.cli.output import WIDTH, figure, print_table
    from nncli.runs.folds import summaries

    found = summaries(results)
    splits = [each for each in ("held_out", "test", "train", "validation") if each in found]
    cells = {
        split: {
            name: f"{figure(mean)} ± {figure(found[split].deviation[name])}"
            for name, mean in found[split].mean.items()
        }
        for split in splits
    }
    names = list(cells["held_out"])

    def width() -> int:
        columns = [max(map(len, cells[split].values())) + 2 for split in splits]
        return max(map(len, names)) + sum(columns)

    while width() > WIDTH:
        splits.pop()
    click.echo(f"mean ± sample standard deviation over {len(results)} folds")
    rows = [(name, *(cells[split].get(name, "") for split in splits)) for name in names]
    print_table(("metric", *splits), rows)
