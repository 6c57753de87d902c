"""Write the programs of a setup: that of a training step, and that of an evaluation."""

from dataclasses import dataclass, field
from itertools import pairwise

from nncli.data.splits import Split
from nncli.engines.compiled import batch, layout
from nncli.engines.compiled.batch import Batch, Results
from nncli.engines.compiled.epochs import are_taken_together
from nncli.engines.compiled.layers import MOST_PARTS, WrittenActivation, written
from nncli.engines.compiled.layout import Matrix, Memory
from nncli.engines.compiled.program import Program
from nncli.engines.compiled.writer import Writer, Written, offsets_of
from nncli.engines.engine import Setup
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.dropout import with_dropout
from nncli.nn.layers.layer import Layer
from nncli.nn.network import Network
from nncli.nn.optimizers import OPTIMIZERS

# The operation of each optimizer, and the order of its settings.
OPTIMIZER_OPERATIONS = {
    "sgd": ("momentum", ("momentum", "nesterov")),
    "adagrad": ("adagrad", ("epsilon",)),
    "rmsprop": ("rmsprop", ("decay", "epsilon")),
    "adam": ("adam", ("beta1", "beta2", "epsilon", "weight_decay")),
    "adamw": ("adam", ("beta1", "beta2", "epsilon", "weight_decay")),
    "nadam": ("nadam", ("beta1", "beta2", "epsilon")),
}
_WITH_NUMBERS = ("adam", "nadam")


class Vectors:
    """Where the flat vectors lie in the memory.

    Attributes
    ----------
    size, state_size : int
        Lengths of the parameters and of the state.
    parameters, gradient, state, codes : int
        Offsets.
    slots : list of int
    mask : int or None
    """

    def __init__(self, memory: Memory, setup: Setup) -> None:
        network = setup.network
        self.size, self.state_size = len(network.parameters), len(network.state)
        self.parameters, self.gradient = memory.claim(self.size), memory.claim(self.size)
        count = OPTIMIZERS[setup.optimizer].slots
        self.slots = [memory.claim(self.size) for _ in range(count)]
        self.state = memory.claim(self.state_size)
        self.mask = None if network.mask is None else memory.claim(self.size)
        self.codes = memory.claim(sum(setup.codes.shape))


@dataclass
class Step:
    """The program of a step, and where the engine finds its results.

    Attributes
    ----------
    program : Program
    norms, new_norms : int
        Places in `numbers` of the sums of the squared gradient norms of each block: before the
        step, and with a step that failed.
    counts : list of int or None
        Place in `numbers` of the counts of saturated units of each block.
    """

    program: Program
    norms: int = 0
    new_norms: int = 0
    counts: list[int | None] = field(default_factory=list)


def evaluation_of(
    setup: Setup, vectors: Vectors, memory: Memory, product: tuple[int, int]
) -> Program:
    """Return the program that adds the loss and the score of a batch to the sums."""
    assert setup.validation is not None
    program = Program(memory)
    write = _writer(setup, program, product, training=False)
    given = _gathered(write, setup, setup.validation)
    layers = list(setup.network.layers)
    both = _written(setup.network, layers, vectors, {})
    _, results, _ = _forward(write, setup, both, given)
    program.wait()
    program.add("decision.evaluated", [*results])
    return program


def training_of(setup: Setup, vectors: Vectors, memory: Memory, product: tuple[int, int]) -> Step:
    """Return the program of a training step."""
    program = Program(memory)
    step = Step(program)
    write = _writer(setup, program, product, training=True)
    given = _gathered(write, setup, setup.training)
    layers = with_dropout(setup.network.layers, setup.dropout, setup.seed)
    counts = _counts(program, layers)
    step.counts = [
        counts.get(n) for n, each in enumerate(layers) if isinstance(each, ActivationLayer)
    ]
    all_written = _written(setup.network, layers, vectors, counts)
    gradient, results, output_first = _forward(write, setup, all_written, given)
    if output_first:
        gradient = all_written[-1].backward(write, gradient)
    if given.weights is not None:
        write.add("rows.weigh", gradient, gradient.offset, given.weights)
    for layer in all_written[-2::-1]:
        gradient = layer.backward(write, gradient)
    _Update(setup, vectors, step).write(results)
    if are_taken_together(setup):
        _record(vectors, step)
    return step


def _record(vectors: Vectors, step: Step) -> None:
    """Write the instruction that records the step as an epoch."""
    counts = [place for place in step.counts if place is not None]
    where = [step.norms, len(step.counts), vectors.parameters, vectors.size]
    where += [vectors.state, vectors.state_size, len(counts)]
    step.program.wait()
    step.program.add("decision.record", [*where, *(n for at in counts for n in (at, MOST_PARTS))])


def _writer(setup: Setup, program: Program, product: tuple[int, int], *, training: bool) -> Writer:
    work = sum(layer.flops_per_row for layer in setup.network.layers)
    rows = layout.row_bounds(program.memory.rows, work)
    return Writer(program, product, rows, training, bounds=rows)


def _gathered(write: Writer, setup: Setup, split: Split) -> Batch:
    by_row = bool(setup.network.blocks[-1].between)
    return batch.gather(write, split, setup.scaling, setup.codes.shape[1], by_row=by_row)


def _counts(program: Program, layers: list[Layer]) -> dict[int, int]:
    return {
        index: program.place(*[0.0] * MOST_PARTS)
        for index, layer in enumerate(layers)
        if isinstance(layer, ActivationLayer) and layer.saturates
    }


def _written(
    network: Network, layers: list[Layer], vectors: Vectors, counts: dict[int, int]
) -> list[Written]:
    offsets = offsets_of(layers, vectors.parameters, vectors.gradient, vectors.state)
    pairs = enumerate(pairwise(layers))
    idle = {index for index, (_, following) in pairs if following.removes_shift}
    return written(layers, offsets, counts, idle)


