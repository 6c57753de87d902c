"""``nncli eval``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.base.words import count
from nncli.cli.arguments import DATA, MODEL, TRUST_PATHS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nncli import ClassificationEvaluation, Evaluation, Importance

_MOST_CONFUSIONS = 10
_MOST_PARTS, _WORST_PARTS = 100, 20
_CELL_WIDTH = 22


@click.command("eval")
@click.argument("weights", type=MODEL)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "held_out", "test"]),
    help="Split of the model's own data to evaluate on.  [default: test]",
)
@click.option(
    "--data",
    "file",
    type=DATA,
    metavar="FILE",
    help="Evaluate on other rows with targets: a table such as CSV or Parquet with the target "
    "columns, an npz file with X and y, or a folder of images.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="P",
    help="Probability above which the positive class (binary) or a label (multilabel) is "
    "predicted.  [default: the model's own]",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Fail on values unlike the training rows: missing values, new categories, numbers far "
    "out of range.",
)
@click.option(
    "--importance",
    "of_columns",
    is_flag=True,
    help="Instead, measure how much worse the model gets when the values of a column are permuted.",
)
@click.option(
    "--mistakes",
    type=click.IntRange(min=1),
    metavar="N",
    help="Also print the N rows with the worst predictions, next to their targets.",
)
@TRUST_PATHS
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def eval_(
    weights: Path,
    split: str | None,
    file: Path | None,
    threshold: float | None,
    strict: bool,
    of_columns: bool,
    mistakes: int | None,
    trust_paths: bool,
    as_json: bool,
) -> None:
    """Evaluate a model on a split or a file.

    WEIGHTS is a model file or a run directory. Prints its metrics; for classes also the metrics of
    each class and the confusion matrix, for several labels or targets the metrics of each; for the
    four rows of a logic gate, whether the model solves it.
    """
    from nncli import UsageError, importance, load
    from nncli.cli.output import print_json, print_warning

    if split and file:
        raise UsageError("--split and --data exclude each other; FILE has its own rows")
    if of_columns and mistakes:
        raise UsageError("--importance and --mistakes exclude each other; use one at a time")
    model = load(weights)
    evaluated = partial(model.evaluate, mistakes=mistakes)
    found: Any = (partial(importance, model) if of_columns else evaluated)(
        file,
        split=split,
        threshold=threshold,
        trust_paths=trust_paths,
        strict=strict,
        note=print_warning,
    )
    if as_json:
        print_json(found.as_json())
    elif of_columns:
        print_importance(found)
    else:
        print_evaluation(found)


def print_importance(found: "Importance") -> None:
    """Print how much worse each metric gets, the most important columns first."""
    from nncli.cli.output import WIDTH, figure, print_pairs, print_table, shortened

    rows = f"{found.rows}" + (f", {found.used} used" if found.used < found.rows else "")
    metrics = [(metric, figure(value)) for metric, value in found.metrics.items()]
    print_pairs([("split", found.split), ("rows", rows), *metrics])
    click.echo(f"\nafter {found.repeats} permutations of a column: mean and standard deviation")
    shown = found.order if len(found.order) <= _MOST_PARTS else found.order[:_WORST_PARTS]
    if len(shown) < len(found.order):
        click.echo(f"the {len(shown)} most important of {len(found.order)} (--json has all)")
    header = ["column"]
    cells: list[list[str]] = [[] for _ in shown]
    for metric in found.drawbacks:
        header += [f"{metric} {'falls' if metric == 'accuracy' else 'rises'}", "+/-"]
        means, deviations = found.summary(metric)
        for row, number in zip(cells, shown, strict=True):
            row += [figure(means[number]), figure(deviations[number])]
    widths = [2 + max(map(len, column)) for column in zip(header[1:], *cells, strict=True)]
    room = min(32, WIDTH - sum(widths))
    names = [shortened(found.columns[number], room) for number in shown]
    print_table(header, [(name, *row) for name, row in zip(names, cells, strict=True)])


def print_evaluation(evaluation: "Evaluation") -> None:
    """Print the metrics, then those of each part, then the confusion of classes."""
    from nncli import ClassificationEvaluation
    from nncli.cli.output import figure, print_pairs, shortened

    part = [] if evaluation.figures else [(evaluation.part, shortened(evaluation.names[0], 60))]
    print_pairs(
        [
            ("split", evaluation.split),
            ("rows", evaluation.rows),
            *part,
            *evaluation.settings().items(),
            *((name, figure(value)) for name, value in evaluation.metrics.items()),
            ("constant guess", _guess_line(evaluation)),
        ]
    )
    if evaluation.figures:
        click.echo()
        _print_parts(evaluation)
    if isinstance(evaluation, ClassificationEvaluation):
        click.echo()
        _print_confusion(evaluation)
    if evaluation.gate is not None:
        from nncli.cli.gate import print_gate

        click.echo()
        print_gate(evaluation.gate)
    if evaluation.mistakes is not None:
        click.echo()
        _print_mistakes(evaluation.mistakes)


def _guess_line(evaluation: "Evaluation") -> str:
    """Return the metrics of the best constant guess: ``always no: accuracy 0.6100``."""
    from nncli.cli.output import WIDTH, figure, guess_words

    found = evaluation.guess.metrics
    metrics = ", ".join(
        f"{name} {figure(found[name])}" for name in evaluation.headline if name in found
    )
    room = WIDTH - len("average_precision  : ") - len(metrics)
    return f"{guess_words(evaluation.guess, room)}: {metrics}"


def _print_parts(evaluation: "Evaluation") -> None:
    """Print a line for each class, label or target.

    Of more than a hundred, only the worst are printed.
    """
    from nncli.cli.output import WIDTH, count_or_figure, print_table, shortened

    part, figures = evaluation.part, evaluation.figures
    columns = list(dict.fromkeys(column for each in figures for column in each))
    shown = [*zip(evaluation.names, figures, strict=True)]
    if len(shown) > _MOST_PARTS:
        measure = next(each for each in ("f1", "r2", "rmse") if each in columns)
        extreme = "highest" if measure == "rmse" else "lowest"
        click.echo(
            f"the {_WORST_PARTS} of {len(shown)} {evaluation.parts} with the {extreme} {measure} "
            "(--json has all)"
        )
        shown = sorted(shown, key=lambda each: _how_good(each[1], measure))[:_WORST_PARTS]
    cells = [[count_or_figure(each[c]) if c in each else "" for c in columns] for _, each in shown]
    widths = [max(map(len, column)) + 2 for column in zip(columns, *cells, strict=True)]
    room = min(32, WIDTH - sum(widths))
    names = [shortened(name, room) for name, _ in shown]
    print_table((part, *columns), [(name, *row) for name, row in zip(names, cells, strict=True)])


def _how_good(figures: "Mapping[str, float]", measure: str) -> tuple[bool, float, float]:
    """Return the sort key that puts bad parts first, and among these the ones with many rows."""
    support, value = figures.get("support", 1), figures.get(measure, 0)
    return not support, -value if measure == "rmse" else value, -support


def _print_confusion(evaluation: "ClassificationEvaluation") -> None:
    """Print the matrix, or the most frequent confusions if it is too wide."""
    from nncli.cli.output import WIDTH, count_or_figure, print_table, seen_width, shortened

    cells = [[count_or_figure(count) for count in row] for row in evaluation.matrix or ()]
    digits = max((len(cell) for row in cells for cell in row), default=0)
    names = [shortened(name, 12) for name in evaluation.names]
    columns = [shortened(name, max(digits, 5)) for name in evaluation.names]
    widths = [2 + max(seen_width(each), digits) for each in columns]
    if cells and max(map(seen_width, [*names, "true"])) + sum(widths) <= WIDTH:
        click.echo("confusion matrix: rows are true classes, columns are predicted classes")
        rows = [(name, *row) for name, row in zip(names, cells, strict=True)]
        print_table(("", *columns), rows)
        return
    wrong = [
        (rows, true, chosen) for chosen, true, rows in evaluation.confusion_pairs if chosen != true
    ]
    most = sorted(wrong, reverse=True)[:_MOST_CONFUSIONS]
    there = "the whole matrix" if cells else "all of them"
    click.echo(f"most frequent confusions (--json has {there})")
    print_table(
        ("true class", "predicted class", "rows"),
        [
            (
                shortened(evaluation.names[true], 32),
                shortened(evaluation.names[chosen], 32),
                count_or_figure(rows),
            )
            for rows, true, chosen in most
        ],
    )


def _print_mistakes(mistakes: "list[dict[str, Any]]") -> None:
    """Print a line per row, or several lines if the columns are too wide."""
    from nncli.cli.output import WIDTH, figure, print_pairs, print_table, seen_width, shortened

    if not mistakes:
        click.echo("no mistakes")
        return
    click.echo(f"the {count(len(mistakes), 'row')} with the worst predictions, counted from 0")

    def cell(name: str, value: Any) -> str:
        if isinstance(value, float):
            return figure(value) if name.startswith("probability") else f"{value:.6g}"
        text = (", ".join(value) or "none") if isinstance(value, list) else str(value)
        return shortened(text, _CELL_WIDTH)

    names = list(mistakes[0])
    rows = [[cell(name, each[name]) for name in names] for each in mistakes]
    header = [shortened(name.replace("_", " "), _CELL_WIDTH) for name in names]
    widths = [max(map(seen_width, column)) + 2 for column in zip(header, *rows, strict=True)]
    if sum(widths) - 2 <= WIDTH:
        print_table(header, rows)
        return
    for row in rows:
        click.echo()
        print_pairs([*zip(header, row, strict=True)])
