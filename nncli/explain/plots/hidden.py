"""The rows in the space of hidden units, where the output layer separates them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.threads import limited_threads
from nncli.data.scaling import Scaling
from nncli.explain.plots.names import head_figure
from nncli.explain.plots.passes import drawn_network, layer_values
from nncli.explain.plots.points import draw_legend, draw_points, draw_zero_line
from nncli.explain.plots.sample import Sample, sample_of
from nncli.explain.plots.style import GRAY, new_figure
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.nn.network import Network
from nncli.runs.construction import build_network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_NAMED = 8  # points with their inputs written


@dataclass(frozen=True)
class _View:
    """Rows in two dimensions.

    Attributes
    ----------
    points : array (N, 2)
    labels : (str, str)
        What the axes are.
    share : float or None
        Fraction of the variance that the points show, if they are projections.
    """

    points: NDArray[np.float64]
    labels: tuple[str, str]
    share: float | None = None


def hidden(subject: Subject) -> "Figure":
    """Draw rows by the values of the last hidden layer, before and after training."""
    drawn = drawn_network(subject)
    blocks = drawn.network.blocks
    layer = next((each.number for each in blocks[-2::-1] if each.outputs > 1), None)
    if layer is None:
        raise NotApplicableError("needs a hidden layer of two or more units")
    sample, networks = sample_of(subject), _networks(subject, drawn.network)
    figure = new_figure(1.0 + 4.4 * len(networks), 5.2)
    shares = []
    for axes, (when, network) in zip(
        figure.subplots(1, len(networks), squeeze=False)[0], networks.items(), strict=True
    ):
        view = _view(network, drawn.scaling, sample, layer)
        shares.append(f"{view.share:.0%} {when}" if view.share is not None else "")
        draw_points(axes, view.points[:, 0], view.points[:, 1], sample.truth)
        axes.set(title=when, xlabel=view.labels[0], ylabel=view.labels[1])
        if len(sample) <= _MOST_NAMED:
            _name_points(axes, view.points, sample.inputs)
        if layer == len(blocks) - 1:
            _draw_separating_line(axes, network, view)
    draw_legend(figure, sample.truth.name if sample.truth.classes else "", columns=6)
    caption = _caption(blocks[layer - 1].outputs, shares, sample)
    head_figure(figure, subject, f"hidden layer {layer}", caption)
    return figure


def _caption(units: int, shares: list[str], sample: Sample) -> str:
    points = f"Points: {sample.said}."
    if units == 2:
        return f"The values of its two units for each row. {points}"
    return (
        f"Its {units} units in the two main directions of each panel (principal components), "
        f"which hold {' and '.join(shares)} of the variance. {points}"
    )


def _networks(subject: Subject, known: Network) -> dict[str, Network]:
    """Return the network before and after training, by the title of its panel."""
    if subject.known is None:
        return {"before training": known}
    start = _start(subject)
    return ({"before training": start} if start else {}) | {"after training": known}


def _start(subject: Subject) -> Network | None:
    """Return the network that training started from; None if it started from a file."""
    model = subject.model
    network = model.config.get("model")
    if isinstance(network, dict) and isinstance(network.get("initial_weights"), str):
        return None
    dataset = subject.dataset
    resolved = subject.trained_config.completed(dataset).resolved(
        dataset.task, has_validation="validation" in dataset.splits
    )
    start, _ = build_network(resolved, dataset.shape)
    return start if start.layers == model.network.layers else None


def _view(network: Network, scaling: Scaling, sample: Sample, layer: int) -> _View:
    """Return the rows by two units, or by the two main directions of more."""
    values = layer_values(network, scaling, sample.inputs)[layer - 1][1].astype(np.float64)
    if values.shape[1] == 2:
        return _View(values, (f"a{layer}[1], unit 1", f"a{layer}[2], unit 2"))
    points, share = _main_directions(values)
    return _View(points, ("main direction 1", "main direction 2"), share)


@limited_threads(1)  # threads wait for each other on a busy machine
def _main_directions(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return values (N, units) projected on their two main directions, and their variance's share.

    The eigenvectors of the smaller of CᵀC and CCᵀ, with C the centered values, give the same
    directions as the singular value decomposition of C, in much less time.
    """
    centered = values - values.mean(axis=0)
    by_unit = values.shape[1] <= len(values)
    products = centered.T @ centered if by_unit else centered @ centered.T
    sizes, vectors = np.linalg.eigh(products)
    two = vectors[:, :-3:-1]
    points = centered @ two if by_unit else two * np.sqrt(np.maximum(sizes[:-3:-1], 0))
    points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))  # one row has one direction
    farthest = points[np.abs(points).argmax(axis=0), [0, 1]]
    points = points * np.where(farthest < 0, -1, 1)  # eigenvectors leave the signs open
    total = float(sizes.sum())
    return points, float(sizes[-2:].sum()) / total if total > 0 else 1.0


def _name_points(axes: "Axes", points: NDArray[np.float64], inputs: NDArray[Any]) -> None:
    """Write the inputs of rows beside their points; rows at the same place share a text."""
    span = np.ptp(points, axis=0).max() or 1.0
    places: dict[tuple[float, float], list[str]] = {}
    for point, row in zip(points, inputs, strict=True):
        near = round(point[0] / span, 2), round(point[1] / span, 2)
        places.setdefault(near, []).append(f"({', '.join(f'{each:g}' for each in row)})")
    for near, names in places.items():
        x, y = near[0] * span, near[1] * span
        axes.annotate(", ".join(names), (x, y), (7, 5), textcoords="offset points", fontsize=8)
    axes.margins(0.2)


def _draw_separating_line(axes: "Axes", network: Network, view: _View) -> None:
    """Draw where the output's weighted sum is 0, or two outputs are equal, for two units."""
    W, b = (network.arrays[f"{name}{len(network.blocks)}"].astype(np.float64) for name in "Wb")
    if view.share is not None or W.shape[1] > 2:
        return
    (u, v), bias = (W[:, 0], b[0]) if W.shape[1] == 1 else (W[:, 1] - W[:, 0], b[1] - b[0])
    if u == v == 0:
        return
    axes.autoscale_view()
    axes.autoscale(enable=False)
    label = "output: w·a + b = 0" if W.shape[1] == 1 else "equal outputs"
    draw_zero_line(axes, (u, v), bias, color=GRAY, linestyle="--", label=label)
