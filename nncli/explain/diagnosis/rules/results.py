"""The results of a network for rows, as in a prediction."""

import numpy as np

from nncli.model.passes import Passes
from nncli.nn.entries import Array
from nncli.nn.network import Network


def results_of(network: Network, X: Array) -> tuple[Array, Array]:
    """Return logits and outputs (B, O), in float64, for inputs (B, I) as the network sees them.

    Unlike a training step, a batch normalization uses its running means.
    """
    passes, logits, outputs = Passes(network), [], []
    for start in range(0, len(X), passes.rows):
        passes.run(X[start : start + passes.rows])
        logits.append(passes.logits.astype(np.float64))
        outputs.append(passes.outputs().astype(np.float64))
    return np.concatenate(logits), np.concatenate(outputs)
