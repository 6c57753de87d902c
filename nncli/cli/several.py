"""``nncli train`` with ``training.folds`` or ``training.seeds``: the results of all models."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from nncli.base.words import printable, shell_word
from nncli.cli.running import Options, Watching, print_profile

if TYPE_CHECKING:
    from nncli import CrossValidation, Result, SeedRuns

_ORDER = ("held_out", "test", "train", "validation")  # from the most important split


class _Texts(NamedTuple):
    """What the output of folds and seeds does not share.

    Attributes
    ----------
    word : str
        What distinguishes the models.
    interrupted : Result or None
        Result of an interrupted training.
    where : str
        Which training was interrupted.
    rest : str
        Last lines.
    """

    word: str
    interrupted: "Result | None"
    where: str
    rest: str


def print_folds(found: "CrossValidation", options: Options, watching: Watching) -> None:
    """Print the held-out metrics of each fold, then mean and deviation of every metric.

    Raises
    ------
    Interrupted
        When a signal interrupted training.
    """
    place = found.directory or Path()
    rest = (
        "predictions.csv: each row predicted by the model that was not trained on it.\n"
        "Next, evaluate a fold again, or train a model on all rows:\n"
        f"  nncli eval {shell_word(str(place / 'fold-1' / 'weights.npz'))} --split held_out\n"
        f"  nncli train {shell_word(str(place / 'config.yaml'))} training.folds=null"
    )
    where = f" in fold {len(found.folds) + 1}/{found.planned}"
    _print(found, _Texts("fold", found.interrupted_fold, where, rest), options, watching)


def print_seeds(found: "SeedRuns", options: Options, watching: Watching) -> None:
    """Print the metrics of each seed, then mean and deviation of every metric.

    Raises
    ------
    Interrupted
        When a signal interrupted training.
    """
    place, interrupted = found.directory or Path(), found.interrupted_seed
    more = f"--resume {shell_word(str(place))} --seeds {2 * found.planned}"
    rest = (
        "Next, compare with other runs, or train more seeds:\n"
        f"  nncli compare {shell_word(str(place))} RUN...\n"
        f"  nncli train {more}"
    )
    seed = interrupted.config["seed"] if interrupted else ""
    where = f" in seed {seed} ({len(found.seeds) + 1}/{found.planned})"
    _print(found, _Texts("seed", interrupted, where, rest), options, watching)


def _print(
    found: "CrossValidation | SeedRuns", texts: _Texts, options: Options, watching: Watching
) -> None:
    if texts.interrupted:
        watching.raise_if_interrupted(texts.interrupted, texts.where)
    from nncli import Result
    from nncli.cli.diagnosed import print_in_short

    assert found.directory is not None
    name = printable(str(found.directory))
    if not found.trained:
        click.echo(f"{name} is finished: all {found.planned} {texts.word}s are done.\n")
    _print_results(found, texts.word)
    first = found.parts[0]
    place = found.directory / f"{texts.word}-{first.number}"
    print_in_short(
        Result(first.model, first.model.training["ended"], directory=place),
        where=f"{texts.word} {first.number}",
        clock=options.clock,
    )
    click.echo(f"\nSaved in {name}.\n{texts.rest}")
    if options.clock:
        print_profile(options.clock)


def _print_results(found: "CrossValidation | SeedRuns", word: str) -> None:
    from nncli.cli.output import print_splits

    splits = [each for each in _ORDER if each in found.metrics]
    main, parts = splits[0], found.parts
    lines = {str(each.number): {"rows": each.rows[main], **each.metrics[main]} for each in parts}
    if word == "fold":
        print_splits(lines, ("rows", "loss", *parts[0].headline), first=word)
    else:
        click.echo(f"{main} ({parts[0].rows[main]} rows)")
        print_splits(lines, ("loss", *parts[0].headline), first=word)
    click.echo()
    _print_summaries(found, splits, word)


def _print_summaries(found: "CrossValidation | SeedRuns", splits: list[str], word: str) -> None:
    """Print a line per metric, with the splits that fit in the width."""
    from nncli.cli.output import WIDTH, figure, print_table

    summaries = found.summaries
    cells = {
        split: {
            name: f"{figure(mean)} ± {figure(summaries[split].deviation[name])}"
            for name, mean in summaries[split].mean.items()
        }
        for split in splits
    }
    names = list(cells[splits[0]])

    def width() -> int:
        columns = [max(map(len, cells[split].values())) + 2 for split in splits]
        return max(map(len, names)) + sum(columns)

    while width() > WIDTH:
        splits.pop()
    click.echo(f"mean ± sample standard deviation over {len(found.parts)} {word}s")
    rows = [(name, *(cells[split].get(name, "") for split in splits)) for name in names]
    print_table(("metric", *splits), rows)
