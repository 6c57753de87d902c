"""The parameters that a network keeps while it is trained further."""

from collections.abc import Mapping, Sequence
from typing import Any

from nncli.config.schema import Config, ModelSection
from nncli.estimators.errors import ParameterError
from nncli.estimators.parameters import SECTIONS
from nncli.model.model import Model

# The keys that shape the network and its inputs, and those that shape the optimizer's state.
OF_NETWORK = (
    *(key for key in ModelSection.model_fields if key != "threshold"),
    *("scale", "columns", "blanks", "missing"),
)
OF_STATE = ("optimizer", "precision", "engine")

# All names of a key that has several.
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
    """Refuse parameters that a trained network cannot change.

    Parameters
    ----------
    model : Model
        The network to train further.
    config : Config
        To train it with, every default filled in.
    parameters : mapping
        Those of the estimator, for messages.
    engine : str, optional
        The engine of the optimizer's state; default: a new optimizer starts.

    Raises
    ------
    ParameterError
        Naming the parameter, what it was and what it is.
    """
    before, now = model.config, config.model_dump()
    fixed = [*OF_NETWORK, *_seed_of_connections(now)]
    for key in fixed if engine is None else [*fixed, *OF_STATE]:
        sections = [
            each.get(SECTIONS[key], {}) if SECTIONS[key] else each for each in (before, now)
        ]
        if not all(key in section for section in sections):
            continue  # rows of another form have other keys
        was, found = (section[key] for section in sections)
        if not _is_same(key, was, found, engine):
            was = engine if key == "engine" else was  # what auto has chosen
            raise ParameterError(
                f"{', '.join(_given(key, parameters))}: the network was trained with "
                f"{_shown(was)}; found {_shown(found)}; set it back, or start anew with fit and "
                "warm_start=False"
            )


def _seed_of_connections(config: Mapping[str, Any]) -> Sequence[str]:
    """Return the key of the seed if it chooses the connections."""
    density = config["model"]["density"]
    shares = density if isinstance(density, list) else [density]
    return ("seed",) if any(share < 1 for share in shares) else ()


def _is_same(key: str, was: Any, found: Any, engine: str | None) -> bool:
    if key == "optimizer":  # its settings may change: the state has the same form
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
