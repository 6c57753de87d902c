"""What to do with a run whose engine is unavailable: install it, or start anew."""

from collections.abc import Iterator
from contextlib import contextmanager

from nncli.base.errors import DataError
from nncli.base.paths import absolute
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CONFIG, WEIGHTS
from nncli.base.words import shell_word
from nncli.config.load import LoadedConfig
from nncli.engines.choice import EngineError


@contextmanager
def keeping_engine(directory: Directory, loaded: LoadedConfig) -> Iterator[None]:
    """Turn an `EngineError` in the block, which prepares a run, into an error with what to type.

    The config does not name the engine, as ``auto`` chose it. Another engine gives other last
    digits, so the run does not silently change to it.

    Raises
    ------
    DataError
    """
    try:
        yield
    except EngineError as error:
        message = (
            f"{directory}: a run keeps the engine that training.engine: auto chose at its start, "
            f"and {error.reason}"
        )
        raise DataError(message + _another_way(directory, loaded)) from error


def _another_way(directory: Directory, loaded: LoadedConfig) -> str:
    """Return the command that trains with NumPy instead, if there is one."""
    if loaded.config.data.is_given:
        return ""
    begin = f"nncli train {shell_word(str(directory / CONFIG))} training.engine=numpy"
    if not (directory / WEIGHTS).exists():
        return f"; or train anew: {begin}"
    return f"; or start anew from its weights: {begin} {weights_of(directory)}"


def weights_of(directory: Directory) -> str:
    """Return the setting with which a training starts from the weights of a run, for the shell.

    The path is absolute, as another one would be relative to the folder of the config.
    """
    return shell_word(f"model.initial_weights={absolute(directory.place() / WEIGHTS)}")
