"""Find the settings of a config that the plain engine does not support."""

from collections.abc import Iterator

from nncli.config.resolve import Misfit
from nncli.config.schema import Config

ENGINE = ("training", "engine")


def refused_by_plain(config: Config) -> Iterator[Misfit]:
    """Yield a misfit for each setting without a loop in `nncli.engines.plain`."""
    optimizer = config.training.optimizer
    if optimizer.name != "sgd":
        yield _refusal(f"training.optimizer: {optimizer.name}", "set training.optimizer: sgd, or ")
    elif optimizer.parameters["nesterov"]:
        yield _refusal("nesterov in training.optimizer")
    for key in ("dropout", "max_norm", "clip_norm", "clip_value"):
        value = getattr(config.training, key)
        if any(value) if isinstance(value, list) else value:
            yield _refusal(f"training.{key}")
    normalization = config.model.normalization
    each = normalization if isinstance(normalization, list) else [normalization]
    if any(one.name != "none" for one in each):
        yield _refusal("model.normalization")


def _refusal(setting: str, remedy: str = "") -> Misfit:
    return Misfit(ENGINE, f"plain does not support {setting}; {remedy}use numpy")
