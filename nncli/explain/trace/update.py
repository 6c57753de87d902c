"""The section of the page on the parameter update."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from nncli.explain.document.elements import Equation, Equations, Paragraph, Worked
from nncli.explain.trace.between import kept_between
from nncli.explain.trace.step import Arrays, LayerStep, Step
from nncli.explain.trace.tables import parameters
from nncli.explain.trace.writer import Writer
from nncli.nn.entries import Array, Formula, Value
from nncli.nn.optimizers import OPTIMIZERS

RUNNING = "Running statistics for predictions, updated without a gradient:"


def update(page: Writer) -> Iterator[Worked]:
    """Yield the optimizer's equations with their numbers, or that nothing changes."""
    yield from changes(page, _new_values(page), _unchanged(page), _kept(page))


def changes(
    page: Writer,
    new_values: Iterable[Worked],
    unchanged: Iterable[Worked],
    kept: Iterable[Worked],
) -> Iterator[Worked]:
    """Yield what a step changes, and the loss before and after it; or that nothing changes.

    Parameters
    ----------
    new_values, unchanged : the elements on the parameters, if they change or not
    kept : the elements on the state of layers
    """
    write, step = page.write, page.step
    if not step.is_taken:
        key = write.name("training.epochs")
        yield Paragraph(f"{key} is 0: training takes no step, and no parameter changes.")
        return
    loss = write.inline(f"L = {write.number(step.loss)}")
    if step.changes_nothing:
        yield Paragraph(
            "The gradient is 0 for every parameter. So no parameter changes, and the loss stays "
            f"{loss}:"
        )
        yield from unchanged
        yield from kept
        return
    yield from new_values
    yield from kept
    same = "row" if len(step.rows) == 1 else "rows"
    after = write.inline(f"L = {write.number(step.loss_after)}")
    yield Paragraph(
        f"The loss of the same {same}: {loss} before the step, {after} after it, with the new "
        "parameters."
    )


def _about_the_optimizer(page: Writer) -> str:
    """Write the optimizer's formulas."""
    write, step = page.write, page.step
    equations = OPTIMIZERS[step.optimizer].equations(step.settings)
    symbols: dict[str, str | Value] = {letter: letter for letter in (*equations, "g", "k")}
    symbols |= {"rate": write.rate, **step.settings}
    general = [
        write.inline(f"{letter} {write.becomes} {page.put(formula, symbols)}")
        for letter, formula in equations.items()
    ]
    kept = " and ".join(write.inline(letter) for letter in equations if letter != "w")
    start = f"; {kept} start{'s' * (len(equations) == 2)} at 0, and this is step "
    start = f"{start}{write.inline('k = 1')}" if kept else ""
    return f"{write.name(step.optimizer)}: {', '.join(general)}{start}."


def about_the_update(page: Writer) -> Iterator[Worked]:
    """Yield the optimizer's equations, the gradient that it follows, and the limit of norms."""
    write, step = page.write, page.step
    yield Paragraph(_about_the_optimizer(page))
    yield Paragraph(_about_the_gradient(page, _clipping_factor(step)))
    if step.regularization.max_norm is not None:
        largest = write.inline(write.number(step.regularization.max_norm))
        yield Paragraph(
            f"Then the weights into a unit are scaled down if their norm exceeds {largest}."
        )


def _new_values(page: Writer) -> Iterator[Worked]:
    """Yield the equations of the parameters; if only some are written out, also tables."""
    yield from about_the_update(page)
    factor = _clipping_factor(page.step)
    yield Equations(
        [
            equation
            for parameter in _parameters(page)
            for equation in _new_value(page, parameter, factor)
        ]
    )
    if page.is_brief:
        for stage, moment in (("before", "before the step"), ("after", "after the step")):
            yield Paragraph(f"The parameters {moment}:")
            yield from _tables(page, stage)


def _unchanged(page: Writer) -> Iterator[Worked]:
    """Yield the parameters of a step that changes none."""
    if page.is_brief:
        yield from _tables(page, "after")
        return
    yield Equations(
        [page.equation(each.symbol, value=each.at(each.layer.after)) for each in _parameters(page)]
    )


def _tables(page: Writer, stage: str) -> Iterator[Worked]:
    for number in range(1, len(page.step.layers) + 1):
        yield from parameters(page, number, stage)


def _kept(page: Writer) -> Iterator[Worked]:
    """Yield the updates of the layers' state, if any."""
    equations = [
        equation
        for number in range(1, len(page.step.layers) + 1)
        for unit in page.worked[number]
        for equation in kept_between(page, number, unit)
    ]
    if equations:
        yield Paragraph(RUNNING)
        yield Equations(equations)


class _Parameter(NamedTuple):
    """A parameter: its symbol, its layer, and its position in an array of the layer."""

    symbol: str
    layer: LayerStep
    array: str
    place: tuple[int, ...]

    def at(self, arrays: Arrays) -> float:
        """Return its value in a stage of the step."""
        return float(arrays[self.array][self.place])

    @property
    def is_weight(self) -> bool:
        """Whether the parameter is the weight of a connection."""
        return self.array == self.layer.block.layers[0].weights


