"""Make something happen after a training step, or at a line of the code.

Steps are counted independently of how an engine's calls are split.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import getfile
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


def interrupted_at(number: int, watched: Sequence[type[Any]], act: Callable[[], object]) -> bool:
    """Call ``act()``, and raise `KeyboardInterrupt` before it executes line `number`, from 1.

    Only lines of the modules of the `watched` classes count. Returns whether the interruption ended
    ``act()``.
    """
    left, files = number, {getfile(each) for each in watched}

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        left -= event == "line"
        if not left:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
