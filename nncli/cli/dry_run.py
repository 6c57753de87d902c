"""``nncli train --dry-run``: what training would need."""

from typing import TYPE_CHECKING

import click

from nncli.cli.findings import print_findings
from nncli.cli.output import print_table, print_warning, print_wrapped_pairs
from nncli.cli.show import print_layers

if TYPE_CHECKING:
    from nncli import Estimate


def print_estimate(estimate: "Estimate") -> None:
    """Print data, shapes, memory and time, and warnings on standard error."""
    for warning in estimate.warnings:
        print_warning(warning)
    if estimate.is_own:
        print_findings(estimate.dataset)
        click.echo()
    print_table(
        ("split", "rows", "columns", "type"),
        [
            (name, str(len(split)), str(split.inputs.shape[1]), str(split.inputs.dtype))
            for name, split in estimate.dataset.splits.items()
        ],
    )
    click.echo()
    print_layers(estimate.network)
    click.echo()
    print_wrapped_pairs(
        [
            *([("folds, one model each", estimate.folds)] if estimate.folds else []),
            *([("seeds, one model each", estimate.seeds)] if estimate.seeds else []),
            *([("trainings", "2: to choose the epochs, then on all rows")] * estimate.is_refit),
            ("batches per epoch", estimate.batches),
            ("epochs, at most" if estimate.may_stop_early else "epochs", estimate.epochs),
            ("training, about", f"{estimate.seconds:.1f} s, "
                                f"{_duration(estimate.seconds_an_epoch)} per epoch"),
            ("engine", estimate.engine),
            *([("matrix products", estimate.products)] if estimate.products else []),
            *([("compilation", estimate.compilation)] if estimate.compilation else []),
            *([("not compiled", estimate.not_compiled)] if estimate.not_compiled else []),
            ("memory, about", f"{estimate.megabytes:.0f} MB"),
        ]
    )  # fmt: skip


def _duration(seconds: float) -> str:
    """Return a time in seconds, or in milliseconds if it is short."""
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{1000 * seconds:.2g} ms"
