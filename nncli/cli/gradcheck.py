"""``nncli gradcheck``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nncli.explain.gradient_check import LayerCheck
    from nncli.nn.network import Block


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, min_open=True),
    default=1e-6,
    show_default=True,
    help="The largest relative error that passes.",
)
@click.option(
    "--rows",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="Training rows to check on.",
)
def gradcheck(config: Path, overrides: tuple[str, ...], tolerance: float, rows: int) -> None:
    """Compare backpropagation with differences of the loss.

    In float64, on the first training rows of CONFIG and its initial weights, without dropout, a
    line a layer. Parameters at a kink, where there is no derivative, are left out. Exits with 1
    when an error is over the tolerance; rounding can come to 5e-7.
    """
    from nncli.base.errors import NncliError, UsageError
    from nncli.config.load import load_config
    from nncli.engines.batches import gathered
    from nncli.explain.gradient_check import check_gradients
    from nncli.runs.job import prepare

    settings = (
        "training.precision=float64",
        "training.engine=numpy",
    )
    job = prepare(load_config(config, [*overrides, *settings]))
    _check_trainable(config, job.blocks)
    setup = job.setup
    first = range(min(rows, len(setup.training)))
    layer = setup.network.neediest
    if len(first) < layer.smallest_batch:
        raise UsageError(
            f"--rows {rows}: {layer.kind} needs at least {layer.smallest_batch} rows in a batch"
        )
    X, T = gathered(setup.training, setup.scaling, setup.codes, first)
    checks = check_gradients(
        setup.network, setup.objective, setup.regularization, X, T, seed=job.config.seed
    )
    _print(job.blocks, checks, tolerance)
    wrong = [n for n, each in enumerate(checks, 1) if not each.largest_error <= tolerance]
    if wrong:
        raise NncliError(
            f"the gradient of layer {', '.join(map(str, wrong))} is off by more than {tolerance:g}"
        )


def _check_trainable(config: Path, blocks: Sequence["Block"]) -> None:
    """Raise `UsageError` when no gradient gets through a hidden layer."""
    from nncli.base.errors import UsageError

    for block in blocks[:-1]:
        activation = block.activation
        if not activation.entry.trainable:
            raise UsageError(
                f"{config}: there is no gradient to check: the derivative of {activation.kind}, "
                f"the activation of layer {block.number}, is 0 everywhere"
            )


def _print(blocks: Sequence["Block"], checks: Sequence["LayerCheck"], tolerance: float) -> None:
    from nncli.cli.output import print_table

    print_table(
        ("layer", "activation", "checked", "at a kink", "largest error", ""),
        [
            (
                str(block.number),
                block.activation.kind,
                str(check.checked),
                str(check.skipped),
                f"{check.largest_error:.1e}",
                _verdict(check, tolerance),
            )
            for block, check in zip(blocks, checks, strict=True)
        ],
    )


def _verdict(check: "LayerCheck", tolerance: float) -> str:
    if not check.checked:
        return "none"
    return "ok" if check.largest_error <= tolerance else "WRONG"