def _parameters(page: Writer) -> Iterator[_Parameter]:
    """Yield every parameter whose update is written out, unit by unit."""
    for number, layer in enumerate(page.step.layers, 1):
        for unit in page.worked[number]:
            for part in layer.block.layers:
                for name in part.trained:
                    if name == part.weights:
                        for i in page.worked[number - 1]:
                            yield _Parameter(page.weight(number, i, unit), layer, name, (i, unit))
                    else:
                        symbol = page.symbol(part.worked.symbols[name], number, unit)
                        yield _Parameter(symbol, layer, name, (unit,))


def _clipping_factor(step: Step) -> float:
    """Return the factor that scaled the gradient to the maximum norm."""
    settings = step.regularization
    if settings.clip_norm is None:
        return 1.0
    arrays = [each for layer in step.layers for each in layer.penalized.values()]
    gradient = np.concatenate([each.ravel().astype(np.float64) for each in arrays])
    if settings.clip_value is not None:
        gradient = np.clip(gradient, -settings.clip_value, settings.clip_value)
    return min(1.0, settings.clip_norm / max(float(np.linalg.norm(gradient)), 1e-300))


def _about_the_gradient(page: Writer, factor: float) -> str:
    write, settings = page.write, page.step.regularization
    gradient = f"{write.inline('g')} is {write.inline(write.derivative('L', 'w'))}"
    changes = []
    if any(each.connected is not None for each in page.step.layers):
        changes.append("0 for missing connections")
    if settings.l1 or settings.l2:
        changes.append("plus the penalties on weights")
    if settings.clip_value is not None:
        bound = write.number(settings.clip_value)
        changes.append(f"clipped to {write.inline(f'[-{bound}, {bound}]')}")
    if settings.clip_norm is not None:
        largest = write.inline(write.number(settings.clip_norm))
        changes.append(
            f"times {write.inline(write.number(factor))} to limit the norm to {largest}"
            if factor < 1
            else f"unscaled, as its norm over all parameters is at most {largest}"
        )
    return f"{', '.join([gradient, *changes])}."


def _new_value(page: Writer, parameter: _Parameter, factor: float) -> Iterator[Equation]:
    """Yield the equations from a parameter's gradient to its new value."""
    write, step, layer = page.write, page.step, parameter.layer
    followed = parameter.at(layer.followed)
    if followed != parameter.at(layer.gradient) or factor < 1:
        yield _followed(page, parameter, factor)
    numbers: dict[str, float] = {"w": parameter.at(layer.before), "g": followed, "k": 1}
    numbers |= {"rate": float(step.learning_rate), "m": 0.0, "v": 0.0, **step.settings}
    results = {letter: parameter.at(each) for letter, each in layer.slots.items()}
    results["w"] = parameter.at(layer.updated)
    for letter, formula in OPTIMIZERS[step.optimizer].equations(step.settings).items():
        left = parameter.symbol if letter == "w" else f"{letter}({parameter.symbol})"
        filled = [page.put(formula, numbers)]
        numbers[letter] = results[letter]
        yield page.equation(left, filled, value=results[letter], sign=write.becomes)
    if (after := parameter.at(layer.after)) != results["w"]:
        limit = write.number(step.regularization.max_norm or 0.0)
        norm = write.number(_norm_into(layer.updated[parameter.array], parameter.place[1]))
        scaled = [f"{write.number(results['w'])}{write.times}{limit} / {norm}"]
        yield page.equation(parameter.symbol, scaled, value=after, sign=write.becomes)


def _norm_into(W: Array, unit: int) -> float:
    return float(np.linalg.norm(W[:, unit].astype(np.float64)))


def _followed(page: Writer, parameter: _Parameter, factor: float) -> Equation:
    """Return the equation for the optimizer's g from the gradient of the loss."""
    write, settings, layer = page.write, page.step.regularization, parameter.layer
    left, value = f"g({parameter.symbol})", parameter.at(layer.followed)
    is_weight = parameter.is_weight
    if is_weight and layer.connected is not None and not layer.connected[parameter.place]:
        return page.equation(left, [write.words("not connected")], value=value)
    text, latex = "<by>", "<by>"
    if settings.l1 and is_weight:
        text, latex = f"{text} + <l1>·sign(<w>)", rf"{latex} + <l1> \operatorname{{sign}}(<w>)"
    if settings.l2 and is_weight:
        text, latex = f"{text} + <l2>·<w>", rf"{latex} + <l2> \cdot <w>"
    limit = settings.clip_value
    if limit is not None and abs(parameter.at(layer.penalized)) > limit:
        text, latex = f"clip({text}, <c>)", rf"\operatorname{{clip}}({latex}, <c>)"
    if factor < 1:
        whole, whole_latex = (each if each == "<by>" else f"({each})" for each in (text, latex))
        text, latex = f"<factor>·{whole}", rf"<factor> \cdot {whole_latex}"
    constants = {"l1": settings.l1, "l2": settings.l2, "c": limit or 0.0, "factor": factor}
    symbols = {"by": write.derivative("L", parameter.symbol), "w": parameter.symbol}
    numbers = {"by": parameter.at(layer.gradient), "w": parameter.at(layer.before)}
    formula = Formula(text, latex)
    sides = [[page.put(formula, {**each, **constants})] for each in (symbols, numbers)]
    return page.equation(left, *sides, value=value)
