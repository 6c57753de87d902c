"""A module that is imported when it is first used.

What reads a config needs the names of the tables of the core, not the mathematics behind them. So
the core's modules use NumPy in functions only, never when they are imported themselves.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """Stands for a module until one of its attributes is asked for, and then has them all."""

    def __getattr__(self, attribute: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


def import_late(name: str) -> None:
    """Let ``import name``, from now on, import it when it is first used, unless it is there."""
    if name not in sys.modules:
        sys.modules[name] = _Late(name)
