"""Rules about the start of training: the loss before the first step."""

from collections.abc import Iterator

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.gain import is_after_training, learned
from nncli.explain.diagnosis.rules.seen import root_mean_square
from nncli.explain.diagnosis.rules.weights import no_biases

_FAR = {"cross_entropy": 3.0, "sigmoid_cross_entropy": 3.0}
_FAR_OF_NUMBERS = 10.0
"""How many times the loss of a guess is far. Weights of standard size give sums with a variance of
about 1 or 2: a cross-entropy then is about 1.5 times that of a guess, a squared error 2 or 3 times;
narrow networks vary, so only several times that counts."""

LARGE_INPUT = 10.0  # root mean square; 1 or less if scaled
_LARGE_WEIGHTS = 4.0  # root mean square, times √inputs: 1.4 for He, 1 for Xavier
_LARGE_BIASES = 4.0  # root mean square; they start at 0, or below 1 / √inputs
_WELL = 0.9  # of what a constant guess misses


def _condition(far: float) -> Condition:
    return Condition(
        f"L > {far:g}·L₀",
        rf"L > {far:g} L_0",
        "L: loss before training; L₀: loss of outputs for weighted sums of 0",
    )


def far_from_a_guess(case: Case) -> Iterator[Evidence]:
    """Find a loss before training that is far larger than that of outputs for sums of 0."""
    config = case.config
    if config.model.initial_weights is not None or not config.training.complete.epochs:
        return
    if not (evidence := far_first_loss(case)) or _is_overcome(case):
        return
    far = _FAR.get(case.job.setup.objective.name, _FAR_OF_NUMBERS)
    for cause, change in _causes(case):
        yield Evidence(evidence, cause, change, "choose other initial biases", _condition(far))
        return


def far_first_loss(case: Case) -> str:
    """Return in words how large the loss before training is, if it is far too large; else empty."""
    objective = case.job.setup.objective
    zeros = np.zeros_like(case.start.T, dtype=np.float64)
    guess = float(objective.of_rows(case.job.network.output, zeros, case.start.T).mean())
    far = _FAR.get(objective.name, _FAR_OF_NUMBERS)
    if guess <= 0 or case.start.loss <= far * guess:  # a perceptron's is 0
        return ""
    return (
        f"before training, the loss is {case.start.loss:.3g}; a guess, with weighted sums of 0, "
        f"has {guess:.3g}"
    )


def _is_overcome(case: Case) -> bool:
    """Return whether training has made up for the start.

    With bounded activations, it easily does: only the last layer has to shrink.
    """
    hidden = case.network.blocks[:-1]
    success = learned(case) if is_after_training(case) else None
    is_bounded = bool(hidden) and all(block.activation.saturates for block in hidden)
    return is_bounded and success is not None and success > _WELL


def _causes(case: Case) -> Iterator[tuple[str, Change | None]]:
    """Yield what makes the first outputs large, with its remedy, the most likely first."""
    size = root_mean_square(case.start.X)
    if size > LARGE_INPUT and case.config.data.scale.name == "none":
        pixels = case.job.setup.training.inputs.dtype == np.uint8
        scale = "unit" if pixels else "standard"
        yield (
            f"the inputs are large: their root mean square is {size:.3g}",
            Change("data.scale", scale),
        )
    for block in case.job.network.blocks:
        W = case.job.network.arrays[block.names[0]]
        size = root_mean_square(W)
        if size * np.sqrt(block.inputs) > _LARGE_WEIGHTS:
            usual = 1 / np.sqrt(block.inputs)
            relu = "lu" in case.job.network.blocks[0].activation.kind
            yield (
                (
                    f"the weights of layer {block.number} are large: their root mean square is "
                    f"{size:.3g}, and {usual:.2g} is usual for {block.inputs} inputs"
                ),
                Change("model.initializer", "he_normal" if relu else "xavier_normal"),
            )
        b = case.job.network.arrays.get(f"b{block.number}")
        if b is not None and root_mean_square(b) > _LARGE_BIASES:
            yield (
                f"the initial biases of layer {block.number} are large: their root mean square is "
                f"{root_mean_square(b):.3g}, and 0 is usual",
                no_biases(case),
            )
