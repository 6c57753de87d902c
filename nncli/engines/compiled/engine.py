"""The engine whose loops Numba compiles; matrix products and exponentials are still NumPy's.

Each function has the signature of the NumPy function that it replaces, whose docstring has the
equation, and gives the same numbers up to rounding. What is not here was no faster: see
docs/decisions.md.
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
    """The `Engine` that runs compiled loops in the place of several passes of NumPy."""

    name: ClassVar[str] = "compiled"
    losses: ClassVar[Functions] = LOSSES
    optimizers: ClassVar[Functions] = OPTIMIZERS
    measures: ClassVar[Functions] = MEASURES
    batches: ClassVar[type[Batches]] = CompiledBatches

    def layers(self, layers: Sequence[Layer]) -> Sequence[Layer]:
        """Return layers that do the same with loops."""
        return compiled_layers(layers)
