"""The output of a training run, and its interruption."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nncli.base.words import count, printable, shell_word

if TYPE_CHECKING:
    from nncli import InterruptRequest, Result
    from nncli.base.clock import Clock


class Options(NamedTuple):
    """The options of new and resumed runs.

    Attributes
    ----------
    log_every : int or None
        Show lines about every Nth epoch only.
    clock : Clock or None
        Clock that measures the phases, with ``--profile``.
    """

    threads: int | None
    log_every: int | None
    quiet: bool
    clock: "Clock | None"

    def preparing(self) -> AbstractContextManager[None]:
        """Count the time of the block as preparation."""
        return self.clock.phase("preparation") if self.clock else nullcontext()


class Watching(NamedTuple):
    """The interrupt handling and output of training.

    Attributes
    ----------
    request : InterruptRequest
    settings : dict
        Arguments of `nncli.train` and similar functions.
    """

    request: "InterruptRequest"
    settings: dict[str, Any]

    def raise_if_interrupted(self, result: "Result", where: str = "") -> None:
        """Raise `Interrupted` when a signal interrupted training.

        Parameters
        ----------
        where : str
            Which of several trainings was interrupted: `` in fold 1/5``.
        """
        from nncli import Interrupted

        if result.is_over or not self.request.signal:
            return
        assert result.directory is not None
        directory = result.directory.parent if where else result.directory
        planned = result.config["training"]["epochs"]
        if result.refit_in:
            directory, where = result.refit_in, " in the selection"
        if result.selection:
            planned, where = result.selection.best_epoch, " on all rows"
        epochs, run = count(planned, "epoch"), shell_word(str(directory))
        line = (
            f"Interrupted{where} after {result.epochs} of {epochs}; to resume:  "
            f"nncli train --resume {run}"
        )
        raise Interrupted(_fitting(line), self.request.signal)


@contextmanager
def watching_for(options: Options, *, findings: bool = False) -> Iterator[Watching]:
    """Let a signal stop training after the current step while the block runs.

    Parameters
    ----------
    findings : bool
        Whether to print what was inferred from the data before training.
    """
    from nncli import Interrupted, InterruptRequest
    from nncli.base.signals import Stopped
    from nncli.cli.findings import Findings
    from nncli.cli.output import print_warning

    request = InterruptRequest.of_program(lambda: _announce_stop(request), _tell_slow_results)
    settings = {
        "observers": [Findings(shown=findings and not options.quiet), request],
        "progress": not options.quiet,
        "log_every": options.log_every,
        "threads": options.threads,
        "note": print_warning,
        "clock": options.clock,
    }
    with request:
        try:
            yield Watching(request, settings)
        except Stopped as error:
            if request.run is None:
                raise
            click.echo(err=True)  # behind the ^C that a terminal prints
            line = f"Interrupted; to resume:  nncli train --resume {shell_word(str(request.run))}"
            raise Interrupted(_fitting(line), error.number) from error


def _fitting(line: str) -> str:
    """Return a line that ends with the command to resume, which is a line of its own if long."""
    from nncli.cli.output import WIDTH, seen_width

    return line if seen_width(line) <= WIDTH else line.replace(":  nncli ", ":\n  nncli ", 1)


def _announce_stop(request: "InterruptRequest") -> None:
    """Announce the effect of the first signal."""
    now = "Measuring the results" if request.has_ended else "Finishing this step and saving"
    _write_now(f"\n{now}; Ctrl-C again stops at once.\n")


def _tell_slow_results(run: Path) -> None:
    """Tell that an interrupted run is saved, while its results are measured."""
    saved = f"Saved; to resume:  nncli train --resume {shell_word(str(run))}"
    _write_now(f"{_fitting(saved)}\nMeasuring the results so far; Ctrl-C again skips this.\n")


def _write_now(text: str) -> None:
    """Write to standard error, bypassing Python's buffer, which a signal may have interrupted."""
    with suppress(OSError):
        os.write(sys.stderr.fileno(), text.encode(errors="backslashreplace"))


def print_result(result: "Result", options: Options) -> None:
    """Print the metrics, the run directory, and the next commands."""
    from nncli.cli.diagnosed import command_for, in_short
    from nncli.cli.output import guess_words, print_splits

    if result.already_over:
        click.echo(result.already_over)
        return
    evaluations = result.evaluations
    last = [*evaluations.values()][-1]
    lines = {name: {"rows": each.rows, **each.metrics} for name, each in evaluations.items()}
    lines[guess_words(last.guess, 20)] = {"rows": last.rows, **last.guess.metrics}
    print_splits(lines, ("rows", "loss", *last.headline))
    if result.keeps_best:
        click.echo(f"\nThe weights are those of epoch {result.best_epoch}, the best of "
                   f"{result.epochs}.")  # fmt: skip
    if chosen := result.selection:
        click.echo(f"\nTrained on all rows for {count(chosen.best_epoch, 'epoch')}, the best of "
                   f"{chosen.epochs} by {chosen.monitor}.")  # fmt: skip
    assert result.directory is not None
    weights = shell_word(str(result.directory / "weights.npz"))
    split = "" if "test" in evaluations else f" --split {list(evaluations)[-1]}"
    findings = in_short(result, options.clock) if result.is_over else []
    if findings:
        click.echo("\n".join(["", *findings]))
    click.echo(
        f"\nSaved in {printable(str(result.directory))}. Next:\n"
        + (f"  {command_for(result.directory)}\n" if findings else "")
        + f"  nncli eval {weights}{split}\n"
        f"  nncli show {weights}\n"
        f"  nncli predict {weights} INPUT"
    )
    if options.clock:
        print_profile(options.clock)


def print_profile(clock: "Clock") -> None:
    """Print the seconds of each phase."""
    from nncli.cli.output import print_table

    total = clock.total
    seconds = {**clock.seconds, "other": total - sum(clock.seconds.values()), "all": total}
    click.echo()
    print_table(
        ("where the time went", "seconds", "share"),
        [(name, f"{each:.3f}", f"{each / total:.1%}") for name, each in seconds.items() if each],
    )
