"""Learning-rate schedules: what the learning rate is multiplied by as training goes on.

``factor(t, epochs, **parameters)`` returns the factor after `t` epochs of `epochs`; `t` has a
fraction within an epoch, and starts at 0. Every schedule takes `warmup`: over so many epochs at
the start the factor rises in a line, from one step's share to the full.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, floor, pi

from nncli.nn.entries import Entry, Parameter, Value


def constant(t: float, epochs: int) -> float:
    """Return 1."""
    return 1.0


def step(t: float, epochs: int, every: float, factor: float) -> float:
    """Return factor^⌊t / every⌋: a fall after every so many epochs."""
    return float(factor ** floor(t / every))


def exponential(t: float, epochs: int, decay: float) -> float:
    """Return decay^t: the same share is lost in every epoch."""
    return float(decay**t)


def inverse_time(t: float, epochs: int, decay: float) -> float:
    """Return 1 / (1 + decay · t) (Robbins and Monro, 1951, for decay > 0)."""
    return 1.0 / (1.0 + decay * t)


def cosine(t: float, epochs: int, final: float) -> float:
    """Return final + (1 - final)(1 + cos(π t / epochs)) / 2 (Loshchilov and Hutter, 2017)."""
    return final + (1 - final) * (1 + cos(pi * min(t / epochs, 1.0))) / 2


def plateau(t: float, epochs: int, factor: float, patience: int) -> float:
    """Return 1: the falls depend on how training goes, which the loop knows."""
    return 1.0


@dataclass(frozen=True)
class Schedule(Entry):
    """A schedule; `factor` is as the module says.

    Attributes
    ----------
    depends_on_epochs : bool
        Whether the rate at one time is another where there are more epochs to come.
    """

    factor: Callable[..., float]
    depends_on_epochs: bool = False


_WARMUP = {"warmup": Parameter(0.0, "epochs over which the rate rises at the start", at_least=0.0)}

SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("the same all the time", constant, parameters=_WARMUP),
    "step": Schedule(
        "times a factor after every so many epochs",
        step,
        parameters={
            "every": Parameter(10.0, "epochs between two falls", above=0.0),
            "factor": Parameter(0.5, "what is left after a fall", above=0.0, at_most=1.0),
            **_WARMUP,
        },
    ),
    "exponential": Schedule(
        "the same share lost in every epoch",
        exponential,
        parameters={
            "decay": Parameter(0.95, "what is left after an epoch", above=0.0, at_most=1.0),
            **_WARMUP,
        },
    ),
    "inverse_time": Schedule(
        "1 / (1 + decay * epochs)",
        inverse_time,
        parameters={"decay": Parameter(0.1, "fall in an epoch", at_least=0.0), **_WARMUP},
    ),
    "cosine": Schedule(
        "half a cosine from the full rate to the final one",
        cosine,
        depends_on_epochs=True,
        parameters={
            "final": Parameter(0.0, "what is left at the end", at_least=0.0, at_most=1.0),
            **_WARMUP,
        },
    ),
    "plateau": Schedule(
        "times a factor when the monitored value no longer gets better",
        plateau,
        parameters={
            "factor": Parameter(0.5, "what is left after a fall", above=0.0, below=1.0),
            "patience": Parameter(3, "epochs without improvement before a fall", at_least=1),
            **_WARMUP,
        },
    ),
}


@dataclass(frozen=True)
class Plateau:
    """The rate falls by `factor` after so many epochs without improvement."""

    factor: float
    patience_epochs: int


def rate_function(
    name: str, parameters: Mapping[str, Value], learning_rate: float, epochs: int
) -> Callable[[float, float], float]:
    """Return the function that gives the learning rate of a step.

    It takes the epochs before the step, with a fraction, and the step's share of an epoch.
    """
    settings = dict(parameters)
    warmup = settings.pop("warmup")
    factor = SCHEDULES[name].factor

    def rate(t: float, share: float) -> float:
        rising = min(1.0, (t + share) / warmup) if warmup else 1.0
        return learning_rate * rising * factor(t, epochs, **settings)

    return rate


def plateau_of(name: str, parameters: Mapping[str, Value]) -> Plateau | None:
    """Return when the rate falls on a plateau, or None for the other schedules."""
    if name != "plateau":
        return None
    return Plateau(float(parameters["factor"]), int(parameters["patience"]))