def _forward(
    write: Writer, setup: Setup, layers: list[Written], given: Batch
) -> tuple[Matrix, Results, bool]:
    """Write the forward pass, the loss and the score.

    Returns the gradient of the logits or outputs, the results, and whether it is of the outputs.
    """
    Z, output = given.X, layers[-1]
    assert isinstance(output, WrittenActivation)
    for layer in layers[:-1]:
        Z = layer.forward(write, Z)
    write.by_rows()
    output.count(write, Z)
    score, of_logits = setup.score, setup.objective.on_logits
    if not score.of_outputs:
        scores = batch.measure_score(write, score, Z, given.T)
    if not of_logits:
        Y = output.activate(write, Z)
    elif score.of_outputs:
        Y = output.activated_copy(write, Z)
    else:
        Y = Z
    if score.of_outputs:
        scores = batch.measure_score(write, score, Y, given.T)
    gradient = write.program.memory.like(Z)
    losses, factor = batch.measure_loss(
        write, setup.objective, Z if of_logits else Y, given.T, gradient
    )
    return gradient, Results(losses, factor, scores), not of_logits


class _Update:
    """Write what follows the backward pass: penalties, norms, the decision and the update."""

    def __init__(self, setup: Setup, vectors: Vectors, step: Step) -> None:
        self._setup, self._vectors, self._step = setup, vectors, step
        self._program, self._regularization = step.program, setup.regularization

    def write(self, results: Results) -> None:
        """Write all instructions after the backward pass."""
        parts = _Parts(self._setup.network)
        penalties = self._finish_gradient(parts)
        self._accept(results, parts, penalties)
        self._clip(parts)
        self._update()
        self._limit_norms()

    def _fields(self, parts: "_Parts", sums: int, given: int) -> list[int]:
        vectors = self._vectors
        mask = vectors.mask or 0
        return [vectors.gradient, vectors.parameters, mask, sums, given, *parts.have_weights]

    def _finish_gradient(self, parts: "_Parts") -> int:
        """Write penalties, the mask and norms; return the place of the penalties, or -1."""
        program, regularization, penalties = self._program, self._regularization, -1
        program.wait()
        if regularization.penalizes:
            penalties = program.place(*[0.0] * parts.count)
            given = program.place(regularization.l1, regularization.l2)
            program.add("gradient.penalize", self._fields(parts, penalties, given), parts.bounds)
        if self._vectors.mask is not None:
            program.add("gradient.mask", self._fields(parts, 0, 0), parts.bounds)
        self._squares = program.place(*[0.0] * parts.count)
        program.add("gradient.squares", self._fields(parts, self._squares, 0), parts.bounds)
        return penalties

    def _accept(self, results: Results, parts: "_Parts", penalties: int) -> None:
        program, step = self._program, self._step
        blocks = len(self._setup.network.blocks)
        step.norms = program.place(*[0.0] * blocks)
        step.new_norms = program.place(*[0.0] * blocks)
        where = [*results, parts.count, penalties, self._squares, step.norms, step.new_norms]
        program.wait()
        program.add("decision.accept", [*where, blocks, *parts.blocks])

    def _clip(self, parts: "_Parts") -> None:
        program, regularization = self._program, self._regularization
        squares = self._squares
        if regularization.clip_value is not None:
            squares = program.place(*[0.0] * parts.count)
            given = program.place(regularization.clip_value)
            program.wait()
            program.add("gradient.clip", self._fields(parts, squares, given), parts.bounds)
            program.wait()
        if regularization.clip_norm is not None:
            given = program.place(regularization.clip_norm)
            program.add("decision.clip_norm", [parts.count, squares, given])

    def _update(self) -> None:
        program, setup, vectors = self._program, self._setup, self._vectors
        name, order = OPTIMIZER_OPERATIONS[setup.optimizer]
        given = {key: float(value) for key, value in setup.settings.items()}
        settings = program.place(*(given.get(key, 0.0) for key in order))
        if name == "momentum" and not given["momentum"]:
            name = "sgd"
        slots = [*vectors.slots, vectors.slots[0]][:2]
        where = [vectors.parameters, vectors.gradient, *slots, settings]
        if name in _WITH_NUMBERS:
            program.add(f"optimizers.{name}_numbers", where)
        program.wait()
        program.add(f"optimizers.{name}", where, layout.flat_bounds(vectors.size))

    def _limit_norms(self) -> None:
        program, network = self._program, self._setup.network
        if self._regularization.max_norm is None:
            return
        norm = program.place(self._regularization.max_norm)
        program.wait()
        for block in network.blocks:
            units = block.outputs
            where = [self._vectors.parameters + block.where.start, block.inputs, units]
            where += [program.memory.claim(units), norm]
            program.add("gradient.limit_norms", where, layout.unit_bounds(units))


class _Parts:
    """The parts of the gradient vector: each in one block, and either weights or not.

    Attributes
    ----------
    bounds, have_weights, blocks : list of int
        Bounds of the parts; for each, whether it has weights, and the index of its block.
    """

    def __init__(self, network: Network) -> None:
        self.bounds: list[int] = []
        self.have_weights: list[int] = []
        self.blocks: list[int] = []
        for index, block in enumerate(network.blocks):
            weights = block.where.start + block.inputs * block.outputs
            for first, last, has in (
                (block.where.start, weights, 1),
                (weights, block.where.stop, 0),
            ):
                starts = layout.cut(first, last)
                self.bounds += starts
                self.have_weights += [has] * len(starts)
                self.blocks += [index] * len(starts)
        self.bounds.append(len(network.parameters))

    @property
    def count(self) -> int:
        """The number of parts."""
        return len(self.blocks)
