"""Small networks with every activation, output and loss, with inputs away from their kinks."""

import numpy as np

from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network, parameter_count
from nncli.nn.objective import Objective

HIDDEN = [name for name, entry in ACTIVATIONS.items() if not entry.output_only]
LOSS_AND_OUTPUT = [(name, each) for name, loss in LOSSES.items() for each in loss.outputs]
ROWS = 4
# NumPy needs this memory for arrays of any size: it broadcasts through a buffer of 8192 elements,
# and before version 2.3 uses another one, of Booleans, for comparisons with a number.
BUFFER_BYTES = 8192 * (4 if np.lib.NumpyVersion(np.__version__) >= "2.3.0" else 5)

# The expressions at whose change of sign a loss has a kink.
KINKS = {
    "mean_absolute_error": lambda Z, A, T: A - T,
    "hinge": lambda Z, A, T: 1 - T * A,
    "perceptron": lambda Z, A, T: Z,
}


def objective(loss):
    """Return a loss with its default parameters."""
    return Objective(loss, LOSSES[loss].complete({}))


def build_layers(sizes, hidden, output):
    names = [hidden] * (len(sizes) - 2) + [output]
    triples = zip(sizes, sizes[1:], names, strict=False)
    return [layer for each in triples for layer in block(*each)]


def buffers_of(work):
    """Return every array of a workspace to which a pass writes."""
    named = [pair for own in work.buffers for pair in vars(own).items()]
    own = [each for name, each in named if name not in ("X", "ones")]
    own = [each for each in own if isinstance(each, np.ndarray)]
    return [*own, work.gradient, work.scratch]


def saturated(network, X):
    """Return the fraction of saturated activations of each block on rows."""
    work = network.workspace(len(X))
    network.logits(X, work)
    return network.saturated_shares(work)


def draw_targets(random, loss, outputs):
    """Return valid targets for a loss, including values between 0 and 1 where allowed."""
    if loss in ("hinge", "perceptron"):
        return random.choice([-1.0 if loss == "hinge" else 0.0, 1.0], (ROWS, outputs))
    T = random.random((ROWS, outputs))
    return T / T.sum(axis=1, keepdims=True) if loss == "cross_entropy" else T


def draw_case(sizes, hidden, output, loss, dtype=np.float64):
    """Return network, inputs and targets away from kinks of activations (at 0) and of the loss."""
    layers = build_layers(sizes, hidden, output)
    random = np.random.default_rng(11)
    T = draw_targets(random, loss, sizes[-1]).astype(dtype)
    nearest = 0.0
    while nearest < 1e-3:
        flat = random.normal(0, 0.7, parameter_count(layers)).astype(dtype)
        X = random.normal(size=(ROWS, sizes[0])).astype(dtype)
        network = Network(layers, flat)
        work = network.workspace(ROWS)
        A = network.outputs(X, work)
        sums = [own.X for _, own in work.activations]
        from_kinks = sums[:-1] + ([KINKS[loss](work.logits, A, T)] if loss in KINKS else [])
        nearest = min((np.abs(each).min() for each in from_kinks), default=1.0)
    return network, X, T


def numerical_gradient(network, value, h=1e-6):
    """Return the central differences of ``value()`` by the parameters; restore the parameters."""
    result = np.empty_like(network.parameters)
    for index, kept in enumerate(network.parameters.tolist()):
        values = []
        for shifted in (kept + h, kept - h):
            network.parameters[index] = shifted
            values.append(value())
        network.parameters[index] = kept
        result[index] = (values[0] - values[1]) / (2 * h)
    return result


def corrupt(entry, gradient, error):
    """Change an activation's gradient by a fraction, or by a constant where it is always 0."""
    if entry.trainable:
        gradient *= 1 + error
    else:
        gradient += error
