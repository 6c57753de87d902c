"""Optimizers: how a gradient changes the parameters.

``update(parameters, gradient, slots, scratch, learning_rate, step, **settings)`` changes the flat
vector `parameters` and the rows of `slots` (one vector of the same length each) in place. `step`
counts from 1. `gradient` and `scratch` (another such vector) are undefined afterwards; nothing is
allocated. Slots start at zero.

In the equations g is the gradient, w a parameter, η the learning rate and t the step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from nncli.model.entries import Array, Entry, Formula, Parameter, Value


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
        Takes the settings; returns the update of a parameter <w> with the gradient <g> and the
        rate <rate>, a `Formula` a line, the new w last.
    """

    update: Callable[..., None]
    slots: int
    equations: Callable[[Mapping[str, Value]], Sequence[Formula]]


def _sgd_equations(settings: Mapping[str, Value]) -> Sequence[Formula]:
    if not settings["momentum"]:
        return [Formula("<w> - <rate>·<g>", r"<w> - <rate> \cdot <g>")]
    if settings["nesterov"]:
        step = Formula("w - η·(g + <momentum>·v)", r"w - \eta (g + <momentum> v)")
    else:
        step = Formula("w - η·v", r"w - \eta v")
    return [Formula("v ← <momentum>·v + g", r"v \leftarrow <momentum> v + g"), step]


def _adam_equations(settings: Mapping[str, Value]) -> Sequence[Formula]:
    return [
        *_MOMENTS,
        Formula(
            "w - η·(m / (1 - <beta1>^t)) / (√(v / (1 - <beta2>^t)) + <epsilon>)",
            r"w - \eta \frac{m / (1 - <beta1>^t)}{\sqrt{v / (1 - <beta2>^t)} + <epsilon>}",
        ),
    ]


def _adamw_equations(settings: Mapping[str, Value]) -> Sequence[Formula]:
    decay = Formula("w ← w - η·<weight_decay>·w", r"w \leftarrow w - \eta <weight_decay> w")
    return [decay, *_adam_equations(settings)]


def _nadam_equations(settings: Mapping[str, Value]) -> Sequence[Formula]:
    return [
        *_MOMENTS,
        Formula(
            "m̄ ← <beta1>·m / (1 - <beta1>^(t+1)) + (1 - <beta1>)·g / (1 - <beta1>^t)",
            r"\bar m \leftarrow \frac{<beta1> m}{1 - <beta1>^{t+1}} "
            r"+ \frac{(1 - <beta1>) g}{1 - <beta1>^t}",
        ),
        Formula(
            "w - η·m̄ / (√(v / (1 - <beta2>^t)) + <epsilon>)",
            r"w - \eta \frac{\bar m}{\sqrt{v / (1 - <beta2>^t)} + <epsilon>}",
        ),
    ]


def _adagrad_equations(settings: Mapping[str, Value]) -> Sequence[Formula]:
    return [Formula("v ← v + g²", r"v \leftarrow v + g^2"), _DIVIDED_BY_ROOT]


def _rmsprop_equations(settings: Mapping[str, Value]) -> Sequence[Formula]:
    square = Formula(
        "v ← <decay>·v + (1 - <decay>)·g²", r"v \leftarrow <decay> v + (1 - <decay>) g^2"
    )
    return [square, _DIVIDED_BY_ROOT]


_MOMENTS = (
    Formula("m ← <beta1>·m + (1 - <beta1>)·g", r"m \leftarrow <beta1> m + (1 - <beta1>) g"),
    Formula("v ← <beta2>·v + (1 - <beta2>)·g²", r"v \leftarrow <beta2> v + (1 - <beta2>) g^2"),
)
_DIVIDED_BY_ROOT = Formula("w - η·g / (√v + <epsilon>)", r"w - \eta \frac{g}{\sqrt{v} + <epsilon>}")

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
        parameters={"epsilon": _EPSILON},
    ),
    "rmsprop": Optimizer(
        "a rate for each parameter from its last gradients",
        rmsprop,
        slots=1,
        equations=_rmsprop_equations,
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
        parameters=_BETAS,
    ),
    "adamw": Optimizer(
        "Adam with weight decay apart from the gradient",
        adamw,
        slots=2,
        equations=_adamw_equations,
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
        parameters=_BETAS,
    ),
}
