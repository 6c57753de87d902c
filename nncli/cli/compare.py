"""``nncli compare``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.base.errors import UsageError
from nncli.base.words import mean_count, printable
from nncli.cli.arguments import RUN

if TYPE_CHECKING:
    from nncli import ComparedRun, Comparison

_RUN_WIDTH, _SHORTEST = 28, 12
_VALUE_WIDTH = 24


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=RUN)
@click.option(
    "--split",
    type=click.Choice(("train", "validation", "test", "held_out")),
    default="test",
    show_default=True,
    help="Split whose metrics to compare; held_out of folds.",
)
@click.option(
    "--sort",
    metavar="METRIC",
    help="Sort by this metric, the best run first.  [default: accuracy, or mae of a regression]",
)
@click.option("--plot", "is_plotted", is_flag=True, help="Draw the curves of all runs in one plot.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File for --plot: .png, .svg or .pdf.  [default: comparison.png]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(
    runs: tuple[Path, ...],
    split: str,
    sort: str | None,
    is_plotted: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare the metrics and configs of finished runs.

    Prints metrics, epochs, time, what differs in the configs, and whether the gap between the best
    two is larger than the spread over seeds or folds. Runs of different tasks, data or rows have no
    gap.

    RUN is a run directory, also of folds or seeds, its weights.npz, a folder of runs, or a pattern:

      nncli compare runs/xor-001 "runs/mnist-*"

    Only config.yaml and metrics.json are read, for a plot also history.csv. Runs that cannot be
    read are named and left out.
    """
    from nncli import compare, save_plots
    from nncli.cli.output import print_json, print_warning

    if out and not is_plotted:
        raise UsageError("-o: is for a plot; add --plot, too")
    found = compare(runs, split=split, sort=sort, note=print_warning)
    if as_json:
        print_json(found.as_json())
    else:
        names = _print_metrics(found)
        _print_differences(found, names)
        _print_gap(found)
    if is_plotted:
        (path,) = save_plots(found.plot(note=print_warning), out or Path("comparison.png"))
        if not as_json:
            click.echo(f"\nThe curves are in {printable(str(path))}.")


def _print_metrics(found: "Comparison") -> list[str]:
    """Print a line per run, with the metrics that fit in the width; return the names of runs."""
    from nncli.cli.output import WIDTH, print_table

    having = dict.fromkeys(name for run in found.runs for name in run.metrics.get(found.split, {}))
    first, *metrics = (
        [name, *(_figure(found, run, name) for run in found.runs)]
        for name in (found.metric, *(name for name in having if name != found.metric))
    )
    models = ["models", *map(_models, found.runs)]
    before = [models] if any(run.varies for run in found.runs) else []
    after = [
        ["best epoch", *(mean_count(run.best_epoch) for run in found.runs)],
        ["epochs", *(mean_count(run.epochs) for run in found.runs)],
        ["time", *(_time(run.seconds) for run in found.runs)],
    ]
    room = WIDTH - sum(map(_width, (*before, first, *after)))
    names = [_name(run, max(_SHORTEST, min(room, _RUN_WIDTH))) for run in found.runs]
    columns, room = [["run", *names], *before, first], room - _width(["run", *names]) + 2
    while metrics and room >= _width(metrics[0]):
        room -= _width(metrics[0])
        columns.append(metrics.pop(0))
    click.echo(f"{found.split} metrics, best {found.metric} first")
    header, *rows = zip(*[*columns, *after], strict=True)
    print_table(header, rows)
    return names


def _name(run: "ComparedRun", width: int) -> str:
    """Return the path of a run, without its start if it is long."""
    from nncli.cli.output import seen_width

    name = printable(str(run.path))
    if seen_width(name) <= width:
        return name
    while seen_width(name) > width - 2:
        name = name[1:]
    return f"..{name}"


def _models(run: "ComparedRun") -> str:
    return f"{run.models} {run.varies}" if run.varies else "1"


def _figure(found: "Comparison", run: "ComparedRun", name: str) -> str:
    from nncli.cli.output import figure

    value, deviation = run.metric(found.split, name), run.deviation(found.split, name)
    if value is None:
        return ""
    return figure(value) if deviation is None else f"{figure(value)} ± {figure(deviation)}"


def _time(seconds: float | None) -> str:
    """Return a duration: ``0.12 s``, ``12.3 s``, ``2:05`` or ``1:02:05``."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _print_differences(found: "Comparison", names: list[str]) -> None:
    """Print the settings that differ, in as many tables as the width needs."""
    from nncli.cli.output import WIDTH, print_table, seen_width, shortened

    differences = found.differences
    if len(names) == 1:
        return
    click.echo()
    if not differences:
        click.echo("The configs are the same.")
        return
    columns = [
        [shortened(key, WIDTH // 2), *(shortened(_value(each), _VALUE_WIDTH) for each in values)]
        for key, values in differences.items()
    ]
    click.echo("what differs in the configs")
    first = ["run", *names]
    while columns:
        table, room = [first], WIDTH - max(map(seen_width, first))
        while columns and (len(table) == 1 or room >= _width(columns[0])):
            room -= _width(columns[0])
            table.append(columns.pop(0))
        header, *rows = zip(*table, strict=True)
        print_table(header, rows)


def _width(column: list[str]) -> int:
    from nncli.cli.output import seen_width

    return max(map(seen_width, column)) + 2


def _value(value: Any) -> str:
    """Return a setting as it appears in a config; ``-`` if it is null or the run lacks it."""
    if isinstance(value, str):
        return value
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def _print_gap(found: "Comparison") -> None:
    """Print whether the gap between the first two runs is larger than chance explains."""
    from nncli.cli.output import figure

    gap = found.gap
    if gap is None:
        return
    words = f"\nThe gap in {found.metric} between the first two is {figure(gap.size)}, "
    if gap.spread is None:
        click.echo(f"{words}from one training\neach. Runs with --seeds show how large chance is.")
        return
    kinds = dict.fromkeys(run.varies for run in found.runs[:2] if run.varies)
    relation = "larger than" if gap.is_larger else "within"
    click.echo(f"{words}{relation}\nthe spread over {' and '.join(kinds)}, {figure(gap.spread)}.")
