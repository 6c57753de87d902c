"""The rule about networks that are too small, which it shows by short trainings of others."""

from collections.abc import Iterator

from nncli.base.words import count
from nncli.config.named import Named
from nncli.config.schema import Config, ModelSection
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import Dataset
from nncli.data.scaling import SCALERS
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.changed import changed
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.measured import Measured, measured
from nncli.explain.diagnosis.rules.dropped_units import too_few_left
from nncli.explain.diagnosis.rules.short_fit import (
    ERROR,
    Fit,
    brackets,
    fit,
    fit_as_trained,
    is_clear,
    some_rows,
)
from nncli.runs.advice import one_layer_for_xor

_NARROW = 16  # units; wider layers learn all that a few hundred steps can show
_ENOUGH = 0.9  # of the gain that is possible: then a small network is no great loss
_LARGER = [32, 32]  # learns a wave in a few hundred steps, which one layer does not
_FOR_XOR = [8]
_SAME_SIZE = 6  # trainings from other initial weights, as small networks often get stuck
_STEPS, _RATE = 400, 0.02
_PENALTIES = (0.0, 1.0)  # l2 of the larger network times rows: noise needs one, waves do not
_MANY_INPUTS = 256  # then batches are smaller, so that all trainings take about a second


def too_small(case: Case) -> Iterator[Evidence]:
    """Find networks that cannot learn what a larger one learns in a moment."""
    if len(case.network.blocks) == 1:
        known = case.subject.known
        targets = known.targets if known else case.dataset.targets
        features = (known.preprocessing if known else case.dataset).features
        for line in () if features else one_layer_for_xor(targets, case.network):
            found, _, cause = line.partition(": ")
            yield Evidence(found, cause.partition("; ")[0], *_remedy(case, _FOR_XOR))
            return
    train = measured(case, "train")
    if train is None or train.reached >= _ENOUGH or not _is_over(case) or _has_weights(case):
        return
    dropped = next(too_few_left(case, train), None)
    if dropped:
        yield dropped
    elif _may_be_too_small(case):
        yield from _shown_by_fits(case, train)


def _shown_by_fits(case: Case, train: Measured) -> Iterator[Evidence]:
    """Compare short trainings of a larger network and of the given size."""
    data, seed = some_rows(case), case.config.seed
    fits = [_fit_of_size(case, data, _LARGER, seed, l2=l2) for l2 in _PENALTIES]
    larger = max(filter(None, fits), key=lambda each: each.unseen.gain, default=None)
    if larger is None or not is_clear(larger.unseen, train):
        return  # on training rows, the network of the case is at its best
    hidden, found = case.config.model.hidden_layers, list[Fit]()
    trials = _SAME_SIZE if hidden else 1  # one layer cannot get stuck
    for at in range(trials):
        same = _fit_of_size(case, data, hidden, seed + at)
        if same is None or not is_clear(larger.unseen, same.unseen):
            return  # the size suffices
        found.append(same)
        # One of several may do better by its initial weights; where most do, something else is
        # wrong with the training of the case.
        if sum(each.unseen.least > train.most for each in found) > trials / 2:
            return
    best = max(found, key=lambda each: each.unseen.gain)
    remedy = _remedy_tried(case, train)
    if remedy:
        yield _evidence(case, larger, best, remedy)


def _evidence(case: Case, larger: Fit, best: Fit, remedy: tuple[Change | None, str]) -> Evidence:
    reached = f"reaches {best.unseen}"
    if case.config.model.hidden_layers:
        reached += f" at best, in {_SAME_SIZE} trials with different initial weights"
    return Evidence(
        f"trained for {_STEPS} steps on {larger.train.rows:,} rows, a network with hidden layers "
        f"of {_sizes(_LARGER)} units reaches {larger.unseen} on {larger.unseen.rows:,} other rows; "
        f"one of the given size {reached}{brackets(larger.unseen)}",
        f"{_size(case)}; this target needs a larger network",
        *remedy,
        formula=ERROR,
    )


