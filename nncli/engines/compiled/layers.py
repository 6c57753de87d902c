"""Write the instructions of a network's layers: the forward and the backward pass.

Each kind of layer is a class: `forward` takes the matrix of its inputs and returns that of its
outputs; `backward` takes the gradient of the outputs and returns that of the inputs, the same
matrix changed in place, except for a dense layer.
"""

import numpy as np

from nncli.base.random_streams import Stream
from nncli.engines.compiled.layout import UNITS_OF_A_PART, Matrix, unit_bounds
from nncli.engines.compiled.state import BY_INPUTS, BY_ROWS, BY_UNITS, UNIT_MAJOR
from nncli.engines.compiled.writer import Offsets, Writer, Written
from nncli.nn.layers.activation import SATURATION_ROWS, ActivationLayer
from nncli.nn.layers.batch_norm import BatchNorm
from nncli.nn.layers.dense import Dense
from nncli.nn.layers.dropout import Dropout
from nncli.nn.layers.layer import Layer
from nncli.nn.layers.layer_norm import LayerNorm

# Activations by name: whether g' follows from the value, so that they are computed in place.
ACTIVATIONS = {
    "step": True,
    "relu": True,
    "leaky_relu": True,
    "elu": True,
    "selu": True,
    "sigmoid": True,
    "tanh": True,
    "softplus": False,
    "softsign": False,
    "sqlu": False,
    "silu": False,
    "gelu": False,
    "mish": False,
}
# Those of another kind.
PRELU = "prelu"
COUPLED = {"softmax": True, "normalized_sigmoid": False}
OTHERS = ("identity", PRELU, *COUPLED)

# All kinds of layers except activations.
KINDS = (Dense, Dropout, BatchNorm, LayerNorm)

MOST_PARTS = 8  # of rows or units


class WrittenDense:
    """A dense layer; see `operations.dense`."""

    def __init__(self, layer: Layer, own: Offsets, *, is_first: bool, learns_bias: bool) -> None:
        self.layer, self.own = layer, own
        self._is_first, self._learns_bias = is_first, learns_bias

    def forward(self, write: Writer, X: Matrix) -> Matrix:
        """Write Z = X W + b, by units if there are many, else by rows."""
        self._X, units = X, self.layer.outputs
        Z = write.program.memory.matrix(units, by_row=self.by_row)
        write.program.wait()
        if units >= UNITS_OF_A_PART:
            write.axis, write.bounds = BY_UNITS, unit_bounds(units)
        else:
            write.axis, write.bounds = BY_ROWS, write.rows
        self._is_narrow = X.layout == UNIT_MAJOR == Z.layout
        name = "narrow.forward" if self._is_narrow else "dense.forward"
        trained = self.own.trained
        write.add(name, Z, *self._fields(write, Z, trained["W"], trained["b"], X))
        return Z

    by_row = False  # whether the sums must lie row by row

    def _fields(self, write: Writer, Z: Matrix, W: int, b: int, X: Matrix) -> tuple[int, ...]:
        return Z.offset, W, b, self.layer.inputs, X.layout, X.stride, X.offset, *write.product

    def backward(self, write: Writer, dZ: Matrix) -> Matrix:
        """Write dW, db and, except in the first layer, dX."""
        X, units, inputs, own = self._X, self.layer.outputs, self.layer.inputs, self.own
        write.program.wait()
        fields = self._fields(write, dZ, own.gradients["W"], own.gradients["b"], X)
        if self._is_narrow:
            write.add_on(BY_UNITS, unit_bounds(units), "narrow.gradients", dZ, *fields)
        else:
            many = units >= UNITS_OF_A_PART
            axis, bounds = (BY_UNITS, units) if many else (BY_INPUTS, inputs)
            write.add_on(axis, unit_bounds(bounds), "dense.weight_gradient", dZ, *fields)
            if self._learns_bias:
                write.add_on(BY_UNITS, unit_bounds(units), "dense.bias_gradient", dZ, *fields)
        if self._is_first:
            return dZ
        dX = write.program.memory.like(X)
        write.axis, write.bounds = BY_UNITS, unit_bounds(inputs)
        name = "narrow.input_gradient" if self._is_narrow else "dense.input_gradient"
        fields = self._fields(write, dZ, own.trained["W"], own.trained["b"], dX)
        write.add_on(BY_INPUTS, write.bounds, name, dZ, *fields)
        return dX


class WrittenActivation:
    """An activation; see `operations.activations`."""

    def __init__(self, layer: ActivationLayer, place_of_count: int | None) -> None:
        self.layer, self._count = layer, place_of_count

    def forward(self, write: Writer, X: Matrix) -> Matrix:
        """Write A = g(Z), and in training count the saturated units."""
        self.count(write, X)
        return self.activate(write, X)

    def count(self, write: Writer, Z: Matrix) -> None:
        """Count saturated units, once per epoch."""
        if self._count is not None:
            limit = write.program.memory.dtype.type(self.layer.entry.responsive)
            place = write.program.place(float(limit))
            write.add("rows.count_saturated", Z, Z.offset, self._count, place, SATURATION_ROWS)

    def activate(self, write: Writer, Z: Matrix) -> Matrix:
        """Write A = g(Z)."""
        self._parameter = write.program.place(*self.layer.parameters.values() or (0.0,))
        name = self.layer.kind
        self._Z = self._A = Z
        if name in COUPLED:
            write.by_rows()
        if not {**ACTIVATIONS, **COUPLED}.get(name, True):
            self._A = write.program.memory.like(Z)
        if name != "identity":
            write.add(self._operation, self._A, self._A.offset, 0, Z.offset, self._parameter)
        return self._A

    def activated_copy(self, write: Writer, Z: Matrix) -> Matrix:
        """Write A = g(Z) and keep Z, for a sigmoid."""
        A = write.program.memory.like(Z)
        write.add("activations.copied_sigmoid", A, A.offset, 0, Z.offset, write.program.place(0.0))
        return A

    @property
    def _operation(self) -> str:
        name = self.layer.kind
        return f"softmax.{name}" if name in COUPLED else f"activations.{name}"

    def backward(self, write: Writer, dY: Matrix) -> Matrix:
        """Replace dA by dZ."""
        if self.layer.kind == "identity":
            return dY
        fields = self._A.offset, dY.offset, self._Z.offset, self._parameter
        write.add(f"{self._operation}_backward", dY, *fields)
        return dY


