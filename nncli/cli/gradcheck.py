"""``nncli gradcheck``."""

from pathlib import Path

import click


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
    """Compare backpropagation with central differences.

    In float64, on the first training rows of CONFIG and its initial weights, without dropout, a
    line a layer. Exits with 1 when an error is over the tolerance.
    """
    from nncli.cli.output import print_table
    from nncli.config.load import load_config
    from nncli.errors import NncliError
    from nncli.gradient_check import check_gradients
    from nncli.pipeline import prepare

    job = prepare(load_config(config, [*overrides, "training.precision=float64"]))
    X, T = next(job.training.in_order())
    checks = check_gradients(
        job.network,
        job.objective,
        job.engine.regularization,
        X[:rows],
        T[:rows],
        seed=job.config.seed,
    )
    layers = zip(job.network.layers, checks, strict=True)
    print_table(
        ("layer", "activation", "checked", "at a kink", "largest error", ""),
        [
            (
                str(number),
                layer.activation,
                str(check.checked),
                str(check.skipped),
                f"{check.largest_error:.1e}",
                "ok" if check.largest_error <= tolerance else "WRONG",
            )
            for number, (layer, check) in enumerate(layers, 1)
        ],
    )
    wrong = [n for n, check in enumerate(checks, 1) if check.largest_error > tolerance]
    if wrong:
        raise NncliError(
            f"the gradient of layer {', '.join(map(str, wrong))} is off by more than {tolerance:g}"
        )
