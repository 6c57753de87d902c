"""Optimizers: how a gradient changes the parameters.

``update(parameters, gradient, slots, scratch, learning_rate, step, **settings)`` changes the flat
vector `parameters` and the rows of `slots` (one vector of the same length each) in place. `step`
counts from 1. `gradient` and `scratch` (another such vector) are undefined afterwards; nothing is
allocated. Slots start at zero.

In the equations g is the gradient, w a parameter, η the learning rate and t the step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from nncli.nn.entries import Array, Entry, Formula, Parameter, Value

Settings = Mapping[str, Value]
Equations = dict[str, Formula]


def sgd(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    momentum: float,
    nesterov: bool,
) -> None:
    """Stochastic gradient descent, with momentum (Polyak, 1964) if asked for.

    With the momentum μ and the velocity v: v ← μ v + g, then w ← w - η v; without momentum
    w ← w - η g. With Nesterov's momentum
    (Sutskever, Martens, Dahl and Hinton, 2013) w ← w - η (g + μ v), with the new v.
    """
    if momentum:
        (velocity,) = slots
        np.multiply(velocity, momentum, out=velocity)
        np.add(velocity, gradient, out=velocity)
        if nesterov:
            np.multiply(gradient, learning_rate, out=gradient)
            np.subtract(parameters, gradient, out=parameters)
            np.multiply(velocity, momentum * learning_rate, out=gradient)
        else:
            np.multiply(velocity, learning_rate, out=gradient)
    else:
        np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)


def adam(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """Adam (Kingma and Ba, 2015, algorithm 1).

    m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g²; then w ← w - η m̂ / (√v̂ + ε) with
    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).

    The slots hold m / (1 - β₁) and v / (1 - β₂), and the constant factors are joined: the same
    numbers but for rounding, in ten passes over the vectors instead of fourteen.
    """
    mean, square = slots
    np.multiply(mean, beta1, out=mean)
    np.add(mean, gradient, out=mean)
    np.multiply(square, beta2, out=square)
    np.multiply(gradient, gradient, out=gradient)
    np.add(square, gradient, out=square)
    mean_factor = (1 - beta1) / (1 - beta1**step)
    root_factor = sqrt((1 - beta2) / (1 - beta2**step))
    denominator = np.sqrt(square, out=gradient)
    np.add(denominator, epsilon / root_factor, out=denominator)
    np.divide(mean, denominator, out=denominator)
    np.multiply(denominator, learning_rate * mean_factor / root_factor, out=denominator)
    np.subtract(parameters, denominator, out=parameters)


def adagrad(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    epsilon: float,
) -> None:
    """AdaGrad (Duchi, Hazan and Singer, 2011): v ← v + g²; w ← w - η g / (√v + ε)."""
    (square,) = slots
    np.multiply(gradient, gradient, out=scratch)
    np.add(square, scratch, out=square)
    _divide_by_root(gradient, square, scratch, epsilon)
    np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)


def rmsprop(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    decay: float,
    epsilon: float,
) -> None:
    """RMSProp (Tieleman and Hinton, 2012): v ← ρ v + (1 - ρ) g²; w ← w - η g / (√v + ε)."""
    (square,) = slots
    np.multiply(gradient, gradient, out=scratch)
    np.multiply(scratch, 1 - decay, out=scratch)
    np.multiply(square, decay, out=square)
    np.add(square, scratch, out=square)
    _divide_by_root(gradient, square, scratch, epsilon)
    np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)


def _divide_by_root(gradient: Array, square: Array, scratch: Array, epsilon: float) -> None:
    """Divide `gradient` by √square + ε in place."""
    np.sqrt(square, out=scratch)
    np.add(scratch, epsilon, out=scratch)
    np.divide(gradient, scratch, out=gradient)


def adamw(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    """AdamW (Loshchilov and Hutter, 2019): w ← w - η λ w, then a step of Adam.

    As in the paper λ acts on every parameter, biases too.
    """
    np.multiply(parameters, 1 - learning_rate * weight_decay, out=parameters)
    adam(parameters, gradient, slots, scratch, learning_rate, step, beta1, beta2, epsilon)


def nadam(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """NAdam, Adam with Nesterov's momentum (Dozat, 2016), with a constant momentum.

    m and v as in Adam; then w ← w - η m̄ / (√v̂ + ε) with v̂ = v / (1 - β₂ᵗ) and
    m̄ = β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ).
    """
    mean, square = slots
    np.multiply(mean, beta1, out=mean)
    np.multiply(gradient, 1 - beta1, out=scratch)
    np.add(mean, scratch, out=mean)
    np.multiply(square, beta2, out=square)
    np.multiply(gradient, gradient, out=scratch)
    np.multiply(scratch, 1 - beta2, out=scratch)
    np.add(square, scratch, out=square)
    np.multiply(gradient, (1 - beta1) / (1 - beta1**step), out=gradient)
    np.multiply(mean, beta1 / (1 - beta1 ** (step + 1)), out=scratch)
    np.add(gradient, scratch, out=gradient)
    np.multiply(square, 1 / (1 - beta2**step), out=scratch)
    _divide_by_root(gradient, scratch, scratch, epsilon)
    np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)


def _nesterov_without_momentum(settings: Mapping[str, Value]) -> str | None:
    if settings["nesterov"] and not settings["momentum"]:
        return "nesterov needs a momentum above 0, such as 0.9"
    return None


@dataclass(frozen=True)
class Optimizer(Entry):
    """An optimizer.

    Attributes
    ----------
    update : function
        As the module says.
    slots : int
        How many vectors it keeps from step to step.
    equations : function
        Takes the settings; returns, in their order, the new value of each quantity of a parameter,
        <w> last, by their values before, the gradient <g>, the rate <rate> and the step <k>.
    shown : function
        Takes the slots and the settings; returns the vector of each other quantity.
    """

    update: Callable[..., None]
    slots: int
    equations: Callable[[Settings], Equations]
    shown: Callable[[Array, Settings], dict[str, Array]]


def _sgd_equations(settings: Settings) -> Equations:
    if not settings["momentum"]:
        return {"w": Formula("<w> - <rate>·<g>", r"<w> - <rate> \cdot <g>")}
    if settings["nesterov"]:
        step = Formula(
            "<w> - <rate>·(<g> + <momentum>·<v>)", r"<w> - <rate> (<g> + <momentum> \cdot <v>)"
        )
    else:
        step = Formula("<w> - <rate>·<v>", r"<w> - <rate> \cdot <v>")
    velocity = Formula("<momentum>·<v> + <g>", r"<momentum> \cdot <v> + <g>")
    return {"v": velocity, "w": step}


def _adam_equations(settings: Settings) -> Equations:
    step = Formula("<w> - <rate>·" + _RATIO.text, "<w> - <rate> " + _RATIO.latex)
    return {**_MOMENTS, "w": step}


def _adamw_equations(settings: Settings) -> Equations:
    step = Formula(
        "<w> - <rate>·<weight_decay>·<w> - <rate>·" + _RATIO.text,
        r"<w> - <rate> \cdot <weight_decay> \cdot <w> - <rate> " + _RATIO.latex,
    )
    return {**_MOMENTS, "w": step}


def _nadam_equations(settings: Settings) -> Equations:
    step = Formula(
        "<w> - <rate>·(<beta1>·<m> / (1 - <beta1>^(<k>+1)) + (1 - <beta1>)·<g> / (1 - <beta1>^<k>))"
        " / (√(<v> / (1 - <beta2>^<k>)) + <epsilon>)",
        r"<w> - <rate> \frac{<beta1> \cdot <m> / (1 - <beta1>^{<k>+1}) + (1 - <beta1>) \cdot <g> / "
        r"(1 - <beta1>^{<k>})}{\sqrt{<v> / (1 - <beta2>^{<k>})} + <epsilon>}",
    )
    return {**_MOMENTS, "w": step}


def _adagrad_equations(settings: Settings) -> Equations:
    return {"v": Formula("<v> + <g>²", "<v> + {<g>}^2"), "w": _DIVIDED_BY_ROOT}


def _rmsprop_equations(settings: Settings) -> Equations:
    square = Formula(
        "<decay>·<v> + (1 - <decay>)·<g>²", r"<decay> \cdot <v> + (1 - <decay>) \cdot {<g>}^2"
    )
    return {"v": square, "w": _DIVIDED_BY_ROOT}


def _first_slot(slots: Array, settings: Settings) -> dict[str, Array]:
    return {"v": slots[0]}


def _scaled_moments(slots: Array, settings: Settings) -> dict[str, Array]:
    return {"m": slots[0] * (1 - settings["beta1"]), "v": slots[1] * (1 - settings["beta2"])}


def _moments(slots: Array, settings: Settings) -> dict[str, Array]:
    return {"m": slots[0], "v": slots[1]}


_MOMENTS = {
    "m": Formula("<beta1>·<m> + (1 - <beta1>)·<g>", r"<beta1> \cdot <m> + (1 - <beta1>) \cdot <g>"),
    "v": Formula(
        "<beta2>·<v> + (1 - <beta2>)·<g>²", r"<beta2> \cdot <v> + (1 - <beta2>) \cdot {<g>}^2"
    ),
}
_RATIO = Formula(
    "(<m> / (1 - <beta1>^<k>)) / (√(<v> / (1 - <beta2>^<k>)) + <epsilon>)",
    r"\frac{<m> / (1 - <beta1>^{<k>})}{\sqrt{<v> / (1 - <beta2>^{<k>})} + <epsilon>}",
)
_DIVIDED_BY_ROOT = Formula(
    "<w> - <rate>·<g> / (√<v> + <epsilon>)", r"<w> - <rate> \frac{<g>}{\sqrt{<v>} + <epsilon>}"
)

_EPSILON = Parameter(1e-8, "keeps the quotient finite", at_least=1e-30)
_BETAS = {
    "beta1": Parameter(0.9, "decay of the gradient's mean", at_least=0.0, below=1.0),
    "beta2": Parameter(0.999, "decay of its square", at_least=0.0, below=1.0),
    "epsilon": _EPSILON,
}

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        "gradient descent, with momentum if set",
        sgd,
        slots=1,
        equations=_sgd_equations,
        shown=_first_slot,
        parameters={
            "momentum": Parameter(0.0, "share of the last update kept", at_least=0.0, below=1.0),
            "nesterov": Parameter(False, "look ahead: Nesterov's momentum"),
        },
        conflict=_nesterov_without_momentum,
    ),
    "adagrad": Optimizer(
        "a rate for each parameter that falls with all its gradients",
        adagrad,
        slots=1,
        equations=_adagrad_equations,
        shown=_first_slot,
        parameters={"epsilon": _EPSILON},
    ),
    "rmsprop": Optimizer(
        "a rate for each parameter from its last gradients",
        rmsprop,
        slots=1,
        equations=_rmsprop_equations,
        shown=_first_slot,
        parameters={
            "decay": Parameter(0.9, "decay of the squared gradient", at_least=0.0, below=1.0),
            "epsilon": _EPSILON,
        },
    ),
    "adam": Optimizer(
        "a rate for each parameter from its gradient's mean and variance",
        adam,
        slots=2,
        equations=_adam_equations,
        shown=_scaled_moments,
        parameters=_BETAS,
    ),
    "adamw": Optimizer(
        "Adam with weight decay apart from the gradient",
        adamw,
        slots=2,
        equations=_adamw_equations,
        shown=_scaled_moments,
        parameters={
            **_BETAS,
            "weight_decay": Parameter(0.01, "share of every parameter lost", at_least=0.0),
        },
    ),
    "nadam": Optimizer(
        "Adam with Nesterov's momentum",
        nadam,
        slots=2,
        equations=_nadam_equations,
        shown=_moments,
        parameters=_BETAS,
    ),
}