class WrittenPrelu:
    """An activation whose units learn their slope; see `operations.prelu`."""

    def __init__(self, layer: Layer, own: Offsets) -> None:
        self.layer, self._slopes = layer, (own.trained["slope"], own.gradients["slope"])

    def forward(self, write: Writer, X: Matrix) -> Matrix:
        """Write A = g(Z)."""
        self._Z, A = X, write.program.memory.like(X)
        write.add("prelu.forward", A, A.offset, 0, X.offset, 0, *self._slopes)
        return A

    def backward(self, write: Writer, dY: Matrix) -> Matrix:
        """Write the gradient of the slopes, and replace dA by dZ."""
        fields = 0, dY.offset, self._Z.offset, 0, *self._slopes
        write.by_units(dY.units)
        write.add("prelu.slope_gradient", dY, *fields)
        write.add("prelu.backward", dY, *fields)
        return dY


class WrittenDropout:
    """Dropout; see `operations.dropout`."""

    def __init__(self, layer: Dropout) -> None:
        self.layer = layer

    def forward(self, write: Writer, X: Matrix) -> Matrix:
        """Write the kept units in training."""
        if not write.training:
            return X
        rate = self.layer.rate
        Y, factors = write.program.memory.like(X), write.program.memory.like(X)
        place = write.program.place(float(np.float32(rate)), 1 / (1 - rate))
        stream = self.layer.index, self.layer.seed, int(Stream.DROPOUT)
        fields = factors.offset, *stream, place
        write.add("dropout.forward", Y, X.offset, Y.offset, *fields)
        self._fields = fields
        return Y

    def backward(self, write: Writer, dY: Matrix) -> Matrix:
        """Multiply by the factors."""
        write.add("dropout.backward", dY, 0, dY.offset, *self._fields)
        return dY


class WrittenNormalization:
    """Batch or layer normalization; see `operations.normalization`."""

    def __init__(self, layer: Layer, own: Offsets) -> None:
        self.layer, self.own = layer, own
        self._is_over_rows = isinstance(layer, BatchNorm)

    def forward(self, write: Writer, X: Matrix) -> Matrix:
        """Write n and y."""
        memory, units = write.program.memory, self.layer.outputs
        self._normalized, Y = memory.like(X), memory.like(X)
        vectors = max(units, memory.rows)
        self._vectors = [memory.claim(vectors) for _ in range(3)]
        given = self.layer.parameters
        self._settings = write.program.place(given["epsilon"], given.get("momentum", 0.0))
        if self._is_over_rows:
            write.by_units(units)
        else:
            write.by_rows()
        name = "layer_norm" if not self._is_over_rows else "batch_norm"
        if self._is_over_rows and not write.training:
            name = "batch_norm_by_running_means"
        write.add(f"normalization.{name}", Y, *self._fields(X, Y))
        return Y

    def _fields(self, Z: Matrix, Y: Matrix) -> list[int]:
        trained, gradients, state = self.own.trained, self.own.gradients, self.own.state
        running = state.get("running_mean", 0), state.get("running_variance", 0)
        learned = trained["gain"], trained["shift"]
        changes = gradients["gain"], gradients["shift"]
        matrices = Z.offset, self._normalized.offset, Y.offset
        return [*matrices, *learned, *self._vectors, *running, *changes, self._settings]

    def backward(self, write: Writer, dY: Matrix) -> Matrix:
        """Write the gradients of gain and shift, and replace dY by dZ."""
        fields = self._fields(dY, dY)
        write.by_units(self.layer.outputs)
        if self._is_over_rows:
            write.add("normalization.batch_norm_backward", dY, *fields)
            return dY
        write.add("normalization.layer_norm_sums", dY, *fields)
        write.by_rows()
        write.add("normalization.layer_norm_backward", dY, *fields)
        return dY


def written(
    layers: list[Layer],
    offsets: list[Offsets],
    counts: dict[int, int],
    idle: set[int],
) -> list[Written]:
    """Return the writers of layers.

    Parameters
    ----------
    counts : dict of int to int
        Place in `numbers` of the counts of saturated units, by index of the activation.
    idle : set of int
        Indexes of the dense layers whose biases have no effect.
    """
    result: list[Written] = []
    for index, (layer, own) in enumerate(zip(layers, offsets, strict=True)):
        if isinstance(layer, Dense):
            dense = WrittenDense(layer, own, is_first=not index, learns_bias=index not in idle)
            following = layers[index + 1]
            dense.by_row = isinstance(following, BatchNorm | LayerNorm)
            result.append(dense)
        elif layer.kind == PRELU:
            result.append(WrittenPrelu(layer, own))
        elif isinstance(layer, ActivationLayer):
            result.append(WrittenActivation(layer, counts.get(index)))
        elif isinstance(layer, Dropout):
            result.append(WrittenDropout(layer))
        else:
            result.append(WrittenNormalization(layer, own))
    return result
