"""The forms of a worked example: of every unit by itself, or in matrices."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nncli.explain.document.elements import Worked
from nncli.explain.document.notation import Notation
from nncli.explain.trace import backward, forward, matrices, symbols, update
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


_IN_MATRICES = Form(
    matrices.fitting,
    matrices.about_the_symbols,
    matrices.about_the_limit,
    matrices.forward,
    matrices.loss,
    matrices.backward,
    matrices.update,
)
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
    "matrix": _IN_MATRICES,
    "theta": replace(_IN_MATRICES, writer=partial(matrices.fitting, extended=True)),
}
