"""The forms of a worked example."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from nncli.explain.document.elements import Worked
from nncli.explain.document.notation import Notation
from nncli.explain.trace import backward, forward, symbols, update
from nncli.explain.trace.step import Step
from nncli.explain.trace.writer import Writer


@dataclass(frozen=True)
class Form:
    """A form: its writer of a step, and functions of this writer for each section of the page."""

    writer: Callable[[Step, Notation, int], Writer]
    about_the_symbols: Callable[[Any], str]
    about_the_limit: Callable[[Any], str]
    forward: Callable[[Any], Iterator[Worked]]
    loss: Callable[[Any], Iterator[Worked]]
    backward: Callable[[Any], Iterator[Worked]]
    update: Callable[[Any], Iterator[Worked]]


FORMS = {
    "scalar": Form(
        Writer,
        symbols.about_the_symbols,
        symbols.about_the_limit,
        forward.forward,
        forward.loss,
        backward.backward,
        update.update,
    ),
}
