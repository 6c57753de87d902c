"""Learn MNIST with JAX, one compiled call per epoch: ``EPOCHS ROWS MODEL``.

The short last batch of an epoch is left out, as its shape would need another compilation.
"""

import json
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.rows import as_float32, mnist

epochs, rows, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
data = mnist(rows)
X, y = jnp.asarray(as_float32(data.X)), jnp.asarray(data.y)
random = np.random.default_rng(0)


def logits(parameters, X):
    (W1, b1), (W2, b2) = parameters
    return jax.nn.relu(X @ W1 + b1) @ W2 + b2


def loss(parameters, X, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits(parameters, X)), y[:, None], 1).mean()


def adam_step(state, chosen, X, y):
    parameters, mean, square, step = state
    step = step + 1
    gradient = jax.grad(loss)(parameters, X[chosen], y[chosen])
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
    rate = 0.001 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    parameters = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), parameters, mean, square
    )
    return (parameters, mean, square, step), None


@partial(jax.jit, donate_argnums=0)
def epoch(state, X, y, order):
    return jax.lax.scan(partial(adam_step, X=X, y=y), state, order)[0]


draw = jax.nn.initializers.he_normal()
keys = jax.random.split(jax.random.key(0))
parameters = [
    (draw(keys[0], (784, 128)), jnp.zeros(128)),
    (draw(keys[1], (128, 10)), jnp.zeros(10)),
]
zeros = partial(jax.tree.map, jnp.zeros_like)
state = parameters, zeros(parameters), zeros(parameters), jnp.zeros(())
for _ in range(epochs):
    order = random.permutation(rows)[: rows // 64 * 64].reshape(-1, 64)
    state = epoch(state, X, y, jnp.asarray(order.astype(np.int32)))

chosen = logits(state[0], as_float32(data.X_test)).argmax(axis=1)
accuracy = float((np.asarray(chosen) == data.y_test).mean())
np.savez(path, *(array for layer in state[0] for array in layer))
print(json.dumps({"score": accuracy}))
