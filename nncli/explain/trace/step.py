"""The numbers of one training step, taken down while the engine that trains takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nncli.engines.numpy.batches import Batches
from nncli.engines.numpy.engine import NumpyEngine
from nncli.model.evaluation import class_codes
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.entries import Array, Value
from nncli.nn.network import Layer, LayerArrays, Network, Objective, Workspace, layer_views
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.runs.pipeline import Job, build_engine
from nncli.training.loop import check_finite


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
    before, updated, after : LayerArrays
        The parameters before the step, after the optimizer's update, and after the limit on norms.
    gradient, penalized, followed : LayerArrays
        The gradient of the loss; with penalties, 0 for connections that are not there; clipped.
    slots : dict of str to LayerArrays
        What the optimizer keeps beside the parameters, after the step, by its letter.
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
    updated: LayerArrays
    after: LayerArrays
    gradient: LayerArrays
    penalized: LayerArrays
    followed: LayerArrays
    slots: dict[str, LayerArrays]
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
    without_dropout : bool
        Whether the config leaves units out at random, which the step did not.
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
    without_dropout: bool


@np.errstate(over="ignore", invalid="ignore")
def take_step(job: Job, rows: Sequence[int]) -> Step:
    """Take the first step of training on some training rows of `job`, as one batch.

    The job's parameters are changed. Nothing is left out by dropout.

    Raises
    ------
    DivergenceError
        When the loss is not a finite number.
    """
    network, settings = _Recorder(job.network), job.config.training
    engine = build_engine(
        job.config, job.dataset.task, network, job.objective, len(rows), dropout=False
    )
    X, T = _gather(job, rows)
    learning_rate = job.plan.rate(0, 1 / len(job.training))
    loss, stages = _take(engine, network, X, T, learning_rate)
    optimizer = settings.optimizer
    slots = OPTIMIZERS[optimizer.name].shown(engine.state()["slots"], optimizer.parameters)
    return Step(
        rows=rows,
        X=X,
        T=T,
        dX=network.dX,
        loss=loss,
        objective=job.objective,
        layers=_layer_steps(network, X, stages, slots),
        optimizer=optimizer.name,
        settings=optimizer.parameters,
        learning_rate=learning_rate,
        regularization=job.engine.regularization,
        without_dropout=bool(np.any(settings.dropout)),
    )


def _gather(job: Job, rows: Sequence[int]) -> tuple[Array, Array]:
    training = job.training.split
    split = replace(training, rows=training.rows[list(rows)])
    codes = class_codes(job.network, len(job.dataset.classes))
    (batch,) = Batches(split, job.scaling, codes, len(rows)).in_order()
    return batch


def _take(
    engine: NumpyEngine, network: "_Recorder", X: Array, T: Array, learning_rate: float
) -> tuple[float, dict[str, Array]]:
    """Take the step; return the loss and the flat vectors that `LayerStep` names."""
    regularization = engine.regularization
    # The limit on norms comes last, after a look at what the optimizer made.
    engine.regularization = replace(regularization, max_norm=None)
    stages = {"before": network.parameters.copy()}
    loss, _ = engine.backpropagate(X, T)
    check_finite(loss, "the loss")
    stages["gradient"] = network.gradient
    stages["penalized"] = _penalized(network, regularization)
    stages["followed"] = engine.gradient.copy()
    engine.update(learning_rate)
    stages["updated"] = network.parameters.copy()
    regularization.limit_norms(network.arrays)
    stages["after"] = network.parameters
    return loss, stages


def _penalized(network: "_Recorder", regularization: Regularization) -> Array:
    """Return the gradient as it is before clipping."""
    gradient = network.gradient.copy()
    views = layer_views(network.layers, gradient)
    regularization.add_penalties(views, network.arrays, np.empty_like(gradient))
    return gradient if network.mask is None else gradient * network.mask


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


def _layer_steps(
    network: _Recorder, X: Array, stages: Mapping[str, Array], slots: Mapping[str, Array]
) -> list[LayerStep]:
    layers = network.layers
    views = {name: layer_views(layers, flat) for name, flat in stages.items()}
    kept = {letter: layer_views(layers, flat) for letter, flat in slots.items()}
    mask = None if network.mask is None else layer_views(layers, network.mask)
    return [
        LayerStep(
            layer=layer,
            inputs=network.A[index - 1] if index else X,
            Z=network.Z[index],
            A=network.A[index],
            dA=network.dA.get(index),
            derivative=network.derivatives.get(index),
            dZ=network.dZ[index],
            slots={letter: each[index] for letter, each in kept.items()},
            connected=mask[index].W if mask else None,
            **{name: each[index] for name, each in views.items()},
        )
        for index, layer in enumerate(layers)
    ]
