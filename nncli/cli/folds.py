"""``nncli train`` with ``training.folds``: the results of all folds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.base.words import printable, shell_word
from nncli.cli.running import Options, Watching, print_profile

if TYPE_CHECKING:
    from nncli import CrossValidation


def print_folds(found: "CrossValidation", options: Options, watching: Watching) -> None:
    """Print the held-out metrics of each fold, then mean and deviation of every metric.

    Raises
    ------
    Interrupted
        When a signal interrupted training.
    """
    if found.interrupted_fold:
        where = f" in fold {len(found.folds) + 1}/{found.planned}"
        watching.raise_if_interrupted(found.interrupted_fold, where)
    assert found.directory is not None
    if not found.trained:
        name = printable(str(found.directory))
        click.echo(f"{name} is finished: all {found.planned} folds are done.\n")
    _print_results(found, found.directory)
    if options.clock:
        print_profile(options.clock)


def _print_results(found: "CrossValidation", directory: Path) -> None:
    from nncli.cli.output import print_splits

    held_out = {
        str(each.number): {"rows": each.rows["held_out"], **each.metrics["held_out"]}
        for each in found.folds
    }
    print_splits(held_out, ("rows", "loss", *found.folds[0].headline), first="fold")
    click.echo()
    _print_summaries(found)
    first = shell_word(str(directory / "fold-1" / "weights.npz"))
    click.echo(
        f"\nSaved in {printable(str(directory))}.\n"
        "predictions.csv: each row predicted by the model that was not trained on it.\n"
        "Next, evaluate a fold again, or train a model on all rows:\n"
        f"  nncli eval {first} --split held_out\n"
        f"  nncli train {shell_word(str(directory / 'config.yaml'))} training.folds=null"
    )


def _print_summaries(found: "CrossValidation") -> None:
    """Print a line per metric, with the splits that fit in the width."""
    from nncli.cli.output import WIDTH, figure, print_table

    summaries = found.summaries
    splits = [each for each in ("held_out", "test", "train", "validation") if each in summaries]
    cells = {
        split: {
            name: f"{figure(mean)} ± {figure(summaries[split].deviation[name])}"
            for name, mean in summaries[split].mean.items()
        }
        for split in splits
    }
    names = list(cells["held_out"])

    def width() -> int:
        columns = [max(map(len, cells[split].values())) + 2 for split in splits]
        return max(map(len, names)) + sum(columns)

    while width() > WIDTH:
        splits.pop()
    click.echo(f"mean ± sample standard deviation over {len(found.folds)} folds")
    rows = [(name, *(cells[split].get(name, "") for split in splits)) for name in names]
    print_table(("metric", *splits), rows)
