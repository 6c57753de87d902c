"""The numbers of one training step, taken down while the engine that trains takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nncli.data.batches import Batches
from nncli.evaluation import class_codes
from nncli.model.activations import ACTIVATIONS
from nncli.model.entries import Array, Value
from nncli.model.network import Layer, LayerArrays, Network, Objective, Workspace, layer_views
from nncli.pipeline import Job, build_engine
from nncli.training.regularization import Regularization


@dataclass(frozen=True)
class LayerStep:
    """One layer's part in a step over B rows.

    Attributes
    ----------
    inputs : array (B, I)
        The network's inputs, or the activations of the layer before.
    Z, A : arrays (B, O)
    dA : array (B, O) or None
        ∂loss/∂A; None where the loss is one on logits and gives dZ at once.
    derivative : array (B, O), (B, O, O) or None
        g'(z); where units are coupled, ∂aᵢ/∂zⱼ at [row, i, j]; None where dA is.
    dZ : array (B, O)
        ∂loss/∂Z.
    before, after : LayerArrays
        The parameters before and after the step.
    gradient : LayerArrays
        The gradient of the loss.
    followed : LayerArrays
        What the optimizer followed: with penalties, for the connections that are there, clipped.
    connected : array (I, O) or None
        1 for a connection that is there, else 0; None when all are.
    """

    layer: Layer
    inputs: Array
    Z: Array
    A: Array
    dA: Array | None
    derivative: Array | None
    dZ: Array
    before: LayerArrays
    after: LayerArrays
    gradient: LayerArrays
    followed: LayerArrays
    connected: Array | None


@dataclass(frozen=True)
class Step:
    """A training step on a few rows.

    Attributes
    ----------
    rows : sequence of int
        Which training rows, counted from 0.
    X, T, dX : arrays (B, I), (B, O), (B, I)
        Inputs, targets, and the gradient by the inputs.
    loss : float
        Before the step.
    layers : list of LayerStep
    optimizer : str
        A name in the table of optimizers; `settings` are its parameters.
    """

    rows: Sequence[int]
    X: Array
    T: Array
    dX: Array
    loss: float
    objective: Objective
    layers: list[LayerStep]
    optimizer: str
    settings: dict[str, Value]
    learning_rate: float
    regularization: Regularization


@np.errstate(over="ignore", invalid="ignore")
def take_step(job: Job, rows: Sequence[int]) -> Step:
    """Take the first step of training on some training rows of `job`, as one batch.

    The job's parameters are changed. Nothing is left out by dropout.
    """
    network = _Recorder(job.network)
    before = network.parameters.copy()
    task, objective = job.dataset.task, job.objective
    engine = build_engine(job.config, task, network, objective, len(rows), dropout=False)
    training = job.dataset.splits["train"]
    split = replace(training, rows=training.rows[list(rows)])
    codes = class_codes(network, len(job.dataset.classes))
    ((X, T),) = Batches(split, job.scaling, codes, len(rows)).in_order()
    learning_rate = job.plan.rate(0, 1 / len(job.training))
    loss, _ = engine.backpropagate(X, T)
    followed = engine.gradient.copy()
    engine.update(learning_rate)
    return Step(
        rows=rows,
        X=X,
        T=T,
        dX=network.dX,
        loss=loss,
        objective=job.objective,
        layers=_layer_steps(network, X, before, followed),
        optimizer=job.config.training.optimizer.name,
        settings=job.config.training.optimizer.parameters,
        learning_rate=learning_rate,
        regularization=engine.regularization,
    )


class _Recorder(Network):
    """A network that keeps a copy of what its passes compute and overwrite."""

    def __init__(self, network: Network) -> None:
        super().__init__(network.layers, network.parameters)
        self.mask = network.mask
        self.Z: list[Array] = []
        self.A: list[Array] = []
        self.dA: dict[int, Array] = {}
        self.derivatives: dict[int, Array] = {}
        self.dZ: list[Array] = []
        self.dX: Array = np.empty(0)
        self.gradient: Array = np.empty(0)

    def logits(self, X: Array, work: Workspace, keep: Mapping[int, Array] | None = None) -> Array:
        Z = super().logits(X, work, keep)
        self.activate_output(work)  # a loss on logits does without
        self.Z = [each.copy() for each in work.Z]
        self.A = [each.copy() for each in work.A]
        return Z

    def activation_backward(
        self, index: int, work: Workspace, gradients: LayerArrays | None = None
    ) -> None:
        self.dA[index] = work.dA[index].copy()
        self.derivatives[index] = self._derivative(index)
        super().activation_backward(index, work, gradients)

    def backward(
        self,
        X: Array,
        work: Workspace,
        gradients: Sequence[LayerArrays],
        keep: Mapping[int, Array] | None = None,
        dX: Array | None = None,
    ) -> None:
        self.dX = np.empty_like(X)
        super().backward(X, work, gradients, keep, self.dX)
        self.dZ = [each.copy() for each in work.dA]
        self.gradient = np.concatenate([each.ravel() for layer in gradients for each in layer])

    def _derivative(self, index: int) -> Array:
        """Return what the backward function of a layer's activation makes of a dA of 1."""
        A = self.A[index]
        if not ACTIVATIONS[self.layers[index].activation].output_only:
            return self._backward_of(index, np.ones_like(A))
        units = np.eye(A.shape[1], dtype=A.dtype)
        by_unit = [self._backward_of(index, np.broadcast_to(row, A.shape)) for row in units]
        return np.stack(by_unit, axis=1)

    def _backward_of(self, index: int, dA: Array) -> Array:
        out = np.empty_like(self.A[index])
        self._backward[index](dA, self.Z[index].copy(), self.A[index].copy(), out)
        return out


def _layer_steps(network: _Recorder, X: Array, before: Array, followed: Array) -> list[LayerStep]:
    vectors = (before, network.parameters, network.gradient, followed)
    views = [layer_views(network.layers, each) for each in vectors]
    masks = (
        [None] * len(network.layers)
        if network.mask is None
        else [each.W for each in layer_views(network.layers, network.mask)]
    )
    return [
        LayerStep(
            layer=layer,
            inputs=network.A[index - 1] if index else X,
            Z=network.Z[index],
            A=network.A[index],
            dA=network.dA.get(index),
            derivative=network.derivatives.get(index),
            dZ=network.dZ[index],
            before=views[0][index],
            after=views[1][index],
            gradient=views[2][index],
            followed=views[3][index],
            connected=masks[index],
        )
        for index, layer in enumerate(network.layers)
    ]
