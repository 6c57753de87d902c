"""Import a module on first use.

Reading a config needs the names in the core's tables, but not the mathematics behind them. So the
core's modules use NumPy only inside functions, never at import time.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """A placeholder that loads its module when an attribute is first accessed."""

    def __getattr__(self, attribute: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


def import_late(name: str) -> None:
    """Make ``import name`` load the module on first use, unless it is already imported."""
    if name not in sys.modules:
        sys.modules[name] = _Late(name)
