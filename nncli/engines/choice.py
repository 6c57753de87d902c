"""Choose the engine of a training job."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, get_args

from nncli.base.extras import install_command
from nncli.engines.compiling import NotAllowedError

if TYPE_CHECKING:
    from nncli.base.clock import Clock
    from nncli.engines.engine import Engine, Setup

# Measured with `python -m tests.benchmarks.engines`: what a step saves at least. A start takes
# 0.25 s at most, but a few seconds if operations must be compiled. The constant is between the two:
# if the choice depended on the cache of compiled code, the same config would not always give the
# same weights.
_SECONDS_SAVED_A_STEP = 50e-6
_SECONDS_SAVED_A_PARAMETER = 1e-9
_SECONDS_TO_START = 1.5

EngineName = Literal["numpy", "compiled", "plain"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


class EngineError(Exception):
    """The requested engine is not available; the message has a remedy.

    Attributes
    ----------
    reason : str
        The message without the advice to use another engine.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}; {remedy}" if remedy else reason)
        self.reason = reason


def choose_engine(
    asked: str, steps: int, parameters: int, setup: "Setup | None" = None
) -> "Callable[[Setup, Clock | None], Engine]":
    """Return the engine for ``auto`` or a name in `ENGINES`.

    ``auto`` chooses ``compiled`` unless `why_numpy` gives a reason; it never chooses ``plain``.

    Raises
    ------
    EngineError
        If ``compiled`` is requested and is not available, or does not support the setup.
    """
    from nncli.engines.numpy.engine import NumpyEngine

    if asked == "plain":
        from nncli.engines.plain.engine import PlainEngine

        return PlainEngine
    if asked == "numpy" or (asked == "auto" and why_numpy(steps, parameters, setup)):
        return NumpyEngine
    if asked != "auto" and (error := _error_of_compiled(setup)):
        raise error
    from nncli.engines.compiled.engine import CompiledEngine

    return CompiledEngine


def why_numpy(steps: int, parameters: int, setup: "Setup | None" = None) -> str | None:
    """Return why ``auto`` chooses NumPy, or None if it chooses the compiled engine.

    The time saved, estimated from the maximum number of `steps` and the number of `parameters`,
    must exceed the time that the compiled engine takes to start.
    """
    saved = steps * (_SECONDS_SAVED_A_STEP + parameters * _SECONDS_SAVED_A_PARAMETER)
    if saved <= _SECONDS_TO_START:
        return "too little work for compiled code to pay off"
    error = _error_of_compiled(setup)
    return error.reason if error else None


def matrix_product(engine: str) -> str | None:
    """Return the name of the matrix product of the compiled engine, which must run; else None."""
    if engine != "compiled":
        return None
    from nncli.engines.compiled.blas import find_product

    return find_product().description


def why_not_kept(engine: str) -> str | None:
    """Return why an engine, which must run, cannot keep the code that it compiles, if so."""
    if engine != "compiled":
        return None
    from nncli.engines.compiled import machine_code

    return machine_code.why_not_kept()


def missing_for(asked: str) -> str | None:
    """Return why an engine is unavailable, if that can be found out without starting it."""
    packages = ("numba", "llvmlite") if asked == "compiled" else ()
    return next((_not_installed(name) for name in packages if find_spec(name) is None), None)


def _error_of_compiled(setup: "Setup | None") -> EngineError | None:
    """Return why the compiled engine does not run or cannot train the setup; None if it can."""
    if missing := missing_for("compiled"):  # cached code of other operations may run without it
        return EngineError(missing)
    try:
        from nncli.engines.compiled.support import reason_against

        reason = reason_against(setup)
    # Numba raises an ImportError if NumPy is too new for it; damaged packages raise other errors.
    except (ImportError, RuntimeError) as error:
        return _explained(error)
    return EngineError(reason, "use numpy") if reason else None


def _not_installed(package: str) -> str:
    return f"{package} is not installed; get it with: {install_command('fast')}"


def _explained(error: Exception) -> EngineError:
    if isinstance(error, ModuleNotFoundError):
        name = (error.name or "").partition(".")[0]
        if name in ("numba", "llvmlite"):
            return EngineError(_not_installed(name))
    reason = f"numba cannot be used: {str(error).partition(chr(10))[0].removesuffix('.')}"
    return EngineError(reason, "" if isinstance(error, NotAllowedError) else "use numpy")
