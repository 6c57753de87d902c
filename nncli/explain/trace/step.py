"""The numbers of one training step, recorded during the actual forward and backward pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from nncli.data.splits import Split
from nncli.engines.batches import gathered
from nncli.engines.engine import Setup
from nncli.explain.trace.recorded import RecordedLayer
from nncli.nn.entries import Array, Value
from nncli.nn.layers.layer import Layer
from nncli.nn.network import Block, Network
from nncli.nn.objective import Objective
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.runs.job import Job
from nncli.training.loop import check_finite

_STEP = 0  # step number, for layers that behave differently in training

Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Passed:
    """A layer between weighted sums and their activation, with its values in the step.

    Attributes
    ----------
    values : dict of str to array
        The quantities by letter, as arrays that broadcast to (B, O), and the parameters.
    kept : dict of str to (array, array)
        The state before and after the step.
    """

    layer: Layer
    values: dict[str, Array]
    kept: dict[str, tuple[Array, Array]]


@dataclass(frozen=True)
class LayerStep:
    """The values of a block of layers in a step on B rows.

    Attributes
    ----------
    inputs : array (B, I)
        The network's inputs, or the activations of the previous block.
    between : sequence of Passed
        The layers between the weighted sums and the activation.
    Z : array (B, O)
        The weighted sums.
    S, A : arrays (B, O)
        The input and output of the activation; S is Z if no layers are between.
    dA : array (B, O) or None
        ∂loss/∂A; None if the loss takes logits and computes dZ directly.
    derivative : array (B, O), (B, O, O) or None
        g'(z); if units are coupled, ∂aᵢ/∂zⱼ at [row, i, j]; None if dA is None.
    dS, dZ : arrays (B, O)
        ∂loss/∂S and ∂loss/∂Z.
    before, updated, after : mappings of str to array
        The parameters by name: before the step, after the optimizer's update, and after limiting
        norms.
    gradient, penalized, followed : mappings of str to array
        The gradient of the loss; the same with penalties, and 0 for missing connections; and after
        clipping.
    slots : dict of str to mapping of str to array
        The optimizer's state after the step, by letter.
    connected : array (I, O) or None
        1 for an existing connection, else 0; None if all exist.
    """

    block: Block
    inputs: Array
    between: Sequence[Passed]
    Z: Array
    S: Array
    A: Array
    dA: Array | None
    derivative: Array | None
    dS: Array
    dZ: Array
    before: Arrays
    updated: Arrays
    after: Arrays
    gradient: Arrays
    penalized: Arrays
    followed: Arrays
    slots: dict[str, Arrays]
    connected: Array | None

    @property
    def taken(self) -> str:
        """The letter of the activation's input."""
        return "y" if self.between else "z"


@dataclass(frozen=True)
class Step:
    """A training step on a few rows.

    Attributes
    ----------
    rows : sequence of int
        Indices of the training rows, from 0.
    X, T, dX : arrays (B, I), (B, O), (B, I)
        Inputs, targets, and the gradient of the inputs.
    true_classes : sequence of int
        The class of each row; empty if the targets are not classes.
    classes : sequence of str
        The names of all classes.
    loss, loss_after : float
        The loss before the step and that of the same rows with the new parameters.
    losses : array (B,)
        The loss of each row before the step.
    layers : list of LayerStep
    is_taken : bool
        Whether the parameters were updated; not in a forward pass, nor if training takes no step.
    is_forward : bool
        Whether this is only a forward pass: all derivatives are 0 then.
    optimizer : str
        A name in the table of optimizers; `settings` are its parameters.
    without_dropout : bool
        Whether the config sets dropout, which the step ignored.
    without_weights : bool
        Whether training weights the rows, which the step did not.
    scaled : sequence of str
        Which of ``inputs`` and ``targets`` are scaled in `X` and `T`.
    features : sequence of str
        The names of the features in `X`; empty if `X` has the columns of the rows.
    """

    rows: Sequence[int]
    X: Array
    T: Array
    dX: Array
    true_classes: Sequence[int]
    classes: Sequence[str]
    loss: float
    losses: Array
    loss_after: float
    objective: Objective
    layers: list[LayerStep]
    is_taken: bool
    is_forward: bool
    optimizer: str
    settings: dict[str, Value]
    learning_rate: float
    regularization: Regularization
    without_dropout: bool
    without_weights: bool
    scaled: Sequence[str]
    features: Sequence[str] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether all gradients that the optimizer followed are 0, and no parameter changed."""
        return not any(
            layer.followed[name].any() or (layer.after[name] != before).any()
            for layer in self.layers
            for name, before in layer.before.items()
        )


@np.errstate(over="ignore", invalid="ignore")
def take_step(job: Job, rows: Sequence[int], *, forward: bool = False) -> Step:
    """Take the first training step on some training rows of `job`, as one batch.

    Changes the parameters of the job, unless it trains for 0 epochs. Dropout is disabled, and all
    rows count equally. With `forward`, runs only the forward pass.

    Raises
    ------
    DivergenceError
        If the loss or the gradient is not finite.
    """
    setup = job.setup
    X, T = gathered(setup.training, setup.scaling, setup.codes, rows)
    network = setup.network.with_layers([RecordedLayer.of(each) for each in setup.network.layers])
    work = network.workspace(len(X), input_gradient=True)
    gradient = np.zeros_like(network.parameters)
    network.logits(X, work, _STEP)
    network.activate_output(work)  # not called by a loss on logits
    loss = setup.objective(network, T, work)
    check_finite(loss, "the loss")
    dX = np.zeros_like(X)
    if not forward:
        dX = network.backward(work, network.by_layer(gradient)).copy()
        check_finite(float(np.abs(gradient).max()), "the largest derivative of the loss")
    is_taken = not forward and job.config.training.complete.epochs > 0
    learning_rate = job.plan.rate(0, 1 / job.order.batches)
    optimizer = OPTIMIZERS[setup.optimizer]
    slots = np.zeros((optimizer.slots, len(gradient)), network.dtype)
    stages = _stages(job, network, gradient, slots, learning_rate if is_taken else None)
    layers = _layer_steps(job, network, stages, optimizer.shown(slots, setup.settings))
    return Step(
        rows=rows,
        X=X,
        T=T,
        dX=dX,
        true_classes=_true_classes(setup.training, rows),
        classes=job.dataset.classes,
        loss=loss,
        losses=setup.objective.of_rows(layers[-1].block.activation, layers[-1].S, T),
        loss_after=_loss_after(setup, X, T) if is_taken else loss,
        objective=setup.objective,
        layers=layers,
        is_taken=is_taken,
        is_forward=forward,
        optimizer=setup.optimizer,
        settings=dict(setup.settings),
        learning_rate=learning_rate,
        regularization=setup.regularization,
        without_dropout=any(setup.dropout),
        without_weights=setup.training.weights is not None,
        scaled=_scaled(job),
        features=job.dataset.features.names if job.dataset.features else (),
    )


def _true_classes(split: Split, rows: Sequence[int]) -> list[int]:
    return split.targets[split.rows[list(rows)]].tolist() if split.of_classes else []


def _scaled(job: Job) -> list[str]:
    scalings = {"inputs": job.scaling, "targets": job.target_scaling}
    return [
        name
        for name, each in scalings.items()
        if np.any(np.not_equal(each.offset, 0)) or np.any(np.not_equal(each.scale, 1))
    ]


def _loss_after(setup: Setup, X: Array, T: Array) -> float:
    """Return the loss with the present parameters, in training mode; keep the layers' state."""
    network = setup.network
    state, work = network.state.copy(), network.workspace(len(X))
    network.logits(X, work, _STEP)
    value = setup.objective(network, T, work)
    np.copyto(network.state, state)
    return value


