"""Which kernels a training job uses."""

from importlib.util import find_spec

from nncli.model.kernels import NUMPY, Kernels

# Measured: per changed parameter Numba's optimizers save 0.5 to 1.5 ns; to import Numba and load
# compiled loops takes about half a second, to compile them the first time 1.5 seconds more.
_SECONDS_SAVED = 0.8e-9
_SECONDS_TO_START = 2.0


class KernelError(Exception):
    """The kernels that were asked for are not to be had; the message says why."""


def choose_kernels(asked: str, updates: int) -> Kernels:
    """Return the kernels that ``auto``, ``numpy`` or ``numba`` stands for.

    Parameters
    ----------
    updates : int
        How often a parameter will be changed, at most: steps times parameters. What ``auto``
        weighs against the time that Numba takes to start.

    Raises
    ------
    KernelError
        When ``numba`` cannot be imported.
    """
    if asked == "numpy" or (asked == "auto" and not _pays(updates)):
        return NUMPY
    try:
        from nncli.training.fast_kernels import FAST
    # Numba refuses a NumPy that is too new for it with an ImportError, and with a RuntimeError
    # to run where there is no place for compiled code.
    except (ImportError, RuntimeError) as error:
        if asked == "auto":
            return NUMPY
        raise KernelError(_explained(error)) from error
    return FAST


def _pays(updates: int) -> bool:
    return updates * _SECONDS_SAVED > _SECONDS_TO_START and find_spec("numba") is not None


def _explained(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "numba":
        return "numba is not installed; get it with: pip install 'nncli[fast]'"
    return f"numba cannot be used: {str(error).splitlines()[0]}"
