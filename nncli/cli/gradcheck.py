"""``nncli gradcheck``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.cli.arguments import CONFIG, settings

if TYPE_CHECKING:
    from nncli import LayerCheck


@click.command()
@click.argument("config", type=CONFIG)
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=settings)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, min_open=True),
    default=1e-6,
    show_default=True,
    help="Largest relative error that passes.",
)
@click.option(
    "--rows",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="Number of training rows to use.",
)
def gradcheck(config: Path, overrides: tuple[str, ...], tolerance: float, rows: int) -> None:
    """Compare backpropagation with finite differences.

    Checks the gradient of the loss with its penalties, in every layer and in float64, on the first
    training rows of CONFIG and its initial weights, without dropout. Parameters at a kink, where
    there is no derivative, are skipped. Exits with 1 if an error exceeds the tolerance. Rounding
    causes errors up to 5e-7.
    """
    from nncli import NncliError
    from nncli import gradcheck as checks_of_layers

    checks = checks_of_layers(config, overrides, rows=rows)
    _print(checks, tolerance)
    wrong = [each.number for each in checks if not each.largest_error <= tolerance]
    if wrong:
        raise NncliError(
            f"the gradient of layer {', '.join(map(str, wrong))} is off by more than {tolerance:g}"
        )


def _print(checks: Sequence["LayerCheck"], tolerance: float) -> None:
    from nncli.cli.output import print_table

    print_table(
        ("layer", "activation", "checked", "at a kink", "largest error", ""),
        [
            (
                str(check.number),
                check.activation,
                str(check.checked),
                str(check.skipped),
                f"{check.largest_error:.1e}",
                _verdict(check, tolerance),
            )
            for check in checks
        ],
    )


def _verdict(check: "LayerCheck", tolerance: float) -> str:
    if not check.checked:
        return "none"
    return "ok" if check.largest_error <= tolerance else "WRONG"
