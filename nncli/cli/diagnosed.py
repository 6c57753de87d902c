"""The short form of a diagnosis, after training and in ``show``."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.base.words import count, printable, shell_word

if TYPE_CHECKING:
    from nncli import Clock, Finding, Result

_MOST = 3


def in_short(result: "Result", clock: "Clock | None" = None) -> list[str]:
    """Return lines about the worst problems and warnings of a run, or none; not about hints."""
    with clock.phase("diagnosis") if clock else nullcontext():
        from nncli import quick_diagnosis  # most of the time of a short run's diagnosis

        found = quick_diagnosis(result)
    if found is None:
        return []
    shown = [each for each in found.findings if each.severity != "hint"]
    worst = {each.code: each for each in reversed(shown)}
    codes = [*dict.fromkeys(each.code for each in shown)]
    lines = [_line(worst[code]) for code in codes[:_MOST]]
    more = len(codes) - len(lines)
    return [*lines, f"and {count(more, 'more finding')}"] if more else lines


def _line(finding: "Finding") -> str:
    """Return a finding in one line, with what to do if that fits."""
    from nncli.cli.output import WIDTH, seen_width

    line = f"{finding.code} {finding.severity}: {finding.title}"
    remedy = printable(finding.remedy)
    whole = f"{line}; {'try ' if finding.found.change else ''}{remedy}"
    return whole if remedy and seen_width(whole) <= WIDTH else line


def command_for(run: Path) -> str:
    """Return the command that shows all findings of a run."""
    return f"nncli diagnose {shell_word(str(run))}"


def print_in_short(
    result: "Result", *, where: str = "", clock: "Clock | None" = None, err: bool = False
) -> None:
    """Print the worst findings of a run and the command that shows all, if there are any.

    Parameters
    ----------
    where : str
        Which of several models it is.
    """
    lines = in_short(result, clock)
    if not lines:
        return
    assert result.directory is not None
    title = [f"{where}:"] if where else []
    click.echo("\n".join(["", *title, *lines]), err=err)
    _print_command(result.directory, err=err)


def _print_command(run: Path, *, err: bool) -> None:
    click.echo(f"To see why:\n  {command_for(run)}", err=err)


@contextmanager
def diagnosing_divergence() -> Iterator[None]:
    """Print the findings about a training that diverges in the block, or how to see them."""
    from nncli import DivergenceError, Result

    try:
        yield
    except DivergenceError as error:
        if isinstance(error.result, Result):
            print_in_short(error.result, err=True)
        elif error.directory:  # without a best epoch, or a model of folds or seeds
            click.echo(err=True)
            _print_command(error.directory, err=True)
        raise
