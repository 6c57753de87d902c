"""The estimators' parameters: config keys and scikit-learn's names."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Literal, TypedDict, TypeVar

from pydantic import BaseModel

from nncli.base.words import did_you_mean
from nncli.config.defaults import training_defaults
from nncli.config.memory_sources import FrameSource
from nncli.config.schema import Config, ModelSection
from nncli.config.training_section import TrainingSection

Choice = str | Mapping[str, Any]
Function = TypeVar("Function", bound=Callable[..., Any])
Each = Choice | Sequence[Choice]


class NetworkParameters(TypedDict, total=False):
    """The parameters of both estimators."""

    hidden_layers: Sequence[int] | None
    activation: Each | None
    normalization: Each
    output: Choice | None
    initializer: Each | None
    bias_initializer: Each
    initial_weights: Any
    initial_biases: Any
    density: float | Sequence[float]
    masks: Any
    loss: Choice | None
    optimizer: Choice | None
    learning_rate: float | str | None
    batch_size: int | Literal["full", "auto"] | None
    epochs: int | None
    steps: int | None
    shuffle: bool
    schedule: Choice | None
    l1: float
    l2: float | None
    max_norm: float | None
    clip_norm: float | None
    clip_value: float | None
    dropout: float | Sequence[float]
    precision: Literal["float32", "float64"]
    engine: Literal["auto", "numpy", "compiled", "plain"]
    early_stopping: bool | Mapping[str, Any] | None
    seed: int
    validation: int | float | None
    scale: Choice
    columns: Mapping[str, Any] | None
    features: Sequence[Choice] | None
    blanks: Sequence[str] | None
    missing: Literal["error", "auto"]
    threads: int | None
    warm_start: bool
    hidden_layer_sizes: Any
    solver: str | None
    alpha: float | None
    learning_rate_init: float | None
    power_t: float | None
    max_iter: int | None
    random_state: Any
    tol: float | None
    verbose: bool | int | None
    momentum: float | None
    nesterovs_momentum: bool | None
    validation_fraction: float | None
    beta_1: float | None
    beta_2: float | None
    epsilon: float | None
    n_iter_no_change: int | None
    max_fun: int | None


class ClassifierParameters(NetworkParameters, total=False):
    """The parameters of a classifier."""

    threshold: float | None
    class_weight: Literal["balanced"] | Mapping[Any, float] | None


# Estimators write no files and record no weights; scikit-learn does cross-validation and refits.
LEFT_OUT = (
    "checkpoint_seconds",
    "record_weights",
    "log_every",
    "tensorboard",
    "folds",
    "fold",
    "seeds",
    "refit",
)
OF_DATA = ("validation", "scale", "columns", "features", "blanks", "missing", "class_weight")
_OF_CLASSES = ("threshold", "class_weight")

# The config section of each key; empty for the top level.
SECTIONS: dict[str, str] = {
    **dict.fromkeys(ModelSection.model_fields, "model"),
    **{key: "training" for key in TrainingSection.model_fields if key not in LEFT_OUT},
    **dict.fromkeys(OF_DATA, "data"),
    "seed": "",
}
_SCHEMAS: dict[str, type[BaseModel]] = {
    "model": ModelSection,
    "training": TrainingSection,
    "data": FrameSource,
    "": Config,
}

# Parameters whose default None means the config's default, which may depend on the rows.
BY_THE_ROWS = (
    *("hidden_layers", "activation", "optimizer", "validation", "epochs", "steps"),
    *training_defaults(1, "binary", validates=False),
)

SCIKIT_LEARN = (
    "hidden_layer_sizes",
    "solver",
    "alpha",
    "learning_rate_init",
    "power_t",
    "max_iter",
    "random_state",
    "tol",
    "verbose",
    "momentum",
    "nesterovs_momentum",
    "validation_fraction",
    "beta_1",
    "beta_2",
    "epsilon",
    "n_iter_no_change",
    "max_fun",
)


def _defaults() -> dict[str, Any]:
    """Return the default of each parameter, from the config or the estimators."""
    configured = {
        key: _SCHEMAS[section].model_fields[key].get_default(call_default_factory=True)
        for key, section in SECTIONS.items()
    }
    return {
        **{key: None if default in ([], {}) else default for key, default in configured.items()},
        **dict.fromkeys(BY_THE_ROWS),
        "missing": "auto",
        "threads": None,
        "warm_start": False,
        **dict.fromkeys(SCIKIT_LEARN),
    }


OF_CLASSIFIERS: Mapping[str, Any] = _defaults()
OF_REGRESSORS: Mapping[str, Any] = {
    key: default for key, default in OF_CLASSIFIERS.items() if key not in _OF_CLASSES
}


def takes(defaults: Mapping[str, Any]) -> Callable[[Function], Function]:
    """Return a decorator that adds these parameters to the signature of ``__init__``."""
    own = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    named = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default)
        for name, default in defaults.items()
    ]

    def with_signature(init: Function) -> Function:
        vars(init)["__signature__"] = Signature([own, *named])
        return init

    return with_signature


def completed(owner: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters, with defaults. Raises `TypeError` for an unknown name."""
    for name in given:
        if name not in defaults:
            hint = did_you_mean(name, [*defaults])
            raise TypeError(f"{owner}() got an unexpected keyword argument {name!r}{hint}")
    return {**defaults, **given}
