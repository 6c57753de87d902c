"""Rules whose modules are imported when they are first called.

Every training ends with the rules that need no data. Importing the others would take longer than
checking all of these.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Evidence
from nncli.explain.diagnosis.rules.rule import Check


@dataclass(frozen=True)
class LateRule:
    """A function of a module that is not imported yet."""

    module: str
    name: str

    @cached_property
    def function(self) -> Check:
        """The function; this imports its module."""
        found: Check = getattr(import_module(f"{__package__}.{self.module}"), self.name)
        return found

    def __call__(self, case: Case) -> Iterator[Evidence]:
        """Check the rule."""
        return self.function(case)


@dataclass(frozen=True)
class LateModule:
    """A module next to this one; its attributes are its rules."""

    _name: str

    def __getattr__(self, rule: str) -> LateRule:
        return LateRule(self._name, rule)
