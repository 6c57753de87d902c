"""Derive an expression at a point: as a page, or as a picture of its graph."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import inf, isfinite
from numbers import Real
from typing import TYPE_CHECKING

from nncli.base.arguments import unexpected
from nncli.base.errors import ExpressionError, UsageError
from nncli.base.words import either, on_one_line
from nncli.explain.derivation.build import build
from nncli.explain.derivation.graph import Graph
from nncli.explain.derivation.page import page
from nncli.explain.derivation.passes import Passes, forward, passes
from nncli.explain.derivation.tokens import as_name
from nncli.explain.document.formats import FORMATS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Point = Mapping[str, float] | Sequence[str]
"""The value of each variable: numbers by name, or texts such as ``x=-2``."""

_MOST_DIGITS = 17


def derive(
    expression: str,
    values: Point = (),
    *,
    format: str = "text",  # noqa: A002 - the name of the option
    precision: int = 6,
    limit: bool = False,
) -> str:
    """Return all partial derivatives of an expression by the chain rule, as a worked example.

    The page has the value of every node of the computational graph, its derivatives with respect
    to its inputs, and the derivative of the result with respect to every node and variable.

    Parameters
    ----------
    expression : str
        Definitions separated by ``;``, such as ``s = w*x + b; f = sigmoid(s)``. The last one is the
        result.
    values : mapping of str to float, or sequence of str
        The value of each variable: ``{"x": 2}`` or ``["x=2"]``.
    format : str
        ``text``, ``markdown``, ``latex`` or ``html``.
    precision : int
        The number of significant digits.
    limit : bool
        Whether to add the difference quotients (f(x + h) - f(x)) / h for ever smaller h.

    Raises
    ------
    ExpressionError
        If the expression is invalid; the message shows the place.
    UsageError
        If a variable lacks a value, or there is no value or no derivative at this point.
    """
    if not isinstance(format, str) or format not in FORMATS:
        raise UsageError(f"format: found {format!r}; expected {either(FORMATS)}")
    graph, found = _derived(expression, values, precision)
    chosen = FORMATS[format]
    notation = chosen.notation(precision)
    return chosen.write(page(expression, graph, found, notation, limit=limit))


def derive_plot(expression: str, values: Point = (), *, precision: int = 6) -> "Figure":
    """Return the computational graph of an expression as a matplotlib figure.

    Values are above the edges, derivatives of the result below.

    Parameters
    ----------
    expression, values, precision
        As for `derive`.

    Raises
    ------
    ExpressionError
        If the expression is invalid; the message shows the place.
    UsageError
        If a variable lacks a value, there is no value or no derivative at this point, the graph is
        too large for a picture, or matplotlib is missing.
    """
    from nncli.explain.derivation.picture import picture
    from nncli.explain.plots.style import styled

    graph, found = _derived(expression, values, precision)
    with styled():
        return picture(graph, found, precision)


def _derived(expression: str, values: Point, precision: int) -> tuple[Graph, Passes]:
    if not isinstance(expression, str):
        raise unexpected("expression", expression, "a text such as 'f = 2*x'")
    is_whole = isinstance(precision, int) and not isinstance(precision, bool)
    if not is_whole or not 1 <= precision <= _MOST_DIGITS:
        raise UsageError(
            f"precision: found {precision!r}; expected an integer from 1 to {_MOST_DIGITS}"
        )
    given = _numbers(values)
    graph = build(expression, given)
    return graph, passes(graph, given)


def _numbers(values: object) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in _pairs(values):
        known = as_name(name)
        if known is None:
            shown = on_one_line(repr(name), 40)
            raise UsageError(f"derive: found the variable {shown}; expected a name such as x or w1")
        if known in found:
            raise UsageError(f"derive: '{known}' has two values; leave one out")
        found[known] = value
    return found


def _pairs(values: object) -> Iterator[tuple[str, float]]:
    if isinstance(values, Mapping):
        for name, value in values.items():
            yield _text(name), _number(name, value)
        return
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise unexpected("values", values, "numbers by name such as {'x': 2}")
    for each in map(_text, values):
        name, _, text = each.partition("=")
        if not text.strip() or "=" in text or ";" in text:
            shown = on_one_line(each, 40)
            raise UsageError(f"derive: found '{shown}'; expected a value such as x=2")
        yield name.strip(), _evaluated(each, text)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise unexpected("values", value, "numbers by name such as {'x': 2}")
    return value


def _number(name: str, value: object) -> float:
    number = inf
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
    if not isfinite(number):
        raise unexpected(on_one_line(name, 40), value, "a number")
    return number


def _evaluated(setting: str, text: str) -> float:
    """Return the value of ``x=pi/2``, which may be an expression of numbers."""
    try:
        graph = build(text, ())
        return forward(graph, {})[graph.result]
    except ExpressionError as error:
        problem = str(error).split("\n")[0].removeprefix("derive: ")
        raise UsageError(f"derive: {on_one_line(setting, 40)}: {problem}") from error
    except UsageError as error:
        raise UsageError(f"derive: {on_one_line(setting, 40)}: expected a number") from error
