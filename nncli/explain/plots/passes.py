"""The network of a subject, its names, and passes of a few rows through it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.threads import limited_threads
from nncli.data.scaling import Scaling
from nncli.data.tables.encoding import Encoding
from nncli.engines.batches import Scaled
from nncli.explain.plots.names import short
from nncli.explain.plots.subject import Subject
from nncli.model.evaluation import scaling_of
from nncli.nn.entries import Array
from nncli.nn.network import Network

_MOST_UNITS, _FEWER_UNITS = 16, 8  # with a line each: the second number if there are more


@dataclass(frozen=True)
class Drawn:
    """A network to draw, with the names of its inputs and outputs.

    Attributes
    ----------
    weights : str
        ``trained weights`` or ``initial weights``, for titles.
    """

    network: Network
    weights: str
    task: str
    inputs: list[str]
    targets: list[str]
    classes: list[str]
    encoding: Encoding | None
    scaling: Scaling

    @property
    def outputs(self) -> list[str]:
        """A name for each output unit; a single one of two classes is for the second."""
        if len(self.classes) == 2 and self.network.output.outputs == 1:
            return [f"{short(self.targets[0])} = {self.classes[1]}"]
        return self.classes or self.targets

    @property
    def is_scaled(self) -> bool:
        """Whether the network sees scaled inputs."""
        return bool(np.any(self.scaling.offset != 0) or np.any(self.scaling.scale != 1))


def drawn_network(subject: Subject) -> Drawn:
    """Return the trained network of a model, or the initial one of a config."""
    if (model := subject.known) is not None:
        own = model.preprocessing
        return Drawn(
            model.network, "trained weights", model.task, own.inputs, model.targets,
            model.classes, own.encoding, scaling_of(model),
        )  # fmt: skip
    data, job = subject.dataset, subject.job
    return Drawn(
        job.setup.network, "initial weights", data.task, [*data.inputs], [*data.targets],
        [*data.classes], data.encoding, job.scaling,
    )  # fmt: skip


@limited_threads(1)  # so that the numbers do not depend on the machine's processors
@np.errstate(over="ignore", invalid="ignore")
def layer_values(
    network: Network, scaling: Scaling, inputs: NDArray[Any]
) -> list[tuple[Array, Array]]:
    """Return z and a (B, units) of every layer for inputs (B, I) before scaling."""
    scaled = Scaled(scaling, inputs.dtype, network.dtype)
    X = np.empty((len(inputs), network.layers[0].inputs), network.dtype)
    scaled.write(inputs, X, scaled.scratch(len(X), X))
    work = network.workspace(len(X))
    network.outputs(X, work)
    return [(own.X, own.Y) for _, own in work.activations]


def important_units(network: Network) -> list[int]:
    """Return the units of the first layer whose weights, in and out, are largest."""
    weights = network.weights(network.parameters)
    size = np.linalg.norm(weights[0], axis=0)
    if len(weights) > 1:
        size = size * np.linalg.norm(weights[1], axis=1)
    most = _MOST_UNITS if len(size) <= _MOST_UNITS else _FEWER_UNITS
    return sorted(np.argsort(-size, kind="stable")[:most].tolist())
