"""Make something happen after a training step, independent of how an engine's calls are split."""

import time
from collections.abc import Callable
from typing import Any

from nncli.engines.compiled.engine import CompiledEngine
from nncli.engines.numpy.engine import NumpyEngine

_USUAL: dict[type[Any], Callable[..., Any]] = {
    each: each.steps for each in (NumpyEngine, CompiledEngine)
}
_UNTIL_THE_NEXT_REPORT = 0.06  # the loop reports every 0.05 seconds


def after_step(patch: Any, number: int, act: Callable[[], object]) -> None:
    """Call ``act()`` after step `number`, counted from now on; for 0 never.

    Observers of training receive that step before the next one.
    """
    left = number
    for kind in (NumpyEngine, CompiledEngine):
        usual = _USUAL[kind]

        def steps(
            engine: Any, batches: Any, rates: Any, sums: Any, usual: Callable[..., Any] = usual
        ) -> Any:
            nonlocal left
            if not left:
                return usual(engine, batches, rates, sums)
            found = usual(engine, batches[:left], rates[:left], sums)
            left -= found.done
            if not left:
                act()
                time.sleep(_UNTIL_THE_NEXT_REPORT)
            return found

        patch.setattr(kind, "steps", steps)
