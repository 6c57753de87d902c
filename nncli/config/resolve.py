"""Fill in the defaults that depend on the task, and reject settings that do not fit together."""

from dataclasses import dataclass
from math import inf

from nncli.base.words import either
from nncli.config.named import Named
from nncli.config.schema import Config
from nncli.config.strict_yaml import Path
from nncli.data.dataset import Task
from nncli.metrics.names import METRICS, split_and_metric
from nncli.metrics.scores import DEFAULT_THRESHOLD, SCORES, WITH_THRESHOLD
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.kinds import NORMALIZATIONS
from nncli.nn.losses import LOSSES

_OUTPUTS: dict[Task, str] = {
    "binary": "sigmoid",
    "multiclass": "softmax",
    "multilabel": "sigmoid",
    "regression": "identity",
}


class Misfit(Exception):  # noqa: N818 - caught by the loader, which knows the place
    """Two parts of a config do not fit together.

    Attributes
    ----------
    path : tuple
        The key to report.
    problem : str
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(problem)
        self.path = path
        self.problem = problem


@dataclass(frozen=True)
class Resolved:
    """The meaning of a config for a task.

    Attributes
    ----------
    config : Config
        The config with every default filled in.
    activations, normalizations, initializers, bias_initializers : list of Named
        One for each layer, the output included.
    loss : Named
    """

    config: Config
    activations: list[Named]
    normalizations: list[Named]
    initializers: list[Named]
    bias_initializers: list[Named]
    loss: Named


def resolve(config: Config, task: Task) -> Resolved:
    """Return the meaning of `config` for `task`.

    Raises
    ------
    Misfit
        When output, task, loss and data do not fit together.
    """
    model, training = config.model, config.training
    output = model.output or Named.of(ACTIVATIONS, _OUTPUTS[task])
    if task not in ACTIVATIONS[output.name].output_for:
        fitting = [name for name, each in ACTIVATIONS.items() if task in each.output_for]
        raise Misfit(
            ("model", "output"),
            f"{output.name} cannot be the output of a {task} task; expected {either(fitting)}",
        )
    loss = training.loss or Named.of(LOSSES, _default_loss(output.name, task))
    _check_loss(loss.name, output.name, task)
    _check_given_targets(config, loss.name)
    hidden = _one_each(model.activation, len(model.hidden_layers))
    if isinstance(training.dropout, list) and len(training.dropout) != len(hidden):
        raise Misfit(
            ("training", "dropout"),
            f"found a list of {len(training.dropout)}; expected {len(hidden)}, one per hidden "
            "layer",
        )
    for each in hidden:
        if training.epochs != 0 and not ACTIVATIONS[each.name].trainable:
            raise Misfit(
                ("model", "activation"),
                f"gradient descent cannot train through {each.name}: its derivative is 0 "
                "everywhere, so no error reaches the layers before it; use sigmoid, or set "
                "model.initial_weights and training.epochs: 0",
            )
    activations = [*hidden, output]
    threshold = _threshold(model.threshold, task, output.name)
    normalizations = [
        *_one_each(model.normalization, len(hidden)),
        Named.of(NORMALIZATIONS, "none"),  # the output is not normalized
    ]
    initializers = _initializers(config, activations)
    biases = _one_each(model.bias_initializer, len(activations))
    complete = _filled_in(config, output, initializers, loss, threshold)
    return Resolved(complete, activations, normalizations, initializers, biases, loss)


def _threshold(chosen: float | None, task: Task, output: str) -> float | None:
    if task in WITH_THRESHOLD and ACTIVATIONS[output].probabilities:
        return DEFAULT_THRESHOLD if chosen is None else chosen
    if chosen is None:
        return None
    problem = f"the values of the {output} output are not probabilities"
    if task not in WITH_THRESHOLD:
        problem = f"a {task} task has no threshold, only {either(WITH_THRESHOLD)} tasks"
    raise Misfit(("model", "threshold"), f"{problem}; remove it")


def _default_loss(output: str, task: Task) -> str:
    return "mean_squared_error" if task == "regression" else ACTIVATIONS[output].loss


def _check_loss(loss: str, output: str, task: Task) -> None:
    def fits_task(name: str) -> bool:
        return task != "regression" or LOSSES[name].target_range is not None

    fitting = [name for name, each in LOSSES.items() if output in each.outputs and fits_task(name)]
    if not fits_task(loss):
        problem = f"{loss} is for classes, but a regression has none; expected {either(fitting)}"
    elif output not in LOSSES[loss].outputs:
        problem = (
            f"{loss} does not fit the {output} output; expected {either(fitting)}, or "
            f"model.output: {either(LOSSES[loss].outputs)}"
        )
    else:
        return
    raise Misfit(("training", "loss"), problem)


def _check_given_targets(config: Config, loss: str) -> None:
    """Raise `Misfit` for targets in the config itself that the loss does not allow."""
    low, high = LOSSES[loss].target_range or (-inf, inf)
    if outside := config.data.target_outside(low, high):
        path, value = outside
        raise Misfit(
            ("data", *path), f"found {value:g}; {loss} takes targets from {low:g} to {high:g}"
        )


def _filled_in(
    config: Config,
    output: Named,
    initializers: list[Named],
    loss: Named,
    threshold: float | None,
) -> Config:
    """Return `config` with every default filled in: training it again gives the same weights."""
    model = {
        "output": output,
        "initializer": _shortest(initializers),
        "threshold": threshold,
    }
    return config.model_copy(
        update={
            "model": config.model.model_copy(update=model),
            "training": config.training.model_copy(update={"loss": loss}),
        }
    )


def check_monitor(config: Config, task: Task, has_validation: bool) -> None:
    """Raise `Misfit` when early stopping watches an unavailable value."""
    stopping = config.training.early_stopping
    if not stopping or (config.training.refit and not has_validation):
        return  # a refit is not stopped early
    split, metric = split_and_metric(stopping.monitor)
    measured = METRICS[task] if split == "validation" else (SCORES[task].name,)
    if metric not in ("loss", *measured):
        split = split if has_validation else "train"
        measured = METRICS[task] if split == "validation" else (SCORES[task].name,)
        *others, last = [f"{split}_{each}" for each in ("loss", *measured)]
        raise Misfit(
            ("training", "early_stopping", "monitor"),
            f"{stopping.monitor} is not a value of a {task} task; expected {', '.join(others)} or "
            f"{last}",
        )
    if stopping.monitor.startswith("validation") and not has_validation:
        raise Misfit(
            ("training", "early_stopping"),
            f"watches {stopping.monitor}, but there are no validation rows; set data.validation, "
            "or monitor: train_loss",
        )


def _initializers(config: Config, activations: list[Named]) -> list[Named]:
    if config.model.initializer is not None:
        return _one_each(config.model.initializer, len(activations))
    # The output layer uses the initializer of the layer before it: its inputs have that scale.
    suited = [ACTIVATIONS[each.name].initializer for each in activations]
    if len(suited) > 1:
        suited[-1] = suited[-2]
    return [Named.of(INITIALIZERS, name) for name in suited]


def _one_each(chosen: Named | list[Named], layers: int) -> list[Named]:
    return chosen if isinstance(chosen, list) else [chosen] * layers


def _shortest(chosen: list[Named]) -> Named | list[Named]:
    same = all(each == chosen[0] for each in chosen)
    return chosen[0] if same else chosen
