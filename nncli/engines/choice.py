"""Which engine a training job runs on."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, get_args

from nncli.base.extras import install_command

if TYPE_CHECKING:
    from nncli.base.clock import Clock
    from nncli.engines.engine import Engine, Setup

# Measured on two cores: in each step Adam saves 0.8 ns a parameter, the rest 10 µs or more.
# To import Numba and to compile what a job needs takes 1.3 s; later runs load it in 0.3 s, but a
# choice that depended on whether they can would change the weights of the same config.
_SECONDS_SAVED_A_STEP = 10e-6
_SECONDS_SAVED_A_PARAMETER = 0.8e-9
_SECONDS_TO_START = 1.3

EngineName = Literal["numpy", "compiled"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


class EngineError(Exception):
    """The engine that was asked for is not to be had; the message says why."""


def choose_engine(
    asked: str, steps: int, parameters: int
) -> "Callable[[Setup, Clock | None], Engine]":
    """Return the engine that ``auto``, ``numpy`` or ``compiled`` stands for.

    ``auto`` weighs the most `steps` that there will be, on so many `parameters`, against the time
    that Numba takes to start.

    Raises
    ------
    EngineError
        When ``compiled`` is asked for and Numba cannot be imported.
    """
    from nncli.engines.numpy.engine import NumpyEngine

    if asked == "numpy" or (asked == "auto" and not _pays(steps, parameters)):
        return NumpyEngine
    try:
        from nncli.engines.compiled.engine import CompiledEngine
    # Numba refuses a NumPy that is too new for it with an ImportError, and with a RuntimeError
    # to run where there is no place for compiled code.
    except (ImportError, RuntimeError) as error:
        if asked == "auto":
            return NumpyEngine
        raise EngineError(_explained(error)) from error
    return CompiledEngine


def missing_for(asked: str) -> str | None:
    """Return why an engine is not to be had, as far as that shows without starting it."""
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
