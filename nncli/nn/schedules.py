"""Learning-rate schedules: factors of the learning rate during training.

``factor(t, epochs, **parameters)`` returns the factor after `t` of `epochs` epochs; `t` starts at 0
and is fractional within an epoch. Every schedule takes `warmup`, the number of epochs at the start
over which the rate rises linearly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, floor, inf, isfinite, pi

from nncli.nn.entries import Entry, Parameter, Value


def constant(t: float, epochs: int) -> float:
    """Return 1."""
    return 1.0


def step(t: float, epochs: int, every: float, factor: float) -> float:
    """Return factor^⌊t / every⌋: a drop every `every` epochs."""
    drops = t / every
    return float(factor ** (floor(drops) if isfinite(drops) else inf))


def exponential(t: float, epochs: int, decay: float) -> float:
    """Return decay^t: the same relative decrease in every epoch."""
    return float(decay**t)


def inverse_time(t: float, epochs: int, decay: float) -> float:
    """Return 1 / (1 + decay · t) (Robbins and Monro, 1951, for decay > 0)."""
    return 1.0 / (1.0 + decay * t)


def cosine(t: float, epochs: int, final: float) -> float:
    """Return final + (1 - final)(1 + cos(π t / epochs)) / 2 (Loshchilov and Hutter, 2017)."""
    return final + (1 - final) * (1 + cos(pi * min(t / epochs, 1.0))) / 2


def plateau(t: float, epochs: int, factor: float, patience: int) -> float:
    """Return 1: the training loop applies the drops, which depend on the results."""
    return 1.0


@dataclass(frozen=True)
class Schedule(Entry):
    """A schedule; the module docstring describes `factor`.

    Attributes
    ----------
    depends_on_epochs : bool
        Whether the rate at a given time depends on the total number of epochs.
    """

    factor: Callable[..., float]
    depends_on_epochs: bool = False


_WARMUP = {"warmup": Parameter(0.0, "epochs of linear warmup at the start", at_least=0.0)}

SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("constant rate", constant, parameters=_WARMUP),
    "step": Schedule(
        "multiplied by a factor at fixed intervals",
        step,
        parameters={
            "every": Parameter(10.0, "epochs between drops", above=0.0),
            "factor": Parameter(0.5, "factor at each drop", above=0.0, at_most=1.0),
            **_WARMUP,
        },
    ),
    "exponential": Schedule(
        "multiplied by decay in every epoch",
        exponential,
        parameters={
            "decay": Parameter(0.95, "factor per epoch", above=0.0, at_most=1.0),
            **_WARMUP,
        },
    ),
    "inverse_time": Schedule(
        "divided by 1 + decay * epochs",
        inverse_time,
        parameters={"decay": Parameter(0.1, "decay per epoch", at_least=0.0), **_WARMUP},
    ),
    "cosine": Schedule(
        "half a cosine from the full rate to the final one",
        cosine,
        depends_on_epochs=True,
        parameters={
            "final": Parameter(0.0, "final factor of the rate", at_least=0.0, at_most=1.0),
            **_WARMUP,
        },
    ),
    "plateau": Schedule(
        "multiplied by a factor when the monitored value stops improving",
        plateau,
        parameters={
            "factor": Parameter(0.5, "factor at each drop", above=0.0, below=1.0),
            "patience": Parameter(3, "epochs without improvement before a drop", at_least=1),
            **_WARMUP,
        },
    ),
}


@dataclass(frozen=True)
class Plateau:
    """Multiply the rate by `factor` after `patience_epochs` epochs without improvement."""

    factor: float
    patience_epochs: int


def rate_function(
    name: str, parameters: Mapping[str, Value], learning_rate: float, epochs: int
) -> Callable[[float, float], float]:
    """Return the function that computes the learning rate of a step.

    Its arguments are the (fractional) epochs before the step, and the step's fraction of an epoch.
    """
    settings = dict(parameters)
    warmup = settings.pop("warmup")
    factor = SCHEDULES[name].factor

    def rate(t: float, share: float) -> float:
        rising = min(1.0, (t + share) / warmup) if warmup else 1.0
        return learning_rate * rising * factor(t, epochs, **settings)

    return rate


def plateau_of(name: str, parameters: Mapping[str, Value]) -> Plateau | None:
    """Return the settings of the plateau schedule, or None for other schedules."""
    if name != "plateau":
        return None
    return Plateau(float(parameters["factor"]), int(parameters["patience"]))
