"""The gradient check of a config."""

from collections.abc import Sequence

from nncli.base.errors import UsageError
from nncli.config.load import ConfigSource, config_name, load_config
from nncli.config.overrides import Overrides, with_setting
from nncli.engines.batches import gathered
from nncli.explain.gradient_check import LayerCheck, check_gradients
from nncli.nn.network import Block
from nncli.runs.job import prepare


def gradcheck(
    config: ConfigSource, overrides: Overrides = (), *, rows: int = 10
) -> list[LayerCheck]:
    """Compare backpropagation with differences of the loss, layer by layer.

    In float64, on the first training rows of a config and its initial weights, without dropout.
    Parameters at a kink, where there is no derivative, are left out.

    Parameters
    ----------
    config, overrides
        As for `train`.
    rows : int
        Training rows to check on.

    Raises
    ------
    ConfigError, DataError
        As `train`.
    UsageError
        When no gradient gets through a hidden layer, or there are too few rows.
    """
    settings = with_setting(overrides, "training.precision", "float64")
    job = prepare(load_config(config, with_setting(settings, "training.engine", "numpy")))
    _check_trainable(config_name(config), job.blocks)
    setup = job.setup
    first = range(min(rows, len(setup.training)))
    layer = setup.network.neediest
    if len(first) < layer.smallest_batch:
        raise UsageError(
            f"--rows {rows}: {layer.kind} needs at least {layer.smallest_batch} rows in a batch"
        )
    X, T = gathered(setup.training, setup.scaling, setup.codes, first)
    return check_gradients(
        setup.network, setup.objective, setup.regularization, X, T, seed=job.config.seed
    )


def _check_trainable(name: str, blocks: Sequence[Block]) -> None:
    """Raise `UsageError` when no gradient gets through a hidden layer."""
    for block in blocks[:-1]:
        activation = block.activation
        if not activation.entry.trainable:
            raise UsageError(
                f"{name}: there is no gradient to check: the derivative of {activation.kind}, the "
                f"activation of layer {block.number}, is 0 everywhere"
            )