def _size(case: Case) -> str:
    sizes = case.config.model.hidden_layers
    if not sizes:
        return "the network has no hidden layer, so it is linear up to its output activation"
    if len(sizes) == 1:
        return f"the hidden layer has {count(sizes[0], 'unit')}"
    return f"the hidden layers have {_sizes(sizes)} units"


def _sizes(sizes: list[int]) -> str:
    return " and ".join(map(str, sizes))


def _remedy(case: Case, layers: list[int]) -> tuple[Change | None, str]:
    """Return the setting that makes the network large enough, or words if one is not enough."""
    change = Change("model.hidden_layers", layers)
    if _has_lists(case):
        return None, f"set {change}, and remove the settings of single layers and initial weights"
    if case.network.output.kind == "step":
        return None, (
            f"set {change} model.activation=tanh, and an output with a gradient to train them: "
            "model.output=sigmoid training.loss=sigmoid_cross_entropy model.initializer=he_normal"
        )
    if _starts_equal(case):
        return None, f"set {change} and model.initializer=he_normal, as equal units stay equal"
    return change, ""


def _remedy_tried(case: Case, train: Measured) -> tuple[Change | None, str] | None:
    """Return the remedy if a larger network learns more with the other settings of the case.

    With a penalty for the narrow one, it may learn more without. None if it does not learn more:
    then the size is not what holds the network back.
    """
    change, words = _remedy(case, _LARGER)
    if change is None:
        return None, words
    config = changed(case, change).config
    if _is_better(case, config, train):
        return change, ""
    if config.training.l2 and _is_better(case, config.with_training(l2=0), train):
        return None, f"set {change} and training.l2=0"
    return None


def _is_better(case: Case, config: Config, train: Measured) -> bool:
    """Return whether a training as long as that of the case is clearly better with a config."""
    found = fit_as_trained(case, config)
    return found is not None and is_clear(found.unseen, train)


def _has_lists(case: Case) -> bool:
    """Return whether there are settings that must have one entry per layer."""
    model = case.config.model
    choices = (model.activation, model.normalization, model.initializer, model.bias_initializer)
    lists = (*choices, model.density, model.masks, model.initial_weights, model.initial_biases)
    return any(isinstance(each, list | str) for each in lists) or isinstance(
        case.config.training.dropout, list
    )


def _starts_equal(case: Case) -> bool:
    """Return whether units of a new layer would start with the same weights and stay the same."""
    initializer = case.config.model.initializer
    return getattr(initializer, "name", "") in ("zeros", "ones", "constant")


def _is_over(case: Case) -> bool:
    return case.ended in ("finished", "stopped early") and bool(case.history.get("epoch"))


def _has_weights(case: Case) -> bool:
    """Return whether rows count differently: then plain metrics do not tell how good a fit is."""
    return case.dataset.splits["train"].weights is not None


def _may_be_too_small(case: Case) -> bool:
    sizes, blocks = case.config.model.hidden_layers, case.network.blocks
    is_linear = any(block.activation.kind == "identity" for block in blocks[:-1])
    return not is_linear and min(sizes, default=0) <= _NARROW


def _fit_of_size(
    case: Case, data: Dataset, hidden: list[int], seed: int, *, l2: float = 0.0
) -> Fit | None:
    """Train a network briefly, in a way that suits most tasks; only its size is the case's own."""
    config, rows = case.config, len(data.splits["train"])
    batch = min(rows, 32 if len(data.columns) > _MANY_INPUTS else 128)
    training = TrainingSection(
        loss=config.training.loss,
        learning_rate=_RATE,
        batch_size=batch,
        epochs=-(-_STEPS // -(-rows // batch)),
        schedule="cosine",
        l2=l2 / rows,
        early_stopping=False,
    )
    activation, output = config.model.activation, config.model.output
    model = ModelSection(hidden_layers=hidden, output=output, threshold=config.model.threshold)
    if not isinstance(activation, list):
        model = model.model_copy(update={"activation": activation})
    source = config.data.model_copy(update={"scale": Named.of(SCALERS, "standard")})
    update = {"seed": seed, "data": source, "model": model, "training": training}
    return fit(case, data, config.model_copy(update=update))
