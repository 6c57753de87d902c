"""Whether a model solves a logic gate: the four rows of two binary inputs, with two classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.data.scaling import Scaling
from nncli.data.splits import Split
from nncli.metrics.scores import margin_of
from nncli.model.evaluation import scaling_of
from nncli.model.model import Model
from nncli.model.prediction import predict_rows
from nncli.nn.network import Network

Numbers = NDArray[np.float64]

_CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]


def gate_of(model: Model, split: Split, threshold: float | None) -> dict[str, Any] | None:
    """Return how a model predicts the rows of a logic gate, as `Evaluation.gate` describes.

    None unless the rows are the four of two binary inputs, and their target has two classes.
    `threshold` is as for `predict_rows`.
    """
    if model.task != "binary" or len(split) != len(_CORNERS):
        return None
    X = take_rows(split.inputs, split.rows)
    if sorted(X.tolist()) != _CORNERS:
        return None
    found = predict_rows(model, X, threshold, proba=False)
    chosen = found.names  # type: ignore[union-attr]  # a binary task has classes
    truth = [model.classes[index] for index in take_rows(split.targets, split.rows).tolist()]
    rows = zip(X.astype(int).tolist(), truth, chosen, strict=True)
    return {
        "wrong": [
            {"inputs": corner, "target": target, "prediction": prediction}
            for corner, target, prediction in rows
            if target != prediction
        ],
        "lines": _lines(model, threshold),
        "zero_is_positive": _zero_is_positive(model.network),
    }


def first_sums(network: Network, scaling: Scaling) -> tuple[Numbers, Numbers]:
    """Return weights (I, U) and biases (U,) of the first layer for the inputs before scaling.

    These are the features, if there are any.
    """
    first = network.blocks[0].layers[0].arrays
    offset, scale = (
        np.broadcast_to(each, len(first["W"])) for each in (scaling.offset, scaling.scale)
    )
    W = first["W"].astype(np.float64) * scale[:, np.newaxis]
    return W, first["b"] - offset @ W


def equation_of(weights: Sequence[float], bias: float, names: Sequence[str]) -> str:
    """Return the equation of the line where a sum of inputs is 0: ``2·x1 - 3·x2 + 1 = 0``."""
    (first, *others), (name, *names) = weights, names
    terms = [f"{_signed(each)}·{of}" for each, of in zip(others, names, strict=True)]
    return " ".join([f"{first:.3g}·{name}", *terms, _signed(bias), "= 0"])


def _signed(number: float) -> str:
    return f"{'-' if number < 0 else '+'} {abs(number):.3g}"


def _zero_is_positive(network: Network) -> bool:
    return network.blocks[0].activation.entry.chosen_at_0


def _lines(model: Model, threshold: float | None) -> list[dict[str, Any]]:
    """Return the lines of the units of the first layer.

    The sum of an output is compared with the threshold, so its line separates the predictions.
    Without lines are normalized sums, and several outputs, which are compared with each other.
    """
    block, is_output = model.network.blocks[0], len(model.network.blocks) == 1
    if block.between or (is_output and block.outputs > 1):
        return []
    weights, biases = first_sums(model.network, scaling_of(model))
    if is_output:
        biases = biases - (margin_of(threshold) or 0.0)
    inputs, own = np.array(_CORNERS), model.preprocessing
    sums = (inputs if own.features is None else own.features.values(inputs)) @ weights + biases
    positive = sums >= 0 if _zero_is_positive(model.network) else sums > 0
    return [
        {
            "unit": "output" if is_output else f"h{number}",
            "line": equation_of(of_unit, bias, own.inputs),
            "weights": of_unit,
            "bias": bias,
            "positive": [corner for corner, above in zip(_CORNERS, flags, strict=True) if above],
        }
        for number, (of_unit, bias, flags) in enumerate(
            zip(weights.T.tolist(), biases.tolist(), positive.T, strict=True), 1
        )
    ]