def _stages(
    job: Job, network: Network, gradient: Array, slots: Array, learning_rate: float | None
) -> dict[str, Array]:
    """Update the parameters, unless the learning rate is None.

    Return the flat vectors of all stages, named as in `LayerStep`.
    """
    setup, parameters = job.setup, network.parameters
    penalties, scratch = setup.regularization, np.empty_like(gradient)
    stages = {"before": parameters.copy(), "gradient": gradient.copy()}
    weights = network.weights(parameters)
    penalties.add_penalties(network.weights(gradient), weights, network.weights(scratch))
    if network.mask is not None:
        np.multiply(gradient, network.mask, out=gradient)
    stages["penalized"] = gradient.copy()
    penalties.clip(gradient)
    stages["followed"] = gradient.copy()
    if learning_rate is not None:
        update = OPTIMIZERS[setup.optimizer].update
        update(parameters, gradient, slots, scratch, learning_rate, 1, **setup.settings)
    stages["updated"] = parameters.copy()
    if learning_rate is not None:
        penalties.limit_norms(weights)
    stages["after"] = parameters
    return stages


def _layer_steps(
    job: Job,
    network: Network,
    stages: Mapping[str, Array],
    slots: Mapping[str, Array],
) -> list[LayerStep]:
    views = {name: network.views(flat) for name, flat in stages.items()}
    kept = {letter: network.views(flat) for letter, flat in slots.items()}
    mask = None if network.mask is None else network.views(network.mask)
    steps: list[LayerStep] = []
    for block, recorded in zip(job.blocks, network.blocks, strict=True):
        first, *between, last = cast("list[RecordedLayer]", recorded.layers)
        on_logits = block is job.blocks[-1] and job.setup.objective.on_logits
        steps.append(
            LayerStep(
                block=block,
                inputs=first.X,
                between=[_passed(each) for each in between],
                Z=first.Y,
                S=last.X,
                A=last.Y,
                dA=None if on_logits else last.dY,
                derivative=last.derivative,
                dS=between[-1].dY if between else first.dY,
                dZ=first.dY,
                slots={letter: _of_block(block, each) for letter, each in kept.items()},
                connected=mask[block.weights] if mask else None,
                **{name: _of_block(block, each) for name, each in views.items()},
            )
        )
    return steps


def _passed(recorded: RecordedLayer) -> Passed:
    """Return the values of a layer in the step, named as in its formulas."""
    layer, worked = recorded.layer, recorded.layer.worked
    wide: dict[str, Array] = {
        name: np.asarray(each, np.float64) for name, each in layer.parameters.items()
    }
    learned = {worked.symbols[name]: recorded.before[name] for name in layer.trained}
    wide |= {letter: each.astype(np.float64)[np.newaxis] for letter, each in learned.items()}
    for ends, lines in (
        ({"z": recorded.X, "y": recorded.Y}, worked.forward),
        ({"dy": recorded.dY, "dz": recorded.dX}, worked.backward),
    ):
        wide |= {letter: each.astype(np.float64) for letter, each in ends.items()}
        for line in lines[:-1]:  # the last line is the layer's output
            value = line.value(wide)
            axis = {"units": 1, "rows": 0, None: None}[line.mean]
            wide[line.letter] = value if axis is None else value.mean(axis=axis, keepdims=True)
    kept = {name: (each, recorded.arrays[name].copy()) for name, each in recorded.kept.items()}
    return Passed(layer, wide, kept)


def _of_block(block: Block, arrays: Arrays) -> dict[str, Array]:
    """Return the arrays of a block by their names in its layers."""
    return {
        name: arrays[f"{name}{block.number}"] for layer in block.layers for name in layer.trained
    }
