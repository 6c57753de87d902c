"""Make something happen after a training step, independent of how an engine's calls are split."""

import time
from collections.abc import Callable
from typing import Any

from nncli.engines.numpy.engine import NumpyEngine

_USUAL = NumpyEngine.steps
_UNTIL_THE_NEXT_REPORT = 0.06  # the loop reports every 0.05 seconds


def after_step(patch: Any, number: int, act: Callable[[], object]) -> None:
    """Call ``act()`` after step `number`, counted from now on; for 0 never.

    Observers of training receive that step before the next one.
    """
    left = number

    def steps(engine: NumpyEngine, batches: Any, rates: Any, sums: Any) -> Any:
        nonlocal left
        if not left:
            return _USUAL(engine, batches, rates, sums)
        found = _USUAL(engine, batches[:left], rates[:left], sums)
        left -= found.done
        if not left:
            act()
            time.sleep(_UNTIL_THE_NEXT_REPORT)
        return found

    patch.setattr(NumpyEngine, "steps", steps)
