"""The part of the page about the update of the parameters."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nncli.explanation.notation import takes_numbers
from nncli.explanation.page import Element, Equation, Equations, Paragraph, Table
from nncli.explanation.writer import Writer
from nncli.model.entries import Formula
from nncli.training.optimizers import OPTIMIZERS


def update(page: Writer) -> Iterator[Element]:
    """Yield the optimizer's equations and the new value of every shown parameter."""
    write, step = page.write, page.step
    yield Paragraph(_about_the_gradient(page))
    *earlier, last = OPTIMIZERS[step.optimizer].equations(step.settings)
    letters = {"w": "w", "g": "g", "rate": write.rate, **step.settings}
    for each in earlier:
        yield Paragraph(write.inline(page.put(each, letters)))
    yield Paragraph(write.inline(f"w {write.becomes} {page.put(last, letters)}"))
    if step.regularization.max_norm is not None:
        largest = write.inline(write.number(step.regularization.max_norm))
        yield Paragraph(f"Then the weights into a unit are scaled down to the norm {largest}.")
    elif takes_numbers(last, {"w"}):
        yield Equations([*_new_values(page, last)])
        return
    yield _table(page)


class _Values(NamedTuple):
    """What a parameter was, its gradient, what the optimizer followed, and what it became."""

    symbol: str
    before: float
    gradient: float
    followed: float
    after: float


def _about_the_gradient(page: Writer) -> str:
    write, layers = page.write, page.step.layers
    gradient = f"{write.inline('g')} is {write.inline(write.derivative('L', 'w'))}"
    pairs = [pair for each in layers for pair in zip(each.gradient, each.followed, strict=True)]
    if all(np.array_equal(*pair) for pair in pairs):
        return f"{gradient}."
    settings = page.step.regularization
    changes = [
        f"{name} {write.inline(write.number(value))}"
        for name, value in (
            ("the penalty l1", settings.l1),
            ("the penalty l2", settings.l2),
            ("clip_value", settings.clip_value),
            ("clip_norm", settings.clip_norm),
        )
        if value
    ]
    if any(each.connected is not None for each in layers):
        changes.insert(0, "connections left out")
    return f"{gradient} changed by {', '.join(changes)}; penalties are for weights alone."


def _new_values(page: Writer, formula: Formula) -> Iterator[Equation]:
    """Yield the new value of every shown parameter, worked out."""
    rate = float(page.step.learning_rate)
    for each in _parameters(page):
        numbers = {"w": each.before, "g": each.followed, "rate": rate}
        sides = [[page.put(formula, numbers)]]
        yield page.equation(each.symbol, *sides, value=each.after, sign=page.write.becomes)


def _table(page: Writer) -> Table:
    write = page.write
    names = [write.words(each) for each in ("parameter", "before", "after")]
    header = [names[0], names[1], write.derivative("L", "w"), "g", names[2]]
    return Table(
        header,
        [[symbol, *map(write.number, values)] for symbol, *values in _parameters(page)],
    )


def _parameters(page: Writer) -> Iterator[_Values]:
    """Yield every shown parameter, unit by unit."""
    for number, layer in enumerate(page.step.layers, 1):
        stages = (layer.before, layer.gradient, layer.followed, layer.after)
        weights = [each.W for each in stages]
        vectors = {"b": [each.b for each in stages], "p": [each.slope for each in stages]}
        for unit in page.shown[number]:
            for i in page.shown[number - 1]:
                numbers = (float(each[i, unit]) for each in weights)
                yield _Values(page.weight(number, i, unit), *numbers)
            for letter, arrays in vectors.items():
                if arrays[0].size:
                    numbers = (float(each[unit]) for each in arrays)
                    yield _Values(page.symbol(letter, number, unit), *numbers)
