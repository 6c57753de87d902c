"""The engine with loops compiled by Numba; NumPy still does matrix products and exponentials.

Each function has the signature of the NumPy function that it replaces and gives the same numbers up
to rounding. The docstring of the NumPy function has the equation. Functions that compiling does not
speed up are not replaced: see docs/decisions.md.
"""

from collections.abc import Sequence
from typing import ClassVar

from nncli.engines.batches import Batches
from nncli.engines.compiled.batches import CompiledBatches
from nncli.engines.compiled.layers import compiled_layers
from nncli.engines.compiled.losses import LOSSES, MEASURES
from nncli.engines.compiled.optimizers import OPTIMIZERS
from nncli.engines.numpy.engine import Functions, NumpyEngine
from nncli.nn.layers.layer import Layer


class CompiledEngine(NumpyEngine):
    """The `Engine` that runs compiled loops instead of several NumPy passes."""

    name: ClassVar[str] = "compiled"
    losses: ClassVar[Functions] = LOSSES
    optimizers: ClassVar[Functions] = OPTIMIZERS
    measures: ClassVar[Functions] = MEASURES
    batches: ClassVar[type[Batches]] = CompiledBatches

    def layers(self, layers: Sequence[Layer]) -> Sequence[Layer]:
        """Return equivalent layers with compiled loops."""
        return compiled_layers(layers)
