"""The table of optimizers with their equations.

The updates themselves are in `nncli.nn.updates`, which documents their signature.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nncli.nn import updates
from nncli.nn.entries import Array, Entry, Formula, Parameter, Value

Settings = Mapping[str, Value]
Equations = dict[str, Formula]


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
        The update function; see `updates`.
    slots : int
        The number of vectors kept between steps.
    equations : function
        Takes the settings; returns the equations for the new values of a parameter's quantities,
        in order, <w> last. They use the old values, the gradient <g>, the learning rate <rate> and
        the step <k>.
    shown : function
        Takes the slots and the settings; returns a vector for each quantity except <w>.
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

_EPSILON = Parameter(1e-8, "avoids division by zero", at_least=1e-30)
_BETAS = {
    "beta1": Parameter(0.9, "decay of the gradient's mean", at_least=0.0, below=1.0),
    "beta2": Parameter(0.999, "decay of the squared gradient", at_least=0.0, below=1.0),
    "epsilon": _EPSILON,
}

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(
        "gradient descent with optional momentum",
        updates.sgd,
        slots=1,
        equations=_sgd_equations,
        shown=_first_slot,
        parameters={
            "momentum": Parameter(
                0.0, "fraction of the last update to keep", at_least=0.0, below=1.0
            ),
            "nesterov": Parameter(False, "use Nesterov momentum"),
        },
        conflict=_nesterov_without_momentum,
    ),
    "adagrad": Optimizer(
        "rate per parameter, decreasing with all past gradients",
        updates.adagrad,
        slots=1,
        equations=_adagrad_equations,
        shown=_first_slot,
        parameters={"epsilon": _EPSILON},
    ),
    "rmsprop": Optimizer(
        "rate per parameter, from recent squared gradients",
        updates.rmsprop,
        slots=1,
        equations=_rmsprop_equations,
        shown=_first_slot,
        parameters={
            "decay": Parameter(0.9, "decay of the squared gradient", at_least=0.0, below=1.0),
            "epsilon": _EPSILON,
        },
    ),
    "adam": Optimizer(
        "rate per parameter, from running means of gradient and squared gradient",
        updates.adam,
        slots=2,
        equations=_adam_equations,
        shown=_scaled_moments,
        parameters=_BETAS,
    ),
    "adamw": Optimizer(
        "Adam with decoupled weight decay",
        updates.adamw,
        slots=2,
        equations=_adamw_equations,
        shown=_scaled_moments,
        parameters={
            **_BETAS,
            "weight_decay": Parameter(
                0.01, "decay of all parameters, times the rate", at_least=0.0
            ),
        },
    ),
    "nadam": Optimizer(
        "Adam with Nesterov momentum",
        updates.nadam,
        slots=2,
        equations=_nadam_equations,
        shown=_moments,
        parameters=_BETAS,
    ),
}
