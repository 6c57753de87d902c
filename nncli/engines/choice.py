"""Choose the engine of a training job."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, get_args

from nncli.base.extras import install_command

if TYPE_CHECKING:
    from nncli.base.clock import Clock
    from nncli.engines.engine import Engine, Setup

# Measured on two cores: each step saves 0.8 ns per parameter in Adam, and 10 µs or more elsewhere.
# Importing Numba and compiling the functions of a job takes 1.3 s. Later runs load them in 0.3 s,
# but if the choice depended on that cache, the same config would not always give the same weights.
_SECONDS_SAVED_A_STEP = 10e-6
_SECONDS_SAVED_A_PARAMETER = 0.8e-9
_SECONDS_TO_START = 1.3

EngineName = Literal["numpy", "compiled", "plain"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


class EngineError(Exception):
    """The requested engine is not available; the message gives the reason."""


def choose_engine(
    asked: str, steps: int, parameters: int
) -> "Callable[[Setup, Clock | None], Engine]":
    """Return the engine for ``auto`` or a name in `ENGINES`.

    ``auto`` compares the time saved, estimated from the maximum number of `steps` and the number of
    `parameters`, with the startup time of Numba. It never chooses ``plain``.

    Raises
    ------
    EngineError
        If ``compiled`` is requested and Numba cannot be imported.
    """
    from nncli.engines.numpy.engine import NumpyEngine

    if asked == "plain":
        from nncli.engines.plain.engine import PlainEngine

        return PlainEngine
    if asked == "numpy" or (asked == "auto" and not _pays(steps, parameters)):
        return NumpyEngine
    try:
        from nncli.engines.compiled.engine import CompiledEngine
    # Numba raises an ImportError if NumPy is too new for it, and a RuntimeError if it has no place
    # to cache compiled code.
    except (ImportError, RuntimeError) as error:
        if asked == "auto":
            return NumpyEngine
        raise EngineError(_explained(error)) from error
    return CompiledEngine


def missing_for(asked: str) -> str | None:
    """Return why an engine is unavailable, if that can be found out without starting it."""
    return _not_installed() if asked == "compiled" and find_spec("numba") is None else None


def _pays(steps: int, parameters: int) -> bool:
    saved = steps * (_SECONDS_SAVED_A_STEP + parameters * _SECONDS_SAVED_A_PARAMETER)
    return saved > _SECONDS_TO_START and find_spec("numba") is not None


def _not_installed() -> str:
    return f"numba is not installed; get it with: {install_command('fast')}"


def _explained(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "numba":
        return _not_installed()
    return f"numba cannot be used: {str(error).partition(chr(10))[0]}"
