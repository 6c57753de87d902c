"""Rules about how the parts of a network fit together."""

from collections.abc import Iterator

from nncli.config.named import Named
from nncli.config.schema import ModelSection
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.runs.advice import LinearChain, linear_chains, weights_are_given

_ACTIVATION = "relu"
_PRODUCT = Condition(
    "(X·W1 + b1)·W2 + b2 = X·(W1·W2) + (b1·W2 + b2)",
    "(X W_1 + b_1) W_2 + b_2 = X (W_1 W_2) + (b_1 W_2 + b_2)",
    "X: inputs of the layers; W1, W2: their weights; b1, b2: their biases",
)


def layers_in_a_row(case: Case) -> Iterator[Evidence]:
    """Find layers that together compute no more than one layer.

    Not in an example by hand, whose config lists the weights, nor in a network that is not trained.
    """
    config = case.config
    if weights_are_given(config) or config.training.epochs == 0:
        return
    chains = [*linear_chains(case.network)]
    is_linear = bool(chains) and chains[0].last - chains[0].first == len(config.model.hidden_layers)
    for chain in chains:
        change: Change | None = None
        remedy = ""
        if chain.rank:
            remedy = "choose another model.activation, unless you want this bottleneck"
        elif is_linear:
            change = Change("model.activation", _ACTIVATION)
        else:
            remedy = f"set {_changed(config.model, chain)}, or leave a layer out"
        yield Evidence(
            chain.said,
            "the activation between them is identity, and the product of two matrices is one "
            "matrix",
            change,
            remedy,
            _PRODUCT,
        )


def _changed(model: ModelSection, chain: LinearChain) -> Change:
    """Return the change of the activations between the layers of a chain."""
    chosen = model.activation
    if isinstance(chosen, Named):
        return Change("model.activation", _ACTIVATION)
    between = range(chain.first, chain.last)
    found = [
        _ACTIVATION if number in between else each.in_short()
        for number, each in enumerate(chosen, 1)
    ]
    return Change("model.activation", found)
