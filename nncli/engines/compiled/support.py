"""What the compiled engine can train, and whether it can run here."""

from collections.abc import Iterator

from nncli.engines.compiled.batch import LOSS_OPERATIONS, MEASURES
from nncli.engines.compiled.blas import find_product
from nncli.engines.compiled.layers import ACTIVATIONS, KINDS, OTHERS
from nncli.engines.compiled.rows import is_too_large_to_copy
from nncli.engines.compiled.steps import OPTIMIZER_OPERATIONS
from nncli.engines.engine import Setup
from nncli.nn.activations import ACTIVATIONS as ENTRIES
from nncli.nn.layers.activation import ActivationLayer


def reason_against(setup: Setup | None) -> str | None:
    """Return why the engine cannot train a setup, or any if it is None; None if it can.

    Raises
    ------
    ImportError
        If Numba is needed and cannot be imported.
    """
    if setup and (name := next(_unsupported(setup), None)):
        return f"compiled does not support {name}"
    found = find_product()
    return None if found.product else f"compiled has no matrix product: {found.description}"


def _unsupported(setup: Setup) -> Iterator[str]:
    for layer in setup.network.layers:
        if not isinstance(layer, ActivationLayer):
            if not isinstance(layer, KINDS):
                yield layer.kind
        elif layer.entry is not ENTRIES.get(layer.kind):
            yield f"the {layer.kind} of an earlier nncli"
        elif layer.kind not in (*ACTIVATIONS, *OTHERS):
            yield f"the activation {layer.kind}"
    if setup.objective.name not in LOSS_OPERATIONS:
        yield f"the loss {setup.objective.name}"
    if setup.optimizer not in OPTIMIZER_OPERATIONS:
        yield f"the optimizer {setup.optimizer}"
    if setup.score.measure not in MEASURES:
        yield f"the score {setup.score.measure}"
    output = setup.network.output.kind
    if setup.score.of_outputs and setup.objective.on_logits and output != "sigmoid":
        yield f"{setup.score.name} of {output} outputs with {setup.objective.name}"
    for split in (setup.training, setup.validation):
        if split and is_too_large_to_copy(split.inputs):
            yield f"inputs of type {split.inputs.dtype} in a large file"
