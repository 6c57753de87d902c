"""Check that parameters stay the same while a network is trained further."""

from collections.abc import Mapping, Sequence
from typing import Any

from nncli.config.schema import Config, ModelSection
from nncli.estimators.errors import ParameterError
from nncli.estimators.parameters import SECTIONS
from nncli.model.model import Model

# The keys that define the network and its inputs, and the form of the optimizer's state.
OF_NETWORK = (
    *(key for key in ModelSection.model_fields if key != "threshold"),
    *("scale", "columns", "features", "blanks", "missing"),
)
OF_STATE = ("optimizer", "precision", "engine")

# All names of keys that have several.
_NAMES = {
    "hidden_layers": ("hidden_layers", "hidden_layer_sizes"),
    "optimizer": (
        *("optimizer", "solver", "momentum", "nesterovs_momentum"),
        *("beta_1", "beta_2", "epsilon"),
    ),
    "seed": ("seed", "random_state"),
}
_MOST_SHOWN = 60  # characters of a value


def check_unchanged(
    model: Model, config: Config, parameters: Mapping[str, Any], engine: str | None = None
) -> None:
    """Raise `ParameterError` if a parameter of a trained network has changed.

    Parameters
    ----------
    model : Model
        Model to train further.
    config : Config
        New config, with every default filled in.
    parameters : mapping
        Parameters of the estimator, for messages.
    engine : str, optional
        Engine of the optimizer's state; default: start a new optimizer.

    Raises
    ------
    ParameterError
        The message names the parameter, its old and its new value.
    """
    before, now = model.config, config.model_dump()
    before = {**before, "data": {"features": None, **before["data"]}}  # not saved without any
    fixed = [*OF_NETWORK, *_seed_of_connections(now)]
    for key in fixed if engine is None else [*fixed, *OF_STATE]:
        sections = [
            each.get(SECTIONS[key], {}) if SECTIONS[key] else each for each in (before, now)
        ]
        if not all(key in section for section in sections):
            continue  # frames and arrays have different keys
        was, found = (section[key] for section in sections)
        if not _is_same(key, was, found, engine):
            was = engine if key == "engine" else was  # the engine that auto chose
            raise ParameterError(
                f"{', '.join(_given(key, parameters))}: the network was trained with "
                f"{_shown(was)}; found {_shown(found)}; set it back, or retrain with fit and "
                "warm_start=False"
            )


def _seed_of_connections(config: Mapping[str, Any]) -> Sequence[str]:
    """Return the key of the seed if the seed chooses the connections."""
    density = config["model"]["density"]
    shares = density if isinstance(density, list) else [density]
    return ("seed",) if any(share < 1 for share in shares) else ()


def _is_same(key: str, was: Any, found: Any, engine: str | None) -> bool:
    if key == "optimizer":  # other settings leave the form of the state unchanged
        return bool(_name(was) == _name(found))
    return bool(was == found) or (key == "engine" and found in ("auto", engine))


def _name(choice: str | Mapping[str, Any]) -> Any:
    return choice if isinstance(choice, str) else choice["name"]


def _given(key: str, parameters: Mapping[str, Any]) -> list[str]:
    names = _NAMES.get(key, (key,))
    return [name for name in names[1:] if parameters.get(name) is not None] or [key]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
