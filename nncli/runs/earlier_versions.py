"""What the nncli version that wrote a checkpoint computed differently."""

from collections.abc import Iterator

import numpy as np

from nncli.config.schema import Config
from nncli.training.checkpoint import Checkpoint

# The first checkpoint version
_SCALED_ONCE = 3  # with inputs rounded only once
_STEP_FROM_0 = 4  # whose step is 1 at z = 0
_WHOLE_STEPS = 5  # whose compiled code takes whole steps


def warnings_of(checkpoint: Checkpoint, config: Config) -> Iterator[str]:
    """Yield a line for each difference that the weights of a resumed run will have."""
    output = config.model.output
    if checkpoint.version == 1 and np.any(config.training.dropout):
        yield (
            "dropout drops other units than in the nncli version that started this run: the "
            "weights will not be those of an uninterrupted run"
        )
    if checkpoint.version < _STEP_FROM_0 and output and output.name == "step":
        yield (
            "step(0) is 1, but was 0 in the nncli version that started this run: the weights "
            "will not be those of an uninterrupted run"
        )
    if checkpoint.version < _WHOLE_STEPS and checkpoint.record["engine"] == "compiled":
        yield (
            "compiled code rounds differently from that of the nncli version that started this "
            "run: the weights will not be bit for bit those of an uninterrupted run"
        )
    if scaled_otherwise(checkpoint, config):
        yield (
            "the nncli version that started this run rounded inputs before scaling: the "
            "weights will not be bit for bit those of an uninterrupted run"
        )


def scaled_otherwise(checkpoint: Checkpoint, config: Config) -> bool:
    """Return whether inputs were scaled less precisely."""
    return checkpoint.version < _SCALED_ONCE and config.data.scale.name != "none"
