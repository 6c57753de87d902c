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
from nncli.model.thresholds import gives_probabilities
from nncli.nn.network import Network
from nncli.runs.construction import build_network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_NAMED, _MOST_INPUTS = 8, 4  # points, and their inputs, that are written
_NEAR = 0.03  # of the extent: points that share a text


@dataclass(frozen=True)
class _View:
    """Rows in two dimensions.

    Attributes
    ----------
    points : array (N, 2)
    labels : (str, str)
        What the axes are.
    share : float or None
        Fraction of the variance that the points show, if they are main directions.
    boundary : tuple or None
        Weights (u, v) and bias of the line where the output's weighted sum is 0, or where two
        outputs are equal.
    """

    points: NDArray[np.float64]
    labels: tuple[str, str]
    share: float | None = None
    boundary: tuple[float, float, float] | None = None


def hidden(subject: Subject) -> "Figure":
    """Draw rows by the values of the last hidden layer, before and after training."""
    drawn = drawn_network(subject)
    blocks = drawn.network.blocks
    layer = next((each.number for each in blocks[-2::-1] if each.outputs > 1), None)
    if layer is None:
        raise NotApplicableError("needs a hidden layer of two or more units")
    sample, networks = sample_of(subject), _networks(subject, drawn.network)
    figure = new_figure(1.0 + 4.4 * len(networks), 5.2)
    views = {}
    for axes, (when, network) in zip(
        figure.subplots(1, len(networks), squeeze=False)[0], networks.items(), strict=True
    ):
        view = views[when] = _view(network, drawn.scaling, sample, layer)
        draw_points(axes, view.points[:, 0], view.points[:, 1], sample.truth)
        axes.set(title=when, xlabel=view.labels[0], ylabel=view.labels[1])
        if len(sample) <= _MOST_NAMED and sample.inputs.shape[1] <= _MOST_INPUTS:
            _name_points(axes, view.points, sample.inputs)
        _draw_boundary(axes, view, network.output.outputs)
    draw_legend(figure, sample.truth.name if sample.truth.classes else "", columns=6)
    at = " at probability 0.5" if gives_probabilities(drawn.network) else ""
    caption = f"{_caption(blocks[layer - 1].outputs, views, at)} Points: {sample.said}."
    head_figure(figure, subject, f"hidden layer {layer}", caption)
    return figure


def _caption(units: int, views: dict[str, _View], at: str) -> str:
    """Return what the axes are; `at` is the probability at the boundary, in words."""
    if units == 2:
        return "The values of its two units for each row."
    shares = [f"{view.share:.0%} {when}" for when, view in views.items() if view.share is not None]
    if not shares:
        return (
            f"Its {units} units, turned so that the boundary of the output is a vertical line. "
            f"It separates the two predicted classes{at}."
        )
    return (
        f"Its {units} units in the two main directions of each panel (principal components), "
        f"which hold {' and '.join(shares)} of the variance."
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
    """Return the rows by two units; of more units, across the output's boundary if there is one.

    Otherwise the two main directions are the axes.
    """
    values = layer_values(network, scaling, sample.inputs)[layer - 1][1].astype(np.float64)
    has_boundary = bool(sample.dataset.classes) and layer == len(network.blocks) - 1
    weights = _boundary(network) if has_boundary else None
    if values.shape[1] == 2:
        line = None if weights is None else (*weights[0].tolist(), weights[1])
        return _View(values, (f"a{layer}[1], unit 1", f"a{layer}[2], unit 2"), boundary=line)
    if weights is not None:
        return _across(values, *weights)
    points, share = _main_directions(values)
    return _View(points, ("main direction 1", "main direction 2"), share)


def _boundary(network: Network) -> tuple[NDArray[np.float64], float] | None:
    """Return weights (units,) and bias of the line between two classes; None for more classes."""
    W, b = (network.arrays[f"{name}{len(network.blocks)}"].astype(np.float64) for name in "Wb")
    if W.shape[1] > 2:
        return None
    w, bias = (W[:, 0], b[0]) if W.shape[1] == 1 else (W[:, 1] - W[:, 0], b[1] - b[0])
    return (w, float(bias)) if w.any() else None


def _across(values: NDArray[np.float64], w: NDArray[np.float64], bias: float) -> _View:
    """Return rows by their signed distance from a boundary, and the main direction along it."""
    length = float(np.linalg.norm(w))
    distances = (values @ w + bias) / length
    points, _ = _main_directions(values - np.outer(distances, w / length))
    labels = ("distance from the boundary of the output", "main direction along the boundary")
    return _View(np.column_stack([distances, points[:, 0]]), labels, boundary=(1.0, 0.0, 0.0))


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
    """Write the inputs of rows beside their points; rows that are close together share a text."""
    near = _NEAR * (np.ptp(points, axis=0).max() or 1.0)
    names: dict[int, list[str]] = {}
    for number, row in enumerate(inputs):
        away = np.abs(points - points[number]).max(axis=1)
        first = next((each for each in names if away[each] < near), number)
        names.setdefault(first, []).append(f"({', '.join(f'{each:g}' for each in row)})")
    middle = (points[:, 0].min() + points[:, 0].max()) / 2
    for number, own in names.items():
        is_left = points[number, 0] <= middle  # the text goes to the side with more room
        axes.annotate(
            ", ".join(own), tuple(points[number]), (7 if is_left else -7, 5),
            textcoords="offset points", fontsize=8, ha="left" if is_left else "right",
        )  # fmt: skip
    axes.margins(0.2)


def _draw_boundary(axes: "Axes", view: _View, outputs: int) -> None:
    """Draw where the output's weighted sum is 0, or two outputs are equal."""
    if view.boundary is None or not any(view.boundary[:2]):
        return
    u, v, bias = view.boundary
    axes.autoscale_view()
    axes.autoscale(enable=False)
    label = "output: w·a + b = 0" if outputs == 1 else "equal outputs"
    draw_zero_line(axes, (u, v), bias, color=GRAY, linestyle="--", label=label)
