"""The section of a page in matrices on the parameter update."""

from collections.abc import Iterator

import numpy as np

from nncli.explain.document.elements import MatrixEquation, Paragraph, Worked
from nncli.explain.trace.matrices.writer import MatrixWriter, Parameter, Term, is_linear
from nncli.explain.trace.step import LayerStep
from nncli.explain.trace.update import RUNNING, about_the_update, changes
from nncli.nn.entries import Formula, Value
from nncli.nn.optimizers import OPTIMIZERS

_DECAYED = Formula("<g> + <decay>·<w>", r"<g> + <decay> \cdot <w>")


def update(page: MatrixWriter) -> Iterator[Worked]:
    """Yield the optimizer's equations, and the new parameters of every layer."""
    yield from changes(page, _all_new_values(page), _unchanged(page), _kept(page))


def _all_new_values(page: MatrixWriter) -> Iterator[Worked]:
    yield from about_the_update(page)
    if not _is_short(page):
        yield Paragraph("The formulas hold for each element; the scalar form has their numbers.")
    parts = [*_parameters(page)]
    if not _only_decays(page) and any(_is_changed(*part) for part in parts):
        yield Paragraph("The scalar form shows how g is computed for every weight.")
    for layer, parameter in parts:
        yield from _new_values(page, layer, parameter)


def _parameters(page: MatrixWriter) -> Iterator[tuple[LayerStep, Parameter]]:
    """Yield all parameters, each with its layer."""
    for number, layer in enumerate(page.step.layers, 1):
        for parameter in (*page.parameters(number), *page.learned(number)):
            yield layer, parameter


def _unchanged(page: MatrixWriter) -> Iterator[Worked]:
    """Yield the parameters of a step that changes none."""
    for layer, parameter in _parameters(page):
        yield page.stated(parameter.at(layer.after, parameter.symbol))


def _is_short(page: MatrixWriter) -> bool:
    """Return whether the optimizer's equations are formulas of matrices."""
    equations = OPTIMIZERS[page.step.optimizer].equations(page.step.settings)
    return all(map(is_linear, equations.values()))


def _only_decays(page: MatrixWriter) -> bool:
    """Return whether a multiple of the weights is all that is added to their gradients."""
    penalties, layers = page.step.regularization, page.step.layers
    is_clipped = any(
        not np.array_equal(each.penalized[name], each.followed[name])
        for each in layers
        for name in each.followed
    )
    has_all = all(each.connected is None for each in layers)
    return has_all and not (page.extended or penalties.l1 or is_clipped)


def _is_changed(layer: LayerStep, parameter: Parameter) -> bool:
    """Return whether the optimizer follows another gradient than that of the loss."""
    return any(
        not np.array_equal(layer.gradient[name], layer.followed[name]) for name in parameter.arrays
    )


def _new_values(
    page: MatrixWriter, layer: LayerStep, parameter: Parameter
) -> Iterator[MatrixEquation]:
    """Yield the equations from the gradient of a parameter to its new values."""
    becomes, symbol = page.write.becomes, parameter.symbol
    w = parameter.at(layer.before, symbol)
    g = parameter.at(layer.gradient, f"d{symbol}")
    if _is_changed(layer, parameter):
        gradient, g = g, parameter.at(layer.followed, f"g({symbol})")
        l2 = page.step.regularization.l2
        terms = {"g": gradient, "w": w}
        yield (
            page.linear(g, _DECAYED, terms, {"decay": (l2, l2)})
            if _only_decays(page)
            else page.stated(g)
        )
    if _is_short(page):
        yield from _by_optimizer(page, layer, parameter, {"w": w, "g": g})
    else:
        yield page.stated(parameter.at(layer.updated, symbol), sign=becomes)
    if any(not np.array_equal(layer.after[each], layer.updated[each]) for each in parameter.arrays):
        yield page.stated(parameter.at(layer.after, symbol), sign=becomes)


def _by_optimizer(
    page: MatrixWriter, layer: LayerStep, parameter: Parameter, terms: dict[str, Term]
) -> Iterator[MatrixEquation]:
    """Yield the optimizer's equations for a parameter."""
    step, symbol = page.step, parameter.symbol
    constants: dict[str, tuple[str | Value, Value]]
    constants = {name: (value, value) for name, value in step.settings.items()}
    constants["rate"] = (page.write.rate, step.learning_rate)
    results = {
        letter: parameter.at(each, f"{letter}({symbol})") for letter, each in layer.slots.items()
    }
    terms |= {letter: each._replace(values=0 * each.values) for letter, each in results.items()}
    results["w"] = parameter.at(layer.updated, symbol)
    for letter, formula in OPTIMIZERS[step.optimizer].equations(step.settings).items():
        used = {name: each for name, each in terms.items() if f"<{name}>" in formula.text}
        result = results[letter]
        yield page.linear(result, formula, used, constants, page.write.becomes)
        terms[letter] = result


def _kept(page: MatrixWriter) -> Iterator[Worked]:
    """Yield the new state of layers such as batch normalization."""
    kept = [
        Term(page.write.symbol(passed.layer.worked.symbols[name], number),
                 np.atleast_2d(after), [0], page.shown[number])
        for number, layer in enumerate(page.step.layers, 1)
        for passed in layer.between
        for name, (_, after) in passed.kept.items()
    ]  # fmt: skip
    if kept:
        yield Paragraph(RUNNING)
        yield from (page.stated(each, sign=page.write.becomes) for each in kept)
