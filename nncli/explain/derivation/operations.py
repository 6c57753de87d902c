"""The operations of an expression: values, derivatives, and the formulas of both."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from nncli.nn.activations import ACTIVATIONS, Activation
from nncli.nn.entries import Formula, Piecewise, Value

_KINK = 1e-6  # the least difference between derivatives on both sides

LEFT, RIGHT = "left-hand", "right-hand"


class UndefinedError(Exception):
    """An operation has no value or no derivative at this point; the message says why."""


@dataclass(frozen=True)
class Operation:
    """An operation on one or two numbers.

    Attributes
    ----------
    label : str
        How its gate is called.
    formula : Formula or Piecewise
        The value as a function of the inputs.
    partials : sequence of Formula or Piecewise
        The derivative with respect to each input, as a function of the inputs and the output.
    value : function of the inputs
        Raises `UndefinedError` if there is no value.
    slopes : function of the inputs and the output
        Returns the derivative with respect to each input. Raises `UndefinedError` if one is not
        finite.
    sides : function of the inputs
        Returns which one-sided derivative each slope is, or nothing where the derivative exists.
    inputs, output : str
        Placeholders in the formulas, one letter per input.
    parameters : mapping of str
        The values of other placeholders.
    """

    label: str
    formula: Formula | Piecewise
    partials: Sequence[Formula | Piecewise]
    value: Callable[..., float]
    slopes: Callable[..., tuple[float, ...]]
    sides: Callable[..., tuple[str, ...]] = field(default=lambda *inputs: ())
    inputs: str = "a"
    output: str = "y"
    parameters: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


def activation(name: str, entry: Activation) -> Operation:
    """Return the operation of an activation with its default parameters."""
    parameters = entry.complete({})

    def value(z: float) -> float:
        return _passes(entry, parameters, z)[0]

    def slopes(z: float, a: float) -> tuple[float, ...]:
        return (_passes(entry, parameters, z)[1],)

    def sides(z: float) -> tuple[str, ...]:
        """Compare value and derivative with those of the numbers next to z."""
        near = (math.nextafter(z, -math.inf), z, math.nextafter(z, math.inf))
        below, here, above = (
            np.array(_passes(entry, parameters, each if math.isfinite(each) else z))
            for each in near
        )
        is_left, is_right = (
            bool(np.all(np.abs(each - here) < _KINK * np.maximum(1, np.abs(here))))
            for each in (below, above)
        )
        return () if is_left and is_right else (LEFT if is_left else RIGHT,)

    shown = {**parameters, "p": parameters["slope"]} if entry.slope_gradient else parameters
    return Operation(name, entry.formula, [entry.derivative], value, slopes, sides,
                     inputs="z", output="a", parameters=shown)  # fmt: skip


def _passes(entry: Activation, parameters: Mapping[str, Value], z: float) -> tuple[float, float]:
    """Return the activation of a sum, and its derivative, from the functions that train."""
    Z, A, slope = np.full((1, 1), z), np.empty((1, 1)), np.empty((1, 1))
    with np.errstate(over="ignore"):  # the caller refuses what is not finite
        entry.forward(Z, A, **parameters)
        a = A.item()
        entry.backward(np.ones((1, 1)), Z, A, slope, **parameters)
    return a, slope.item()


def _one(value: Callable[[float], float]) -> Callable[[float, float], tuple[float]]:
    """Return the slopes of an operation on one number, from a function of it."""
    return lambda a, y: (value(a),)


def _quotient(a: float, b: float) -> float:
    if b == 0:
        raise UndefinedError("division by zero")
    return a / b


def _logarithm(a: float) -> float:
    if a <= 0:
        raise UndefinedError("only positive numbers have a logarithm")
    return math.log(a)


def _root(a: float) -> float:
    if a < 0:
        raise UndefinedError("negative numbers have no square root")
    return math.sqrt(a)


def _root_slope(a: float, y: float) -> tuple[float]:
    if a == 0:
        raise UndefinedError("no derivative, as the slope is infinite")
    return (1 / (2 * y),)


def _power(a: float, b: float) -> float:
    if a == 0 and b < 0:
        raise UndefinedError("division by zero: a negative power of 0")
    if a < 0 and b != math.floor(b):
        raise UndefinedError("a negative number has no power that is not whole")
    return math.pow(a, b)


def _power_slope(a: float, b: float) -> float:
    """Return the derivative of a power with respect to its base."""
    if a == 0 and 0 < b < 1:
        raise UndefinedError("no derivative, as the slope is infinite")
    return 0.0 if b == 0 else b * math.pow(a, b - 1)


def _exponent_slope(a: float, b: float, y: float) -> float:
    """Return the derivative of a power with respect to its exponent."""
    if a == 0 and b > 0:
        return 0.0
    if a <= 0:
        raise UndefinedError("no derivative by the exponent, as the base is not positive")
    return y * math.log(a)


def _larger(a: float, b: float) -> tuple[float, float]:
    return (1.0, 0.0) if a > b else (0.0, 1.0)


_ONE, _ZERO = Formula("1", "1"), Formula("0", "0")
_MINUS_ONE = Formula("-1", "-1")


def _compared(first: Formula, second: Formula, sign: float) -> Piecewise:
    """Return what is `first` if a > b (or a < b, for a negative sign), else `second`."""
    return Piecewise(
        ((0, first), (-math.inf, second)), value=lambda values: sign * (values["a"] - values["b"])
    )


def _extreme(name: str, sign: float, sides: tuple[str, str]) -> Operation:
    """Return max (for a positive sign) or min; of two equal numbers it is the second."""
    choose = max if sign > 0 else min
    return Operation(
        name,
        Formula(f"{name}(<a>, <b>)", rf"\{name}(<a>, <b>)"),
        [_compared(_ONE, _ZERO, sign), _compared(_ZERO, _ONE, sign)],
        lambda a, b: choose(a, b),
        lambda a, b, y: _larger(sign * a, sign * b),
        lambda a, b: sides if a == b else (),
        inputs="ab",
    )


_POWER = Operation(
    "^",
    Formula("<a>^<b>", "{<a>}^{<b>}"),
    [
        Formula("<b>·<a>^(<b> - 1)", r"<b> \cdot {<a>}^{<b> - 1}"),
        Formula("<y>·ln(<a>)", r"<y> \cdot \ln(<a>)"),
    ],
    _power,
    lambda a, b, y: (_power_slope(a, b), _exponent_slope(a, b, y)),
    inputs="ab",
)


def power(base: float | None, exponent: float | None) -> Operation:
    """Return the power of two variables, or with a number as base or exponent."""
    if exponent is not None:
        if exponent in (0, 1):
            slope = _ONE if exponent else _ZERO
        elif exponent == 2:
            slope = Formula("2·<a>", r"2 \cdot <a>")
        else:
            slope = Formula("<b>·<a>^<less>", r"<b> \cdot {<a>}^{<less>}")
        return replace(
            _POWER,
            partials=[slope, _ZERO],
            slopes=lambda a, b, y: (_power_slope(a, b), 0.0),
            parameters={"less": exponent - 1},
        )
    if base is not None:
        return replace(_POWER, slopes=lambda a, b, y: (0.0, _exponent_slope(a, b, y)))
    return _POWER


def mirrored(operation: Operation) -> Operation:
    """Return max or min for inputs in the other order, written as before.

    With a number as the second input, the derivative at a tie is that of `relu`: 0.
    """
    return replace(
        operation, formula=Formula(f"{operation.label}(<b>, <a>)", rf"\{operation.label}(<b>, <a>)")
    )


COPY = Operation(
    "=", Formula("<a>", "<a>"), [_ONE], lambda a: a, lambda a, y: (1.0,)
)  # fmt: skip

SIGNS: dict[str, Operation] = {
    "neg": Operation("-", Formula("-<a>", "-<a>"), [_MINUS_ONE], lambda a: -a, _one(lambda a: -1)),
    "+": Operation(
        "+", Formula("<a> + <b>", "<a> + <b>"), [_ONE, _ONE],
        lambda a, b: a + b, lambda a, b, y: (1.0, 1.0), inputs="ab",
    ),
    "-": Operation(
        "-", Formula("<a> - <b>", "<a> - <b>"), [_ONE, _MINUS_ONE],
        lambda a, b: a - b, lambda a, b, y: (1.0, -1.0), inputs="ab",
    ),
    "*": Operation(
        "×", Formula("<a>·<b>", r"<a> \cdot <b>"), [Formula("<b>", "<b>"), Formula("<a>", "<a>")],
        lambda a, b: a * b, lambda a, b, y: (b, a), inputs="ab",
    ),
    "/": Operation(
        "/", Formula("<a> / <b>", r"\frac{<a>}{<b>}"),
        [Formula("1 / <b>", r"\frac{1}{<b>}"), Formula("-<a> / <b>²", r"-\frac{<a>}{{<b>}^2}")],
        _quotient, lambda a, b, y: (1 / b, -a / b / b), inputs="ab",
    ),
}  # fmt: skip

FUNCTIONS: dict[str, Operation] = {
    "exp": Operation(
        "exp", Formula("e^<a>", "e^{<a>}"), [Formula("<y>", "<y>")],
        math.exp, lambda a, y: (y,),
    ),
    "log": Operation(
        "ln", Formula("ln(<a>)", r"\ln(<a>)"), [Formula("1 / <a>", r"\frac{1}{<a>}")],
        _logarithm, _one(lambda a: 1 / a),
    ),
    "sin": Operation(
        "sin", Formula("sin(<a>)", r"\sin(<a>)"), [Formula("cos(<a>)", r"\cos(<a>)")],
        math.sin, _one(math.cos),
    ),
    "cos": Operation(
        "cos", Formula("cos(<a>)", r"\cos(<a>)"), [Formula("-sin(<a>)", r"-\sin(<a>)")],
        math.cos, _one(lambda a: -math.sin(a)),
    ),
    "tan": Operation(
        "tan", Formula("tan(<a>)", r"\tan(<a>)"), [Formula("1 + <y>²", "1 + {<y>}^2")],
        math.tan, lambda a, y: (1 + y * y,),
    ),
    "sqrt": Operation(
        "√", Formula("√(<a>)", r"\sqrt{<a>}"), [Formula("1 / (2·<y>)", r"\frac{1}{2 \cdot <y>}")],
        _root, _root_slope,
    ),
    "abs": Operation(
        "abs", Formula("|<a>|", r"\lvert <a> \rvert"),
        [Piecewise(((0, _ONE), (-math.inf, _MINUS_ONE)), value=lambda values: values["a"])],
        abs, _one(lambda a: 1.0 if a > 0 else -1.0), lambda a: () if a else (LEFT,),
    ),
    "max": _extreme("max", 1, (LEFT, RIGHT)),
    "min": _extreme("min", -1, (RIGHT, LEFT)),
    **{
        name: activation(name, entry)
        for name, entry in ACTIVATIONS.items() if not entry.output_only
    },
}  # fmt: skip
FUNCTIONS["ln"] = FUNCTIONS["log"]

CONSTANTS: dict[str, float] = {"e": math.e, "pi": math.pi, "π": math.pi}
