"""The threshold: the probability above which the second class, or a label, is predicted."""

from numbers import Real

from nncli.base.arguments import argument, said, unexpected
from nncli.base.errors import ModelFileError, UsageError
from nncli.metrics.scores import DEFAULT_THRESHOLD, WITH_THRESHOLD, margin_of
from nncli.model.model import Model
from nncli.nn.network import Network


def gives_probabilities(network: Network) -> bool:
    """Return whether the outputs are probabilities."""
    return network.output.entry.probabilities


def has_threshold(task: str, network: Network) -> bool:
    """Return whether predictions compare a probability with a threshold."""
    return task in WITH_THRESHOLD and gives_probabilities(network)


def margin_for(network: Network, threshold: float | None) -> float | None:
    """Return the margin of `chosen_classes` and `chosen_labels` for the outputs of a network."""
    return margin_of(threshold, chosen_at_0=network.output.entry.chosen_at_0)


def own_threshold(model: Model) -> float | None:
    """Return the threshold in a model's config; None if the model has no use for one.

    Raises
    ------
    ModelFileError
        If the threshold in the config is not a probability.
    """
    if not has_threshold(model.task, model.network):
        return None
    section = model.config.get("model")
    found = section.get("threshold") if isinstance(section, dict) else None
    if found is None:  # a model of an earlier version, without thresholds
        return DEFAULT_THRESHOLD
    if not isinstance(found, float) or not 0 < found < 1:
        raise ModelFileError(
            f"the model's config: model.threshold: found {found!r}; expected a number between 0 "
            "and 1; get or train the model again"
        )
    return found


def threshold_for(model: Model, asked: float | None) -> float | None:
    """Return the requested threshold, or the model's own by default.

    Raises
    ------
    UsageError
        If the threshold is not between 0 and 1, or the model has no use for it.
    """
    if asked is None:
        return model.threshold
    if isinstance(asked, bool) or not isinstance(asked, Real):
        raise unexpected(argument("threshold"), asked, "a probability between 0 and 1")
    if model.task not in WITH_THRESHOLD:
        tasks = " and ".join(WITH_THRESHOLD)
        problem = f"its task is {model.task}; a threshold applies only to {tasks}"
    elif not gives_probabilities(model.network):
        problem = "its outputs are not probabilities, so it has no threshold"
    elif not 0 < asked < 1:
        raise UsageError(
            f"{argument('threshold')}: found {asked:g}; expected a probability between 0 and 1"
        )
    else:
        return asked
    raise UsageError(f"{model.called}: {problem}; leave out {argument('threshold')}")


def check_probabilities(model: Model) -> None:
    """Raise `UsageError` if the outputs of a model are not probabilities."""
    if model.task == "regression" or not gives_probabilities(model.network):
        remedy = said("leave out --proba", "use predict")
        raise UsageError(f"{model.called}: its outputs are not probabilities; {remedy}")
