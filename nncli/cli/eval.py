"""``nncli eval``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nncli.evaluation import ClassificationEvaluation, Evaluation, RegressionEvaluation

_MOST_CONFUSIONS = 10


@click.command("eval")
@click.argument("weights", type=click.Path(path_type=Path))
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    help="Which rows of the data that the model was trained on.  [default: test]",
)
@click.option(
    "--data",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Other rows with their targets: CSV with columns of their names, or npz with X and y.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def eval_(weights: Path, split: str | None, file: Path | None, as_json: bool) -> None:
    """Print how well a model does.

    Metrics of WEIGHTS on the rows of a split or of a file; for classes also figures for each and
    the confusion matrix, for several targets those of each.
    """
    from nncli.artifact import read_model
    from nncli.cli.output import print_json
    from nncli.errors import UsageError
    from nncli.evaluation import evaluate_model

    if split and file:
        raise UsageError("--split and --data exclude each other: FILE has rows of its own")
    evaluation = evaluate_model(read_model(weights), weights, split=split or "test", file=file)
    if as_json:
        print_json(evaluation.as_json())
    else:
        _print(evaluation)


def _print(evaluation: "Evaluation") -> None:
    from nncli.cli.output import figure, print_pairs
    from nncli.evaluation import ClassificationEvaluation, RegressionEvaluation

    print_pairs(
        [
            ("split", evaluation.split),
            ("rows", evaluation.rows),
            *((name, figure(value)) for name, value in evaluation.metrics.items()),
        ]
    )
    if isinstance(evaluation, ClassificationEvaluation):
        _print_classes(evaluation)
    elif isinstance(evaluation, RegressionEvaluation):
        _print_targets(evaluation)


def _print_targets(evaluation: "RegressionEvaluation") -> None:
    """Print a line for each target; the figures of a single one are the metrics themselves."""
    from nncli.cli.output import figure, print_pairs, print_table, shortened

    click.echo()
    if len(evaluation.targets) == 1:
        print_pairs([("target", shortened(evaluation.targets[0], 60))])
        return
    figures = evaluation.per_target.by_name()
    print_table(
        ("target", *figures),
        [
            (shortened(target, 32), *(figure(float(each[index])) for each in figures.values()))
            for index, target in enumerate(evaluation.targets)
        ],
    )


def _print_classes(evaluation: "ClassificationEvaluation") -> None:
    from nncli.cli.output import print_table, shortened

    click.echo()
    figures = evaluation.per_class
    print_table(
        ("class", "precision", "recall", "f1", "support"),
        [
            (
                shortened(name, 32),
                f"{figures.precision[index]:.4f}",
                f"{figures.recall[index]:.4f}",
                f"{figures.f1[index]:.4f}",
                str(figures.support[index]),
            )
            for index, name in enumerate(evaluation.classes)
        ],
    )
    click.echo()
    _print_confusion(evaluation)


def _print_confusion(evaluation: "ClassificationEvaluation") -> None:
    """Print the matrix, or where it is too wide the most frequent confusions."""
    from nncli.cli.output import WIDTH, print_table, shortened

    counts = evaluation.confusion.tolist()
    digits = max(len(str(count)) for row in counts for count in row)
    names = [shortened(name, 12) for name in evaluation.classes]
    columns = [shortened(name, max(digits, 5)) for name in evaluation.classes]
    width = max(map(len, [*names, "true"])) + sum(2 + max(len(each), digits) for each in columns)
    if width <= WIDTH:
        click.echo("confusion matrix: a row a true class, a column a predicted class")
        rows = [(name, *map(str, row)) for name, row in zip(names, counts, strict=True)]
        print_table(("", *columns), rows)
        return
    wrong = [
        (count, true, chosen)
        for true, row in enumerate(counts)
        for chosen, count in enumerate(row)
        if count and true != chosen
    ]
    most = sorted(wrong, reverse=True)[:_MOST_CONFUSIONS]
    click.echo("most frequent confusions (--json has the whole matrix)")
    print_table(
        ("true class", "predicted class", "rows"),
        [
            (
                shortened(evaluation.classes[true], 32),
                shortened(evaluation.classes[chosen], 32),
                str(count),
            )
            for count, true, chosen in most
        ],
    )
