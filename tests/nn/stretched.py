"""A kind of layer with parameters and additional state."""

import numpy as np

from nncli.nn.layers.kinds import block
from nncli.nn.layers.layer import Buffers, Layer


class Stretched(Layer):
    """Y = gain X + shift, learned for each unit; its state counts the training rows."""

    def __init__(self, units):
        super().__init__("stretched", units, units)
        self.trained = {"gain": (units,), "shift": (units,)}
        self.state = {"rows": (1,)}
        self.starts = {"gain": 2.0, "shift": 0.5, "rows": 7.0}

    def buffers(self, claim, *, is_first):
        return Buffers(X=None, Y=claim(self.outputs))

    def forward(self, X, own, step):
        own.X = X
        if step is not None:
            self.arrays["rows"] += len(X)
        np.multiply(X, self.arrays["gain"], out=own.Y)
        np.add(own.Y, self.arrays["shift"], out=own.Y)
        return own.Y

    def backward(self, dY, own, gradients):
        by_gain, by_shift = gradients
        np.sum(dY * own.X, axis=0, out=by_gain)
        np.sum(dY, axis=0, out=by_shift)
        return np.multiply(dY, self.arrays["gain"], out=dY)


def stretched_block(inputs, outputs, activation):
    """Return a block with a `Stretched` layer after its sums."""
    dense, last = block(inputs, outputs, activation)
    return [dense, Stretched(outputs), last]
