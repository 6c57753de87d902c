"""Make something happen after a training step, independent of how an engine's calls are split."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nncli.engines.compiled.engine import CompiledEngine
from nncli.engines.numpy.engine import NumpyEngine

_USUAL: dict[type[Any], tuple[Callable[..., Any], Callable[..., Any]]] = {
    each: (each.steps, each.epochs) for each in (NumpyEngine, CompiledEngine)
}
_UNTIL_THE_NEXT_REPORT = 0.06  # the loop reports every 0.05 seconds


def after_step(patch: Any, number: int, act: Callable[[], object]) -> None:
    """Call ``act()`` after step `number`, counted from now on; for 0 never.

    Observers of training receive that step before the next one.
    """
    left = number

    def count(done: int) -> None:
        nonlocal left
        left -= done
        if not left:
            act()
            time.sleep(_UNTIL_THE_NEXT_REPORT)

    def counted(all_sums: Iterable[Any]) -> Iterator[Any]:
        for sums in all_sums:
            count(1)
            yield sums

    def patch_engine(kind: type[Any]) -> None:
        usual_steps, usual_epochs = _USUAL[kind]

        def steps(engine: Any, batches: Any, rates: Any, sums: Any) -> Any:
            if not left:
                return usual_steps(engine, batches, rates, sums)
            found = usual_steps(engine, batches[:left], rates[:left], sums)
            count(found.done)
            return found

        def epochs(engine: Any, rates: Any) -> Any:
            if not left:
                return usual_epochs(engine, rates)
            taken, all_sums = usual_epochs(engine, rates[:left])
            return taken, counted(all_sums)

        patch.setattr(kind, "steps", steps)
        patch.setattr(kind, "epochs", epochs)

    patch_engine(NumpyEngine)
    patch_engine(CompiledEngine)
